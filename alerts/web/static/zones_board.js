// The still and the polygons on it: points are dragged, put in between and taken away; a new polygon is clicked together.
import { about, colourOf, shapes } from "./zones_draft.js";
import { unit as typeUnit } from "./dom.js";
import { contained } from "./overlay.js";
import { word } from "./i18n.js";

const NEAR = 11;
const PAD = 10;
let still = null; // a picture
let canvas = null;
let onEdit = () => {};
let drawing = null;
let chosen = null;
let grabbed = null;
let pointer = null;

/** A picture for the board. Raises if there is none at this address. */
export async function loadStill(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return picture;
}

/** picture: the still. edited(): the draft has changed, or another polygon is chosen. */
export function setUpBoard(element, picture, edited) {
  canvas = element;
  onEdit = edited;
  [drawing, chosen, grabbed, pointer] = [null, null, null, null];
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("pointermove", moved);
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("dblclick", (event) => { event.preventDefault(); finishDrawing(); });
  new ResizeObserver(paint).observe(canvas);
  showStill(picture);
}

/** Another picture below the same polygons. */
export function showStill(picture) {
  still = picture;
  about.size = [still.naturalWidth, still.naturalHeight];
  paint();
}

/** Click a polygon together; done(points) is called when it is closed. exactly: it closes by itself with so many points. */
export function startDrawing(kind, exactly, done) {
  drawing = { kind, exactly, points: [], done };
  chosen = null;
  canvas.focus();
  onEdit();
}

export const isDrawing = () => drawing;
export const isChosen = (points) => chosen?.points === points;

export function choose(points) {
  chosen = points ? { points, at: null } : null;
  paint();
}

export function cancelDrawing() {
  drawing = null;
  onEdit();
}

export function finishDrawing() {
  if (!drawing || drawing.points.length < 3) return;
  const { done, points } = drawing;
  drawing = null;
  chosen = { points, at: null };
  done(points);
  onEdit();
}

/** Take away the chosen point, or the whole polygon where no point is chosen or only three are left. */
export function removeChosen() {
  const shape = shapes().find((one) => one.points === chosen?.points);
  if (!shape) return;
  if (chosen.at !== null && shape.points.length > 3 && !shape.exactly) shape.points.splice(chosen.at, 1);
  else shape.remove();
  chosen = null;
  onEdit();
}

const area = () => {
  const [width, height] = about.size;
  const inner = contained(width, height, canvas.clientWidth - 2 * PAD, canvas.clientHeight - 2 * PAD);
  return { ...inner, x: inner.x + PAD, y: inner.y + PAD };
};
const toPage = ([x, y], box) => [box.x + x * box.width, box.y + y * box.height];
const unit = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;

function place(event) {
  const box = area();
  const frame = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
  const outside = Math.max(box.x - x, x - box.x - box.width, box.y - y, y - box.y - box.height);
  return { page: [x, y], outside: outside > PAD, point: [unit((x - box.x) / box.width), unit((y - box.y) / box.height)] };
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function pressed(event) {
  canvas.focus();
  const { page, point, outside } = place(event);
  if (drawing) {
    if (outside) return; // beside the picture there is nothing to draw; its very edge is hit from a little outside
    const first = drawing.points[0];
    if (first && drawing.points.length > 2 && distance(toPage(first, area()), page) < NEAR) return finishDrawing();
    const last = drawing.points.at(-1);
    if (last && distance(toPage(last, area()), page) < NEAR / 2) return; // the second half of a double click, which closes it
    drawing.points.push(point);
    if (drawing.points.length === drawing.exactly) finishDrawing();
    return paint();
  }
  grabbed = nearestPoint(page) ?? newPointOnEdge(page, point);
  chosen = grabbed ?? inside(page);
  if (grabbed) canvas.setPointerCapture(event.pointerId);
  onEdit();
}

function moved(event) {
  pointer = place(event).point;
  if (grabbed) grabbed.points[grabbed.at] = pointer;
  if (grabbed || drawing) paint();
}

function released() {
  if (!grabbed) return;
  grabbed = null;
  onEdit();
}

/** The chosen polygon's points come first, so that what lies above another can be got at. */
const byChoice = () => shapes().sort((a, b) => Number(isChosen(b.points)) - Number(isChosen(a.points)));

function nearestPoint(page) {
  for (const shape of byChoice()) {
    const at = shape.points.findIndex((point) => distance(toPage(point, area()), page) < NEAR);
    if (at >= 0) return { points: shape.points, at };
  }
  return null;
}

/** On an edge of the chosen polygon a new point is made. */
function newPointOnEdge(page, point) {
  const shape = shapes().find((one) => isChosen(one.points) && !one.exactly);
  if (!shape) return null;
  for (let at = 0; at < shape.points.length; at += 1) {
    const [a, b] = [at, (at + 1) % shape.points.length].map((number) => toPage(shape.points[number], area()));
    const length = distance(a, b) || 1;
    const along = ((page[0] - a[0]) * (b[0] - a[0]) + (page[1] - a[1]) * (b[1] - a[1])) / length ** 2;
    const foot = [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])];
    if (along > 0 && along < 1 && distance(foot, page) < NEAR / 2) {
      shape.points.splice(at + 1, 0, point);
      return { points: shape.points, at: at + 1 };
    }
  }
  return null;
}

/** The smallest polygon that holds the place: bays lie in zones. */
function inside(page) {
  const holds = shapes().filter(({ points }) => {
    const path = new Path2D(`M${points.map((point) => toPage(point, area()).join(" ")).join("L")}Z`);
    return canvas.getContext("2d").isPointInPath(path, ...page);
  });
  const size = ({ points }) => Math.abs(points.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = points[(at + 1) % points.length];
    return sum + x * nextY - nextX * y;
  }, 0));
  const best = holds.sort((a, b) => size(a) - size(b))[0];
  return best ? { points: best.points, at: null } : null;
}

export function paint() {
  if (!canvas?.clientWidth) return;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const box = area();
  pen.drawImage(still, box.x, box.y, box.width, box.height);
  for (const shape of shapes()) polygon(pen, box, shape, isChosen(shape.points));
  if (drawing) polygon(pen, box, { ...drawing, points: [...drawing.points, ...(pointer ? [pointer] : [])], title: "" }, true);
}

function polygon(pen, box, { points, kind, number, title }, strong) {
  if (!points.length) return;
  const colour = colourOf(kind);
  const page = points.map((point) => toPage(point, box));
  pen.beginPath();
  page.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.fillStyle = kind === "masks" ? "rgb(0 0 0 / 85%)" : `${colour}${strong ? "40" : "1f"}`;
  pen.fill();
  const scale = typeUnit();
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
  const what = kind === "polygon" ? "" : [word("field", kind), number].filter(Boolean).join(" ");
  label(pen, [what, title].filter(Boolean).join(" · "), x, Math.max(14 * scale, y - 8 * scale), colour, scale);
}

function label(pen, text, x, y, colour, scale) {
  if (!text) return;
  pen.font = `600 ${12 * scale}px system-ui, 'Noto Sans CJK SC', sans-serif`;
  const width = pen.measureText(text).width + 10 * scale;
  const left = Math.max(0, Math.min(x - width / 2, canvas.clientWidth - width));
  pen.fillStyle = "rgb(8 12 16 / 80%)";
  pen.fillRect(left, y - 13 * scale, width, 17 * scale);
  pen.fillStyle = colour;
  pen.fillText(text, left + 5 * scale, y);
}
