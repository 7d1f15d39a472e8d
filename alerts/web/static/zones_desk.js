// The desk on which zones are drawn, wherever it stands: ties the board, the forms and the keys together.
import { t, word } from "./i18n.js";
import { cancelDrawing, finishDrawing, isDrawing, paint, removeChosen, setUpBoard, startDrawing } from "./zones_board.js";
import { about, draft, freshName } from "./zones_draft.js";
import { maskRow, zoneForm } from "./zones_form.js";

let parts = null;
let onEdit = () => {};

/** places: elements {root, board, forms, hint, addZone, addMask}; keys count within root. still: a picture.
 * known: {fields, name, …}, started: {zones, masks}. edited(): the draft has changed. */
export function openDesk(places, still, known, started, edited) {
  [parts, onEdit] = [places, edited];
  Object.assign(about, known);
  Object.assign(draft, started);
  for (const [button, add] of [[places.addZone, addZone], [places.addMask, addMask]]) {
    button.addEventListener("click", add);
    button.disabled = false;
  }
  places.root.addEventListener("keydown", onKey);
  setUpBoard(places.board, still, redrawDesk);
  redrawDesk();
}

/** All of it: after a polygon was drawn or taken away, or another chosen. */
export function redrawDesk() {
  parts.forms.replaceChildren(
    ...draft.zones.map((zone) => zoneForm(zone, about.fields, edited, redrawDesk)),
    ...draft.masks.map((points) => maskRow(points, redrawDesk)));
  const drawing = isDrawing();
  parts.hint.textContent = drawing
    ? t(drawing.exactly ? "draw.hint_exactly" : "draw.hint", { what: word("field", drawing.kind), n: drawing.exactly })
    : t("draw.hint_edit");
  edited();
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

function onKey(event) {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { Escape: isDrawing() && cancelDrawing, Enter: finishDrawing, Delete: removeChosen, Backspace: removeChosen }[event.key];
  if (!action || (event.key === "Enter" && event.target.matches("button"))) return;
  event.preventDefault();
  action();
}
