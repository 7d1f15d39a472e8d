// What of the queue, and of all that ever was, somebody wants to see. The server searches by the same rules (alerts/db/search.py).
import { byId, el } from "./dom.js";
import { fromSiteClock, serverNow } from "./format.js";
import { namesOn } from "./hands.js";
import { t, word, wordsOf } from "./i18n.js";
import { allPlaces, isWithin, pathOf, placeOf } from "./places.js";
import { changed } from "./state.js";
import { keptViews, keepView, dropView } from "./views.js";

const NONE = { text: "", hazard: "", place: "", standing: "", who: "", time: "" };
const STANDINGS = ["waiting", "in_hand", "suspected", "logged", "false_alarm", "ended"];
const HOURS = ["1", "8", "24", "168"];
const BUILT_IN = { waiting: { standing: "waiting" }, in_hand: { standing: "in_hand" } };
const TYPING_MS = 250;
let filter = { ...NONE };
let hazards = [];
let fields = {};
let typing = 0;
let tell = () => {};

/** onFilter() is called when something else is wanted. */
export function setUpFilters(onFilter) {
  tell = onFilter;
  for (const name of ["text", "who"]) {
    byId(`filter-${name}`).addEventListener("input", (event) => {
      clearTimeout(typing);
      typing = setTimeout(() => want({ [name]: event.target.value.trim() }), TYPING_MS);
    });
    byId(`filter-${name}`).addEventListener("keydown", (event) => event.key === "Escape" && forget(event, name));
  }
  for (const name of ["hazard", "place", "standing", "time"])
    byId(`filter-${name}`).addEventListener("change", (event) => want({ [name]: event.target.value }));
  byId("filter-day").addEventListener("change", (event) => want({ time: event.target.value }));
  byId("filter-view").addEventListener("change", chooseView);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters-open").addEventListener("click", () => {
    byId("filters-more").hidden = !byId("filters-more").hidden;
    drawFilters();
  });
  byId("filter-clear").addEventListener("click", clearFilters);
  byId("view-save").addEventListener("click", saveView);
  byId("view-drop").addEventListener("click", () => {
    dropView(byId("filter-view").value);
    want(NONE);
  });
}

/** An empty field and a filter still at work would be a queue in which nothing seems to be on. */
function forget(event, name) {
  event.preventDefault(); // a browser that empties the field by itself says so too late: it is no longer in it
  clearTimeout(typing);
  event.target.value = "";
  want({ [name]: "" });
}

/** kinds: of hazards. */
export function learnHazards(kinds) {
  hazards = kinds;
  drawFilters();
}

export const hazardKinds = () => hazards;
export const isFiltered = () => Object.values(filter).some(Boolean);
/** Changes with what is wanted. */
export const filterMark = () => JSON.stringify(filter);

export function clearFilters() {
  want(NONE);
}

/** Put the cursor into the search. */
export function beginSearch() {
  byId("filter-text").focus();
  byId("filter-text").select();
}

function want(change) {
  filter = { ...filter, ...change };
  drawFilters();
  changed();
  tell();
}

/** Where an alert stands, in the words that people look for: `alerts.db.search.standing`. */
export function standing(alert) {
  if (alert.false_alarm_at) return "false_alarm";
  if (!alert.fired_at && !alert.closed_at && (alert.notice || alert.resolved_at)) return "logged";
  if (alert.ended) return "ended";
  if (alert.acknowledged_at) return "in_hand";
  return alert.fired_at ? "waiting" : "suspected";
}

/** The question whether an alert is wanted now. */
export function matcher() {
  const [since, until] = span();
  const [who, words] = [filter.who, filter.text].map((text) => text.split(/\s+/).filter(Boolean).map(folded));
  return (alert) => (!filter.hazard || alert.hazard === filter.hazard)
    && (!filter.standing || standing(alert) === filter.standing)
    && (!filter.place || isWithin(placeOf(alert)?.id, filter.place))
    && holdsAll(namesOn, alert, who) && holdsAll(texts, alert, words)
    && (!since || alert.started_at >= since) && (!until || alert.started_at < until);
}

