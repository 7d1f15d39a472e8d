// One alert in the queue: picture, what, where, since when, how it stands, who has it, why it fired.
import { el } from "./dom.js";
import { age, clockTime, evidence, percent } from "./format.js";
import { whoHas } from "./hands.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { isMarked, mayMark, toggleMark } from "./marked.js";
import { mutedWhy, standsBack } from "./muting.js";
import { placeText } from "./places.js";
import { begunAt, isOnlySuspected, select, selected, stateWord, title } from "./state.js";
import { thumb } from "./thumbs.js";

const STATE_ICON = {
  pending: "eye", firing: "bell", acknowledged: "check", resolved: "cleared", false_alarm: "cross", logged: "eye", closed: "closed",
  unconfirmed: "eye", cleared_unacknowledged: "bell",
};
/** What says most of why it fired, by hazard; of others the first two. */
const TELLING = {
  flame: ["hits", "seen_s"], ebike: ["still_s", "in_picture_s"], clutter: ["still_s", "free_width_m"], flying_lead: ["together_s"],
  camera: ["detail", "blind_s", "frozen_s", "corrupt_share"],
};
const APART = new Set(["cause", "drill", "trace", "model", "settings", "state"]);

export function stateChip(alert) {
  const state = stateWord(alert);
  return el(`span.chip.chip-${state}`, {}, icon(STATE_ICON[state] ?? "eye"), el("span", {}, word("state", state)));
}

/** Changes with whatever a card shows, but its age. */
export const cardMark = (alert) => [
  alert.version, stateWord(alert), selected()?.id === alert.id, placeText(alert), whoHas(alert), mutedWhy(alert)?.by, isMarked(alert.id), mayMark(alert),
];

export function card(alert, { indent = false } = {}) {
  const state = stateWord(alert);
  const muted = mutedWhy(alert);
  const button = el(`button.card.${alert.severity}.state-${state}${isOnlySuspected(alert) ? ".compact" : ""}`, {
    type: "button",
    data: { id: alert.id, muted: muted?.by ?? "" },
    "aria-current": selected()?.id === alert.id ? "true" : undefined,
    onclick: () => select(alert.id),
  },
  el("span.card-picture", {}, isOnlySuspected(alert) ? icon(alert.hazard) : thumb(alert)),
  el("span.card-hazard", {}, title(alert)),
  el("span.card-age", { data: { age: begunAt(alert) }, title: clockTime(begunAt(alert)) }, age(begunAt(alert))),
  el("span.card-place", { title: whereText(alert) }, whereText(alert)),
  el("span.card-foot", {}, stateChip(alert), againMark(alert), muteMark(alert, muted), el("span.card-who", { title: whoHas(alert) }, whoHas(alert))),
  el("span.card-why", {}, whyText(alert)));
  return el(`div.queue-row${indent ? ".indent" : ""}${mayMark(alert) ? ".can-mark" : ""}`, {}, button, mayMark(alert) ? markBox(alert) : null);
}

/** A zone that nobody has named is called as its type is: it says nothing that the place does not. */
const whereText = (alert) => [placeText(alert) || alert.camera, alert.place && alert.zone !== alert.zone_type ? alert.zone : ""].filter(Boolean).join(" · ");

/** Several of a place and hazard as one. */
export function foldCard({ members, open, key }, { onToggle, onMark }) {
  const [first] = members;
  const waiting = members.filter((alert) => alert.fired_at && !alert.acknowledged_at).length;
  return el("div.queue-row", {},
    el(`button.card.fold.${first.severity}`, { type: "button", data: { fold: key, role: "fold" }, "aria-expanded": String(open), onclick: onToggle },
      el("span.card-picture", {}, icon(first.hazard)),
      el("span.card-hazard", {}, title(first), el("span.times", {}, `× ${members.length}`)),
      el("span.card-age", { data: { age: first.started_at } }, age(first.started_at)),
      el("span.card-place", {}, placeText(first) || first.camera),
      el("span.card-foot", {}, waiting ? t("count.waiting", { n: waiting }) : t("count.none_waiting"))),
    members.some(mayMark) ? el("button.quiet.fold-mark", { type: "button", data: { role: "fold-mark" }, onclick: onMark }, t("bulk.all_of_these")) : null);
}

/** It was over, and is not: whoever had it has to be asked anew. */
const againMark = (alert) => (alert.reopened_at && !alert.ended ? el("span.mark.again", { title: t("again.at", { when: clockTime(alert.reopened_at) }) }, el("span", {}, t("detail.reopened"))) : null);

/** Nobody is told of it now, in words and not only by a sign; or it is part of a drill. */
function muteMark(alert, muted) {
  if (alert.exercise) return el("span.mark.drill", {}, t("mute.exercise"));
  return muted ? el("span.mark", { title: word("muted", muted.by) }, standsBack(muted) ? null : icon("mute"), el("span", {}, word("muted", muted.by))) : null;
}

function markBox(alert) {
  const box = el("input", { type: "checkbox", checked: isMarked(alert.id), data: { role: "mark" }, onchange: () => toggleMark(alert.id) });
  box.setAttribute("aria-label", t("bulk.mark", { hazard: title(alert), place: placeText(alert) || alert.camera }));
  return el("label.mark-box", {}, box);
}

function whyText(alert) {
  const given = alert.evidence;
  const telling = (TELLING[alert.hazard] ?? []).filter((key) => given[key] !== undefined && given[key] !== null);
  const others = Object.keys(given).filter((key) => !APART.has(key) && !key.endsWith("_box") && ["number", "string"].includes(typeof given[key]));
  const told = (telling.length ? telling : others).slice(0, 2).map((key) => evidence(key, given[key]).join(" "));
  return [...told, ...(alert.hazard === "camera" || !alert.camera ? [] : [t("detail.surest", { share: percent(alert.confidence) })])].join(" · ");
}
