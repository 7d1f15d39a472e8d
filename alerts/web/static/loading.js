// What the page is made of, asked for until it has come, each part for itself: the alerts wait for nothing else. While no stream
// tells of changes they are asked for again and again.
import { forgetPhotos } from "./add_photo.js";
import { learnMe } from "./account.js";
import { setCall119 } from "./alarm.js";
import { getJson } from "./api.js";
import { setIncomplete, setLine, setStatus } from "./banner.js";
import { noteHeard, noteLine } from "./deaf.js";
import { byId } from "./dom.js";
import { refreshDue } from "./due.js";
import { drawFilters, learnHazards } from "./filters.js";
import { learnClock } from "./format.js";
import { refreshHands } from "./hands.js";
import { isLacking, isListed, loadLacking, loadNewest } from "./history.js";
import { learnWords } from "./i18n.js";
import { loadLetters } from "./letters.js";
import { setUpMuting } from "./muting.js";
import { learnName } from "./name.js";
import { forgetKept } from "./phone_kept.js";
import { learnPlaces } from "./places.js";
import { loadPush } from "./push.js";
import { allowRecords } from "./records.js";
import { changed, drawAnew, healthNow, may, putCameras, selected } from "./state.js";
import { loadTrack } from "./track.js";
import { stopWall } from "./wall.js";
import { learnLimits } from "./why.js";

const AGAIN_MS = [1000, 2000, 4000, 8000];
const POLL_MS = 5000;
const SPREAD_MS = 2000; // after a restart all consoles come at once
const SHOWN_MS = 2500; // a slow list keeps nothing back that is known without it
const PATIENCE_MS = 1000; // so long alerts wait on the screen for words and places, that nothing moves under a hand about to press

const known = { me: null, hazards: null, places: null };
let line = ""; // as `events.js` has it; "": nothing was heard yet
let handlers = { listed: () => {}, welcome: () => {} };
let begun = false;
let welcomed = false;

/** Something that is asked for until it comes, later and later; whoever asks anew begins anew, and ends what was asked before. */
class Part {
  /** ask(signal): throws while it does not come. */
  constructor(ask) {
    this.ask = ask;
    this.asking = this.loading = this.after = null;
    this.isFailing = false;
  }

  load() {
    return (this.loading = this.run());
  }

  /** What is on its way is waited for, and asked for once more after it: on a line that breaks again and again it would never come. */
  loadAfter() {
    if (!this.asking) return this.load();
    this.after ??= this.loading.then(() => {
      this.after = null;
      this.load();
    });
    return this.loading;
  }

