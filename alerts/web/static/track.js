// What people do about the selected alert: what is due, the steps that may follow, things in store.
import { getJson, postJson } from "./api.js";
import { openAsking, sendAsked } from "./asking.js";
import { byId, el } from "./dom.js";
import { clockTime, fromSiteClock, isPast } from "./format.js";
import { signed, t, word } from "./i18n.js";
import { isMine } from "./name.js";
import { nowDone } from "./not_done.js";
import { proofFields, proofGiven } from "./proof.js";
import { StillSending } from "./refused.js";
import { orderOf, sending } from "./sending.js";
import { alertOf, changed, may, putAlert, selected } from "./state.js";
import { keyOf, rowOf, stepButtons } from "./step_buttons.js";
import { stepField } from "./step_field.js";
import { offerUndo } from "./undo.js";

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
};
/** What ends it is asked once more. */
const ASKED = new Set(["dealt_with", "closed"]);
const ENDING = ["inspected", "closed"];
const unsure = new Map(); // id and kind → the order as it was when it had no answer: it may have been taken
const found = new Map(); // id → a remark that had no answer, and stands in the track all the same
let known = null;
let asking = null;
let asked = null; // {kind, id, version, seen: the last step of the track then, detail}
let tell = () => {};
let askDispatch = () => {};

/** handler(error, words, alert, isSo) is told how a step went, isSo() whether it is on record after all; dispatch(alert) asks who is sent. */
export function setUpTrack(handler, dispatch) {
  tell = handler;
  askDispatch = dispatch;
  byId("step-form").addEventListener("submit", submitted);
}

const pathOf = (id) => `/api/alerts/${encodeURIComponent(id)}/steps`;
const shown = (alert) => (known?.alert.id === alert.id ? known : null);

/** Another run of the server may know less of it. */
export function forgetTrack() {
  known = null;
}

/** Fetch the track of an alert; an older answer never replaces a newer one. Whether it is known as it is now. */
export async function loadTrack(id) {
  asking = id;
  try {
    return take(await getJson(pathOf(id)));
  } catch {
    if (asking === id) asking = null; // the next change asks again
    return false;
  }
}

function take(answer) {
  if (known?.alert.id === answer.alert.id && known.alert.version > answer.alert.version) return true;
  if (selected() && selected().id !== answer.alert.id) {
    if (asking === answer.alert.id) asking = null; // once it is shown again it is asked for anew
    return false;
  }
  known = answer;
  settleUnsure();
  putAlert(answer.alert);
  changed();
  return true;
}

/** What had no answer and stands in the track was taken: the next order of its kind is another one. */
function settleUnsure() {
  for (const [key, one] of [...unsure].filter(([, order]) => isOnRecord(order))) {
    unsure.delete(key);
    if (one.kind === "note") found.set(one.id, one.detail.note);
  }
}

/** What the part shows; asks for the track of an alert that is shown for the first time. */
export function trackShown(alert) {
  if (!shown(alert) && asking !== alert.id) loadTrack(alert.id);
  const now = shown(alert);
  return now ? [now.stage, now.responders, now.earlier, now.sent, now.round, now.due, now.next, now.done, alert.ended, rowOf(now.track).map((kind) => orderOf(alert, kind))] : [null];
}

export function trackPart(alert) {
  const now = shown(alert);
  if (!now) return el("section.track", { hidden: true });
  return el("section.track", { id: "track" },
    el("h3", {}, t("track.title"), el("span.stage", { data: { stage: now.stage } }, word("stage", now.stage))),
    stepButtons(now, owedOf(now), begin),
    now.responders.length || now.sent.length ? el("ul.responders", {},
      ...now.responders.map((one) => el("li", {}, `${signed(one.name) || t("detail.nobody")}: ${word("step", one.progress)}`)),
      ...now.sent.map((name) => el("li.unanswered", {}, t(now.untold.includes(name) ? "track.untold" : "track.sent", { who: word("handler", name) })))) : null,
    earlierPart(now),
    ...now.due.slice(0, 2).map(dueLine));
}

