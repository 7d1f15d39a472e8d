// The still and the polygons on it: points are dragged, put in between and taken away; a new polygon is clicked together.
import { contained } from "./overlay.js";
import { about, shapes } from "./zones_draft.js";
import { polygon, ring, toPage } from "./zones_pen.js";

const NEAR = 11;
const PAD = 10;
const CENTRE = [0.5, 0.5];
let still = null; // a picture
let canvas = null;
let onEdit = () => {};
let drawing = null;
let chosen = null;
let grabbed = null;
let pointer = null;
let carried = false; // the chosen point goes where the next press is

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
  [drawing, chosen, grabbed, pointer, carried] = [null, null, null, null, false];
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
  [chosen, pointer, carried] = [null, null, false];
  canvas.focus();
  onEdit();
}

export const isDrawing = () => drawing;
export const isChosen = (points) => chosen?.points === points;

/** A polygon; its points are then to be had by keys. */
export function choose(points) {
  [chosen, carried] = [{ points, at: null }, false];
  canvas.focus();
  paint();
}

/** The polygon of the chosen point and which of its points it is; null: none is chosen. */
export function chosenPoint() {
  const shape = shapes().find((one) => isChosen(one.points));
  return shape && chosen.at !== null ? { shape, at: chosen.at } : null;
}

/** The next point, or (by: -1) the one before, of the chosen polygon and then of the others. */
export function choosePoint(by) {
  const all = shapes().flatMap(({ points }) => points.map((_, at) => ({ points, at })));
  if (!all.length) return;
  const here = all.findIndex(({ points, at }) => isChosen(points) && at === (chosen.at ?? 0));
  const stays = here >= 0 && chosen.at === null; // the polygon alone was chosen: its first point
  [chosen, carried] = [all[stays ? here : (Math.max(here, by < 0 ? 0 : -1) + by + all.length) % all.length], false];
  onEdit();
}

/** The chosen point, or what is drawn by keys where the next point is set. */
export function moveBy(dx, dy) {
  const moved = ([x, y]) => [unit(x + dx), unit(y + dy)];
  if (drawing) pointer = moved(pointer ?? CENTRE);
  else if (chosenPoint()) chosen.points[chosen.at] = moved(chosen.points[chosen.at]);
  onEdit();
}

/** Where moveBy has led. */
export function setPoint() {
  addPoint(pointer ??= CENTRE);
  onEdit();
}

/** The last point of what is being drawn. */
export function takeBack() {
  drawing.points.pop();
  onEdit();
}

/** A point between the chosen one and the next. */
export function addBehind() {
  const found = chosenPoint();
  if (!found || found.shape.exactly) return;
  const { shape: { points }, at } = found;
  const [a, b] = [points[at], points[(at + 1) % points.length]];
  points.splice(at + 1, 0, [unit((a[0] + b[0]) / 2), unit((a[1] + b[1]) / 2)]);
  chosen = { points, at: at + 1 };
  onEdit();
}

export const isCarried = () => carried;

/** Without dragging: the chosen point goes where the next press is. */
export function carry(on) {
  carried = on && chosenPoint() !== null;
  if (carried) canvas.focus();
  onEdit();
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
  [chosen, carried] = [null, false];
  onEdit();
}

const area = () => {
  const [width, height] = about.size;
  const inner = contained(width, height, canvas.clientWidth - 2 * PAD, canvas.clientHeight - 2 * PAD);
  return { ...inner, x: inner.x + PAD, y: inner.y + PAD };
};
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
    if (!outside) addPoint(point); // beside the picture there is nothing to draw; its very edge is hit from a little outside
    return paint();
  }
  if (carried) {
    if (outside) return;
    [chosen.points[chosen.at], carried] = [point, false];
    return onEdit();
  }
  grabbed = nearestPoint(page) ?? newPointOnEdge(page, point);
  chosen = grabbed ?? inside(page);
  if (grabbed) canvas.setPointerCapture(event.pointerId);
  onEdit();
}

/** One more of what is being drawn; the first once more closes it. */
function addPoint(point) {
  const { points, exactly } = drawing;
  const isNear = (other, near) => other && distance(toPage(other, area()), toPage(point, area())) < near;
  if (points.length > 2 && isNear(points[0], NEAR)) return finishDrawing();
  if (isNear(points.at(-1), NEAR / 2)) return; // the second half of a double click, which closes it
  points.push(point);
  if (points.length === exactly) finishDrawing();
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
  if (chosenPoint()) ring(pen, toPage(chosen.points[chosen.at], box), carried);
  if (drawing) polygon(pen, box, { ...drawing, points: [...drawing.points, ...(pointer ? [pointer] : [])], title: "" }, true);
}
