// What the page knows: alerts, cameras, the selection. Views redraw when it changes.
import { t, word } from "./i18n.js";

const MAX_ALERTS = 500;
const ORDER = { firing: 0, resolved: 1, pending: 2, acknowledged: 3, false_alarm: 4 };
const CLOSED = new Set(["false_alarm", "logged", "closed"]);

const alerts = new Map();
const cameras = new Map();
const listeners = new Set();
let selectedId = null;
let nextCursor = null;
let scheduled = false;

/** What this session may do: `alerts.access.roles.Permission`. What it may not is not shown. */
export const may = (permission) => document.body.dataset.may?.split(" ").includes(permission) ?? false;

export function onChange(listener) {
  listeners.add(listener);
}

/** Redraw once, however many changes came together. */
export function changed() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    for (const listener of listeners) listener();
  });
}

/** Keep an alert unless a newer version of it is known. Returns whether it was news. */
export function putAlert(alert) {
  const known = alerts.get(alert.id);
  if (known && known.version >= alert.version) return false;
  alerts.set(alert.id, alert);
  if (alerts.size > MAX_ALERTS) forgetOldest();
  changed();
  return true;
}

function forgetOldest() {
  const gone = sorted().filter((alert) => !isOpen(alert) && alert.ended && alert.id !== selectedId).pop();
  if (gone) alerts.delete(gone.id);
}

/** The hazard is there and not merely logged; or it was a fire, which stays up until somebody acknowledges it, as on a fire panel. */
export const isOpen = (alert) =>
  !CLOSED.has(alert.state) && (alert.open || (alert.severity === "fire" && isWaiting(alert)));
/** Gone, as far as the camera can tell, and people have not ended it: a case to be inspected, a fire to be closed. */
export const isUnended = (alert) => !isOpen(alert) && !alert.ended;
/** A violation that nothing has confirmed yet asks nobody for anything; a fire does even then. */
export const isOnlySuspected = (alert) => isOpen(alert) && alert.state === "pending" && alert.severity !== "fire";
export const allAlerts = () => [...alerts.values()];
export const alertOf = (id) => alerts.get(id) ?? null;
export const selected = () => alerts.get(selectedId) ?? null;
export const cursor = () => nextCursor;
export const setCursor = (value) => { nextCursor = value; };

/** Raised, and nobody has said a word yet: a hazard that cleared by itself still waits for a person. */
export const isWaiting = (alert) => Boolean(alert.fired_at) && !alert.acknowledged_at && !alert.false_alarm_at;

/** Nobody is told of it, or not any more for now: the page calls nobody either. */
export const isHeld = (alert) => Boolean(alert.muted) && (!alert.muted.told_at || alert.muted.paused);

export function stateWord(alert) {
  if (alert.state !== "resolved") return alert.state;
  if (!alert.fired_at) return "unconfirmed"; // "cleared" would say that there was something
  return isWaiting(alert) ? "cleared_unacknowledged" : alert.state;
}

/** What an alert is of, in words: of a camera's trouble its cause; of a drill first that it is one. */
export const title = (alert) => `${alert.exercise ? `${t("mute.exercise")} · ` : ""}${alert.hazard === "camera" && alert.evidence.cause
  ? word("cause", alert.evidence.cause) : word("hazard", alert.hazard)}`;

export function select(id) {
  if (selectedId === id) return;
  selectedId = id;
  changed();
}

/** Open before closed, fire before violations before faults of cameras, then what waits for a person, then the newest. */
export function sorted() {
  return allAlerts().sort((a, b) =>
    Number(isOpen(b)) - Number(isOpen(a)) ||
    Number(isUnended(b)) - Number(isUnended(a)) ||
    Number(isOnlySuspected(a)) - Number(isOnlySuspected(b)) ||
    (isOpen(a) ? rank(a) - rank(b) || ORDER[a.state] - ORDER[b.state] : Number(isWaiting(b)) - Number(isWaiting(a))) ||
    (a.started_at < b.started_at ? 1 : -1));
}

const RANK = { fire: 0, violation: 1, fault: 2 };
const rank = (alert) => RANK[alert.severity] ?? 1;

export function putCameras(list) {
  cameras.clear();
  for (const camera of list) cameras.set(camera.name, camera);
  changed();
}

export function putHealth(name, health) {
  const camera = cameras.get(name);
  if (!camera) return;
  camera.health = health;
  changed();
}

export const allCameras = () => [...cameras.values()];
