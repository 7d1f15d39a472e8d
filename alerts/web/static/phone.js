// The first page on a phone: what burns now, my duty, patrol, and whether this phone is told. It begins from what the phone keeps.
import { getJson } from "./api.js";
import { byId } from "./dom.js";
import { age, clockTime, learnClock, learnZone } from "./format.js";
import { onLanguage, switchLanguage, t, translatePage } from "./i18n.js";
import { drawInstall, setUpInstall, setUpInstallButton } from "./install.js";
import { drawNow } from "./phone_alerts.js";
import { drawDuty, loadDuty } from "./phone_duty.js";
import { forgetKept, withNewer } from "./phone_kept.js";
import { drawPush, loadPush, setUpPush } from "./phone_push.js";
import { drawReport, isReporting, loadReport, reportTaken, setUpReport } from "./phone_report.js";
import { follow } from "./phone_stream.js";
import "./strings_phone.js";
import { drawWaiting, setUpWaiting, waitingOf } from "./waiting.js";

const LOOK_MS = 5000;
const TICK_MS = 1000;
const STALE_MS = 30_000;
const AGAIN_MS = 30_000;
const KEPT = "xinan.phone";
const VIEWS = ["home", "duty", "patrol"];
let state = null; // {now: /api/phone/now, me: /api/me} as last heard
let fresh = null;
let seenAt = 0;
let signedOut = false;
let failed = false; // the last look
let asked = 0; // so often
const askedFor = new Set(); // what has come, or is on its way, beside the alerts
const waits = new Set(["now", "duty", "push"]); // what of the first page has not come yet: nothing is shown below it, which would move
let heardOf = 0; // the newest look that was answered: an older answer never replaces a newer one

/** A notification leads here with the alert's id: its own page shows it. */
const alertHash = /^#alert=[0-9A-Za-z_-]{1,64}$/;

async function look() {
  const turn = ++asked;
  const answer = await ask().catch((error) => ({ error }));
  if (turn < heardOf) return;
  heardOf = turn;
  take(answer);
}

async function ask() {
  const now = await getJson("/api/phone/now");
  return { now, me: fresh ?? await getJson("/api/me") }; // somebody else may have logged in since it was kept
}

/** No line, or a server that is away: what was heard last stays, and says so. */
function take({ now, me, error }) {
  failed = Boolean(error);
  waits.delete("now");
  if (failed) waits.clear(); // the rest is not asked for
  if (!error) {
    if (state && state.me.name !== me.name) forgetKept();
    fresh = me;
    state = { now, me };
    seenAt = Date.now();
    signedOut = false;
    learnClock(now);
    keep();
    loadRest();
  } else if (error.status === 401) {
    signedOut = true;
    state = fresh = null;
    forgetKept();
  }
  draw();
}

/** Nothing has changed since: the server would have said so. Not while an answer is waited for: what is shown may be hours old. */
function stillSo() {
  if (!failed && heardOf === asked && state) seenAt = Date.now();
}

/** What the other two pages need, once there is somebody and a line; each is shown as it comes, and none is waited for. What does
 * not come is asked for again later. */
function loadRest() {
  const rest = { duty: loadDuty, report: () => loadReport(state.me), push: () => loadPush(state.me) };
  for (const [name, load] of Object.entries(rest)) {
    if (askedFor.has(name)) continue;
    askedFor.add(name);
    load().catch(() => { setTimeout(() => askedFor.delete(name), AGAIN_MS); }).then(() => {
      waits.delete(name);
      draw();
    });
  }
}

function draw() {
  byId("home").dataset.waits = [...waits].join(" ");
  byId("signed-out").hidden = !signedOut;
  byId("site").textContent = state?.now.site || t("app.name");
  drawWaiting(waitingOf());
  drawNow(byId("now"), state && withNewer(state.now, seenAt), signedOut);
  drawDuty();
  drawPush();
  drawReport();
  drawInstall();
  show();
  tick();
}

/** One of the three pages, by the address. */
function show() {
  const wanted = VIEWS.find((view) => location.hash === `#${view}`) ?? VIEWS[0];
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== wanted;
  for (const tab of document.querySelectorAll("[data-to]"))
    if (tab.dataset.to === wanted) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
}

function tick() {
  for (const element of document.querySelectorAll("[data-age]")) element.textContent = age(element.dataset.age);
  const old = seenAt ? Date.now() - seenAt > STALE_MS : failed; // never heard of: while it is asked for nobody knows
  const stale = !signedOut && (old || !navigator.onLine);
  byId("stale").hidden = !stale;
  if (stale) byId("stale").textContent = seenAt ? t("phone.stale", { when: clockTime(new Date(seenAt).toISOString()) }) : t("phone.no_line");
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ state, seenAt }));
  } catch {
    // storage is switched off: without a line there is nothing to show
  }
}

function recall() {
  try {
    ({ state, seenAt } = JSON.parse(localStorage.getItem(KEPT)) ?? { state: null, seenAt: 0 });
    learnZone(state?.now.time_zone);
  } catch {
    // nothing was kept
  }
}

function moved() {
  if (alertHash.test(location.hash)) location.replace(`/answer${location.hash}`);
  else {
    show();
    scrollTo(0, 0);
  }
}

/** Whatever does not answer: ages run, and what is new comes. */
function begin() {
  recall();
  draw();
  setInterval(tick, TICK_MS);
  setUpWaiting(draw, (news) => { reportTaken(news); look(); });
  look();
  follow({ news: look, look, every: LOOK_MS, heard: stillSo });
  addEventListener("online", look);
}

translatePage();
onLanguage(draw);
byId("language").addEventListener("click", switchLanguage);
addEventListener("hashchange", moved);
navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (typeof data?.show === "string" && alertHash.test(data.show)) location.assign(`/answer${data.show}`);
});
setUpInstallButton();
setUpPush(draw);
setUpReport(draw);
setUpInstall(isReporting);
moved();
begin();
