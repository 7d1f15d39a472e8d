// The alert queue on the left.
import { card, cardMark, foldCard } from "./card.js";
import { byId, el } from "./dom.js";
import { dayTime } from "./format.js";
import { drawBulk } from "./bulk.js";
import { isFiltered } from "./filters.js";
import { drawFlood, judgeFlood } from "./flood.js";
import { hasMore, isFull, isListed, isLoading, loadMore, numberFound, searchedBack, stopSearching, whyNoMore } from "./history.js";
import { currentLanguage, t } from "./i18n.js";
import { icon } from "./icons.js";
import { isMarked, markAll, mayMark, toggleMark } from "./marked.js";
import { failure } from "./refused.js";
import { queueRows, toggleFold } from "./rows.js";
import { changed, editionNow, isWaiting, select, selected, sorted } from "./state.js";
import { WindowedList } from "./windowed.js";
import "./strings_queue.js";

const HEADS = { open: "queue.open", suspected: "queue.suspected", unended: "queue.unended", closed: "queue.closed" };
let list = null;
let rows = [];
let at = null; // key of the row that the arrow keys are on; a fold is none of the alerts
let scrolled = false;
let told = null; // the error that was read out: the row is made anew whenever it comes into view

export function setUpQueue() {
  matchMedia("(min-width: 2560px)").addEventListener("change", changed); // the rows are of another height there
  list = new WindowedList(byId("queue-list"), makeRow, (row) => { if (row.kind === "end" && scrolled && !whyNoMore()) loadMore(); });
  byId("queue-list").addEventListener("scroll", () => { scrolled = true; }, { passive: true });
}

export function drawQueue() {
  judgeFlood();
  drawFlood();
  rows = queueRows();
  for (const row of rows) row.mark = markOf(row);
  list.show(rows);
  drawBulk();
}

function markOf(row) {
  const more = {
    card: () => cardMark(row.alert), compact: () => cardMark(row.alert), head: () => [row.number],
    fold: () => [row.open, at === row.key, row.members.length, row.members[0].id, row.members.filter(isWaiting).length],
    calm: () => [isFiltered(), isListed(), failedText()], end: () => [failedText(), isFiltered(), isLoading(), hasMore(), isFull(), searchedBack(), numberFound()],
  }[row.kind]();
  return JSON.stringify([row.kind, currentLanguage(), editionNow(), row.fold, more]);
}

function makeRow(row) {
  switch (row.kind) {
    case "head": return el("div.queue-row.head", {}, el("h3", {}, t(HEADS[row.group]), el("span.number", {}, String(row.number))));
    case "calm": return calmRow();
    case "end": return endRow();
    case "fold": {
      const made = foldCard(row, { onToggle: () => openFold(row), onMark: () => markAll(row.members) });
      made.querySelector(".card").toggleAttribute("data-at", at === row.key);
      return made;
    }
  }
  const made = card(row.alert, { indent: Boolean(row.fold) });
  made.dataset.group = row.group;
  return made;
}

/** Nothing is on; or nobody knows yet. */
function calmRow() {
  if (!isListed()) return el("div.queue-row.calm", {}, t("queue.asking"));
  if (failedText() && isFiltered()) return el("div.queue-row.calm.unknown", {}, t("queue.unknown"));
  return el("div.queue-row.calm", {}, icon("check"), t(isFiltered() ? "queue.none_found" : "queue.none_open"));
}

/** What lies before what is shown. */
function endRow() {
  const back = searchedBack();
  if (back && isLoading()) return endOf(el("p.note", { role: "status" }, searchedText(back)),
    el("button.quiet.more", { type: "button", id: "search-stop", onclick: stopSearching }, t("queue.stop")));
  if (failedText()) return endOf(failedNote(),
    el("button.quiet.more", { type: "button", id: "search-again", onclick: loadMore }, t("queue.again")));
  const said = isLoading() ? t("queue.loading") : isFull() ? t("queue.full") : hasMore() ? null : t("queue.end");
  if (said) return endOf(el("p.note", {}, said));
  return endOf(back && el("p.note", {}, searchedText(back)),
    el("button.quiet.more", { type: "button", onclick: loadMore }, t(back ? "queue.go_on" : "queue.more")));
}

function failedNote() {
  const role = whyNoMore() === told ? null : "alert";
  told = whyNoMore();
  return el("p.note", { role }, failedText());
}

const endOf = (...parts) => el("div.queue-row.end", {}, ...parts);
const failedText = () => (whyNoMore() ? t(isFiltered() ? "queue.search_failed" : "queue.page_failed", { why: failure(whyNoMore()) }) : "");
const searchedText = (back) => t("queue.searched", { when: dayTime(back), n: numberFound() });

function openFold(row) {
  at = row.key;
  toggleFold(row.key);
  changed();
}

/** Go up or down the queue; extend: mark what is passed. */
export function moveSelection(step, extend = false) {
  const able = rows.filter((row) => ["card", "compact", "fold"].includes(row.kind));
  if (!able.length) return;
  const here = able.findIndex((row) => row.key === (at ?? selected()?.id));
  const from = able[here];
  const to = able[here < 0 ? 0 : Math.min(able.length - 1, Math.max(0, here + step))];
  if (extend) for (const row of [from, to]) if (row?.alert && mayMark(row.alert) && !isMarked(row.key)) toggleMark(row.key);
  at = to.kind === "fold" ? to.key : null;
  select(to.alert?.id ?? null);
  drawQueue();
  list.reveal(to.key, { focus: true });
}

/** Open or close the fold that the arrow keys are on. */
export function turnFold(open) {
  const row = rows.find(({ key, kind }) => kind === "fold" && key === at);
  if (row && row.open !== open) openFold(row);
}

/** Mark what the arrow keys are on. */
export function markHere() {
  const row = rows.find(({ key }) => key === (at ?? selected()?.id));
  if (row?.kind === "fold") markAll(row.members);
  else if (row?.alert && mayMark(row.alert)) toggleMark(row.key);
}

/** An alert that is shown for another reason than the arrow keys. */
export function revealSelected() {
  at = null;
  drawQueue();
  if (selected()) list.reveal(selected().id);
}

const levelOf = (waiting) =>
  ["fire", "violation", "fault"].find((level) => waiting.some((alert) => alert.severity === level)) ?? "calm";

/** known: whether the server is heard of; without it nothing is said of cameras, and of alerts what was heard last. */
export function drawCounts(cameras, known) {
  const waiting = sorted().filter((alert) => isWaiting(alert) && !alert.ended);
  const line = byId("waiting");
  const [n, unknown] = [waiting.length, !isListed() && !waiting.length]; // calm is only said once the list has come
  line.textContent = unknown ? "" : !known ? t("count.waiting_then", { n }) : n ? t("count.waiting", { n }) : t("count.none_waiting");
  line.dataset.level = unknown ? "" : levelOf(waiting);
  byId("cameras-online").hidden = !known;
  const online = cameras.filter((camera) => camera.health.state === "online").length;
  const cameraLine = byId("cameras-online");
  cameraLine.textContent = t("count.cameras", { online, all: cameras.length });
  cameraLine.dataset.level = online < cameras.length ? "violation" : "calm";
}
