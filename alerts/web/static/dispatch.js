// Sending somebody: who goes there is told by their own channels, as of the settings; a case goes to whose business it is.
// Whoever stands in no settings is put on record, and the dialogue says that nobody tells them.
import { getJson, postJson } from "./api.js";
import { openAsking, sendAsked } from "./asking.js";
import { orderFailure } from "./conflict.js";
import { byId, el } from "./dom.js";
import { handlerOf, refreshHands, whoHas } from "./hands.js";
import { t, word } from "./i18n.js";
import { nowDone } from "./not_done.js";
import { placeText } from "./places.js";
import { sending } from "./sending.js";
import { alertOf, isWaiting, may, onChange, putAlert, stateWord, title } from "./state.js";
import { loadTrack } from "./track.js";
import { offerUndo } from "./undo.js";

/** The order by its button. */
export const DISPATCH = "dispatch";
let about = null; // as it was when it was asked whom to send
const unsure = new Map(); // id of an alert → its version when an order had no answer: it may have been taken
let offered = []; // {to: as it goes on record, tell: ids of people, who: in words}
let beforehand = ""; // what was ticked when they were drawn
let failed = () => {};

/** handler(error, words, alert) is told what became of it. */
export function setUpDispatch(handler) {
  failed = handler;
  byId("dispatch-form").addEventListener("submit", submitted);
  byId("dispatch-form").addEventListener("change", drawTold);
  byId("dispatch-to").addEventListener("input", drawTold);
  onChange(() => { if (byId("dispatch-dialog").open) drawNow(); });
}

/** Only what was raised, and is not over. */
export const canDispatch = (alert) => Boolean(alert) && may("answer") && Boolean(alert.fired_at) && !alert.ended && !alert.dealt_with_at;

/** Others act while the dialogue is open: what is sent goes by the alert as it is then, which the dialogue shows. */
const current = () => alertOf(about.id) ?? about;

export async function askDispatch(alert) {
  if (!canDispatch(alert)) return;
  const asked = (about = alert);
  const fire = alert.severity === "fire";
  byId("dispatch-title").textContent = t(fire ? "dispatch.title_fire" : "dispatch.title_case", { hazard: title(alert), place: placeText(alert) || alert.camera });
  byId("dispatch-to").value = byId("dispatch-note").value = "";
  byId("dispatch-self").hidden = !fire;
  draw(fire ? [] : [handlerChoice({ name: handlerOf(alert), tell: [] })]);
  openAsking("dispatch");
  focusFirst();
  const known = await getJson(`/api/alerts/${encodeURIComponent(alert.id)}/dispatch`).catch(() => null); // then a name is typed
  if (!known || about !== asked || !byId("dispatch-dialog").open) return;
  const [ticked, held] = [tickedNow(), byId("dispatch-who").contains(document.activeElement)];
  const touched = byId("dispatch-to").value || byId("dispatch-note").value || ticked !== beforehand;
  draw([
    ...(fire ? [] : [handlerChoice(known.handler)]),
    ...known.people.map((one) => ({ to: one.name, tell: [one.id], who: one.name, on_duty: one.on_duty, by: one.channels.join(t("list.comma")) })),
    ...known.groups.map((one) => ({ to: one.name, tell: one.tell, who: one.name, by: t("dispatch.group", { n: one.tell.length }) })),
  ], touched ? (one) => JSON.parse(ticked).includes(one.to) : isFirst);
  if (!touched || held) focusFirst();
}

const tickedNow = () => JSON.stringify(chosen().map(({ to }) => to));

const handlerChoice = ({ name, tell }) => ({ to: name, tell, who: word("handler", name), by: t("dispatch.handler"), first: true });

/** Whose business it is is chosen beforehand, or, for a fire, who is on duty; not any more once somebody has chosen. */
const isFirst = (one) => one === offered.find(({ first, on_duty: onDuty }) => first || (about.severity === "fire" && onDuty));

function draw(choices, isTicked = isFirst) {
  offered = choices.filter((one) => one.to);
  byId("dispatch-who").replaceChildren(...offered.map((one, at) => el("label", {},
    el("input", { type: "checkbox", name: "who", value: String(at), checked: isTicked(one) }),
    el("span.who", {}, one.who), one.on_duty ? el("span.chip", {}, t("dispatch.on_duty")) : null, el("span.dim", {}, one.by))));
  byId("dispatch-who").hidden = !offered.length;
  beforehand = tickedNow();
  drawNow();
}

