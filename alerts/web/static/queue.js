// The alert queue on the left.
import { byId, el } from "./dom.js";
import { age, clockTime } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { mutedWhy } from "./muting.js";
import { placeText } from "./places.js";
import { cursor, isOnlySuspected, isOpen, isUnended, isWaiting, select, selected, sorted, stateWord, title } from "./state.js";

const STATE_ICON = {
  pending: "eye", firing: "bell", acknowledged: "check", resolved: "cleared", false_alarm: "cross", logged: "eye", closed: "check", unconfirmed: "eye", cleared_unacknowledged: "bell",
};
let loadMore = () => {};
let drawn = "";

export function onMore(handler) {
  loadMore = handler;
}

export function drawQueue() {
  const list = byId("queue-list");
  const now = signature();
  if (now === drawn) return; // a card that is replaced under the mouse loses its click
  drawn = now;
  const held = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  const scroll = list.scrollTop;
  const all = sorted();
  const suspected = all.filter(isOnlySuspected);
  const open = all.filter((alert) => isOpen(alert) && !isOnlySuspected(alert));
  const unended = all.filter(isUnended);
  const closed = all.filter((alert) => !isOpen(alert) && alert.ended);
  list.replaceChildren(
    group("queue.open", open, el("p.calm", {}, icon("check"), t("queue.none_open"))),
    suspected.length ? group("queue.suspected", suspected, null) : "",
    unended.length ? group("queue.unended", unended, null) : "",
    closed.length ? group("queue.closed", closed, null) : "",
    cursor() ? el("button.quiet.more", { type: "button", onclick: () => loadMore() }, t("queue.more")) : "",
  );
  list.scrollTop = scroll;
  if (held) focusCard(held);
}

const signature = () => JSON.stringify([
  currentLanguage(), selected()?.id, cursor(),
  sorted().map((alert) => [alert.id, stateWord(alert), isOpen(alert), alert.ended, alert.hazard, placeText(alert), alert.zone, Boolean(mutedWhy(alert)), alert.exercise]),
]);

function group(title, alerts, empty) {
  return el("div.group", {},
    el("h3", {}, t(title), el("span.number", {}, String(alerts.length))),
    alerts.length ? el("ul", {}, ...alerts.map(card)) : empty);
}

function card(alert) {
  const state = stateWord(alert);
  const current = selected()?.id === alert.id;
  return el("li", {}, el(
    `button.card.${alert.severity}.state-${state}${isOnlySuspected(alert) ? ".compact" : ""}`,
    {
      type: "button",
      data: { id: alert.id },
      "aria-current": current ? "true" : undefined,
      onclick: () => select(alert.id),
    },
    el("span.card-icon", {}, icon(alert.hazard)),
    el("span.card-hazard", {}, title(alert)),
    el("span.card-age", { data: { age: alert.started_at }, title: clockTime(alert.started_at) }, age(alert.started_at)),
    el("span.card-place", {}, placeText(alert) || alert.camera),
    el("span.card-foot", {}, el("span.card-zone", {}, alert.place ? alert.zone : ""), muteMark(alert), stateChip(alert)),
  ));
}

/** Nobody is told of it now; or it is part of a drill. */
function muteMark(alert) {
  if (alert.exercise) return el("span.mark.drill", {}, t("mute.exercise"));
  return mutedWhy(alert) ? el("span.mark", { title: t("mute.muted"), role: "img", "aria-label": t("mute.muted") }, icon("mute")) : null;
}

export function stateChip(alert) {
  const state = stateWord(alert);
  return el(`span.chip.chip-${state}`, {}, icon(STATE_ICON[state] ?? "eye"), word("state", state));
}

function focusCard(id) {
  byId("queue-list").querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

const levelOf = (waiting) =>
  ["fire", "violation", "fault"].find((level) => waiting.some((alert) => alert.severity === level)) ?? "calm";

/** Go up or down the queue. */
export function moveSelection(step) {
  const all = sorted();
  if (!all.length) return;
  const at = all.findIndex((alert) => alert.id === selected()?.id);
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
  select(next.id);
  setTimeout(() => {
    const element = byId("queue-list").querySelector(`[data-id="${CSS.escape(next.id)}"]`);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
  });
}

export function drawCounts(cameras) {
  const waiting = sorted().filter(isWaiting);
  const line = byId("waiting");
  line.textContent = waiting.length ? t("count.waiting", { n: waiting.length }) : t("count.none_waiting");
  line.dataset.level = levelOf(waiting);
  const online = cameras.filter((camera) => camera.health.state === "online").length;
  const cameraLine = byId("cameras-online");
  cameraLine.textContent = t("count.cameras", { online, all: cameras.length });
  cameraLine.dataset.level = online < cameras.length ? "violation" : "calm";
}
