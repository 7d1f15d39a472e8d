// Who was told of what, and who was not: the dead letters of all alerts with a way to send them again, and the notices of one.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { clockTime } from "./format.js";
import { onLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { failure } from "./refused.js";
import { may } from "./state.js";

const EVERY_MS = 60_000;
const MOST = 200;
let letters = [];
let about = null; // the alert whose notices are shown; null: the dead letters
let notices = [];
let said = "";
let show = () => {};

/** onShow(id) is called to show an alert. */
export function setUpLetters(onShow) {
  show = onShow;
  byId("letters").addEventListener("click", () => open(null));
  byId("letters-all").addEventListener("click", () => resend(letters));
  onLanguage(draw);
  setInterval(loadLetters, EVERY_MS);
}

/** How many there are; asked for again once a minute. Whoever may not know is shown nothing. */
export async function loadLetters() {
  if (!may("deliveries")) return;
  const answer = await getJson(`/api/deliveries/dead?limit=${MOST}`).catch(() => null);
  if (answer) letters = answer.deliveries;
  draw();
}

/** A button that shows who was told of an alert. */
export const noticesButton = (alert) => el("p.row", {},
  el("button.quiet", { type: "button", id: "notices", onclick: () => open(alert) }, icon("bell"), t("letters.of_alert")));

async function open(alert) {
  about = alert;
  notices = [];
  said = "";
  draw();
  byId("letters-dialog").showModal();
  await load();
}

async function load() {
  try {
    if (about) notices = (await getJson(`/api/alerts/${encodeURIComponent(about.id)}/deliveries`)).deliveries;
    else await loadLetters();
  } catch (error) {
    said = failure(error);
  }
  draw();
}

async function resend(chosen) {
  const by = await orderedBy();
  if (by === null) return;
  try {
    const { resent } = await postJson("/api/deliveries/resend", { ids: chosen.map((one) => one.id), by });
    said = t("letters.resent", { n: resent });
  } catch (error) {
    said = failure(error);
  }
  await load();
  await loadLetters();
}

function draw() {
  const button = byId("letters");
  button.hidden = letters.length === 0;
  button.textContent = t("letters.badge", { n: letters.length === MOST ? `${MOST}+` : letters.length });
  byId("letters-title").textContent = t(about ? "letters.of_alert" : "letters.title");
  byId("letters-note").textContent = t(about ? "letters.of_alert_note" : "letters.note");
  byId("letters-said").textContent = said;
  const shown = about ? notices : letters;
  byId("letters-list").replaceChildren(...(shown.length ? shown.map(row) : [el("li.calm", {}, t("letters.none"))]));
  byId("letters-all").hidden = Boolean(about) || letters.length < 2;
}

function row(one) {
  const what = `${word("hazard", one.hazard)} · ${one.place} · ${word("told", one.kind)}`;
  return el(`li.letter.${one.state}`, {},
    el("div", {},
      el("strong", {}, whom(one)),
      el("span.state", {}, word("delivery", one.state)),
      about ? el("p", {}, word("told", one.kind)) : el("p", {}, el("button.link", { type: "button", onclick: () => leave(one) }, what)),
      el("p.note", {}, [when(one), why(one)].filter(Boolean).join(" · "))),
    one.state === "dead" && may("resend") ? el("button.quiet", { type: "button", onclick: () => resend([one]) }, t("letters.resend")) : null);
}

function leave(one) {
  byId("letters-dialog").close();
  show(one.alert);
}

function whom({ person, channel }) {
  if (!person) return channel;
  return person.startsWith("#") ? t("letters.receiver", { channel, number: person.slice(1) }) : `${person} (${channel})`;
}

const when = (one) => clockTime(one.delivered_at ?? one.dead_at ?? one.superseded_at ?? one.not_before ?? one.created_at);

/** What became of it, else why it exists. The program's own words, as in its log. */
const why = (one) => (one.state === "superseded" ? one.superseded_reason : one.last_error) || one.reason;
