// The record: who saw, did and changed what, newest first, a page at a time; of all, of one alert or of one camera.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { hazardKinds } from "./filters.js";
import { clockTime, fromSiteClock } from "./format.js";
import { onLanguage, signed, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { allPlaces, pathOf, placeText, scopeText } from "./places.js";
import { failure } from "./refused.js";
import { allCameras, alertOf, title } from "./state.js";

const PAGE = 50;
const ALERT_ID = /^[0-9A-Z]{26}$/;
const ENOUGH = 20; // rows that are looked for before somebody asks for more
const FILTERS = ["subject", "place", "hazard", "who", "since", "until"];
let rows = [];
let next = null;
let asked = 0;
let allowed = false;
let show = () => {};

/** onShow(id) is asked to show the alert that a row tells of. */
export function setUpRecords(onShow) {
  show = onShow;
  byId("records").addEventListener("click", () => open(""));
  for (const name of FILTERS) byId(`records-${name}`).addEventListener("change", () => load());
  byId("records-more").addEventListener("click", () => load(next));
  onLanguage(() => {
    if (byId("records-dialog").open) drawSubjects(byId("records-subject").value);
    draw();
  });
}

/** Whether this person may read the record. */
export function allowRecords(may) {
  allowed = may;
  byId("records").hidden = !may;
}

/** The way from an alert to what is on record of it. */
export function recordsLine(alert) {
  return el("p.records-line", { hidden: !allowed },
    el("button.quiet", { type: "button", id: "records-this", onclick: () => open(alert.id) }, icon("eye"), t("records.of_alert")));
}

export const recordsShown = () => [allowed];

function open(subject) {
  for (const name of FILTERS) byId(`records-${name}`).value = "";
  drawSubjects(subject);
  byId("records-dialog").showModal();
  load();
}

function drawSubjects(subject) {
  const cameras = allCameras().map(({ name }) => [name, name]);
  const known = ["", ...cameras.map(([name]) => name)];
  byId("records-subject").replaceChildren(
    el("option", { value: "" }, t("records.all")),
    ...(known.includes(subject) ? [] : [el("option", { value: subject }, subjectText(subject))]),
    el("optgroup", { label: t("scope.camera") }, ...cameras.map(([value, text]) => el("option", { value }, text))));
  byId("records-subject").value = subject;
  choose("place", t("filter.any_place"), allPlaces().map((place) => [place.id, pathOf(place)]));
  choose("hazard", t("filter.any_hazard"), hazardKinds().map((kind) => [kind, word("hazard", kind)]));
}

/** The same is chosen as before. */
function choose(name, any, options) {
  const select = byId(`records-${name}`);
  const { value } = select;
  select.replaceChildren(el("option", { value: "" }, any), ...options.map(([one, text]) => el("option", { value: one }, text)));
  select.value = options.some(([one]) => one === value) ? value : "";
}

/** What is wanted, as the server is asked; days by the site's clock, the last one included. */
function query() {
  const day = (name, plus) => {
    const value = byId(`records-${name}`).value;
    if (!value) return "";
    const date = new Date(`${value}T00:00Z`);
    date.setUTCDate(date.getUTCDate() + plus);
    return fromSiteClock(`${date.toISOString().slice(0, 10)}T00:00`);
  };
  const asked = Object.fromEntries(["subject", "place", "hazard", "who"].map((name) => [name, byId(`records-${name}`).value.trim()]));
  return Object.entries({ ...asked, since: day("since", 0), until: day("until", 1) }).filter(([, value]) => value);
}

/** The first page, or the one after `before`, and on until there is enough to see; an answer that comes too late is dropped. */
async function load(before = null) {
  const number = ++asked;
  byId("records-more").disabled = true;
  if (!before) rows = [];
  const enough = rows.length + ENOUGH;
  next = before;
  try {
    do {
      const page = await getJson(`/api/records?${new URLSearchParams([...query(), ["limit", PAGE], ...(next ? [["before", next]] : [])])}`);
      if (number !== asked) return;
      rows = [...rows, ...page.records];
      next = page.next;
      byId("records-error").textContent = "";
      draw();
    } while (next !== null && rows.length < enough && byId("records-dialog").open);
  } catch (error) {
    if (number === asked) byId("records-error").textContent = failure(error);
  }
  if (number !== asked) return;
  draw();
  if (!before) byId("records-list").scrollTop = 0;
}

function draw() {
  byId("records-more").hidden = next === null;
  byId("records-more").disabled = false;
  byId("records-list").replaceChildren(...(rows.length ? rows.map(line) : [el("li.calm", {}, t("records.none"))]));
}

function line(record) {
  const said = details(record);
  return el("li", { title: record.hash },
    el("span.record-seq", {}, `#${record.seq}`),
    el("time", { dateTime: record.at }, clockTime(record.at)),
    el("strong", {}, word("record", record.kind)),
    el("span", {}, whoText(record)),
    subjectPart(record),
    said.length ? el("span.said", {}, said.join(" · ")) : null);
}

function whoText({ by, via, account }) {
  const name = by === "system" ? t("records.system") : signed(by) || t("detail.nobody");
  const who = account ? `${name} (${account})` : name;
  return via === "console" || via === "watch" ? who : `${who} · ${word("via", via)}`;
}

/** What it is about: an alert, which can be shown, or a camera, an account, a token. */
function subjectPart({ subject, kind }) {
  if (!subject) return null;
  if (!ALERT_ID.test(subject) || kind.endsWith("_token")) return el("span", {}, subject);
  return el("button.link", { type: "button", onclick: () => {
    byId("records-dialog").close();
    show(subject);
  } }, subjectText(subject));
}

/** An alert by what it is and when it began, where the page has it; else by its number. */
function subjectText(subject) {
  const alert = alertOf(subject);
  return alert ? [title(alert), alert.camera || placeText(alert), clockTime(alert.started_at)].filter(Boolean).join(" · ") : subject;
}

/** What comes with a row, in words; fingerprints and numbers of rows are for `xinan verify`. */
function details({ detail, kind }) {
  const said = [];
  if (detail.step) said.push(word("step", detail.step.kind));
  if (detail.hazard) said.push(word("hazard", detail.hazard));
  if (detail.silence) said.push(word("silence", detail.kind), scopeText(detail));
  if (detail.fire) said.push(t("mute.with_fire"));
  for (const key of ["name", "owner", "account", "id", "role"]) if (typeof detail[key] === "string" && detail[key]) said.push(detail[key]);
  if (detail.address) said.push(detail.address);
  if (detail.reason) said.push(reasonText(kind, detail.reason));
  if (detail.ends_at) said.push(t("mute.until", { until: clockTime(detail.ends_at) }));
  if (detail.deliveries) said.push(t("records.notices", { n: detail.deliveries.length }));
  if (detail.changed) said.push(detail.changed.join(", "));
  if (detail.cameras) said.push(t("records.cameras", { n: detail.cameras.length }));
  if (typeof detail.files === "number") said.push(t("records.files", { n: detail.files }));
  if (detail.unconfirmed) said.push(t("records.unconfirmed", { n: detail.unconfirmed }));
  return said;
}

/** Evidence that was looked at or taken away, with a reason out of the same list. */
const GIVEN_OUT = new Set(["saw_clear_picture", "saw_clip", "exported"]);

function reasonText(kind, reason) {
  if (kind === "deleted" || kind === "shortened") return word("deleted", reason);
  return GIVEN_OUT.has(kind) ? word("clear_reason", reason) : word("reason", reason);
}
