// Starts the console and ties its parts together.
import { getJson, postJson } from "./api.js";
import { drawAccount, setUpAccount } from "./account.js";
import { letGoOfPhotos } from "./add_photo.js";
import { announce, drawSound, setUpAlarm, tickAlarm } from "./alarm.js";
import { addressed, followAddress } from "./address.js";
import { drawBanner, isHeard, onLine, setStatus } from "./banner.js";
import { ACKNOWLEDGE, canAcknowledge, canJudgeFalse, drawDetail, FALSE_ALARM, onActions, setUpDetail, toggleWide } from "./detail.js";
import { acknowledgeMarked, judgeFalse, setUpBulk } from "./bulk.js";
import { askFalseAlarm, dialogOpen, setUpDialogs, showHelp, showLink } from "./dialogs.js";
import { onWhy } from "./clear.js";
import { orderFailure } from "./conflict.js";
import { byId } from "./dom.js";
import { askDispatch, setUpDispatch } from "./dispatch.js";
import { drawDue, refreshDue, setUpDue } from "./due.js";
import { listen } from "./events.js";
import { beginSearch, clearFilters, drawFilters, isFiltered, setUpFilters } from "./filters.js";
import { isFlooding, judgeFlood } from "./flood.js";
import { age, serverNow, setServerTime, wholeTime } from "./format.js";
import { refreshHands, setUpHands } from "./hands.js";
import { beginSearching } from "./history.js";
import { onHoldFailed } from "./hold.js";
import { onLanguage, switchLanguage, t, translatePage } from "./i18n.js";
import { icon } from "./icons.js";
import { setUpKeys } from "./keys.js";
import { setUpLetterKeys } from "./letter_keys.js";
import { loadAll, loadSettings, setUpLoading, turnLine } from "./loading.js";
import { clearMarks, fireGoesFirst, markedAlerts } from "./marked.js";
import { drawMuting, onMutingFailed, openMuting, refreshMuting } from "./muting.js";
import { setUpLetters } from "./letters.js";
import { orderedBy } from "./name.js";
import { nowDone, sayNotDone, setUpNotDone } from "./not_done.js";
import { forgetKept } from "./phone_kept.js";
import { nameOfAlert } from "./places.js";
import { setUpPush } from "./push.js";
import { drawCounts, drawQueue, markHere, moveSelection, revealSelected, setUpQueue, turnFold } from "./queue.js";
import { setUpRecords } from "./records.js";
import { failure, StillSending } from "./refused.js";
import { sending } from "./sending.js";
import {
  alertOf, allCameras, choose, isAway, isJustChosen, isOtherRun, isSuspectedFire, isWaiting, may, onChange, putAlert, putAway, putHealth, select, selected, sorted,
} from "./state.js";
import { stepKeys } from "./step_buttons.js";
import { forgetTrack, loadTrack, setUpTrack, tickTrack } from "./track.js";
import { offerUndo, toast, toastDone, undoLast } from "./undo.js";
import { drawWall, followBoxes, stopWall } from "./wall.js";
import { drawUsers, openUsers, setUpUsers } from "./users.js";

let begun = false; // somebody works here: the page chooses nothing for them any more but what is new

function draw() {
  drawQueue();
  drawDetail();
  drawWall();
  drawCounts(allCameras(), isHeard());
  document.querySelectorAll(".tabs button").forEach((tab) => {
    tab.setAttribute("aria-pressed", String(tab.dataset.to === document.body.dataset.view));
  });
}

/** raised: what the list brings that calls people, and that nobody has heard of here: it was raised while the line was lost. */
function listed(raised) {
  raised.forEach((alert) => announce("fired", alert));
  draw();
  tickAlarm();
}

/** What is shown first: what the address names, else what waits. */
async function welcome() {
  if (await showLinked() || begun) return;
  const first = sorted()[0];
  if (first && isWaiting(first) && !selected() && isWide()) choose(first.id);
}

