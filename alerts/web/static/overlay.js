// Zones and boxes, drawn over a live picture from data, in the part of the tile that the picture fills.
import { unit } from "./dom.js";
import { word } from "./i18n.js";
import { labelPlaces } from "./label_places.js";

const COLOUR = { fire: "#ff6a5c", violation: "#f5b83d", seen: "#8fb4d6", zone: "#5fc59a" };
const WORDS_PX = 11;
const WORDS_IN_WIDTH = 62; // letters that the width of a large tile would hold

/** Where a picture of this size lies inside a box, whole and centred (object-fit: contain). */
export function contained(width, height, boxWidth, boxHeight) {
  const scale = Math.min(boxWidth / width, boxHeight / height) || 0;
  return { x: (boxWidth - width * scale) / 2, y: (boxHeight - height * scale) / 2, width: width * scale, height: height * scale };
}

/** taken: rectangles of the tile in which words stand already. */
export function drawOverlay(canvas, size, zones, seen, taken = []) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas;
  if (!clientWidth || !size) return;
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const area = contained(size[0], size[1], clientWidth, clientHeight);
  const big = area.width > 420;
  const drawn = zones.filter(({ polygon }) => !isWhole(polygon));
  for (const zone of drawn) drawZone(pen, area, zone);
  const words = big ? drawn.map((zone) => ({ ...highest(area, zone.polygon), text: zone.name, colour: COLOUR.zone })) : [];
  const boxes = (seen?.boxes ?? []).map((box) => ({ ...placed(area, box.box), text: big ? word("box", box.name) : "", colour: COLOUR.seen, width: 1 }));
  const findings = (seen?.findings ?? []).filter(({ notice }) => !notice).sort((one, other) => rank(one) - rank(other)).map((one) => ({
    ...placed(area, one.box), text: `${word("hazard", one.hazard)}${one.confirmed ? "" : "?"}`, colour: COLOUR[one.severity], width: one.confirmed ? 3 : 2,
  }));
  for (const box of [...boxes, ...[...findings].reverse()]) drawBox(pen, box);
  drawWords(pen, [...findings, ...boxes, ...words].filter(({ text }) => text), area, taken);
}

/** What is worst is drawn last, and finds room for its words first. */
const rank = ({ severity, confirmed }) => (severity === "fire" ? 0 : 2) + (confirmed ? 0 : 1);

const placed = (area, [x1, y1, x2, y2]) => ({
  x1: area.x + x1 * area.width, y1: area.y + y1 * area.height, x2: area.x + x2 * area.width, y2: area.y + y2 * area.height,
});

export function clearOverlay(canvas) {
  canvas.width = canvas.width; // setting it clears it
}

const isWhole = (polygon) => polygon.every(([x, y]) => (x === 0 || x === 1) && (y === 0 || y === 1));

function drawZone(pen, area, zone) {
  pen.beginPath();
  zone.polygon.forEach(([x, y], at) => {
    const point = [area.x + x * area.width, area.y + y * area.height];
    if (at) pen.lineTo(...point);
    else pen.moveTo(...point);
  });
  pen.closePath();
  pen.setLineDash([5, 4]);
  pen.lineWidth = unit();
  pen.strokeStyle = COLOUR.zone;
  pen.stroke();
  pen.setLineDash([]);
}

/** The zone's highest point, as a box without size: its words stand below it. */
function highest(area, polygon) {
  const [x, y] = polygon.reduce((top, point) => (point[1] < top[1] ? point : top));
  const at = placed(area, [x, y, x, y]);
  return { ...at, y1: at.y1 + WORDS_PX * 1.5, y2: at.y1 };
}

function drawBox(pen, { x1, y1, x2, y2, colour, width }) {
  for (const [lineWidth, strokeStyle] of [[(width + 2) * unit(), "rgb(0 0 0 / 55%)"], [width * unit(), colour]]) {
    Object.assign(pen, { lineWidth, strokeStyle });
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
}

/** words: boxes with their text and colour, the most important first. On a large tile they are read from further away. */
function drawWords(pen, words, area, taken) {
  const px = Math.max(WORDS_PX * unit(), area.width / WORDS_IN_WIDTH);
  pen.font = `600 ${px}px system-ui, 'Noto Sans CJK SC', sans-serif`;
  pen.textBaseline = "middle";
  const height = px * 1.4;
  const wanted = words.map((one) => ({ ...one, width: pen.measureText(one.text).width + 8, height }));
  labelPlaces(wanted, area, taken).forEach((at, number) => {
    if (!at) return;
    const { text, colour, width } = wanted[number];
    pen.fillStyle = "rgb(8 12 16 / 80%)";
    pen.fillRect(at.x, at.y, width, height);
    pen.fillStyle = colour;
    pen.fillText(text, at.x + 4, at.y + height / 2);
  });
}
