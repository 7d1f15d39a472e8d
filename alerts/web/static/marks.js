// What is to be seen in a picture, drawn over it from data, so that it can be taken away. It lies where the picture lies
// (object-fit: contain), whatever the size of the box.
import { svg } from "./dom.js";
import { word } from "./i18n.js";
import { labelPlaces } from "./label_places.js";

const LETTER = 34; // of so many letters the longer side would hold

/** picture: of /api/alerts/ID/pictures. Nothing where nothing is known, or all is drawn into the picture itself. */
export function marks({ width, height, drawing, marked }) {
  const { boxes = [], findings = [], zones = [] } = marked ? {} : drawing;
  const size = Math.max(width, height) / LETTER;
  const plain = boxes.filter((one) => !findings.some(({ box }) => same(box, one.box)));
  const outlines = zones.filter(({ polygon }) => !isWhole(polygon));
  const lines = [
    ...outlines.flatMap(({ polygon }) => line([...polygon, polygon[0]], "mark-zone")),
    ...plain.flatMap((one) => frame(one.box, "mark-seen")),
    ...findings.flatMap((one) => [...frame(one.box, `${kindOf(one)} strong`), ...(one.path ? line(one.path, "mark-path strong") : [])]),
  ];
  const words = [ // what is worst finds room first
    ...[...findings].sort((one, other) => rank(one) - rank(other)).map((one) => label(one.box, findingText(one), kindOf(one), size)),
    ...plain.map((one) => label(one.box, word("box", one.name), "mark-seen", size * 0.8)),
    ...outlines.map(({ polygon, name }) => label(foot(polygon), name, "mark-zone", size * 0.8)),
  ].filter(({ text }) => text);
  return svg("svg", { class: "marks", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    ...lines.map((one) => one(width, height)), ...texts(words, width, height));
}

const isWhole = (polygon) => polygon.every(([x, y]) => (x === 0 || x === 1) && (y === 0 || y === 1));
const same = (one, other) => one.every((value, at) => Math.abs(value - other[at]) < 0.002);

const kindOf = (finding) => `mark-${finding.severity ?? "violation"}`;
const rank = ({ severity, confirmed }) => (severity === "fire" ? 0 : 2) + (confirmed ? 0 : 1);
const findingText = (one) => (one.hazard ? `${word("hazard", one.hazard)}${one.confirmed ? "" : "?"}` : "");

/** A zone's lowest point: what is found stands higher. */
function foot(polygon) {
  const [x, y] = polygon.reduce((low, point) => (point[1] > low[1] ? point : low));
  return [x, y, x, y];
}

const frame = ([x1, y1, x2, y2], kind) => line([[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]], kind);

/** Twice: a dark line below, so that it is seen on any ground. */
function line(points, kind) {
  return [`${kind} halo`, kind].map((class_) => (width, height) =>
    svg("polyline", { class: class_, points: points.map(([x, y]) => `${x * width},${y * height}`).join(" ") }));
}

const label = (box, text, kind, size) => ({ box, text, kind, size });

/** How wide a text is, in letters of its size: a picture is drawn before anything could be measured. */
const widthOf = (text) => [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 1 : 0.62), 0.2);

/** words: of `label`, the most important first; none stands on another. */
function texts(words, width, height) {
  const wanted = words.map(({ box: [x1, y1, x2, y2], text, size }) => ({
    x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height, width: widthOf(text) * size, height: size * 1.3,
  }));
  return labelPlaces(wanted, { x: 0, y: 0, width, height }).flatMap((at, number) => {
    if (!at) return [];
    const { text, kind, size } = words[number];
    const element = svg("text", { class: kind, x: at.x, y: at.y + size, "font-size": size });
    element.textContent = text;
    return [element];
  });
}