/** As texts are compared: `alerts.db.search.folded`. No lookbehind: Safari before 16.4 would refuse the whole file. */
export const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/([^\x00-\x7f]) +/g, "$1").replace(/ +(?=[^\x00-\x7f])/g, "");

/** Whether each word is part of one of an alert's texts. */
function holdsAll(textsOf, alert, words) {
  if (!words.length) return true;
  const known = textsOf(alert).map(folded);
  return words.every((word) => known.some((text) => text.includes(word)));
}

function texts(alert) {
  const { path = "", path_en: english = "" } = placeOf(alert) ?? {};
  return [alert.place, path, english, alert.camera, alert.zone, ...namesOn(alert), alert.false_alarm_reason,
    ...wordsOf("hazard", alert.hazard), ...wordsOf("severity", alert.severity), ...wordsOf("cause", alert.evidence.cause), alert.evidence.report_note ?? ""];
}

/** From when to when, as text, "" where there is no such end. */
function span() {
  if (!filter.time) return ["", ""];
  if (HOURS.includes(filter.time)) return [new Date(serverNow() - Number(filter.time) * 3600_000).toISOString(), ""];
  const next = new Date(Date.parse(`${filter.time}T00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return [filter.time, next].map((day) => fromSiteClock(`${day}T00:00`)); // a day of the site
}

/** As the server is asked. */
export function filterQuery() {
  const [since, until] = span();
  const { text, hazard, place, standing: stands, who } = filter;
  return new URLSearchParams(Object.entries({ text, hazard, place, standing: stands, who, since, until }).filter(([, value]) => value));
}

export function drawFilters() {
  fill("hazard", t("filter.any_hazard"), hazards.map((kind) => [kind, word("hazard", kind)]));
  fill("place", t("filter.any_place"), allPlaces().map((place) => [place.id, pathOf(place)]));
  fill("standing", t("filter.any_standing"), STANDINGS.map((one) => [one, word("standing", one)]));
  fill("time", t("filter.any_time"), HOURS.map((hours) => [hours, hours === "168" ? t("filter.week") : t("filter.hours", { n: hours })]));
  const views = [...Object.keys(BUILT_IN).map((name) => [`=${name}`, word("standing", name)]), ...keptViews().map(({ name }) => [name, name])];
  fill("view", t("view.all"), views, viewNow());
  for (const name of ["text", "who"])
    if (document.activeElement !== byId(`filter-${name}`)) byId(`filter-${name}`).value = filter[name];
  byId("filter-day").value = HOURS.includes(filter.time) ? "" : filter.time;
  const { text, ...others } = filter;
  const number = Object.values(others).filter(Boolean).length;
  byId("filters-open").textContent = number ? t("filter.some", { n: number }) : t("filter.open");
  byId("filters-open").setAttribute("aria-expanded", String(!byId("filters-more").hidden));
  byId("filter-clear").hidden = !isFiltered();
  byId("view-drop").hidden = !keptViews().some(({ name }) => name === viewNow());
  byId("view-save-row").hidden = !isFiltered() || Boolean(viewNow());
}

function fill(name, any, options, value = filter[name]) {
  const select = byId(`filter-${name}`);
  const now = JSON.stringify([any, options]);
  if (fields[name] !== now) select.replaceChildren(el("option", { value: "" }, any), ...options.map(([one, text]) => el("option", { value: one }, text)));
  fields[name] = now;
  select.value = options.some(([one]) => one === value) ? value : "";
}

const same = (one) => JSON.stringify({ ...NONE, ...one }) === JSON.stringify(filter);

function viewNow() {
  const own = keptViews().find((view) => same(view.filter));
  const built = Object.keys(BUILT_IN).find((name) => same(BUILT_IN[name]));
  return own?.name ?? (built ? `=${built}` : "");
}

function chooseView(event) {
  const { value } = event.target;
  want({ ...NONE, ...(value.startsWith("=") ? BUILT_IN[value.slice(1)] : keptViews().find(({ name }) => name === value)?.filter) });
}

function saveView() {
  const name = byId("view-name").value.trim().replace(/^=+/, "");
  if (!name) return byId("view-name").focus();
  keepView(name, filter);
  byId("view-name").value = "";
  drawFilters();
}
