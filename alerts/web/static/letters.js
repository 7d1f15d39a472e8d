// Notices that reached nobody, of all alerts, with a way to send them again. Those of one alert: story.js.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { clockTime } from "./format.js";
import { onLanguage, t, word } from "./i18n.js";
import { orderedBy } from "./name.js";
import { failure } from "./refused.js";
import { may } from "./state.js";
import { refreshStory, whom } from "./story.js";

const EVERY_MS = 60_000;
const MOST = 200;
let letters = [];
let said = "";
let show = () => {};

/** onShow(id) is called to show an alert. */
export function setUpLetters(onShow) {
  show = onShow;
  byId("letters").addEventListener("click", open);
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

async function open() {
  said = "";
  draw();
  byId("letters-dialog").showModal();
  await loadLetters();
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
  refreshStory();
  await loadLetters();
}

function draw() {
  const button = byId("letters");
  button.hidden = letters.length === 0;
  button.textContent = t("letters.badge", { n: letters.length === MOST ? `${MOST}+` : letters.length });
  byId("letters-said").textContent = said;
  byId("letters-list").replaceChildren(...(letters.length ? letters.map(row) : [el("li.calm", {}, t("letters.none"))]));
  byId("letters-all").hidden = letters.length < 2;
}

function row(one) {
  const what = `${word("hazard", one.hazard)} · ${one.place} · ${word("told", one.kind)}`;
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
const why = (one) => (one.state === "superseded" ? one.superseded_reason : one.last_error) || one.reason;
