// Set-up: the settings file in the browser, part by part. Nothing is written before the server has tried it.
import { getJson, postJson } from "./api.js";
import { leadBack } from "./beside.js";
import { byId, el } from "./dom.js";
import { clockTime, learnClock } from "./format.js";
import { learnWords, onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { icon } from "./icons.js";
import { learnName, orderedBy } from "./name.js";
import { isUnanswered, keyText, problemText, refusalText, rows, showProblems } from "./setup_form.js";
import { cleaned, knownIn, noteOf, titleOf, waysOf } from "./setup_known.js";
import { camerasBox, clearRoutesBox, stillBox, tellOfPicture } from "./setup_camera.js";
import { askWho, gapsNote, rotaBox, rotaEdited } from "./setup_rota.js";
import { rulesBox } from "./setup_rules.js";
import { drawSaid, giveUp, isSaid, isWaiting, LEFT, saidLine, say, whileWaiting } from "./setup_said.js";
import { drawState, learnState, readSheet } from "./setup_state.js";
import { trialBox } from "./setup_trial.js";
import { typeRow } from "./setup_type.js";
import { drawZones, zonesRow } from "./setup_zones.js";
import "./strings_setup.js";

const AGAIN_MS = 1000;
const TRIES = 8;
let sheet = { file: null, version: "", problem: "", problems: [], in_force: true, restart: [], gaps: [], parts: {}, about: {} };
let places = []; // registered ones
let kinds = {}; // of hazards: their severity
let part = "cameras";
let key = null; // of the entry that is edited; null: a new one
let entry = null; // as it is being edited; null: none
let dirty = false;
let loose = []; // problems that belong to no field
let left = false; // an order, without its answer

const about = () => sheet.about[part];
const entries = () => sheet.parts[part]?.entries ?? [];
const isSingle = () => about()?.key === "";
const fieldsOf = (one) => about().fields[about().tag ? one[about().tag] : ""] ?? [];
const nameOf = (one) => one[about().key] ?? "";

function draw() {
  byId("parts").replaceChildren(...Object.keys(sheet.about).map((name) => el("button", {
    type: "button", "aria-current": String(name === part), onclick: () => leaveTo(() => choosePart(name)),
  }, word("part", name), isCounted(name) ? el("span.number", {}, String(countOf(name))) : null)));
  drawState(sheet);
  drawList();
  drawEditor();
}

const isCounted = (name) => sheet.about[name].key !== "";
/** Places that are written as one are several. */
const countOf = (name) => Math.max(sheet.parts[name]?.entries.length ?? 0, name === "places" ? places.length : 0);

function drawList() {
  document.body.dataset.single = String(isSingle());
  byId("entries").replaceChildren(...entries().map((one, at) => el("li", {}, el("button", {
    type: "button", "aria-current": String(entry !== null && key === nameOf(one)), onclick: () => leaveTo(() => edit(nameOf(one))),
  }, el("strong", {}, titleOf(one) || nameOf(one)), el("span.note", {}, noteOf(one, part, places, sheet.parts[part].files[at]))))));
  byId("add").textContent = t("setup.add", { what: word("part_one", part) });
  byId("add").disabled = !sheet.file || Boolean(sheet.problem);
}

function choosePart(name) {
  [part, entry, key, dirty, loose] = [name, null, null, false, []];
  say(null);
  if (isSingle()) edit("");
  else draw();
}

function edit(name) {
  const found = isSingle() ? entries()[0] ?? {} : entries().find((one) => nameOf(one) === name);
  [entry, key, dirty, loose] = [found ? structuredClone(found) : null, name, false, []];
  say(null);
  draw();
  byId("editor").scrollTop = 0;
}

/** begun: what it has already. */
function add(begun = {}) {
  const { tag, fields } = about();
  const types = Object.keys(fields);
  [entry, key, dirty, loose] = [tag ? { [tag]: types[0] } : begun, null, false, []];
  say(null);
  draw();
  byId("editor").querySelector("input, select")?.focus();
}

const openCamera = (name) => leaveTo(() => { choosePart("cameras"); edit(name); });

/** Whoever has typed something, or waits for an answer, is asked before it is lost. */
function leaveTo(go) {
  if ((isWaiting() || dirty) && !confirm(t(isWaiting() ? "setup.sure_unsure" : "setup.sure_leave"))) return;
  left ||= isWaiting();
  giveUp(LEFT);
  go();
  if (left) catchUp();
}

/** What was left without its answer may be written by now. Where somebody types already nothing is read: what they save is then
 * refused, as the file was changed meanwhile. */
async function catchUp() {
  const read = await readSheet().catch(() => null);
  if (!read || dirty || isWaiting()) return;
  left = false;
  take(read);
  const now = isSingle() ? entries()[0] ?? {} : entries().find((one) => nameOf(one) === key);
  if (key !== null && JSON.stringify(now) !== JSON.stringify(entry)) return edit(now ? key : null);
  drawState(sheet);
  drawList();
}

function drawEditor() {
  if (entry === null) byId("editor").replaceChildren(el("form", {}, saidLine(), el("p.calm", {}, word("setup_hint", part))));
  else drawEntry();
  drawSaid();
}

function drawEntry() {
  const form = el("form", { id: "entry", noValidate: true, onsubmit: (event) => { event.preventDefault(); save(); } },
    el("h2", {}, isSingle() ? word("part", part) : key === null ? t("setup.add", { what: word("part_one", part) }) : titleOf(entry) || key),
    el("p.note", {}, word("setup_hint", part)),
    about().tag ? typeRow(about(), entry, key !== null, (begun) => { entry = begun; drawEditor(); }) : null,
    ...rows(fieldsOf(entry).filter(isTyped), entry, { known: knownIn(sheet, part, places, kinds), edited, redraw: drawEditor, path: [] }),
    part === "cameras" ? drawnRow() : null,
    part === "rota" && sheet.gaps.length ? gapsNote(sheet.gaps) : null,
    el("p.row", {},
      el("button.big", { type: "submit", disabled: !sheet.file }, t("setup.save")),
      key === null || isSingle() ? null : el("button.quiet.remove", { type: "button", onclick: remove }, t("setup.remove"))),
    saidLine(),
    el("div", { role: "alert" }, el("ul.problems", {}, ...loose.map(problemLine))));
  const one = () => [trialBox(key, [[key, ""]], dirty)];
  const boxes = {
    cameras: () => [stillBox(trialOf, key, approve, Boolean(entry.reference)), key === null ? null : rulesBox(trialOf, key)],
    hazards: () => [clearRoutesBox(sheet.parts.cameras.entries, openCamera)],
    channels: one, webhooks: one, people: () => [trialBox(key, waysOf(entry).map((way) => [way, key]), dirty)],
    places: () => [camerasBox(key, sheet.parts.cameras.entries, openCamera,
      (place) => leaveTo(() => { choosePart("cameras"); add({ place }); }))],
    rota: () => [rotaBox(() => (dirty ? cleaned(entry) : null), exceptFor)],
  }[part];
  const shown = boxes && (key !== null || part === "cameras") ? boxes().filter(Boolean) : [];
  byId("editor").replaceChildren(form, el("div.boxes", {}, ...shown));
}

/** What is drawn, and the way to the desk. */
const drawnRow = () => zonesRow(entry, () => drawZones(entry, key, fieldsOf(entry).find((field) => field.name === "zones").fields, trialOf, (drawn) => {
  Object.assign(entry, drawn);
  edited();
  drawEditor();
}));

/** Zones and masks are drawn; the type has a row of its own. */
const isTyped = ({ name }) => name !== about().tag && !["zones", "masks"].includes(name);

/** An exception to the week, to be filled in and written. */
function exceptFor(begins, ends) {
  entry.overrides = [...(entry.overrides ?? []), { begins, ends, who: [] }];
  edited();
  drawEditor();
  askWho();
}

function edited() {
  dirty = true;
  say(null); // it was of what was, not of what is typed now
  if (part === "rota") rotaEdited();
  byId("editor").querySelectorAll(".trial button").forEach((button) => { button.disabled = button.dataset.saved === "true"; });
}

/** For a camera's still: as it stands in the form if something was typed, else as the file has it. */
const trialOf = () => (dirty || key === null ? { key, value: cleaned(entry) } : { key });

/** A still shows the clear route. */
async function approve(still) {
  if (dirty && !confirm(t("setup.sure_leave"))) return;
  await change(null, () => t("setup.approved"), ["/api/setup/approve", { key, still }]);
}

async function save() {
  await change(cleaned(entry), () => t("setup.saved"));
}

async function remove() {
  if (!confirm(t("setup.sure_remove", { name: key }))) return;
  await change(null, () => t("setup.removed"));
}

const problemLine = (problem) => el("li", {}, problem.key ? `${keyText(problem.path ?? problem.key.split("."))}: ` : "", problemText(problem));

/** how: another path than the usual one, and what it takes. What is typed while it is on its way would be lost. */
async function change(value, done, how = ["/api/setup/change", { part, key: isSingle() ? null : key, value }]) {
  const by = await orderedBy();
  if (by === null) return;
  const [path, body] = how;
  const send = (signal) => order(path, { ...body, version: sheet.version, by }, done, signal);
  if (await whileWaiting(send, () => t("setup.sending"))) await untilInForce(done);
}

/** Whether it was written, and is shown. The page may not hear what became of it: then it says that it was written, and shows what
 * was before. */
async function order(path, body, done, signal) {
  let answer = null;
  try {
    answer = await postJson(path, body, { signal });
  } catch (error) {
    if (signal.reason !== LEFT) await refused(error);
    return false;
  }
  const heard = await load(signal).then(() => true, () => false);
  if (signal.reason === LEFT) return false;
  dirty = false;
  if (answer.action === "removed") entry = null;
  else if (heard) edit(answer.name);
  say(heard ? done : () => `${done()} ${t("refused.unreachable")}`, heard);
  draw();
  return heard;
}

/** Whatever it was is said where the button is. */
async function refused(error) {
  if (error.status === 401) return location.assign("/enter");
  if (isUnanswered(error)) return sayUnsure(error);
  say(() => refusalText(error), false);
  loose = showProblems(byId("entry"), error.body?.problems ?? []);
  byId("editor").querySelector(".problems").replaceChildren(...loose.map(problemLine));
  if (error.body?.code === "changed_meanwhile") await load().then(() => drawState(sheet), () => {});
}

/** Nobody knows here whether it was taken. error: why, if somebody has not just given up waiting. */
function sayUnsure(error) {
  const why = () => (error.name === "AbortError" ? "" : refusalText(error));
  say(() => `${why()} ${t("setup.unsure")}`.trim(), false, () => el("button", { type: "button", id: "read-again", onclick: readAgain }, t("setup.read_again")));
}

/** Whether an order without an answer was taken is seen by the file. */
async function readAgain() {
  const before = sheet.version;
  const error = await whileWaiting((signal) => load(signal).then(() => null, (thrown) => (signal.reason === LEFT ? LEFT : thrown)), () => t("setup.reading"));
  if (error) return error === LEFT ? null : refused(error);
  const at = new Date().toISOString();
  if (sheet.version === before) return say(() => t("setup.unchanged", { at: clockTime(at) }), false);
  const name = isSingle() ? "" : [nameOf(entry), key].find((one) => entries().some((each) => nameOf(each) === one));
  edit(name ?? null); // null: it is gone
  const read = () => t("setup.read_anew", { at: clockTime(at) });
  say(read);
  return untilInForce(read);
}

/** The watch looks at the file once a second. written: what is said until then; then that it counts, if nothing else is; of a
 * camera also that it is tried, and what came. */
async function untilInForce(written) {
  for (let tries = 0; tries < TRIES && !sheet.in_force && !sheet.problem; tries += 1) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    await learnState(sheet);
    drawState(sheet);
  }
  if (!isSaid(written) || !sheet.in_force || sheet.restart.includes(part)) return;
  let picture = () => "";
  const inForce = () => [written(), t("setup.in_force_now"), picture()].filter(Boolean).join(" ");
  const tell = (words, fine) => {
    picture = words;
    say(inForce, fine);
  };
  tell(picture, true);
  if (part === "cameras" && entry) await tellOfPicture(key, () => isSaid(inForce), tell);
}