/** What people said before it was raised again: theirs, and no answer to what is there now. */
function earlierPart({ earlier, alert }) {
  if (!earlier.length || alert.ended) return null;
  return el("p.earlier", {}, el("strong", {}, alert.reopened_at ? t("again.at", { when: clockTime(alert.reopened_at) }) : t("detail.reopened")),
    el("span", {}, t("again.before"), " ", earlier.map((one) => `${signed(one.name) || t("detail.nobody")} ${word("step", one.said)} ${clockTime(one.at)}`).join(" · ")));
}

/** How many steps the selected alert's track has, as far as this page knows. */
export const stepsSeen = (alert) => shown(alert)?.steps.length ?? 0;

/** Whether somebody goes there, or was sent. */
export const isSomebodySent = (alert) => Boolean(shown(alert)?.sent.length || shown(alert)?.responders.length);

/** The step that comes next once people are done with it or it has gone, "" where none does, or not for whoever looks. */
export const endingOf = (alert) => ((alert.dealt_with_at || !alert.open) && may("judge")
  ? ENDING.find((kind) => shown(alert)?.next.some((one) => one.kind === kind)) ?? "" : "");

export function beginEnding(alert) {
  const now = shown(alert);
  const one = now?.next.find(({ kind }) => kind === endingOf(alert));
  if (one) begin(one, now);
}

/** Whether whoever looks may add a photo to it. */
export const mayAddPhoto = (alert) => Boolean(shown(alert)?.next.some((one) => one.kind === "photo"));

/** Whether a remark may follow. */
export const mayRemark = (alert) => Boolean(shown(alert)?.next.some((one) => one.kind === "note"));

export const custodyShown = (alert) => [shown(alert)?.custody, offered(alert)];

const offered = (alert) => (shown(alert)?.next ?? []).filter(({ kind }) => kind === "claimed" || kind === "handed_over").map(({ kind }) => kind);

/** What was taken away, where it is kept, and whose it is. */
export function custodyPart(alert) {
  const things = shown(alert)?.custody ?? [];
  const part = el("section.custody", { hidden: !things.length });
  if (!things.length) return part;
  part.append(el("h3", {}, t("page.custody")), el("ul", {}, ...things.map((one) => el("li", { data: { state: one.state } },
    el("strong", {}, `${one.item}. ${one.what}`),
    el("span.state", {}, word("custody", one.state)),
    el("span", {}, [one.slot, one.found && t("page.found", { where: one.found }), one.photo && t("page.photo", { number: one.photo })].filter(Boolean).join(" · ")),
    el("span.said", {}, [
      t("page.stored", { when: clockTime(one.at), who: signed(one.by) || t("detail.nobody") }),
      one.claimed && t("page.claimed", { who: one.claimed.owner, when: clockTime(one.claimed.at) }),
      one.handed_over && t("page.handed_over", { who: one.handed_over.to, when: clockTime(one.handed_over.at) }),
    ].filter(Boolean).join(" · ")),
    one.state === "handed_over" ? null : el("span.steps", {}, ...offered(alert).filter((kind) => kind !== one.state).map((kind) =>
      el("button.quiet", { type: "button", id: `custody-${kind}-${one.item}`, data: { step: kind }, onclick: () => {
        const now = shown(selected());
        const found = now?.next.find((next) => next.kind === kind);
        if (found) begin(found, now, one.item);
      } }, word("step", kind), keyOf(kind))))))));
  return part;
}

function dueLine(one) {
  return el("p.due", { data: { due: one.at } },
    t("track.due", { what: word("step", one.what), when: clockTime(one.at), whose: word("handler", one.whose) }));
}

/** Mark what is overdue; once a second. */
export function tickTrack() {
  for (const line of document.querySelectorAll("[data-due]")) line.classList.toggle("overdue", isPast(line.dataset.due));
}

/** Whether somebody is to be sent first, as the large button says: what is due is what they will do. */
const isToSend = ({ alert, due, next }) => !isSomebodySent(alert) && !endingOf(alert) && next.some(({ kind }) => kind === "dispatched")
  && due.some(({ what }) => what === "accepted" || what === "dissuaded");

/** What stands out: whoever is to be sent, else what is due. */
const owedOf = (now) => new Set(isToSend(now) ? ["dispatched"] : now.due.map((one) => one.what));