/** Show the alert that a notice's link names (`/#alert=ID`). Whether there was one. */
async function showLinked() {
  const id = addressed();
  return Boolean(id) && (selected()?.id === id || showAlert(id));
}

/** Fetch an alert and show it. Whether it is there. */
async function showAlert(id) {
  try {
    putAlert(await getJson(`/api/alerts/${encodeURIComponent(id)}`));
  } catch (error) {
    toast(failure(error));
    return false;
  }
  select(id);
  revealSelected();
  return true;
}

/** Throws where it is not taken. */
async function judge(alert, verb, body, done) {
  const judged = await sending(alert.id, verb, () => postJson(pathOf(alert, verb), { ...body, version: alert.version }));
  putAlert(judged);
  nowDone(t(verb === ACKNOWLEDGE ? "action.acknowledge" : "action.false_alarm"), alert);
  if (done === "banner.done_confirmed") toastDone(t(done)); // it is raised, and a false alarm is what takes that back
  else offerUndo(t(done), [judged]);
}

/** Say what became of an order. error: null, and words say what is done; else why it was not done, and words say what it was;
 * isSo(): whether it was done after all. */
function told(error, words, alert = null, isSo = undefined) {
  if (error?.status === 401) turnLine("refused");
  if (!error) toastDone(words);
  else if (!(error instanceof StillSending)) sayNotDone(words, alert, orderFailure(error), isSo); // of that its button speaks
}

const pathOf = (alert, verb) => `/api/alerts/${encodeURIComponent(alert.id)}/${verb}`;

function acknowledge(alert) {
  const done = alert && isSuspectedFire(alert) ? "banner.done_confirmed" : "banner.done_acknowledged";
  if (!canAcknowledge(alert)) return;
  judge(alert, ACKNOWLEDGE, {}, done).catch((error) => {
    if (error.status === 409) toast(`${nameOfAlert(alert)}: ${orderFailure(error)}`); // somebody else was faster
    else told(error, t("action.acknowledge"), alert, shows(alert, "acknowledged_at"));
  });
}

/** Whether an alert has by now what it had not when something was ordered. */
const shows = (alert, what) => () => {
  const now = alertOf(alert?.id)?.[what];
  return Boolean(now) && now !== alert[what];
};

const falseAlarm = (alert) => { if (canJudgeFalse(alert)) askFalseAlarm([alert]); };

async function sayWhy(alert, reason) {
  const by = await orderedBy();
  if (by === null) return null;
  return postJson(pathOf(alert, "clear"), { reason, by }).catch((error) => told(error, t("clear.show"), alert));
}

/** What is marked goes before what is selected, but not before a fire that waits. A key that was on its way when the page chose
 * what is shown was meant for what stood there before. */
const onMarked = (all, one) => () => {
  if (isJustChosen()) return;
  if (markedAlerts().length && !fireGoesFirst()) all(markedAlerts());
  else one(selected());
};

const KEYS = {
  ArrowDown: (event) => moveSelection(1, event.shiftKey),
  ArrowUp: (event) => moveSelection(-1, event.shiftKey),
  ArrowRight: () => turnFold(true),
  ArrowLeft: () => turnFold(false),
  a: onMarked(acknowledgeMarked, acknowledge),
  d: () => askDispatch(selected()),
  o: () => { if (selected()) toggleWide(); },
  f: onMarked(askFalseAlarm, falseAlarm),
  s: onMarked((alerts) => may("silence") && openMuting(alerts), (alert) => alert && may("silence") && openMuting([alert])),
  x: markHere,
  z: undoLast,
  ...Object.fromEntries(Object.entries(stepKeys()).map(([key, press]) => [key, () => { if (!isJustChosen()) press(); }])),
  "/": beginSearch,
  "?": showHelp,
  Escape: () => (markedAlerts().length ? clearMarks() : selected() || !isFiltered() ? putAway() : clearFilters()),
};

