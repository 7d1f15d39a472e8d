// What the page knows: alerts, cameras, the selection. Views redraw when it changes.
import { t, word } from "./i18n.js";

/** Beyond it the oldest that are over are let go: they are found again by searching. */
export const MAX_ALERTS = 12_000;
const FORGET = 500; // at a time: each costs a look over all
const CHOSEN_MS = 1000;
const HIDDEN_MS = 250; // a page in the background is given no frames
const ORDER = { firing: 0, resolved: 1, acknowledged: 2, pending: 3, false_alarm: 4 };
const RANK = { fire: 0, violation: 1, fault: 2 };
const CLOSED = new Set(["false_alarm", "logged", "closed"]);

/** Where an alert stands in the queue, in this order. */
export const GROUPS = ["open", "suspected", "unended", "closed"];

const alerts = new Map();
const cameras = new Map();
const healths = new Map(); // camera → {health, at}: as it was told last, and as the how manieth
const listeners = new Set();
const away = new Set();
const places = new Map(); // id → its place in the order
let ordered = null;
let selectedId = null;
let chosenAt = -Infinity;
let nextCursor = null;
let run = null; // of the server
const unsure = new Set(); // ids of what an earlier run has told of
let scheduled = 0;
let edition = 0;
let healthTold = 0;

/** What this session may do: `alerts.access.roles.Permission`. What it may not is not shown. */
export const may = (permission) => document.body.dataset.may?.split(" ").includes(permission) ?? false;

export function onChange(listener) {
  listeners.add(listener);
}

/** Redraw with the next frame, however many changes come together. */
export function changed() {
  if (scheduled) return;
  scheduled = setTimeout(redraw, HIDDEN_MS);
  requestAnimationFrame(redraw);
}

function redraw() {
  if (!scheduled) return;
  clearTimeout(scheduled);
  scheduled = 0;
  for (const listener of listeners) listener();
}

/** Changes when everything is to be drawn anew, whatever it shows: words, names, the site's clock or rights have come only now. */
export const editionNow = () => edition;

export function drawAnew() {
  edition += 1;
  changed();
}

/** Whether this is another run of the server than that of which the page knows. What that one told of, and could not store before
 * it ended, has never been: whatever the new one says of an alert counts. */
export function isOtherRun(now) {
  const other = run !== null && now !== run;
  run = now;
  if (other) for (const id of alerts.keys()) unsure.add(id);
  return other;
}

/** Keep an alert unless a newer version of it is known. Returns whether it was news. */
export function putAlert(alert) {
  const known = alerts.get(alert.id);
  const isUnsure = unsure.delete(alert.id) && known.version !== alert.version;
  if (known && known.version >= alert.version && !isUnsure) return false;
  alerts.set(alert.id, alert);
  places.set(alert.id, placeInOrder(alert));
  ordered = null;
  if (alerts.size > MAX_ALERTS + FORGET) forgetOldest();
  changed();
  return true;
}

/** It is no longer there, or not for whoever looks: the server says so. */
export function dropAlert(id) {
  forget(id);
  ordered = null;
  changed();
}

function forget(id) {
  for (const kept of [alerts, places, unsure]) kept.delete(id);
}

function forgetOldest() {
  const over = sorted().filter((alert) => groupOf(alert) === "closed" && alert.id !== selectedId);
  for (const { id } of over.slice(-FORGET)) forget(id);
  ordered = null;
}

/** The hazard is there and not merely logged; or it was a fire, which stays up until somebody acknowledges it, as on a fire panel. */
export const isOpen = (alert) =>
  !CLOSED.has(alert.state) && (alert.open || (alert.severity === "fire" && isWaiting(alert)));
/** A violation that nothing has confirmed yet asks nobody for anything; a fire does even then. */
export const isOnlySuspected = (alert) => isSuspected(alert) && alert.severity !== "fire";
/** Nothing has confirmed it yet. */
export const isSuspected = (alert) => isOpen(alert) && alert.state === "pending";
export const allAlerts = () => [...alerts.values()];
export const alertOf = (id) => alerts.get(id) ?? null;
export const selected = () => alerts.get(selectedId) ?? null;
export const cursor = () => nextCursor;
export const setCursor = (value) => { nextCursor = value; };

/** Of GROUPS. unended: gone, as far as the camera can tell, and not ended by people: a case to be inspected, a fire to be closed. */
export function groupOf(alert) {
  if (isOpen(alert)) return isOnlySuspected(alert) ? "suspected" : "open";
  return alert.ended ? "closed" : isUnendedFire(alert) ? "open" : "unended";
}

/** A camera that has lost sight of a fire says nothing of whether it is out: it stays where it was until people end it. */
const isUnendedFire = (alert) => alert.severity === "fire" && Boolean(alert.fired_at) && !alert.ended;

