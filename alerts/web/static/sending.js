// Orders about an alert on their way: one of a kind at a time. A button says while its order waits for an answer, and that it was
// not done, until it is: nobody may take a fire for acknowledged because somebody has pressed.
import { SLOW_MS } from "./api.js";
import { el } from "./dom.js";
import { goingOf } from "./hands.js";
import { t } from "./i18n.js";
import { StillSending } from "./refused.js";
import { alertOf, changed } from "./state.js";

const orders = new Map(); // id and what was ordered → {now: "sent", "waits" or "failed", stood: how the alert did then}

const keyOf = (id, verb) => `${id} ${verb}`;

/** What people have said of it, who goes there, and whether it came back since; not what else a camera sees. */
const standingOf = (alert) => JSON.stringify([alert?.acknowledged_at, alert?.false_alarm_at, alert?.reopened_at, alert?.closed_at, onTheirWay(alert?.id)]);

/** An alert that nobody knows of yet and one that nobody goes to are alike: the list of both comes late. */
function onTheirWay(id) {
  const { sent = "", responders = [] } = goingOf(id) ?? {};
  return [sent, ...responders.map(({ name }) => name)];
}

/** send(): gives the answer. Throws what it throws; StillSending where the same is on its way already. */
export async function sending(id, verb, send) {
  const key = keyOf(id, verb);
  if (["sent", "waits"].includes(orders.get(key)?.now)) throw new StillSending();
  const stood = standingOf(alertOf(id));
  const turn = (now) => { orders.set(key, { now, stood }); changed(); };
  turn("sent");
  const timer = setTimeout(turn, SLOW_MS, "waits");
  try {
    const answer = await send();
    orders.delete(key);
    return answer;
  } catch (error) {
    if (error.status === 409) orders.delete(key); // it is not as it was: the alert says how it is
    else turn("failed");
    throw error;
  } finally {
    clearTimeout(timer);
    changed();
  }
}

/** How an order of this kind stands: "waits", "failed", "" where there is nothing to say. What failed is of the alert as it was:
 * it may have been done all the same, or by somebody else. */
export function orderOf(alert, verb) {
  const { now, stood } = orders.get(keyOf(alert.id, verb)) ?? {};
  return now === "waits" || (now === "failed" && stood === standingOf(alert)) ? now : "";
}

/** What a button says of its order, below what it is for. */
export function orderNote(alert, verb) {
  const now = orderOf(alert, verb);
  return now ? el("small.order-note", {}, t(now === "failed" ? "action.not_done" : "action.sending")) : null;
}
