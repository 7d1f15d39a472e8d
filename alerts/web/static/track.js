// What people do about the selected alert: what is due, the steps that may follow, who did what and by which channel.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { clockTime, isPast } from "./format.js";
import { t, word } from "./i18n.js";
import { changed, isWaiting, putAlert, selected } from "./state.js";

/** Kind → what is asked for. A name with ! has to be given; reason is asked for where something speaks against it. */
const FIELDS = {
  dissuaded: ["outcome!"],
  reminded: ["channel!", "proof"],
  notice_given: ["channel!", "deadline!", "proof"],
  moved: ["item!", "slot!", "found", "photo"],
  claimed: ["thing!", "owner!"],
  handed_over: ["thing!", "to!", "proof"],
  reported: ["to!", "reference"],
  reopened: ["reason!"],
  note: ["note!"],
};
const OUTCOMES = ["agreed", "refused", "absent"];
const SAID = ["outcome", "reason", "channel", "what", "item", "slot", "found", "photo", "owner", "to", "reference", "proof", "note"];
let known = null;
let asking = null;
let asked = null;
let tell = () => {};

/** handler(error, done) is told how a step went. */
export function setUpTrack(handler) {
  tell = handler;
  byId("step-form").addEventListener("submit", submitted);
}

const pathOf = (id) => `/api/alerts/${encodeURIComponent(id)}/steps`;
const shown = (alert) => (known?.alert.id === alert.id ? known : null);

/** Fetch the track of an alert; an older answer never replaces a newer one. */
export async function loadTrack(id) {
  asking = id;
  try {
    take(await getJson(pathOf(id)));
  } catch {
    if (asking === id) asking = null; // the next change asks again
  }
}

function take(answer) {
  if (known?.alert.id === answer.alert.id && known.alert.version > answer.alert.version) return;
  if (selected() && selected().id !== answer.alert.id) return;
  known = answer;
  putAlert(answer.alert);
  changed();
}

/** What the part shows; asks for the track of an alert that is shown for the first time. */
export function trackShown(alert) {
  if (!shown(alert) && asking !== alert.id) loadTrack(alert.id);
  const now = shown(alert);
  return now ? [now.steps.length, now.stage, now.round, now.due, now.next, isWaiting(alert)] : [null];
}

export function trackPart(alert) {
  const now = shown(alert);
  if (!now) return el("section.track", { hidden: true });
  return el("section.track", { id: "track" },
    el("h3", {}, t("track.title"), el("span.stage", { data: { stage: now.stage } }, word("stage", now.stage))),
    now.responders.length ? el("ul.responders", {}, ...now.responders.map((one) => el("li", {},
      `${one.name || t("detail.nobody")}: ${word("step", one.progress)}`))) : null,
    ...now.due.slice(0, 2).map(dueLine),
    el("div.steps", {}, ...choices(alert, now).map((one) => stepButton(one, now))),
    now.steps.length ? el("ol.timeline", {}, ...[...now.steps].reverse().map(stepLine)) : null);
}

function dueLine(one) {
  return el("p.due", { data: { due: one.at } },
    t("track.due", { what: word("step", one.what), when: clockTime(one.at), whose: word("handler", one.whose) }));
}

/** Mark what is overdue; once a second. */
export function tickTrack() {
  for (const line of document.querySelectorAll("[data-due]")) line.classList.toggle("overdue", isPast(line.dataset.due));
}

/** What is due comes first; what the two large buttons say is left out. */
function choices(alert, now) {
  const large = new Set(["acknowledged", "false_alarm", ...(isWaiting(alert) ? ["verified"] : [])]);
  const owed = new Set(now.due.map((one) => one.what));
  return now.next.filter((one) => !large.has(one.kind)).sort((a, b) => Number(owed.has(b.kind)) - Number(owed.has(a.kind)));
}

function stepButton(one, now) {
  const due = now.due.some((owed) => owed.what === one.kind);
  return el(`button.step${due ? ".is-due" : ".quiet"}`, {
    type: "button", id: `step-${one.kind}`, onclick: () => begin(one, now),
  }, word("step", one.kind));
}

function stepLine(step) {
  const said = SAID.filter((key) => step[key] !== undefined && !(key === "item" && typeof step.item === "number"))
    .map((key) => (key === "reason" || key === "outcome" ? word(key, step[key]) : String(step[key])));
  if (step.deadline) said.push(t("track.until", { when: clockTime(step.deadline) }));
  return el("li", {},
    el("time", { dateTime: step.at }, clockTime(step.at)),
    el("strong", {}, word("step", step.kind)),
    el("span", {}, step.by || t("detail.nobody")),
    step.via === "console" ? null : el("span.via", {}, step.via),
    said.length ? el("span.said", {}, said.join(" · ")) : null);
}

/** Send it, or ask first for what comes with it. */
function begin(one, now) {
  const fields = [...(FIELDS[one.kind] ?? []), ...(one.needs_reason ? ["reason!"] : [])];
  asked = { kind: one.kind, id: now.alert.id, version: now.alert.version };
  if (!fields.length) {
    send({});
    return;
  }
  byId("step-title").textContent = word("step", one.kind);
  byId("step-fields").replaceChildren(...fields.map((name) => field(name.replace("!", ""), name.endsWith("!"), now)));
  byId("step-dialog").showModal();
  byId("step-fields").querySelector("input, select").focus();
}

function field(name, required, now) {
  const label = el("span", {}, word("given", name));
  if (name === "outcome") return el("label", {}, label, choose(name, OUTCOMES.map((one) => [one, word("outcome", one)])));
  if (name === "thing") {
    const things = now.custody.filter((one) => one.state !== "handed_over");
    return el("label", {}, label, choose(name, things.map((one) => [String(one.item), `${one.item}. ${one.what} (${one.slot})`])));
  }
  const type = name === "deadline" ? "datetime-local" : "text";
  return el("label", {}, label, el("input", { type, name, required, maxLength: 200, autocomplete: "off" }));
}

const choose = (name, options) => el("select", { name, required: true },
  ...options.map(([value, words]) => el("option", { value }, words)));

function submitted(event) {
  if (event.submitter?.value !== "send" || !asked) return;
  const given = Object.fromEntries([...new FormData(byId("step-form"))].filter(([, value]) => value !== ""));
  if (given.deadline) given.deadline = new Date(given.deadline).toISOString();
  if (given.thing) given.item = Number(given.thing);
  delete given.thing;
  send(given);
}

async function send(detail) {
  const { id, kind, version } = asked;
  try {
    take(await postJson(pathOf(id), { kind, detail, version }));
    tell(null, t("track.done", { what: word("step", kind) }));
  } catch (error) {
    tell(error);
    loadTrack(id);
  }
}
