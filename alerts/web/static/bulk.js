// One order about all marked violations: acknowledge, false alarm, shelve. One at a time: the next one would be about the same.
import { SLOW_MS } from "./api.js";
import { AT_ONCE, orderSome } from "./bulk_order.js";
import { byId } from "./dom.js";
import { t, word } from "./i18n.js";
import { clearMarks, clearMarksOf, fireGoesFirst, isMarked, markedAlerts, waitingOf } from "./marked.js";
import { nowDone } from "./not_done.js";
import { StillSending } from "./refused.js";
import { alertOf, changed, keysTurned, may } from "./state.js";
import { offerUndo, toast } from "./undo.js";

/** Whether an alert is as it was ordered to be. */
const IS_SO = { acknowledge: (alert) => alert.acknowledged_at, false_alarm: (alert) => alert.false_alarm_at };
const unsure = new Set(); // action and id of what had no answer: it may have been done
const stopped = new Map(); // action → {told, left: ids} of an order that came to a part that nobody answered
let underWay = ""; // the action whose answer is waited for
let slow = false;
let tell = () => {};

/** ask(alerts): why they are false. shelve(alerts): for how long, and why. told(error, what) is told what was not done. */
export function setUpBulk({ ask, shelve, told }) {
  tell = told;
  byId("bulk-acknowledge").addEventListener("click", acknowledgeMarked);
  byId("bulk-false").addEventListener("click", () => ask(markedAlerts()));
  byId("bulk-shelve").addEventListener("click", () => shelve(markedAlerts()));
  byId("bulk-none").addEventListener("click", clearMarks);
}

export function drawBulk() {
  const alerts = markedAlerts();
  byId("bulk").hidden = !alerts.length;
  if (!alerts.length) return;
  byId("bulk-number").textContent = t("bulk.number", { n: alerts.length });
  byId("bulk-acknowledge").disabled = Boolean(underWay) || !waitingOf(alerts).length;
  byId("bulk-acknowledge").querySelector("span").textContent = t(slow && underWay === "acknowledge" ? "action.sending" : "action.acknowledge");
  byId("bulk-false").hidden = !may("judge");
  byId("bulk-shelve").hidden = !may("silence");
  for (const key of byId("bulk").querySelectorAll("button:not(#bulk-none) kbd")) key.hidden = fireGoesFirst();
}

/** Nothing while the same is on its way: its button says so. */
export function acknowledgeMarked() {
  const alerts = waitingOf(markedAlerts());
  const what = `${t("action.acknowledge")} (${t("bulk.title")})`; // without their number: those that are left are still the same order
  if (!underWay && alerts.length) order("acknowledge", alerts, "bulk.acknowledged").then(() => nowDone(what), (error) => tell(error, what));
}

/** Throws where nobody answers, or another such order is on its way. */
export const judgeFalse = (alerts, reason) => order("false_alarm", alerts, "bulk.judged", { reason });

/** What was taken before an order stopped midway is not sent again, and is told, and taken back, with the rest: with all of the rest,
 * and while the marks of that order stand. Whoever has given those up, or orders about a few of the rest, orders something new. */
function takenBefore(action, alerts) {
  const { told, left } = stopped.get(action) ?? {};
  const isSo = (id) => IS_SO[action](alertOf(id) ?? {});
  const again = new Set(alerts.map(({ id }) => id));
  const isWhole = told && [...left].every((id) => again.has(id) || !alertOf(id) || isSo(id));
  return isWhole ? told.filter(({ id }) => isMarked(id) && isSo(id)) : [];
}

async function order(action, alerts, done, more = {}) {
  if (underWay) throw new StillSending();
  const [told, refused] = [takenBefore(action, alerts), []];
  const open = alerts.filter(({ id }) => !told.some((one) => one.id === id));
  const turn = (now, isSlow) => { [underWay, slow] = [now, isSlow]; changed(); };
  turn(action, false);
  const timer = setTimeout(turn, SLOW_MS, action, true);
  try {
    for (let at = 0; at < open.length; at += AT_ONCE) {
      stopped.set(action, { told, left: new Set(open.slice(at).map(({ id }) => id)) });
      sort(action, await send(action, open.slice(at, at + AT_ONCE), more), told, refused);
    }
  } catch (error) {
    if (told.length) offerUndo(t(done, { n: told.length }), told);
    throw error;
  } finally {
    clearTimeout(timer);
    turn("", false);
  }
  stopped.delete(action);
  clearMarksOf([...alerts, ...told]);
  sayDone(t(done, { n: told.length }), told, refused);
}

function sayDone(said, told, refused) {
  keysTurned(); // the next one would be about what is selected
  const text = refused.length ? `${said} ${t("bulk.refused", { n: refused.length, why: word("refusal", refused[0]) })}` : said;
  if (told.length) offerUndo(text, told);
  else toast(text);
}

async function send(action, some, more) {
  try {
    return await orderSome(action, some, more);
  } catch (error) {
    if (!(error.status < 500)) for (const { id } of some) unsure.add(`${action} ${id}`);
    throw error;
  }
}

/** What had no answer, and is refused now because it is as it was ordered to be, was done then. */
function sort(action, results, told, refused) {
  for (const { alert, current, id, code } of results) {
    const before = unsure.delete(`${action} ${(alert ?? current)?.id ?? id}`);
    if (alert) told.push(alert);
    else if (before && current && IS_SO[action](current)) told.push(current);
    else refused.push(code);
  }
}
