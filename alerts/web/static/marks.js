// What is to be seen in a picture, drawn over it from data, so that it can be taken away. It lies where the picture lies
// (object-fit: contain), whatever the size of the box.
import { svg } from "./dom.js";
import { percent } from "./format.js";
import { word } from "./i18n.js";

const LETTER = 40; // of so many letters the longer side would hold

/** picture: of /api/alerts/ID/pictures. Nothing where nothing is known, or all is drawn into the picture itself. */
export function marks({ width, height, drawing, marked }) {
  const { boxes = [], findings = [], zones = [] } = marked ? {} : drawing;
  const size = Math.max(width, height) / LETTER;
  const shapes = [
    ...zones.filter(({ polygon }) => !isWhole(polygon)).flatMap(({ polygon, name }) => zone(polygon, name, size)),
    ...boxes.filter((one) => !findings.some(({ box }) => same(box, one.box))).flatMap((one) => [
      ...frame(one.box, "mark-seen"), label(one.box, word("box", one.name), "mark-seen", size * 0.8)]),
    ...findings.flatMap((one) => finding(one, size)),
  ];
  return svg("svg", { class: "marks", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    ...shapes.map((one) => one(width, height)));
}

const isWhole = (polygon) => polygon.every(([x, y]) => (x === 0 || x === 1) && (y === 0 || y === 1));
const same = (one, other) => one.every((value, at) => Math.abs(value - other[at]) < 0.002);

function finding(one, size) {
  const kind = `mark-${one.severity ?? "violation"}`;
  const text = one.hazard ? `${word("hazard", one.hazard)}${one.confirmed ? "" : "?"} ${percent(one.confidence)}` : "";
  return [...frame(one.box, `${kind} strong`), ...(one.path ? line(one.path, "mark-path strong") : []),
    ...(text ? [label(one.box, text, kind, size)] : [])];
}

function zone(polygon, name, size) {
  const [x, y] = polygon.reduce((low, point) => (point[1] > low[1] ? point : low)); // at the foot: what is found stands higher
  return [...line([...polygon, polygon[0]], "mark-zone"), label([x, y, x], name, "mark-zone", size * 0.8)];
}

const frame = ([x1, y1, x2, y2], kind) => line([[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]], kind);

/** Twice: a dark line below, so that it is seen on any ground. */
function line(points, kind) {
  return [`${kind} halo`, kind].map((class_) => (width, height) =>
    svg("polyline", { class: class_, points: points.map(([x, y]) => `${x * width},${y * height}`).join(" ") }));
}

/** Above the box; within it where there is no room above. */
function label([x1, y1, x2], text, kind, size) {
  return (width, height) => {
    const above = y1 * height > size * 1.3;
    const right = x1 > 0.72;
    const element = svg("text", {
      class: kind, x: (right ? x2 : x1) * width, y: y1 * height + (above ? -0.35 : 1.1) * size, "font-size": size,
      "text-anchor": right ? "end" : "start",
    });
    element.textContent = text;
    return element;
  };
}
