// Fire drills: begin one, follow it second by second, read what came of each.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { ageMs, learnClock, span } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { learnName, orderedBy } from "./name.js";
import { inWords, pathOf } from "./places.js";
import { failure } from "./refused.js";
import { dayTime, joined } from "./shift_time.js";
import { may } from "./state.js";

const POLL_MS = 2000;
const PAGE = 20;
let places = [];
let nameless = false;
let limited = false;
let failed = () => {};
let drills = [];
let next = null;
let burns = false; // a fire is open, so that none may begin
let asked = 0;
let timer = 0;
let card = null; // of the running drill: {of: id and language, since, table: elements, marks: as they are shown}
let pastShown = "";

/** me, known: the answers of /api/me and /api/places. onFailed: told of an error; null: of none any more. */
export function setUpDrills(me, known, onFailed) {
  learnClock(me);
  nameless = !me.name;
  learnName(me);
  limited = Boolean(me.places) && !me.places.includes("site");
  places = known.places;
  failed = onFailed;
  byId("drill-form").addEventListener("submit", askFirst);
  byId("drill-sure").addEventListener("close", () => { if (byId("drill-sure").returnValue === "send") begin(); });
  byId("drills-more").addEventListener("click", () => load(next).catch(failed));
}

export async function showDrills() {
  drawForm();
  await load(null);
}

/** The first page, or the one after `before`; an answer that comes too late is dropped. While a drill goes on, asked anew, also
 * where no answer comes. */
async function load(before) {
  const number = ++asked;
  clearTimeout(timer);
  try {
    const page = await getJson(`/api/drills?limit=${PAGE}${before ? `&before=${before}` : ""}`);
    if (number !== asked) return;
    burns = page.burns;
    const fresh = new Set(page.drills.map(({ id }) => id));
    const others = drills.filter(({ id }) => !fresh.has(id));
    drills = before ? [...others, ...page.drills] : [...page.drills, ...others];
    if (before || !others.length) next = page.next;
    failed(null);
    draw();
  } finally {
    if (number === asked && running()) timer = setTimeout(() => { if (document.body.dataset.tab === "drills") load(null).catch(failed); }, POLL_MS);
  }
}

const running = () => drills.find((one) => !one.ended_at) ?? null;

function drawForm() {
  const chosen = byId("drill-place").value;
  const options = [...places.map((place) => [place.id, pathOf(place)]), ...(limited ? [] : [["site", t("drill.whole_site")]])];
  byId("drill-place").replaceChildren(...options.map(([id, text]) => el("option", { value: id, selected: id === chosen }, text)));
  byId("drill-by-line").hidden = !nameless;
  byId("drill-by").required = nameless;
}

function draw() {
  const now = running();
  byId("drill-form").hidden = Boolean(now) || !may("drill");
  byId("drill-burns").textContent = burns ? word("drill_error", "burns") : "";
  drawNow(now);
  drawPast(drills.filter((one) => one.ended_at));
  byId("drills-more").hidden = next === null;
}

/** What has not changed stays in the page: a button keeps the focus, and a press that is under way. */
function drawNow(drill) {
  const of = drill && `${drill.id} ${currentLanguage()}`;
  if (!drill) {
    card = null;
    byId("drill-now").replaceChildren();
  } else if (card?.of !== of) {
    if (!card?.of.startsWith(drill.id)) say(t("drill.running", { place: inWords(drill.place) }));
    card = { of, since: el("span.note"), table: table(drill), marks: drill.score.marks };
    byId("drill-now").replaceChildren(nowCard(drill, card));
  } else if (JSON.stringify(card.marks) !== JSON.stringify(drill.score.marks)) {
    const news = newsOf(card.marks.at(-1), drill.score.marks.at(-1));
    if (news) say(news);
    const fresh = table(drill);
    card.table.replaceWith(fresh);
    Object.assign(card, { table: fresh, marks: drill.score.marks });
  }
  if (card) card.since.textContent = t("drill.since", { span: span(Math.floor(ageMs(drill.begun_at) / 1000)) });
}

