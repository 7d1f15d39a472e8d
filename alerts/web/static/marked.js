// Alerts that are marked for one order about all of them. Never a fire: each of those is looked at by itself.
import { burns, changed, isSuspectedFire, isWaiting, may, selected, sorted } from "./state.js";

const marked = new Set();

/** What bulk orders are for: violations and faults that still wait for a word, or could be false. */
export const mayMark = (alert) => alert.severity !== "fire" && may("answer") && Boolean(alert.fired_at) && !alert.false_alarm_at && !alert.ended;
export const isMarked = (id) => marked.has(id);
/** Those that still can be ordered about. */
export const markedAlerts = () => (marked.size ? sorted().filter((alert) => marked.has(alert.id) && mayMark(alert)) : []);
export const waitingOf = (alerts) => alerts.filter(isWaiting);
/** Whether the keys are a fire's, whatever is marked: it is on the screen and waits, and its buttons show them. */
export const fireGoesFirst = () => Boolean(selected()) && (burns(selected()) || isSuspectedFire(selected()));

export function toggleMark(id) {
  if (!marked.delete(id)) marked.add(id);
  changed();
}

/** All of them, unless all are marked already: then none. */
export function markAll(alerts) {
  const able = alerts.filter(mayMark);
  const all = able.every(({ id }) => marked.has(id));
  for (const { id } of able) if (all) marked.delete(id); else marked.add(id);
  changed();
}

/** Of these: they have been ordered about. */
export function clearMarksOf(alerts) {
  for (const { id } of alerts) marked.delete(id);
  changed();
}

export function clearMarks() {
  if (!marked.size) return;
  marked.clear();
  changed();
}