function onAlert({ kind, alert }) {
  const news = putAlert(alert);
  if (kind !== "updated") {  // also what this page did itself, and knows already
    refreshDue();
    refreshHands();
    if (selected()?.id === alert.id) loadTrack(alert.id);
  }
  if (!news) return;
  announce(kind, alert);
  if (kind !== "updated") refreshMuting();
  const calls = (kind === "fired" || (kind === "reopened" && !isAway(alert.id))) && (alert.severity === "fire" || !isFlooding());
  const isFree = !selected() && !markedAlerts().length && !dialogOpen(); // whoever has marked some is about to order about them
  if (calls && (isFree ? isWide() : selected()?.id === alert.id)) choose(alert.id);
  tickAlarm();
}

const isWide = () => matchMedia("(min-width: 900px)").matches;

function tick() {
  byId("clock").textContent = wholeTime(serverNow());
  for (const element of document.querySelectorAll("[data-age]")) element.textContent = age(element.dataset.age);
  tickAlarm();
  drawBanner();
  tickTrack();
  drawDue();
  if (judgeFlood()) draw(); // time ends a flood
}

async function leave() {
  if (!letGoOfPhotos()) return; // asked while they can still be sent
  stopWall();
  forgetKept();
  await postJson("/api/leave", {}).catch(() => {}); // whatever the answer, the person wants to be out
  location.replace("/enter");
}

function setView(view) {
  document.body.dataset.view = view;
  select(null);
  draw();
}

function setUp() {
  translatePage();
  document.querySelectorAll("[data-icon]").forEach((element) => element.append(icon(element.dataset.icon)));
  byId("language").addEventListener("click", switchLanguage);
  for (const button of ["help-button", "account-keys"]) byId(button).addEventListener("click", showHelp);
  byId("share").addEventListener("click", async () => {
    const made = await postJson("/api/link", {}).catch((error) => told(error, t("action.share")));
    if (made) showLink(made);
  });
  setUpAccount(leave, openUsers);
  setUpUsers();
  document.querySelectorAll(".tabs button").forEach((tab) => tab.addEventListener("click", () => setView(tab.dataset.to)));
  onLanguage(() => { drawSound(); drawMuting(); drawBanner(); drawAccount(); drawUsers(); drawFilters(); draw(); tick(); });
  setUpQueue();
  setUpFilters(beginSearching);
  setUpHands();
  setUpBulk({ ask: askFalseAlarm, shelve: openMuting, told });
  setUpDispatch(told);
  onActions({ acknowledge, falseAlarm, dispatch: askDispatch });
  onWhy(sayWhy);
  onHoldFailed(told);
  onMutingFailed(told);
  setUpDialogs((alerts, reason) => (alerts.length > 1 ? judgeFalse(alerts, reason) : judge(alerts[0], FALSE_ALARM, { reason }, "banner.done_false")),
    (error, words, alert) => told(error, words, alert, shows(alert, "false_alarm_at")));
  setUpTrack(told, askDispatch);
  setUpNotDone();
  setUpDetail(told);
  followAddress();
  setUpDue(showAlert, isHeard);
  onLine(() => { draw(); drawDue(); });
  setUpLoading({ listed, welcome });
  setUpLetters(showAlert);
  setUpRecords(showAlert);
  setUpLetterKeys();
  setUpKeys(KEYS);
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { begun = true; }, { once: true, capture: true });
  addEventListener("hashchange", showLinked);
  setUpPush((hash) => { location.hash = hash; });
  addEventListener("pagehide", stopWall);
  setUpAlarm(showAlert);
  onChange(draw);
  setInterval(tick, 1000);
  tick();
}

setUp();
listen({
  hello: ({ now, run }) => {
    setServerTime(now);
    if (isOtherRun(run)) forgetTrack();
    loadAll();
  },
  alert: onAlert,
  camera: ({ name, health }) => putHealth(name, health),
  muting: refreshMuting,
  cameras: loadSettings,
  status: setStatus,
}, turnLine);
followBoxes();