function drawPast(past) {
  const now = JSON.stringify([currentLanguage(), past]);
  if (now === pastShown) return;
  pastShown = now;
  byId("drills").replaceChildren(...(past.length ? past.map(pastCard) : [el("p.calm", {}, t("drill.none"))]));
}

/** To whoever does not see the page. */
const say = (text) => { byId("drill-news").textContent = text; };

/** Who was told, has answered or is there since. was, is: the last mark, which counts all of them. */
function newsOf(was, is) {
  return ["told", "answered", "there"].map((what) => {
    const names = is[what].filter(({ name }) => !was[what].some((one) => one.name === name));
    return names.length ? `${t(`drill.${what}`)}: ${namesText(names)}` : "";
  }).filter(Boolean).join(t("list.semicolon"));
}

const placeText = () => byId("drill-place").selectedOptions[0]?.textContent ?? "";
const person = () => (nameless ? byId("drill-by").value.trim() : "");

/** Not about what cannot be: whether a fire is open is looked up first. Without a line it is asked all the same. */
async function askFirst(event) {
  event.preventDefault();
  await load(null).catch(failed);
  if (burns || byId("drill-sure").open) return;
  byId("drill-sure-what").textContent = t("drill.sure_what", { place: placeText() });
  byId("drill-sure").returnValue = "";
  byId("drill-sure").showModal();
}

const begin = () => order("/api/drills", { place: byId("drill-place").value, note: byId("drill-note").value.trim(), by: person() });

/** Whoever ends it need not be who began it, nor who ended the one before: the page stays open for days. */
async function end(drill) {
  const by = await orderedBy({ anew: true });
  if (by !== null) await order(`/api/drills/${drill.id}/end`, { by });
}

async function order(path, body) {
  try {
    await postJson(path, body);
    byId("drill-said").textContent = "";
    await load(null);
  } catch (error) {
    byId("drill-said").textContent = failure(error, "drill_error");
  }
}

function nowCard(drill, { since, table: marks }) {
  const stop = may("drill") ? el("button", { type: "button", onclick: () => end(drill) }, t("drill.end")) : null;
  return el("section.drill-card.running", {},
    el("h3", {}, t("drill.running", { place: inWords(drill.place) }), since, stop),
    ...body(drill, marks));
}

function pastCard(drill) {
  return el("section.drill-card", { data: { met: String(drill.score.met) } },
    el("h3", {}, el("strong.drill-mark", {}, t("sheet.drill")), inWords(drill.place), el("span.met", {}, t("drill.met", { n: drill.score.met }))),
    drill.score.broken_off === "fire" ? el("p.broken-off", {}, t("drill.broken_off")) : null,
    ...body(drill, table(drill)));
}

function body(drill, marks) {
  return [
    el("p.note", {}, [t("drill.begun", { at: dayTime(drill.begun_at), who: drill.begun_by }), drill.note].filter(Boolean).join(" · ")),
    marks,
    el("a.link", { href: `/#alert=${encodeURIComponent(drill.alert)}` }, t("drill.alert")),
  ];
}

function table(drill) {
  const heads = [t("drill.after_head"), t("drill.told"), t("drill.answered"), t("drill.there"), t("drill.wanted")];
  return el("div.scroll", {}, el("table", {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...drill.score.marks.map((mark) => el("tr", {},
      el("th", { scope: "row" }, t("drill.mark", { n: mark.after_s })),
      ...[mark.told, mark.answered, mark.there].map((names) => el("td", {}, namesText(names))),
      el("td", {}, word("drill_norm", mark.after_s), el("br"), el("strong", {}, verdict(mark, drill))))))));
}

const namesText = (names) => joined(names.map(({ name, after_s: n }) => t("drill.after", { name: name || "–", n: Math.round(n) }))) || t("drill.nobody");

function verdict(mark, drill) {
  if (mark.met) return t("drill.yes");
  if (mark.reached) return t("drill.no");
  return t(drill.ended_at ? "drill.short" : "drill.not_yet");
}