const take = (read) => { [sheet, places] = [read.sheet, read.places]; };
const load = async (signal) => take(await readSheet(signal));

async function start() {
  translatePage();
  byId("theme").append(icon("contrast"));
  byId("language").addEventListener("click", switchLanguage);
  leadBack();
  byId("add").addEventListener("click", () => leaveTo(() => add()));
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  onLanguage(draw);
  try {
    const [me, hazards] = await Promise.all([...["me", "hazards"].map((name) => getJson(`/api/${name}`)), load()]);
    learnWords("hazard", Object.fromEntries(Object.entries(hazards.hazards).map(([kind, about]) => [kind, about.words])));
    learnName(me);
    learnClock(me);
    kinds = Object.fromEntries(Object.entries(hazards.hazards).map(([kind, { severity }]) => [kind, severity]));
  } catch (error) {
    if (error.status === 401) return location.assign("/enter");
    byId("trouble").hidden = false;
    byId("trouble").textContent = refusalText(error);
    return;
  }
  follow(new URLSearchParams(location.hash.slice(1)));
}

/** #part=cameras&new&place=ID: whoever comes from elsewhere finds a new entry begun. */
function follow(asked) {
  if (sheet.about[asked.get("part")]) choosePart(asked.get("part"));
  else draw();
  if (asked.has("new") && !byId("add").disabled) add(asked.get("place") ? { place: asked.get("place") } : {});
}

start().finally(() => { document.body.dataset.ready = "yes"; }); // nothing moves while it loads
