// The rows of the queue: groups with their alerts; in a flood violations of a kind and place as one.
import { unit } from "./dom.js";
import { isFiltered, matcher } from "./filters.js";
import { isFolding } from "./flood.js";
import { placeOf, placeText } from "./places.js";
import { GROUPS, burns, groupOf, sorted } from "./state.js";

/** With the gap below, as in queue.css: units of the type's size, CSS pixels where nothing is scaled. */
const HEIGHT = { head: 32, card: 96, compact: 40, fold: 64, calm: 44, end: 80 };
const unfolded = new Set();
let scale = 1;

export function toggleFold(key) {
  if (!unfolded.delete(key)) unfolded.add(key);
}

/** In the order of the queue: {kind, key, height, …}; kind: head, card, compact, fold, calm, end. */
export function queueRows() {
  scale = unit();
  const wanted = matcher();
  const shown = isFiltered() ? sorted().filter((alert) => burns(alert) || wanted(alert)) : sorted();
  const of = Object.fromEntries(GROUPS.map((group) => [group, []]));
  for (const alert of shown) of[groupOf(alert)].push(alert);
  const rows = [];
  for (const group of GROUPS) {
    const alerts = of[group];
    if (!alerts.length && group !== "open") continue;
    rows.push(row("head", `head ${group}`, { group, number: alerts.length }));
    if (!alerts.length) rows.push(row("calm", "calm", { group }));
    else if (isFolding() && group !== "closed") rows.push(...folded(alerts, group));
    else rows.push(...alerts.map((alert) => cardRow(alert, group)));
  }
  rows.push(row("end", "end"));
  return rows;
}

const row = (kind, key, more = {}) => ({ kind, key, height: HEIGHT[kind] * scale, ...more });
const cardRow = (alert, group, fold = "") => row(group === "suspected" ? "compact" : "card", alert.id, { alert, group, fold });

/** Fires each by itself; two or more of a place and hazard as one row, where the newest of them would stand. */
function folded(alerts, group) {
  const folds = new Map();
  for (const alert of alerts) {
    const key = alert.severity === "fire" ? alert.id : `${group}|${placeOf(alert)?.id ?? ""}|${placeText(alert)}|${alert.hazard}`;
    if (folds.has(key)) folds.get(key).push(alert);
    else folds.set(key, [alert]);
  }
  return [...folds].flatMap(([key, members]) => {
    if (members.length < 2) return [cardRow(members[0], group)];
    const open = unfolded.has(key);
    const head = row("fold", key, { group, members, open });
    return open ? [head, ...members.map((alert) => cardRow(alert, group, key))] : [head];
  });
}
