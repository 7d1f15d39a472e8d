// One alert on a phone: what, where, who goes, what is at hand, and large buttons. By a notice's link, or signed in.
import { drawButtons } from "./answer_buttons.js";
import { drawLive, tickLive } from "./answer_live.js";
import { drawPhoto } from "./answer_photo.js";
import { drawPicture } from "./answer_picture.js";
import { wayOf } from "./answer_ways.js";
import { build, byId, el } from "./dom.js";
import { age, ageMs, clockTime, learnClock, learnZone } from "./format.js";
import { currentLanguage, onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { icon } from "./icons.js";
import { setUpInstall } from "./install.js";
import { mutedText } from "./phone_alerts.js";
import { dropPage, forgetKept, keepPage, recallPage } from "./phone_kept.js";
import { follow } from "./phone_stream.js";
import "./strings_phone.js";
import { drawWaiting, isOnItsWay, isUnkept, sayIt, setUpWaiting, waitingOf } from "./waiting.js";

const LOOK_MS = 5000;
const TICK_MS = 1000;
const STALE_MS = 20_000;
const NAME = "xinan.name";
const PROBLEMS = { 200: "", 409: "", 401: "phone.signed_out", 403: "answer.wrong", 404: "phone.gone", 422: "phone.refused", 429: "answer.slow" };
const way = wayOf(location.hash);
let page = null;
let seenAt = 0; // when the page was last heard of, by this phone's clock
let busy = false;
let asked = 0; // so often
let heardOf = 0; // the newest look, or answer, that came back: an older one never replaces it
let failed = false; // the last look
let problem = "";

/** Asked of whoever reads a whole channel, and remembered on this phone. */
const myName = () => (page?.person ? "" : byId("name").value.trim());

async function look() {
  const turn = ++asked;
  const response = await way.look(myName()).catch(() => null);
  const body = await response?.json().catch(() => null);
  if (busy || turn < heardOf) return; // something was said since
  heardOf = turn;
  take(response?.status ?? 0, body);
}

function take(status, body) {
  const news = status === 200 ? body : status === 409 ? body?.page : null;
  if (news) {
    page = news;
    seenAt = Date.now();
    learnClock(page);
    keepPage(way, page, seenAt);
  }
  if (status === 403 || status === 404) {
    page = null;
    dropPage(way);
  }
  if (status === 401 && way.home) forgetKept();
  failed = !news;
  problem = PROBLEMS[status] ?? (page ? "" : "answer.failed"); // what was not taken stands in the list
  draw();
}

/** Nothing has changed since: the server would have said so. Not while an answer is waited for: what is shown may be old. */
function stillSo() {
  if (page && !failed && heardOf === asked) seenAt = Date.now();
}

async function say(kind, reason) {
  if (!page.person && !myName()) {
    byId("name").focus();
    problem = "answer.need_name";
    draw();
    return;
  }
  keepName(myName());
  busy = true;
  draw();
  const tell = { kind, about: way.key, what: `${wordsOf()} · ${page.place[currentLanguage()]}` };
  let turn = 0;
  const result = await sayIt({ ...way.answer(kind, page.round, reason, myName() || page.person), tell }, () => {
    busy = false;
    heardOf = turn = ++asked; // looks from before know nothing of it
    draw(); // kept, and sent when there is a line: the list says so
  });
  if (result?.body && turn === heardOf) take(result.status, result.body);
  else look();
}

function draw() {
  byId("message").textContent = problem ? t(problem) : "";
  drawWaiting(way ? waitingOf(way.key) : []);
  byId("about").hidden = !page;
  if (!page) byId("bar").hidden = true;
  byId("home").hidden = byId("whole").hidden = !way?.home;
  if (way?.home) byId("whole").href = `/?console#alert=${way.key}`;
  byId("log-in").hidden = problem !== "phone.signed_out";
  if (!page) return;
  const what = wordsOf();
  const place = page.place[currentLanguage()];
  drawHeading(what, place);
  document.title = `${what} · ${place}`;
  byId("stage").textContent = stageText();
  byId("muted").hidden = !page.muted;
  byId("muted").textContent = page.muted ? mutedText(page.muted) : "";
  byId("sent-you").hidden = !page.sent_you;
  byId("sent-you").textContent = page.sent_you ? sentText(page.sent_you) : "";
  build("responders", [page.responders, page.sent, page.untold, currentLanguage()], responders);
  byId("earlier").hidden = !page.earlier?.length;
  byId("earlier").textContent = `${t("again.before")} ${(page.earlier ?? []).map((one) => `${one.name || t("answer.somebody")} ${word("step", one.said)} ${clockTime(one.at)}`).join(" · ")}`;
  build("at-hand", [page.at_hand, currentLanguage()], atHand);
  byId("note").textContent = page.note;
  byId("note").hidden = !page.note;
  byId("who").hidden = Boolean(page.person);
  byId("until").hidden = !page.expires_at;
  byId("until").textContent = t("answer.until", { when: clockTime(page.expires_at) });
  drawAnswers();
  drawPicture(page, way);
  drawLive(page, way.still, look);
  drawPhoto(page, { key: way.key, what: `${what} · ${place}`, by: () => myName() || page.person });
  tick();
}

function drawHeading(what, place) {
  const since = page.reopened_at ? t("again.at", { when: clockTime(page.reopened_at) }) : clockTime(page.started_at);
  byId("heading").className = isDoubtful() ? `${page.severity} suspected` : page.severity;
  build("heading", [page.hazard, page.severity, page.exercise, what, place, since, currentLanguage()], () => [
    icon(page.hazard), el("h1", {}, what), el("p", {}, place), el("p.since", {}, el("span", {}, since), " · ", el("strong", { id: "age" }, age(begun()))),
    ...(page.severity === "fire" ? [page.exercise ? callInDrill() : call119("call")] : []),
  ]);
}

/** Who goes there, and who was sent and has not answered. */
const responders = () => [
  ...page.responders.map((one) => el("li", {}, el("span", {}, one.name || t("answer.somebody")), el("strong", {}, word("step", one.progress)),
    el("span.dim", { data: { age: one.at } }, age(one.at)))),
  ...(page.sent ?? []).map((name) => el("li", {}, el("span", {}, word("handler", name)), el("span.dim", {}, t(page.untold?.includes(name) ? "answer.untold" : "answer.sent")))),
];

const call119 = (look) => el(`a.${look}`, { href: "tel:119" }, t("answer.call_119"));

/** Nobody calls the fire brigade by mistake, and whoever sees it burn still can. */
const callInDrill = () => el("div.drill-call", {}, el("strong", {}, t("detail.fire_call_drill")), call119("call-quiet"));

/** Since when it is theirs: it may have come back after people were done with it. */
const begun = () => page.reopened_at ?? page.started_at;

/** Nothing has confirmed it, or ever did; what an earlier version kept does not say so. */
const isDoubtful = () => page.raised === false;

function wordsOf() {
  const what = page.words[currentLanguage()];
  const said = isDoubtful() && page.severity === "fire" ? t("wall.suspected", { what }) : what;
  return (page.exercise ? `${t("answer.exercise")} · ` : "") + said;
}

/** How old it is, and that what is shown is old where the line is lost: a stale page must never look live. */
function tick() {
  if (!page) return;
  for (const element of document.querySelectorAll("[data-age]")) element.textContent = age(element.dataset.age);
  byId("age").textContent = age(begun());
  byId("age").classList.toggle("late", page.severity === "fire" && !isDoubtful() && ageMs(begun()) > 180_000);
  tickLive();
  const stale = Date.now() - seenAt > STALE_MS || !navigator.onLine;
  byId("stale").hidden = !stale;
  if (stale) byId("stale").textContent = t("phone.stale", { when: clockTime(new Date(seenAt).toISOString()) });
}

function stageText() {
  if (page.false_by) return t("answer.false_by", { who: page.false_by });
  if (page.done_by) return t("answer.done_by", { who: page.done_by });
  if (isDoubtful()) return page.cleared_at ? word("state", "unconfirmed") : `${word("stage", page.stage)} · ${t("phone.suspected_note")}`;
  const said = page.said ? ` · ${t("answer.you_said", { what: word("step", page.said) })}` : "";
  return word("stage", page.stage) + (page.cleared_at ? ` · ${t("answer.cleared")}` : "") + said;
}

function sentText({ by, at, note }) {
  return [t("answer.sent_you", { who: by || t("answer.somebody"), when: clockTime(at) }), note].filter(Boolean).join(" · ");
}

const AT_HAND = ["extinguisher", "hydrant", "power_cutoff"];

/** What is at hand there, and whom to call. */
function atHand() {
  const rows = AT_HAND.filter((key) => page.at_hand[key]).map((key) => [t(`safety.${key}`), page.at_hand[key]]);
  for (const { name, role, phone } of page.at_hand.contacts)
    rows.push([[name, role].filter(Boolean).join(" · "), phone ? el("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}` }, phone) : "–"]);
  return rows.flatMap(([label, said]) => [el("dt", {}, label), el("dd", {}, said)]);
}

/** What is on its way already counts as said. */
const drawAnswers = () => drawButtons(page, waitingOf(way.key).filter(isOnItsWay).map((entry) => entry.tell.kind), { busy, wanted: way.wanted, say });

function keepName(name) {
  try {
    if (name) localStorage.setItem(NAME, name);
  } catch {
    // storage is switched off: it is asked again next time
  }
}

function keptName() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function begin() {
  const before = recallPage(way);
  if (before) ({ page, seenAt } = before);
  learnZone(page?.time_zone); // until the first look: the line may be gone
  setUpWaiting(draw, look);
  look();
  const lookUnless = () => { if (!busy && problem !== "answer.wrong") look(); };
  follow({
    news: (ids) => { if (ids === null || ids.includes(way.key)) lookUnless(); }, look: lookUnless, heard: stillSo, every: LOOK_MS,
    stream: Boolean(way.home), // a notice's link is no session: it polls
  });
  setInterval(tick, TICK_MS);
  addEventListener("online", look);
}

translatePage();
byId("name").value = keptName();
byId("language").addEventListener("click", switchLanguage);
onLanguage(draw);
addEventListener("hashchange", () => location.reload());
if (way) begin();
else problem = "answer.no_token";
draw();
setUpInstall(() => busy || isUnkept() || document.activeElement === byId("name"));