/** Send it, or ask first for what comes with it. thing: number of the thing in store that it is about, if it is known. */
function begin(one, now, thing = null) {
  if (one.kind === "dispatched") return askDispatch(now.alert);
  const fields = [...(FIELDS[one.kind] ?? []), ...(one.needs_reason ? ["reason!"] : [])];
  asked = ordered(one.kind, now);
  if (!fields.length && !one.needs_proof && !ASKED.has(one.kind)) {
    send(asked);
    return;
  }
  byId("step-title").textContent = word("step", one.kind);
  byId("step-fields").replaceChildren(ASKED.has(one.kind) ? el("p", {}, word("sure", one.kind)) : "", ...fields.map((name) => stepField(name.replace("!", ""), name.endsWith("!"), now, one.kind)),
    one.needs_proof ? proofFields(now.alert) : "");
  if (thing !== null) byId("step-fields").querySelector('[name="thing"]').value = String(thing);
  openAsking("step");
  (byId("step-fields").querySelector("input, select") ?? byId("step-form").querySelector('[value="cancel"]')).focus();
}

function submitted(event) {
  if (event.submitter?.value !== "send" || !asked) return;
  event.preventDefault(); // the dialogue stays until the server has taken it
  const given = Object.fromEntries([...new FormData(byId("step-form"))].filter(([, value]) => value !== ""));
  if (given.deadline) given.deadline = fromSiteClock(given.deadline);
  if (given.thing) given.item = Number(given.thing);
  delete given.thing;
  const one = { ...asked, detail: proofGiven(given) };
  sendAsked("step", () => order(one), (error) => missed(error, one));
}

const orderKey = ({ id, kind }) => `${id} ${kind}`;

/** Nothing goes on record twice because an answer was lost: if it was taken, the server refuses the same once more. */
function ordered(kind, { alert, steps }) {
  const { version, seen } = unsure.get(orderKey({ id: alert.id, kind })) ?? { version: alert.version, seen: steps.at(-1)?.seq ?? 0 };
  return { kind, id: alert.id, version, seen, detail: {} };
}

/** The selected alert's remark. Whether it was taken down. */
export const remark = (note) => send({ ...ordered("note", shown(selected())), detail: { note } });

/** The remark about an alert that had no answer, and that has been found on record; told once, "" where there is none. */
export function remarkFound({ id }) {
  const note = found.get(id) ?? "";
  found.delete(id);
  return note;
}

/** Whether it was taken down. */
function send(one) {
  return order(one).then(() => true, (error) => {
    missed(error, one);
    return false;
  });
}

const missed = (error, one) => tell(error, word("step", one.kind), alertOf(one.id), () => isOnRecord(one));

/** Whether whoever looks has said just this since it was ordered, as far as this page knows. */
const isOnRecord = ({ id, kind, seen, detail }) => known?.alert.id === id
  && known.steps.some((step) => step.kind === kind && step.seq > seen && isMine(step.by) && saysSo(step, detail));

const saysSo = (step, detail) => Object.entries(detail).every(([name, value]) => JSON.stringify(step[name]) === JSON.stringify(value));

/** Throws where it is not taken; what is asked again is then about the alert as it stands by now, which is said. */
async function order(one) {
  const { id, kind, version, detail } = one;
  const again = unsure.has(orderKey(one));
  try {
    const answer = await sending(id, kind, () => postJson(pathOf(id), { kind, detail, version }));
    putAlert(answer.alert);
    take(answer);
  } catch (error) {
    if (error instanceof StillSending) throw error;
    await notTaken(error, one, again);
  }
  unsure.delete(orderKey(one));
  nowDone(word("step", kind), { id });
  const words = t("track.done", { what: word("step", kind) });
  if (kind === "verified") offerUndo(words, [alertOf(id)]); // as by its other key
  else tell(null, words);
}

/** Throws the error, unless the same was taken when nobody answered (again), and is refused now for that. */
async function notTaken(error, one, again) {
  const key = orderKey(one);
  if (!(error.status < 500)) unsure.set(key, one);
  const loading = loadTrack(one.id);
  if (error.status !== 409) {
    if (error.status < 500) unsure.delete(key);
    throw error;
  }
  const isKnown = await loading;
  if (again && isOnRecord(one)) return;
  if (isKnown) unsure.delete(key); // else nobody knows yet whether it was taken
  if (asked?.id === one.id && asked.kind === one.kind) asked = { ...asked, version: error.body.current?.version ?? one.version };
  throw error;
}
