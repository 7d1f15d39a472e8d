// Notices that reached nobody, of all alerts, with a way to send them again. Those of one alert: story.js.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { clockTime, endedText } from "./format.js";
import { onLanguage, t, word } from "./i18n.js";
import { orderedBy } from "./name.js";
import { inWords } from "./places.js";
import { failure } from "./refused.js";
import { may } from "./state.js";
import { refreshStory, whom } from "./story.js";
import { toldWhy } from "./told_why.js";

const EVERY_MS = 60_000;
const PAGE = 50;
const AT_ONCE = 200; // the server takes no more in one order
let letters = [];
let next = null; // where the page after these begins
let asked = 0; // so often: an answer that was overtaken is not shown
let said = "";
let show = () => {};

/** onShow(id) is called to show an alert. */
export function setUpLetters(onShow) {
  show = onShow;
  byId("letters").addEventListener("click", open);
  byId("letters-all").addEventListener("click", () => resend(letters));
  byId("letters-more").addEventListener("click", loadMore);
  onLanguage(draw);
  setInterval(loadLetters, EVERY_MS);
}

/** The newest, as many as are shown; asked for again once a minute. Whoever may not know is shown nothing. */
export async function loadLetters() {
  if (!may("deliveries")) return;
  const [shown, turn] = [letters.length, ++asked];
  let page = { deliveries: [], next: null };
  let found = [];
  do {
    page = await pageAfter(page.next).catch(() => null);
    if (!page || turn !== asked) return;
    found = [...found, ...page.deliveries];
  } while (page.next && found.length < shown);
  [letters, next] = [found, page.next];
  draw();
}

const pageAfter = (before) => getJson(`/api/deliveries/dead?limit=${PAGE}${before ? `&before=${before}` : ""}`);

async function loadMore() {
  const turn = ++asked;
  try {
    const page = await pageAfter(next);
    if (turn !== asked) return; // all of them were asked for meanwhile
    [letters, next, said] = [[...letters, ...page.deliveries], page.next, ""];
  } catch (error) {
    said = failure(error);
  }
  draw();
}

async function open() {
  said = "";
  letters = letters.slice(0, PAGE);
  draw();
  byId("letters-dialog").showModal();
  await loadLetters();
}

async function resend(chosen) {
  const by = await orderedBy();
  if (by === null) return;
  try {
    let n = 0;
    for (let at = 0; at < chosen.length; at += AT_ONCE) {
      const ids = chosen.slice(at, at + AT_ONCE).map((one) => one.id);
      n += (await postJson("/api/deliveries/resend", { ids, by })).resent;
    }
    said = t("letters.resent", { n });
  } catch (error) {
    said = failure(error);
  }
  refreshStory();
  await loadLetters();
}

function draw() {
  const button = byId("letters");
  button.hidden = letters.length === 0;
  button.textContent = t("letters.badge", { n: next ? `${letters.length}+` : letters.length });
  byId("letters-said").textContent = said;
  byId("letters-list").replaceChildren(...(letters.length ? letters.map(row) : [el("li.calm", {}, t("letters.none"))]));
  byId("letters-all").hidden = letters.length < 2;
  byId("letters-all").textContent = t(next ? "letters.resend_shown" : "letters.resend_all", { n: letters.length });
  byId("letters-more").hidden = next === null;
}

function row(one) {
  const what = `${word("hazard", one.hazard)} · ${inWords(one.place)} · ${word("told", one.kind)}`;
  return el(`li.letter.${one.state}`, {},
    el("div", {},
      el("strong", {}, whom(one)),
      el("span.state", {}, word("delivery", one.state)),
      el("p", {}, el("button.link", { type: "button", onclick: () => leave(one) }, what)),
      el("p.note", {}, [when(one), why(one)].filter(Boolean).join(" · "))),
    one.state === "dead" && may("resend") ? el("button.quiet", { type: "button", onclick: () => resend([one]) }, t("letters.resend")) : null);
}

function leave(one) {
  byId("letters-dialog").close();
  show(one.alert);
}

const when = (one) => clockTime(one.delivered_at ?? one.dead_at ?? one.superseded_at ?? one.not_before ?? one.created_at);

/** What became of it, else why it exists. The program's own words, as in its log. */
const why = (one) => (one.state === "superseded" ? endedText(one.superseded_reason) : one.last_error) || toldWhy(one.reason);