  /** Until it has come, or nobody is logged in, or it is asked for anew. */
  async run() {
    this.asking?.abort();
    const { signal } = (this.asking = new AbortController());
    for (let tries = 0; line !== "refused"; tries += 1) {
      const error = await this.ask(signal).then(() => null, (thrown) => thrown);
      if (signal.aborted) return;
      this.note(error);
      if (!error) break;
      if (error.status === 401) turnLine("refused");
      else await pause(AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
      if (signal.aborted) return;
    }
    this.asking = null;
  }

  note(error) {
    this.isFailing = error !== null;
    setIncomplete(Object.values(parts).some((part) => part.isFailing));
    if (error) showPage();
  }
}

const parts = {
  alerts: new Part(takeAlerts),
  lacking: new Part(takeLacking),
  me: new Part(async (signal) => takeMe(await getJson("/api/me", { signal }))),
  cameras: new Part(async (signal) => {
    const asked = healthNow();
    putCameras((await getJson("/api/cameras", { signal })).cameras, asked);
  }),
  hazards: new Part(async (signal) => takeHazards(await getJson("/api/hazards", { signal }))),
  places: new Part(async (signal) => takePlaces(await getJson("/api/places", { signal }))),
  muting: new Part(() => setUpMuting(known.me, Object.keys(known.hazards))),
  status: new Part(async (signal) => setStatus(await getJson("/api/status", { signal }))), // a stream tells of it
};

/** listed(raised): a page of the list has come; raised: what calls people and did not as far as the page knew, nothing the first time.
 * welcome(): it is there for the first time; the page is about to be shown. */
export function setUpLoading(told) {
  handlers = told;
  setInterval(poll, POLL_MS);
  setTimeout(showPage, SHOWN_MS);
}

/** How the line is from now on. Whoever is nobody any more goes to the log-in, but no alert that is known is taken from the screen. */
export function turnLine(now) {
  line = now;
  noteLine(now);
  if (now === "refused") {
    stopWall();
    forgetKept(); // what the phone kept is read without a line, by whoever holds it
  }
  if (now === "refused" && !isListed()) return location.replace("/enter");
  setLine(now);
  if (now === "live") parts.status.note(null); // the stream tells of it, whatever became of the last question
  if (now === "full") loadAll();
}

/** All of it: the server is heard of, for the first time or again. */
export async function loadAll() {
  begun = true;
  const alerts = isListed() ? parts.alerts.load() : parts.alerts.loadAfter(); // what the page is for is not asked for last
  const rest = Promise.all([loadSettings(), parts.hazards.load()]).then(() => (known.me && known.hazards ? parts.muting.load() : null));
  await alerts;
  if (!isListed()) return; // nobody is logged in, or it was asked for anew
  await Promise.race([rest, pause(PATIENCE_MS)]);
  if (!welcomed) {
    welcomed = true;
    await Promise.race([handlers.welcome(), pause(PATIENCE_MS)]);
  }
  showPage();
}

/** What other settings may change. */
export const loadSettings = () => Promise.all([parts.me.load(), parts.cameras.load(), parts.places.load()]);

/** All at once, when it is known what there is, or that some of it does not come. */
function showPage() {
  if (document.body.dataset.ready) return;
  document.body.dataset.ready = "yes";
  changed();
}

/** Where there is no stream: too many consoles are open, or a proxy keeps it back. */
function poll() {
  if (line === "live" || line === "refused") return;
  if (!begun) loadAll();
  else for (const part of [parts.alerts, parts.cameras, parts.status]) if (!part.asking) part.load();
}

async function takeAlerts(signal) {
  const first = !isListed();
  await loadNewest(line === "live", signal, (raised) => handlers.listed(first ? [] : raised));
  noteHeard();
  parts.lacking.load();
  if (!first && selected()) loadTrack(selected().id);
}

async function takeLacking(signal) {
  if (isLacking()) await pause(Math.random() * SPREAD_MS);
  await loadLacking(signal);
}

/** What comes for the first time changes all that was drawn without it. */
function keep(name, answer) {
  if (known[name]) changed();
  else drawAnew();
  known[name] = answer;
}

function takeMe(me) {
  if (known.me && rightsOf(known.me) !== rightsOf(me)) { // what was shown until now may be no longer theirs
    forgetPhotos();
    return location.reload();
  }
  keep("me", me);
  learnName(me);
  document.body.dataset.may = me.permissions.join(" ");
  learnClock(me);
  setCall119(me.call_119_s);
  byId("site").textContent = me.site.includes("心安") ? "" : me.site;
  learnMe(me);
  allowRecords(may("records"));
  if (may("phone")) loadPush().catch(() => {}); // alerts on the screen come first
  refreshDue();
  refreshHands();
  loadLetters();
}

function takeHazards(answer) {
  keep("hazards", answer.hazards);
  learnLimits(answer);
  learnWords("hazard", Object.fromEntries(Object.entries(answer.hazards).map(([kind, said]) => [kind, said.words])));
  learnHazards(Object.keys(answer.hazards));
}

function takePlaces(answer) {
  keep("places", answer);
  learnPlaces(answer);
  drawFilters();
}

const rightsOf = (me) => JSON.stringify([me.account, me.permissions, me.places]);
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
