// How the polygons of the desk look.
import { unit } from "./dom.js";
import { word } from "./i18n.js";
import { colourOf } from "./zones_draft.js";

/** Where a point of the picture (0–1) lies; box: of the picture on the board. */
export const toPage = ([x, y], box) => [box.x + x * box.width, box.y + y * box.height];

/** With its corners and its name. strong: it is the chosen one, or is being drawn. */
export function polygon(pen, box, { points, kind, number, title }, strong) {
  if (!points.length) return;
  const colour = colourOf(kind);
  const page = points.map((point) => toPage(point, box));
  pen.beginPath();
  page.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.fillStyle = kind === "masks" ? "rgb(0 0 0 / 85%)" : `${colour}${strong ? "40" : "1f"}`;
  pen.fill();
  const scale = unit();
  pen.lineWidth = (strong ? 3 : 1.5) * scale;
  pen.strokeStyle = colour;
  pen.stroke();
  for (const [x, y] of page) {
    pen.beginPath();
    pen.arc(x, y, (strong ? 5.5 : 3.5) * scale, 0, 7);
    pen.fillStyle = colour;
    pen.fill();
    pen.lineWidth = 1;
    pen.strokeStyle = "#0d1217";
    pen.stroke();
  }
  const [x, y] = page.reduce((top, point) => (point[1] < top[1] ? point : top));
  label(pen, nameOf({ kind, number, title }), x, Math.max(14 * scale, y - 8 * scale), colour, scale);
}

/** What a polygon is called on the picture. */
export const nameOf = ({ kind, number, title }) => [kind === "polygon" ? "" : [word("field", kind), number].filter(Boolean).join(" "), title]
  .filter(Boolean).join(" · ");

/** Round the chosen point; while it is carried, dashed. */
export function ring(pen, [x, y], dashed) {
  const scale = unit();
  pen.setLineDash(dashed ? [3 * scale, 3 * scale] : []);
  for (const [width, colour] of [[4, "#0d1217"], [2, "#ffffff"]]) {
    pen.beginPath();
    pen.arc(x, y, 10 * scale, 0, 7);
    Object.assign(pen, { lineWidth: width * scale, strokeStyle: colour });
    pen.stroke();
  }
  pen.setLineDash([]);
}

function label(pen, text, x, y, colour, scale) {
  if (!text) return;
  pen.font = `600 ${12 * scale}px system-ui, 'Noto Sans CJK SC', sans-serif`;
  const width = pen.measureText(text).width + 10 * scale;
  const left = Math.max(0, Math.min(x - width / 2, pen.canvas.clientWidth - width));
  pen.fillStyle = "rgb(8 12 16 / 80%)";
  pen.fillRect(left, y - 13 * scale, width, 17 * scale);
  pen.fillStyle = colour;
  pen.fillText(text, left + 5 * scale, y);
}
