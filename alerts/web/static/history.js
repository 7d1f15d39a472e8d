// Pages of alerts from the server: what the queue begins with, earlier ones, what a search finds; and what was missed meanwhile.
import { getJson } from "./api.js";
import { filterMark, filterQuery, isFiltered } from "./filters.js";
import { alertOf, allAlerts, changed, cursor, dropAlert, groupOf, isWaiting, MAX_ALERTS, putAlert, setCursor, sorted } from "./state.js";

const ENOUGH = 20; // rows of a search that are looked for until somebody scrolls; the server looks a fraction of a second at a time
const MOST_MISSED = 60; // pages that are fetched after the line was lost
const PAGE = 100;
const MOST_LACKING = 400; // alerts that the newest list lacks, and that are asked for
const AT_ONCE = 100; // of these: the server takes no more
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NOTHING = { mark: "", next: null, ended: false, number: 0 };
let found = NOTHING;
let asked = 0; // pages and searches until now: what was wanted before may be wanted again while its first answer is on its way
let busy = 0; // the one that is waited for
let stopped = 0; // the one of which somebody had enough
let listed = false;
let unread = null; // id of the newest alert from before what was missed, until all of that has been read
let lacking = []; // ids of what the newest list lacks, and that was not asked for yet
let failed = null; // {mark, error} of the page that did not come

/** Whether the first list has come: before it nobody knows what is on. */
export const isListed = () => listed;

/** The newest page, with all that is open, and, if the line was lost, what happened meanwhile. whole: also what is out of sight
 * may have been ended meanwhile. told(raised): a page has come; what calls people by it, and did not as far as the page knew. */
export async function loadNewest(whole, signal, told) {
  const newest = unread ??= allAlerts().reduce((last, { id }) => (id > last ? id : last), "");
  const seen = new Set();
  let page = await getJson("/api/alerts", { signal });
  if (cursor() === null) setCursor(page.next);
  listed = true;
  told(take(page, seen));
  for (let pages = 0; newest && page.next && page.next > newest && pages < MOST_MISSED; pages += 1) {
    page = await getJson(`/api/alerts?limit=200&before=${encodeURIComponent(page.next)}`, { signal });
    told(take(page, seen));
  }
  unread = null;
  const groups = whole ? ["open", "suspected", "unended"] : ["open", "suspected"];
  lacking = sorted().filter((alert) => groups.includes(groupOf(alert)) && !seen.has(alert.id)).slice(0, MOST_LACKING).map(({ id }) => id);
}

export const isLacking = () => lacking.length > 0;

/** What was on as far as the page knows, and is not in the list: it has been ended meanwhile, or is no longer there. It would burn
 * on for ever. The most urgent first; what has come is not asked for again. */
export async function loadLacking(signal) {
  while (lacking.length) {
    const some = lacking.slice(0, AT_ONCE);
    const { alerts, gone } = await getJson(`/api/alerts/some?${new URLSearchParams(some.map((id) => ["ids", id]))}`, { signal });
    alerts.forEach(putAlert);
    gone.forEach(dropAlert);
    lacking = lacking.filter((id) => !some.includes(id));
  }
}

function take(page, seen = new Set()) {
  const raised = [];
  for (const alert of page.alerts) {
    const before = alertOf(alert.id);
    if (isWaiting(alert) && !alert.ended && !(before && isWaiting(before))) raised.push(alert);
    seen.add(alert.id);
    putAlert(alert);
  }
  return raised;
}

/** Whether earlier ones can be asked for, and none are being fetched. */
export const hasMore = () => !busy && Boolean(isFiltered() ? !searched().ended : cursor());
export const isLoading = () => Boolean(busy) || !listed;
/** Whether no more can be kept: a search finds the others. */
export const isFull = () => !isFiltered() && allAlerts().length >= MAX_ALERTS;
/** Back to when a search has looked; null: to the beginning. */
export const searchedBack = () => (searched().next ? timeOf(searched().next) : null);

/** How many a search has found so far. */
export const numberFound = () => searched().number;

/** Why the next page of what is wanted has not come; null: it has, or is on its way. */
export const whyNoMore = () => (!busy && failed?.mark === filterMark() ? failed.error : null);

const searched = () => (found.mark === filterMark() ? found : NOTHING);

/** Enough: what is being looked through is the last. */
export function stopSearching() {
  stopped = busy;
}

/** When an id was made: its first ten characters are milliseconds. */
function timeOf(id) {
  return new Date([...id.slice(0, 10)].reduce((sum, letter) => sum * 32 + CROCKFORD.indexOf(letter), 0)).toISOString();
}

/** The next page of whatever is shown. */
export async function loadMore() {
  if (!hasMore() || isFull()) return;
  await load(isFiltered() ? search : earlier);
}

/** What is wanted has changed: find the first of it. */
export async function beginSearching() {
  busy = 0;
  if (isFiltered()) await load(search);
}

async function load(what) {
  const mine = busy = ++asked;
  const mark = filterMark();
  failed = null;
  changed();
  try {
    await what(mine);
  } catch (error) {
    if (busy === mine) failed = { mark, error };
  }
  if (busy === mine) busy = 0;
  changed();
}

async function earlier() {
  const page = await getJson(`/api/alerts?limit=${PAGE}&before=${encodeURIComponent(cursor())}`);
  setCursor(page.next);
  take(page);
}

/** On and on, back in time, until there is enough to see, or nothing more, or somebody stops it. */
async function search(mine) {
  const mark = filterMark();
  const query = filterQuery();
  query.set("limit", String(PAGE));
  for (let rows = 0; rows < ENOUGH && stopped !== mine;) {
    const { next, number } = searched();
    if (next) query.set("before", next);
    const page = await getJson(`/api/history?${query}`);
    if (mine !== busy) return; // something else is wanted by now, or the same anew
    rows += page.alerts.length;
    found = { mark, next: page.next, ended: page.next === null, number: number + page.alerts.length };
    take(page);
    changed();
    if (found.ended) return;
  }
}
