// The desk on which zones are drawn, wherever it stands: ties the board, the forms and the keys together.
import { arrowStep } from "./arrows.js";
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import {
  addBehind, cancelDrawing, carry, choosePoint, chosenPoint, finishDrawing, isCarried, isDrawing, moveBy, paint, removeChosen, setPoint,
  setUpBoard, startDrawing, takeBack,
} from "./zones_board.js";
import { about, draft, freshName } from "./zones_draft.js";
import { maskRow, zoneForm } from "./zones_form.js";
import { nameOf } from "./zones_pen.js";

const STEP = 0.005; // of the picture
let parts = null;
let onEdit = () => {};

/** places: elements {root, board, forms, hint, addZone, addMask}; keys count within root. still: a picture.
 * known: {fields, name, …}, started: {zones, masks}. edited(): the draft has changed. */
export function openDesk(places, still, known, started, edited) {
  const move = el("button", { type: "button", id: "move-point", onclick: () => carry(!isCarried()) });
  const where = el("p", { id: "point", role: "status" });
  [parts, onEdit] = [{ ...places, move, where }, edited];
  Object.assign(about, known);
  Object.assign(draft, started);
  for (const [button, add] of [[places.addZone, addZone], [places.addMask, addMask]]) {
    button.addEventListener("click", add);
    button.disabled = false;
  }
  places.addMask.after(move);
  places.forms.before(where);
  places.root.addEventListener("keydown", onKey);
  setUpBoard(places.board, still, redrawDesk);
  redrawDesk();
}

/** All of it: after a polygon was drawn or taken away, or another chosen. */
export function redrawDesk() {
  const held = controls().indexOf(document.activeElement);
  parts.forms.replaceChildren(
    ...draft.zones.map((zone) => zoneForm(zone, about.fields, edited, redrawDesk)),
    ...draft.masks.map((points) => maskRow(points, redrawDesk)));
  if (held >= 0) (controls()[held] ?? controls().at(-1) ?? parts.addZone).focus();
  const drawing = isDrawing();
  parts.hint.textContent = drawing
    ? t(drawing.exactly ? "draw.hint_exactly" : "draw.hint", { what: word("field", drawing.kind), n: drawing.exactly })
    : t(isCarried() ? "draw.hint_carry" : "draw.hint_edit");
  parts.move.textContent = t("draw.move");
  parts.move.disabled = !chosenPoint();
  parts.move.setAttribute("aria-pressed", String(isCarried()));
  parts.where.textContent = drawing ? t("draw.points", { n: drawing.points.length }) : pointText(chosenPoint());
  edited();
}

/** All that can have the focus among the forms. */
const controls = () => [...parts.forms.querySelectorAll("input, select, button")];

const percent = (share) => Math.round(share * 1000) / 10;

/** Which point is chosen, and where it lies. */
function pointText(found) {
  if (!found) return "";
  const { shape, at } = found;
  const [x, y] = shape.points[at];
  return t("draw.point", { what: nameOf(shape), at: at + 1, n: shape.points.length, x: percent(x), y: percent(y) });
}

/** Only a value: the forms stay, so that no letter is lost while somebody types. */
function edited() {
  paint();
  onEdit();
}

function addZone() {
  startDrawing("polygon", null, (points) => {
    const type = about.fields.find((field) => field.name === "type")?.choices[0];
    draft.zones.push({ name: freshName(t("draw.zone")), type, polygon: points });
  });
}

const addMask = () => startDrawing("masks", null, (points) => draft.masks.push(points));

/** Where the board has the focus, its points are chosen, moved and set by keys as well. */
function onKey(event) {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = wholeDesk(event) ?? (event.target === parts.board ? onBoard(event) : null);
  if (!action || (event.key === "Enter" && event.target.matches("button"))) return;
  event.preventDefault();
  action();
}

function wholeDesk({ key }) {
  const away = isDrawing() ? takeBack : removeChosen;
  const escape = isDrawing() ? cancelDrawing : isCarried() ? () => carry(false) : null;
  return { Escape: escape, Enter: finishDrawing, Delete: away, Backspace: away }[key] ?? null;
}

function onBoard(event) {
  const step = arrowStep(event, STEP);
  if (step) return () => moveBy(...step);
  return { " ": isDrawing() ? setPoint : () => choosePoint(event.shiftKey ? -1 : 1), "+": addBehind, Insert: addBehind }[event.key] ?? null;
}
