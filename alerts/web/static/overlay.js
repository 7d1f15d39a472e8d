// Zones and boxes, drawn over a live picture from data, in the part of the tile that the picture fills.
import { word } from "./i18n.js";

const COLOUR = { fire: "#ff6a5c", violation: "#f5b83d", seen: "#8fb4d6", zone: "#5fc59a" };

/** Where a picture of this size lies inside a box, whole and centred (object-fit: contain). */
export function contained(width, height, boxWidth, boxHeight) {
  const scale = Math.min(boxWidth / width, boxHeight / height) || 0;
  return { x: (boxWidth - width * scale) / 2, y: (boxHeight - height * scale) / 2, width: width * scale, height: height * scale };
}

export function drawOverlay(canvas, size, zones, seen) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas;
  if (!clientWidth || !size) return;
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const area = contained(size[0], size[1], clientWidth, clientHeight);
  const big = area.width > 420;
  for (const zone of zones) if (!isWhole(zone.polygon)) drawZone(pen, area, zone, big);
  if (!seen) return;
  for (const box of seen.boxes) drawBox(pen, area, box.box, COLOUR.seen, 1, big ? word("box", box.name) : "");
  for (const finding of seen.findings)
    if (!finding.notice) drawBox(pen, area, finding.box, COLOUR[finding.severity], finding.confirmed ? 3 : 2, word("hazard", finding.hazard));
}

export function clearOverlay(canvas) {
  canvas.width = canvas.width; // setting it clears it
}

const isWhole = (polygon) => polygon.every(([x, y]) => (x === 0 || x === 1) && (y === 0 || y === 1));

function drawZone(pen, area, zone, big) {
  pen.beginPath();
  zone.polygon.forEach(([x, y], at) => {
    const point = [area.x + x * area.width, area.y + y * area.height];
    if (at) pen.lineTo(...point);
    else pen.moveTo(...point);
  });
  pen.closePath();
  pen.setLineDash([5, 4]);
  pen.lineWidth = 1;
  pen.strokeStyle = COLOUR.zone;
  pen.stroke();
  pen.setLineDash([]);
  if (!big) return;
  const [x, y] = zone.polygon.reduce((top, point) => (point[1] < top[1] ? point : top));
  label(pen, zone.name, area.x + x * area.width, area.y + y * area.height + 16, COLOUR.zone);
}

function drawBox(pen, area, [x1, y1, x2, y2], colour, width, text) {
  const x = area.x + x1 * area.width;
  const y = area.y + y1 * area.height;
  pen.lineWidth = width + 2;
  pen.strokeStyle = "rgb(0 0 0 / 55%)";
  pen.strokeRect(x, y, (x2 - x1) * area.width, (y2 - y1) * area.height);
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.strokeRect(x, y, (x2 - x1) * area.width, (y2 - y1) * area.height);
  if (text) label(pen, text, x, Math.max(area.y + 13, y - 3), colour);
}

function label(pen, text, x, y, colour) {
  pen.font = "600 11px system-ui, 'Noto Sans CJK SC', sans-serif";
  const width = pen.measureText(text).width + 8;
  const left = Math.max(0, Math.min(x, pen.canvas.clientWidth - width));
  pen.fillStyle = "rgb(8 12 16 / 80%)";
  pen.fillRect(left, y - 12, width, 15);
  pen.fillStyle = colour;
  pen.fillText(text, left + 4, y - 1);
}