/** Who has it by now; or that nobody need be sent any more. */
function drawNow() {
  byId("dispatch-now").textContent = canDispatch(current()) ? whoHas(current()) : overText(current());
  byId("dispatch-self").disabled = !canDispatch(current());
  drawTold();
}

function overText(alert) {
  const code = alert.false_alarm_at ? "judged_false" : alert.closed_at ? "closed" : alert.dealt_with_at ? "already_over" : "";
  return code ? word("refusal", code) : word("state", stateWord(alert));
}

function focusFirst() {
  (byId("dispatch-who").querySelector("input:checked") ?? byId("dispatch-who").querySelector("input") ?? byId("dispatch-to")).focus();
}

const chosen = () => [...byId("dispatch-who").querySelectorAll("input:checked")].map((input) => offered[Number(input.value)]);
const typed = () => byId("dispatch-to").value.trim();

/** Who is told, and who is not: nobody may think that a name on record moves anybody. */
function drawTold() {
  const told = chosen().filter((one) => one.tell.length);
  const untold = [...chosen().filter((one) => !one.tell.length).map((one) => one.who), typed()].filter(Boolean);
  const list = (names) => names.join(t("list.comma"));
  byId("dispatch-told").textContent = [
    told.length ? t("dispatch.told", { who: list(told.map((one) => one.who)) }) : "",
    untold.length ? t("dispatch.untold", { who: list(untold) }) : "",
    told.length || untold.length ? "" : t("dispatch.nobody"),
  ].filter(Boolean).join(" ");
  byId("dispatch-send").disabled = !canDispatch(current()) || (!told.length && !untold.length);
}

function submitted(event) {
  const what = event.submitter?.value;
  if (what !== "self" && what !== "send") return;
  event.preventDefault(); // the dialogue stays until the server has taken it
  if (what === "self") return go([["accepted", {}]], t("dispatch.self_done"));
  const [who, other, note] = [chosen(), typed(), byId("dispatch-note").value.trim()];
  const names = [...who.map((one) => (who.length + Number(Boolean(other)) > 1 ? one.who : one.to)), other].filter(Boolean);
  if (!names.length) return;
  const to = names.join(t("list.comma")); // one name stays as the settings call it, and is shown in the reader's words
  const tell = [...new Set(who.flatMap((one) => one.tell))];
  const untold = [...who.filter((one) => !one.tell.length).map((one) => one.who), other].filter(Boolean);
  const shown = names.length > 1 ? to : (who[0]?.who ?? other);
  // Whoever hands a case on has looked at it: it is a violation.
  const steps = [["dispatched", { to: to.slice(0, 120), tell, ...(untold.length ? { untold: untold.map((name) => name.slice(0, 120)) } : {}), ...(note ? { note } : {}) }]];
  if (about.severity === "violation" && isWaiting(current())) steps.unshift(["verified", {}]);
  const list = (some) => some.join(t("list.comma"));
  const told = list(who.filter((one) => one.tell.length).map((one) => one.who));
  go(steps, tell.length && untold.length ? t("dispatch.done_both", { told, untold: list(untold) }) : t(tell.length ? "dispatch.done_told" : "dispatch.done", { who: shown }));
}

async function go(steps, done) {
  const alert = current();
  const { id } = alert;
  const again = unsure.has(id);
  let version = unsure.get(id) ?? alert.version; // nobody is sent twice because an answer was lost: if it was taken, the server refuses
  const send = async () => {
    try {
      for (const [kind, detail] of steps) {
        const answer = await postJson(`/api/alerts/${encodeURIComponent(id)}/steps`, { kind, detail, version });
        unsure.delete(id);
        putAlert(answer.alert);
        ({ version } = answer.alert);
      }
    } catch (error) {
      if (error.status < 500) unsure.delete(id);
      else unsure.set(id, version);
      throw error;
    }
  };
  await sendAsked("dispatch", async () => {
    await sending(id, DISPATCH, send);
    nowDone(t("page.dispatch"), alert);
    if (steps.at(-1)[0] === "dispatched") offerUndo(done, [{ id, version }], steps.length);
    else failed(null, done);
  }, (error) => failed(error, t("page.dispatch"), alert), (error) => {
    const why = orderFailure(error); // keeps the alert as it is
    return again && error.status === 409 ? t("dispatch.perhaps") : why;
  });
  refreshHands();
  loadTrack(id);
}
