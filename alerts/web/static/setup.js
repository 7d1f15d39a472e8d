// Set-up: the settings file in the browser, part by part. Nothing is written before the server has tried it.
import { getJson, postJson } from "./api.js";
import { leadBack } from "./beside.js";
import { byId, el } from "./dom.js";
import { clockTime, learnClock } from "./format.js";
import { learnWords, onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { icon } from "./icons.js";
import { learnName, orderedBy } from "./name.js";
import { isUnanswered, problemRow, refusalText, rows, showProblems } from "./setup_form.js";
import { cleaned, countOf, knownIn, noteOf, titleOf } from "./setup_known.js";
import { boxesOf } from "./setup_boxes.js";
import { clashBox, differing, isSame } from "./setup_clash.js";
import { untilInForce } from "./setup_force.js";
import { askWho, gapsNote, rotaEdited } from "./setup_rota.js";
import { drawSaid, giveUp, isWaiting, LEFT, saidLine, say, whileWaiting } from "./setup_said.js";
import { drawState, readSheet } from "./setup_state.js";
import { typeRow } from "./setup_type.js";
import { drawZones, zonesRow } from "./setup_zones.js";
import "./strings_setup.js";

let sheet = { file: null, version: "", problem: "", problems: [], in_force: true, restart: [], gaps: [], parts: {}, about: {} };
let places = []; // registered ones
let kinds = {}; // of hazards: their severity
let part = "cameras";
let key = null; // of the entry that is edited; null: a new one
let entry = null; // as it is being edited; null: none
let opened = null; // the entry as the file had it then
let clash = null; // as somebody else has saved it meanwhile; null: nobody has
let dirty = false;
let loose = []; // problems that belong to no field
let left = false; // an order, without its answer
let reads = 0; // of the file until now: what came late of an earlier one is older than what is shown

const about = () => sheet.about[part];
const entries = () => sheet.parts[part]?.entries ?? [];
const isSingle = () => about()?.key === "";
const fieldsOf = (one) => about().fields[about().tag ? one[about().tag] : ""] ?? [];
const nameOf = (one) => one[about().key] ?? "";
const inFile = (name) => (isSingle() ? entries()[0] ?? {} : entries().find((one) => nameOf(one) === name));
const known = () => knownIn(sheet, part, places, kinds);

function draw() {
  byId("parts").replaceChildren(...Object.keys(sheet.about).map((name) => el("button", {
    type: "button", "aria-current": String(name === part), onclick: () => leaveTo(() => choosePart(name)),
  }, word("part", name), el("span.number", {}, countOf(name, sheet, places)))));
  drawState(sheet);
  drawList();
  drawEditor();
}

function drawList() {
  document.body.dataset.single = String(isSingle());
  byId("entries").replaceChildren(...entries().map((one, at) => el("li", {}, el("button", {
    type: "button", "aria-current": String(entry !== null && key === nameOf(one)), onclick: () => leaveTo(() => edit(nameOf(one))),
  }, el("strong", {}, titleOf(one) || nameOf(one)), el("span.note", {}, noteOf(one, part, places, sheet.parts[part].files[at]))))));
  byId("add").textContent = t("setup.add", { what: word("part_one", part) });
  byId("add").disabled = !sheet.file || Boolean(sheet.problem);
}

function choosePart(name) {
  part = name;
  begin(null, null);
  if (isSingle()) edit("");
  else draw();
}

/** one: as it is edited from now on; null: none. name: of it in the file; null: it is new. */
function begin(one, name) {
  [entry, opened, key, dirty, loose, clash] = [one, structuredClone(one), name, false, [], null];
  say(null);
}

function edit(name) {
  begin(structuredClone(inFile(name) ?? null), name);
  draw();
  byId("editor").scrollTop = 0;
}

/** begun: what it has already. */
function add(begun = {}) {
  const { tag, fields } = about();
  const types = Object.keys(fields);
  begin(tag ? { [tag]: types[0] } : begun, null);
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
  const mine = ++reads;
  const read = await readSheet().catch(() => null);
  if (!read || mine !== reads || dirty || isWaiting()) return;
  left = false;
  take(read);
  const now = inFile(key);
  if (key !== null && !isSame(now, entry)) return edit(now ? key : null);
  drawState(sheet);
  drawList();
}

function drawEditor() {
  if (entry === null) byId("editor").replaceChildren(el("form", {}, saidLine(), el("p.calm", {}, word("setup_hint", part))));
  else drawEntry();
  drawSaid();
}

function drawEntry() {
  const form = el("form", { id: "entry", noValidate: true, onsubmit: (event) => { event.preventDefault(); if (!clash) save(); } },
    el("h2", {}, isSingle() ? word("part", part) : key === null ? t("setup.add", { what: word("part_one", part) }) : titleOf(entry) || key),
    el("p.note", {}, word("setup_hint", part)),
    about().tag ? typeRow(about(), entry, key !== null, (begun) => { entry = begun; drawEditor(); }) : null,
    ...rows(fieldsOf(entry).filter(isTyped), entry, { known: known(), edited, redraw: drawEditor, path: [] }),
    part === "cameras" ? drawnRow() : null,
    part === "rota" && sheet.gaps.length ? gapsNote(sheet.gaps) : null,
    el("div", { id: "orders" }, orders()),
    saidLine(),
    el("div", { role: "alert" }, el("ul.problems", {}, ...loose.map(problemRow))));
  const boxes = boxesOf(part, { key, entry, dirty, cameras: sheet.parts.cameras?.entries ?? [], trial: trialOf, rota: () => (dirty ? cleaned(entry) : null),
    approve, openCamera, addCamera: (place) => leaveTo(() => { choosePart("cameras"); add({ place }); }), exceptFor });
  byId("editor").replaceChildren(form, el("div.boxes", {}, ...boxes));
}

/** What can be done with the entry as it is typed. */
const orders = () => (clash ? clashBox(differences(clash), () => edit(key), save) : el("p.row", {},
  el("button.big", { type: "submit", disabled: !sheet.file }, t("setup.save")),
  key === null || isSingle() ? null : el("button.quiet.remove", { type: "button", onclick: remove }, t("setup.remove"))));

const differences = (now) => differing(fieldsOf(now), { opened, now, mine: cleaned(entry) }, known());

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
  if (clash) byId("orders").replaceChildren(orders());
  byId("editor").querySelectorAll(".trial button").forEach((button) => { button.disabled = button.dataset.saved === "true"; });
}

