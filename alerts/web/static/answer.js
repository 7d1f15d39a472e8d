// The page behind a notice's link. The token is in the fragment, which no server sees; only a pressed button answers.
import { byId, el } from "./dom.js";
import { age, clockTime, setServerTime } from "./format.js";
import { currentLanguage, onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { icon } from "./icons.js";
import { reasonsOf } from "./reasons.js";

const LOOK_MS = 5000;
const KEPT = "xinan.name";
const [token, wanted] = location.hash.slice(1).split(".");
let page = null;
let busy = false;
let problem = "";

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "X-Xinan": "answer", "Content-Type": "application/json" },
    cache: "no-store",
    body: JSON.stringify({ token, name: myName(), ...body }),
  });
  return [answer.status, await answer.json()];
}

/** Asked of whoever reads a whole channel, and remembered on this phone. */
const myName = () => (page?.person ? "" : byId("name").value.trim());

async function look() {
  const [status, body] = await send("/answer/show", {}).catch(() => [0, null]);
  if (busy) return; // an answer is on its way and brings the page anew
  take(status, body);
}

function take(status, body) {
  if (status === 200) page = body;
  else if (status === 409) page = body.page;
  if (page) setServerTime(page.now);
  if (status === 403) page = null;
  problem = { 200: "", 403: "answer.wrong", 409: body?.code, 429: "answer.slow" }[status] ?? "answer.failed";
  draw();
}

async function say(kind, reason = "") {
  if (!page.person && !myName()) {
    byId("name").focus();
    problem = "answer.need_name";
    draw();
    return;
  }
  keepName();
  busy = true;
  byId("reasons").hidden = true;
  draw();
  const [status, body] = await send("/answer", { answer: kind, round: page.round, reason }).catch(() => [0, null]);
  busy = false;
  take(status, body);
}

function draw() {
  byId("message").textContent = !problem ? "" : problem.includes(".") ? t(problem) : word("refusal", problem);
  byId("about").hidden = !page;
  if (!page) return;
  const what = (page.exercise ? `${t("answer.exercise")} · ` : "") + page.words[currentLanguage()];
  const place = page.place[currentLanguage()];
  byId("heading").className = page.severity;
  byId("heading").replaceChildren(icon(page.hazard), el("h1", {}, what), el("p", {}, place),
    el("p.since", {}, `${clockTime(page.started_at)} · ${age(page.started_at)}`));
  document.title = `${what} · ${place}`;
  byId("stage").textContent = stageText();
  byId("responders").replaceChildren(...page.responders.map((one) => el("li", {},
    el("span", {}, one.name || t("answer.somebody")), el("strong", {}, word("step", one.progress)))));
  byId("at-hand").replaceChildren(...atHand());
  byId("who").hidden = Boolean(page.person);
  drawButtons();
  byId("until").textContent = t("answer.until", { when: clockTime(page.expires_at) });
}

function stageText() {
  if (page.false_by) return t("answer.false_by", { who: page.false_by });
  if (page.done_by) return t("answer.done_by", { who: page.done_by });
  const said = page.said ? ` · ${t("answer.you_said", { what: word("step", page.said) })}` : "";
  return word("stage", page.stage) + (page.cleared_at ? ` · ${t("answer.cleared")}` : "") + said;
}

const AT_HAND = ["extinguisher", "hydrant", "power_cutoff"];

/** What is at hand there, and whom to call. */
function atHand() {
  const rows = AT_HAND.filter((key) => page.at_hand[key]).map((key) => [t(`safety.${key}`), page.at_hand[key]]);
  for (const { name, role, phone } of page.at_hand.contacts)
    rows.push([[name, role].filter(Boolean).join(" · "), phone ? el("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}` }, phone) : "–"]);
  return rows.flatMap(([label, said]) => [el("dt", {}, label), el("dd", {}, said)]);
}

/** The one that the link names comes first, else the next that has not been said. */
function drawButtons() {
  const first = page.offered.includes(wanted) && !page.said ? wanted : page.offered[0];
  const order = [first, ...page.offered.filter((kind) => kind !== first)].filter(Boolean);
  byId("buttons").replaceChildren(...order.map((kind) => el(`button.${kind}${kind === first ? ".first" : ""}`, {
    type: "button", disabled: busy, data: { answer: kind }, onclick: () => (kind === "false_alarm" ? askWhy() : say(kind)),
  }, word("step", kind))));
  if (!page.offered.includes("false_alarm")) byId("reasons").hidden = true;
}

function askWhy() {
  byId("reasons").replaceChildren(...reasonsOf(page.hazard).map((reason) => el("button", {
    type: "button", data: { reason }, onclick: () => say("false_alarm", reason),
  }, word("reason", reason))));
  byId("reasons").hidden = false;
  byId("reasons").scrollIntoView({ block: "nearest" });
}

function keepName() {
  try {
    if (myName()) localStorage.setItem(KEPT, myName());
  } catch {
    // storage is switched off: it is asked again next time
  }
}

function knownName() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

translatePage();
byId("name").value = knownName();
byId("language").addEventListener("click", switchLanguage);
onLanguage(draw);
addEventListener("hashchange", () => location.reload());
if (token) {
  look();
  setInterval(() => { if (!document.hidden && !busy && problem !== "answer.wrong") look(); }, LOOK_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
} else {
  problem = "answer.no_token";
  draw();
}
