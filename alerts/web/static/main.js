// Starts the console and ties its parts together.
import { getJson, postJson } from "./api.js";
import { drawAccount, learnMe, setUpAccount } from "./account.js";
import { announce, drawSound, setCall119, setUpAlarm, tickAlarm } from "./alarm.js";
import { addressed, followAddress } from "./address.js";
import { canAcknowledge, canJudgeFalse, drawDetail, onActions, setUpDetail } from "./detail.js";
import { acknowledgeMarked, judgeFalse, setUpBulk } from "./bulk.js";
import { askFalseAlarm, dialogOpen, setUpDialogs, showHelp, showLink } from "./dialogs.js";
import { onWhy } from "./clear.js";
import { byId, el } from "./dom.js";
import { askDispatch, setUpDispatch } from "./dispatch.js";
import { drawDue, refreshDue, setUpDue } from "./due.js";
import { listen } from "./events.js";
import { beginSearch, clearFilters, drawFilters, isFiltered, learnHazards, setUpFilters } from "./filters.js";
import { isFlooding, judgeFlood } from "./flood.js";
import { age, learnClock, serverNow, setServerTime, wholeTime } from "./format.js";
import { refreshHands, setUpHands } from "./hands.js";
import { beginSearching, loadNewest, onHistoryFailed } from "./history.js";
import { onHoldFailed } from "./hold.js";
import { learnWords, onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { icon } from "./icons.js";
import { setUpKeys } from "./keys.js";
import { clearMarks, markedAlerts } from "./marked.js";
import { drawMuting, openMuting, refreshMuting, setUpMuting } from "./muting.js";
import { loadLetters, setUpLetters } from "./letters.js";
import { learnName, orderedBy } from "./name.js";
import { learnPlaces } from "./places.js";
import { loadPush, setUpPush } from "./push.js";
import { drawCounts, drawQueue, markHere, moveSelection, revealSelected, setUpQueue, turnFold } from "./queue.js";
import { allowRecords, setUpRecords } from "./records.js";
import { failure } from "./refused.js";
import {
  allCameras, isAway, isSuspectedFire, isWaiting, may, onChange, putAlert, putAway, putCameras, putHealth, select, selected, sorted, stateWord,
} from "./state.js";
import { loadTrack, setUpTrack, tickTrack } from "./track.js";
import { offerUndo, toast, undoLast } from "./undo.js";
import { drawWall, followBoxes, stopWall } from "./wall.js";
import { drawUsers, openUsers, setUpUsers } from "./users.js";
import { learnLimits } from "./why.js";

let rights = "";
let lost = "";
let status = { disk: "", store: "", lost: {}, settings: "", restart: [] };
let welcomed = false;
let begun = false; // somebody works here: the page chooses nothing for them any more but what is new

function draw() {
  drawQueue();
  drawDetail();
  drawWall();
  drawCounts(allCameras(), !lost);
  document.querySelectorAll(".tabs button").forEach((tab) => {
    tab.setAttribute("aria-pressed", String(tab.dataset.to === document.body.dataset.view));
  });
}

/** A lost line goes before what the server last said of itself. */
function showBanner(key) {
  lost = key;
  drawBanner();
  drawCounts(allCameras(), !lost); drawDue();
}

/** One line a trouble; while the line is lost nothing is known of the others. */
function drawBanner() {
  const { pictures = 0, ...changes } = status.lost ?? {};
  const number = Object.values(changes).reduce((sum, one) => sum + one, 0);
  const said = lost ? [t(lost)] : [
    status.store && t("banner.store_refuses"),
    (number || pictures) && t("banner.lost_changes", { number, pictures, fires: changes.fire ?? 0 }),
    status.disk && t("banner.disk_full"),
    status.media && t("banner.media_away"),
    status.settings && t("banner.settings", { detail: status.settings }),
    status.restart?.length && may("setup") && t("banner.restart", { parts: status.restart.join(", ") }),
  ].filter(Boolean);
  const element = byId("banner");
  element.hidden = !said.length;
  element.replaceChildren(...said.map((line) => el("div", {}, line)));
}

/** What the list brings that nobody has heard of: while the line was lost it was raised, or it was there before. */
async function loadAlerts(asked) {
  const fresh = await loadNewest(asked);
  if (welcomed) fresh.filter((alert) => !alert.ended).forEach((alert) => announce("fired", alert));
  draw();
  if (welcomed) return;
  welcomed = true;
  if (await showLinked() || begun) return;
  const first = sorted()[0];
  if (first && isWaiting(first) && !selected() && isWide()) select(first.id);
}

async function loadAll() {
  const newest = getJson("/api/alerts"); // what the page is for is not asked for last
  newest.catch(() => {}); // said where it is waited for
  const [me, cameras, hazards, places] = await Promise.all(
    ["me", "cameras", "hazards", "places"].map((name) => getJson(`/api/${name}`)));
  learnName(me);
  if (rights && rights !== rightsOf(me)) return location.reload(); // what was shown until now may be no longer theirs
  rights = rightsOf(me);
  document.body.dataset.may = me.permissions.join(" ");
  learnPlaces(places);
  learnLimits(hazards);
  learnWords("hazard", Object.fromEntries(Object.entries(hazards.hazards).map(([kind, said]) => [kind, said.words])));
  learnClock(me);
  setCall119(me.call_119_s);
  byId("site").textContent = me.site.includes("心安") ? "" : me.site;
  learnMe(me);
  allowRecords(may("records"));
  putCameras(cameras.cameras);
  if (may("phone")) loadPush().catch(() => {}); // alerts on the screen come first
  refreshDue();
  refreshHands();
  learnHazards(Object.keys(hazards.hazards));
  loadLetters();
  await Promise.all([loadAlerts(newest), setUpMuting(me, Object.keys(hazards.hazards))]);
}

/** All at once, when it is known what there is: nothing moves under a hand that is about to press. */
const showPage = () => { document.body.dataset.ready = "yes"; };

const rightsOf = (me) => JSON.stringify([me.account, me.permissions, me.places]);

async function loadCameras() {
  if (may("phone")) loadPush().catch(() => {}); // other settings: perhaps phones are told from now on
  const [{ cameras }, places, me] = await Promise.all(["cameras", "places", "me"].map((name) => getJson(`/api/${name}`)));
  learnClock(me);
  setCall119(me.call_119_s);
  learnPlaces(places);
  putCameras(cameras);
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

async function judge(path, body, done) {
  try {
    const alert = await postJson(path, body);
    putAlert(alert);
    if (done === "banner.done_confirmed") toast(t(done)); // it is raised, and a false alarm is what takes that back
    else offerUndo(t(done), [alert]);
  } catch (error) {
    told(error);
  }
}

/** Say what became of an order: an error and what it means, or that it is done. */
function told(error, done = "") {
  if (!error) toast(done);
  else if (error.status === 409 && error.body.current) {
    putAlert(error.body.current);
    toast(error.body.code ? word("refusal", error.body.code)
      : t("banner.conflict", { state: word("state", stateWord(error.body.current)) }));
  } else if (error.status === 401) showBanner("banner.no_session");
  else toast(failure(error));
}

const pathOf = (alert, verb) => `/api/alerts/${encodeURIComponent(alert.id)}/${verb}`;

function acknowledge(alert) {
  const done = alert && isSuspectedFire(alert) ? "banner.done_confirmed" : "banner.done_acknowledged";
  if (canAcknowledge(alert)) judge(pathOf(alert, "acknowledge"), { version: alert.version }, done);
}

const falseAlarm = (alert) => { if (canJudgeFalse(alert)) askFalseAlarm([alert]); };

async function sayWhy(alert, reason) {
  const by = await orderedBy();
  if (by === null) return null;
  return postJson(pathOf(alert, "clear"), { reason, by }).catch((error) => toast(failure(error)));
}

/** What is marked goes before what is selected. */
const onMarked = (all, one) => () => (markedAlerts().length ? all(markedAlerts()) : one(selected()));

const KEYS = {
  ArrowDown: (event) => moveSelection(1, event.shiftKey),
  ArrowUp: (event) => moveSelection(-1, event.shiftKey),
  ArrowRight: () => turnFold(true),
  ArrowLeft: () => turnFold(false),
  a: onMarked(acknowledgeMarked, acknowledge),
  d: () => askDispatch(selected()),
  f: onMarked(askFalseAlarm, falseAlarm),
  s: onMarked((alerts) => may("silence") && openMuting(alerts), (alert) => alert && may("silence") && openMuting([alert])),
  x: markHere,
  z: undoLast,
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
  if (calls && !selected() && !dialogOpen() && isWide()) select(alert.id);
  tickAlarm();
}

const isWide = () => matchMedia("(min-width: 900px)").matches;

function tick() {
  byId("clock").textContent = wholeTime(serverNow());
  for (const element of document.querySelectorAll("[data-age]")) element.textContent = age(element.dataset.age);
  tickAlarm();
  tickTrack();
  drawDue();
  if (judgeFlood()) draw(); // time ends a flood
}

async function leave() {
  stopWall();
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
  byId("help-button").addEventListener("click", showHelp);
  byId("share").addEventListener("click", async () => {
    const made = await postJson("/api/link", {}).catch((error) => toast(failure(error)));
    if (made) showLink(made);
  });
  setUpAccount(leave, openUsers);
  setUpUsers();
  document.querySelectorAll(".tabs button").forEach((tab) => tab.addEventListener("click", () => setView(tab.dataset.to)));
  onLanguage(() => { drawSound(); drawMuting(); drawBanner(); drawAccount(); drawUsers(); drawFilters(); draw(); tick(); });
  setUpQueue();
  setUpFilters(beginSearching);
  setUpHands();
  setUpBulk({ ask: askFalseAlarm, shelve: openMuting });
  setUpDispatch(told);
  onHistoryFailed(() => toast(t("banner.lost")));
  onActions({ acknowledge, falseAlarm, dispatch: askDispatch });
  onWhy(sayWhy);
  onHoldFailed((error) => toast(failure(error)));
  setUpDialogs((alerts, reason) => (alerts.length > 1 ? judgeFalse(alerts, reason)
    : judge(pathOf(alerts[0], "false-alarm"), { reason, version: alerts[0].version }, "banner.done_false")));
  setUpTrack(told, askDispatch);
  setUpDetail(told);
  followAddress();
  setUpDue(showAlert, () => !lost);
  setUpLetters(showAlert);
  setUpRecords(showAlert);
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
  hello: ({ now }) => { setServerTime(now); loadAll().catch(() => showBanner("banner.lost")).finally(showPage); },
  alert: onAlert,
  camera: ({ name, health }) => putHealth(name, health),
  muting: refreshMuting,
  cameras: () => loadCameras().catch(() => {}), // the next hello brings them
  status: (said) => { status = said; drawBanner(); },
  lost: () => showBanner("banner.lost"),
  back: () => showBanner(""),
  refused: () => { showBanner("banner.no_session"); stopWall(); },
});
followBoxes();