/** For a camera's still: as it stands in the form if something was typed, else as the file has it. */
const trialOf = () => (dirty || key === null ? { key, value: cleaned(entry) } : { key });

/** A still shows the clear route. */
async function approve(still) {
  if (dirty && !confirm(t("setup.sure_leave"))) return;
  await change(null, () => t("setup.approved"), ["/api/setup/approve", { key, still }]);
}

const save = () => change(cleaned(entry), () => t("setup.saved"));

async function remove() {
  if (!confirm(t("setup.sure_remove", { name: key }))) return;
  await change(null, () => t("setup.removed"));
}

/** how: another path than the usual one, and what it takes. What is typed while it is on its way would be lost. */
async function change(value, done, how = ["/api/setup/change", { part, key: isSingle() ? null : key, value }]) {
  const by = await orderedBy();
  if (by === null) return;
  const [path, body] = how;
  const send = (signal) => order(path, { ...body, version: sheet.version, by }, done, signal);
  const before = clash;
  const isWritten = await whileWaiting(send, () => t("setup.sending"));
  if (clash !== before) byId("clash-title")?.focus(); // only now: while an answer is waited for nothing there can have the focus
  if (isWritten) await nowInForce(done);
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
  [dirty, clash] = [false, null];
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
  byId("editor").querySelector(".problems").replaceChildren(...loose.map(problemRow));
  if (error.body?.code === "changed_meanwhile") await load().then(compare, () => {});
}

/** The file was read again: what somebody else has saved in this very entry is not replaced, nor removed, unseen. */
function compare() {
  drawState(sheet);
  drawList();
  const now = inFile(key);
  if (key === null || !now || isSame(now, clash ?? opened)) return;
  if (!dirty) return readAnew(key);
  clash = differences(now).length ? now : null;
  if (!clash) opened = now; // they have saved just what is typed here
  byId("orders").replaceChildren(orders());
  if (clash) say(null);
}

/** What the file says now is shown; name: null: it is gone. Returns what is said. */
function readAnew(name) {
  const at = new Date().toISOString();
  const read = () => t("setup.read_anew", { at: clockTime(at) });
  edit(name);
  say(read);
  return read;
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
  return nowInForce(readAnew(name ?? null));
}

const nowInForce = (written) => untilInForce(() => ({ sheet, part, camera: part === "cameras" && entry ? key : null }), written);

const take = (read) => { [sheet, places] = [read.sheet, read.places]; };
const load = async (signal) => { reads += 1; take(await readSheet(signal)); };

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
