// Drawing zones on a still: ties the board, the forms and the server together.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { cancelDrawing, finishDrawing, isDrawing, paint, removeChosen, setUpBoard, startDrawing } from "./zones_board.js";
import { about, cleaned, draft, freshName } from "./zones_draft.js";
import { maskRow, zoneForm } from "./zones_form.js";

const PAUSE_MS = 200;
let timer = 0;
let ended = false;

/** All of it: after a polygon was drawn or taken away, or another chosen. */
function redraw() {
  byId("forms").replaceChildren(
    ...draft.zones.map((zone) => zoneForm(zone, about.fields, edited, redraw)),
    ...draft.masks.map((points) => maskRow(points, redraw)));
  const drawing = isDrawing();
  byId("hint").textContent = ended ? t("draw.ended")
    : drawing ? t(drawing.exactly ? "draw.hint_exactly" : "draw.hint", { what: word("field", drawing.kind), n: drawing.exactly })
    : t("draw.hint_edit");
  byId("save").textContent = t("draw.save", { file: about.out });
  edited();
}

/** Only a value: the forms stay, so that no letter is lost while somebody types. */
function edited() {
  paint();
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

async function look() {
  if (ended) return;
  const answer = await postJson("/api/zones/check", cleaned()).catch((error) => ({ toml: "", problems: [error.message] }));
  byId("problems").replaceChildren(...answer.problems.map((problem) => el("li", {}, problem)));
  if (!answer.problems.length) byId("toml").textContent = answer.toml;
  byId("save").disabled = answer.problems.length > 0;
}

function addZone() {
  startDrawing("polygon", null, (points) => {
    const type = about.fields.find((field) => field.name === "type")?.choices[0];
    draft.zones.push({ name: freshName(t("draw.zone")), type, polygon: points });
  });
}

const addMask = () => startDrawing("masks", null, (points) => draft.masks.push(points));

async function save() {
  const answer = await postJson("/api/zones/save", cleaned()).catch((error) => ({ error }));
  byId("said").textContent = answer.error ? t("banner.failed", { detail: answer.error.message }) : t("draw.saved", { file: answer.file });
}

async function finish() {
  await look();
  await postJson("/api/zones/finish", {}).catch(() => {}); // the server may be gone before its answer
  ended = true;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  redraw();
}

function onKey(event) {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { Escape: cancelDrawing, Enter: finishDrawing, Delete: removeChosen, Backspace: removeChosen }[event.key];
  if (!action || (event.key === "Enter" && event.target.matches("button"))) return;
  event.preventDefault();
  action();
}

async function start() {
  translatePage();
  const answer = await getJson("/api/zones");
  Object.assign(about, answer);
  Object.assign(draft, answer.draft);
  byId("name").textContent = about.name;
  byId("add-zone").addEventListener("click", addZone);
  byId("add-mask").addEventListener("click", addMask);
  byId("save").addEventListener("click", save);
  byId("finish").addEventListener("click", finish);
  byId("language").addEventListener("click", switchLanguage);
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard?.writeText(byId("toml").textContent).catch(() => {}); // it can be selected by hand, too
    byId("said").textContent = t("share.copied");
  });
  onLanguage(redraw);
  addEventListener("keydown", onKey);
  await setUpBoard(byId("board"), redraw);
  redraw();
}

start();