/** A fire that nobody has acknowledged: no search may hide it. */
export const burns = (alert) => isUnendedFire(alert) && isWaiting(alert);

/** Raised, and nobody has said a word yet: also of what cleared by itself. */
export const isWaiting = (alert) => Boolean(alert.fired_at) && !alert.acknowledged_at && !alert.false_alarm_at;

/** Nothing has confirmed it yet: whoever sees that it burns can. */
export const isSuspectedFire = (alert) => alert.severity === "fire" && alert.state === "pending" && alert.open;

/** Since when people are called for it, as `Alert.called_at`: it came back after they were done with it, or was opened again; else it was raised. */
export const calledAt = (alert) => (alert.fired_at && Date.parse(alert.reopened_at) > Date.parse(alert.fired_at) ? alert.reopened_at : alert.fired_at);

/** Since when it has been people's, for an age that is shown. */
export const begunAt = (alert) => alert.reopened_at ?? alert.started_at;

/** Nobody is told of it, or not any more for now: the page calls nobody either. */
export const isHeld = (alert) => Boolean(alert.muted) && (!alert.muted.told_at || alert.muted.paused);

export function stateWord(alert) {
  if (alert.state !== "resolved") return alert.state;
  if (!alert.fired_at) return "unconfirmed"; // "cleared" would say that there was something
  if (isWaiting(alert)) return "cleared_unacknowledged";
  return isUnendedFire(alert) ? "out_of_sight" : alert.state;
}

/** What an alert is of, in words: of a camera's trouble its cause; of a drill first that it is one. */
export const title = (alert) => `${alert.exercise ? `${t("mute.exercise")} · ` : ""}${alert.hazard === "camera" && alert.evidence.cause
  ? word("cause", alert.evidence.cause) : word("hazard", alert.hazard)}`;

/** The same where there is no room for a state beside it: a fire that is only suspected must not read as one that is there. */
export const shortTitle = (alert) => (isSuspected(alert) && alert.severity === "fire" ? t("wall.suspected", { what: title(alert) }) : title(alert));

/** Somebody does. */
export function select(id) {
  chosenAt = -Infinity;
  if (selectedId === id) return;
  selectedId = id;
  changed();
}

/** The page does by itself, or what is shown begins to wait by itself. */
export function choose(id) {
  select(id);
  keysTurned();
}

/** What keys are about has changed by itself. */
export function keysTurned() {
  chosenAt = performance.now();
}

/** Whether a key may have been on its way before. */
export const isJustChosen = () => performance.now() - chosenAt < CHOSEN_MS;

/** Look at something else. The camera that sees an alert again does not bring it back over that. */
export function putAway() {
  if (selectedId) away.add(selectedId);
  select(null);
}

export const isAway = (id) => away.has(id);

/** By group; of what is open fire before violations before faults of cameras; then what waits for a person, what is in hand, what is
 * only suspected; then the newest. */
export function sorted() {
  ordered ??= allAlerts().sort((a, b) => {
    const [one, other] = [places.get(a.id), places.get(b.id)];
    return one.major - other.major || (one.begun < other.begun ? 1 : one.begun > other.begun ? -1 : a.id < b.id ? 1 : -1);
  });
  return ordered;
}

/** firedMs: when it was raised, 0 if it was not. */
export const firedMs = (alert) => places.get(alert.id)?.firedMs ?? 0;

function placeInOrder(alert) {
  const group = GROUPS.indexOf(groupOf(alert));
  const state = alert.state === "resolved" && !isWaiting(alert) ? "acknowledged" : alert.state; // a fire to be looked after
  const within = group === 0 ? (RANK[alert.severity] ?? 1) * 10 + (ORDER[state] ?? 5) : 0;
  return { major: group * 100 + within, begun: begunAt(alert), firedMs: alert.fired_at ? Date.parse(alert.fired_at) : 0 };
}

/** Until what has been told of cameras; an answer that was asked for at that moment knows nothing of what was told since. */
export const healthNow = () => healthTold;

/** asked: `healthNow()` when the list was asked for. */
export function putCameras(list, asked) {
  cameras.clear();
  for (const camera of list) cameras.set(camera.name, { ...camera, health: newest(camera, asked) });
  changed();
}

/** Only how those do that are known. */
export function putHealths(list, asked) {
  for (const camera of list) if (cameras.has(camera.name)) cameras.get(camera.name).health = newest(camera, asked);
  changed();
}

const newest = ({ name, health }, asked) => (healths.get(name)?.at > asked ? healths.get(name).health : health);

/** The stream tells of one camera, which may come with a list only later. */
export function putHealth(name, health) {
  healthTold += 1;
  healths.set(name, { health, at: healthTold });
  if (!cameras.has(name)) return;
  cameras.get(name).health = health;
  changed();
}

export const allCameras = () => [...cameras.values()];
