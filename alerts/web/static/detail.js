// The selected alert: what, where, since when, why, and what to do about it. It stands beside the wall, or takes the room of
// the wall, in two columns: what was seen, what is done.
import "./strings_page.js";
import { photoPart, photoShown, setUpPhotos } from "./add_photo.js";
import { asksWhy, clearButtons, isClear } from "./clear.js";
import { byId, el } from "./dom.js";
import { canDispatch, DISPATCH } from "./dispatch.js";
import { age, clockTime, percent } from "./format.js";
import { currentLanguage, signed, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { stateChip } from "./card.js";
import { clip } from "./clip.js";
import { heldFor, holdLine } from "./hold.js";
import { counts } from "./letter_keys.js";
import { livePart, liveShown, stopLive } from "./live.js";
import { mutingLine, mutingShown } from "./muting.js";
import { turnTo } from "./picture_loader.js";
import { comparePart, compareShown, filmPart, filmShown, picturePart, pictureShown } from "./pictures.js";
import { placeOf, placeText, safety, zoneText } from "./places.js";
import { settling } from "./press.js";
import { orderNote, orderOf } from "./sending.js";
import { changed, editionNow, isSuspectedFire, isWaiting, may, select, selected, stateWord, title } from "./state.js";
import { recordsLine, recordsShown } from "./records.js";
import { commentPart, commentShown, setUpRemark } from "./remark.js";
import { noticesPart, noticesShown, setUpStory, storyPart, storyShown } from "./story.js";
import { printFoot, printHead, setUpTakeaway, takeawayPart, takeawayShown } from "./takeaway.js";
import { beginEnding, custodyPart, custodyShown, endingOf, isSomebodySent, stepsSeen, trackPart, trackShown } from "./track.js";
import { why } from "./why.js";

const [TOP, SEEN, DONE] = [0, 1, 2];
/** Orders by their buttons, as the paths have them. */
export const ACKNOWLEDGE = "acknowledge";
export const FALSE_ALARM = "false-alarm";
/** Column in the wide page, how it is made, and what it shows: it is made anew when that has changed. In this order. */
const PARTS = [
  [TOP, printHead, () => []],
  [TOP, heading, (alert) => [alert.hazard, placeText(alert), alert.camera, stateWord(alert), isOpenWide()]],
  [SEEN, picturePart, pictureShown],
  [SEEN, filmPart, filmShown],
  [DONE, buttons, (alert) => [primaryOf(alert), canAcknowledge(alert), canJudgeFalse(alert), orderOf(alert, ACKNOWLEDGE), orderOf(alert, FALSE_ALARM), orderOf(alert, DISPATCH)]],
  [DONE, call, (alert) => [Boolean(alert.false_alarm_at), alert.exercise]],
  [DONE, trackPart, trackShown],
  [SEEN, clearButtons, (alert) => [isClear(alert), asksWhy(alert), alert.open]],
  [DONE, mutingLine, mutingShown],
  [DONE, commentPart, commentShown],
  [DONE, photoPart, photoShown],
  [DONE, safety, (alert) => [placeOf(alert)]],
  [DONE, custodyPart, custodyShown],
  [SEEN, comparePart, compareShown],
  [SEEN, clip, (alert) => [alert.clip, isClear(alert)]],
  [SEEN, livePart, (alert) => liveShown(alert, isOpenWide())],
  [SEEN, columns, (alert) => [alert.version, placeText(alert)]],
  [DONE, (alert) => noticesPart(alert, stepsSeen(alert)), (alert) => noticesShown(alert, stepsSeen(alert))],
  [DONE, (alert) => storyPart(alert, stepsSeen(alert)), (alert) => storyShown(alert, stepsSeen(alert))],
  [DONE, holdLine, (alert) => [heldFor(alert)]],
  [DONE, recordsLine, recordsShown],
  [DONE, takeawayPart, takeawayShown],
  [DONE, printFoot, () => []],
];
const WIDE_FROM = "(min-width: 900px)";
let drawn = [];
let shown = [];
let drawnWide = false;
let wide = false;
let actions = { acknowledge: () => {}, dispatch: () => {}, falseAlarm: () => {} };
let pressing = { id: "", settled: settling() }; // of the alert whose buttons are shown

export function onActions(handlers) {
  actions = handlers;
}

/** told(error, words, alert) is told what became of an order. */
export function setUpDetail(told) {
  setUpStory(told);
  setUpTakeaway(told);
  setUpPhotos(told);
  setUpRemark();
  matchMedia(WIDE_FROM).addEventListener("change", changed);
}

export function toggleWide() {
  wide = !wide;
  changed();
}

/** On a narrow screen there is one column in any case. */
const isOpenWide = () => wide && matchMedia(WIDE_FROM).matches;

export const canAcknowledge = (alert) => Boolean(alert) && may("answer") && (isWaiting(alert) || isSuspectedFire(alert));
export const canJudgeFalse = (alert) => Boolean(alert) && may("judge") && !alert.false_alarm_at && !alert.closed_at && !isSuspectedFire(alert);

/** Each part is replaced only when what it shows has changed: no flicker, and no button lost under a click. */
export function drawDetail() {
  const alert = selected();
  const section = byId("detail");
  document.body.classList.toggle("has-detail", Boolean(alert));
  document.body.classList.toggle("wide-detail", Boolean(alert) && isOpenWide());
  section.hidden = !alert;
  turnTo(alert?.id ?? "");
  if (!alert) {
    stopLive();
    section.replaceChildren();
    section.dataset.alert = "";
    [drawn, shown] = [[], []];
    return;
  }
  if (section.dataset.alert !== alert.id) section.scrollTop = 0;
  section.dataset.alert = alert.id;
  if (!shown.length || drawnWide !== isOpenWide()) layOut(section);
  PARTS.forEach(([, make, shows], at) => {
    const now = JSON.stringify([alert.id, currentLanguage(), editionNow(), ...shows(alert)]);
    if (drawn[at] === now) return;
    drawn[at] = now;
    const held = shown[at].contains(document.activeElement) ? document.activeElement.id : null;
    const part = make(alert);
    shown[at].replaceWith(part);
    shown[at] = part;
    if (held) (byId(held) ?? part.querySelector("button:not(:disabled)"))?.focus({ preventScroll: true });
  });
}

/** A place for each part: all in one column, or in two below what stands on top. */
function layOut(section) {
  drawnWide = isOpenWide();
  drawn = [];
  shown = PARTS.map(() => el("div", { hidden: true }));
  const of = (column) => shown.filter((_, at) => PARTS[at][0] === column);
  if (drawnWide) section.replaceChildren(...of(TOP), el("div.sides", {}, el("div.side", {}, ...of(SEEN)), el("div.side", {}, ...of(DONE))));
  else section.replaceChildren(...shown);
}

function heading(alert) {
  const open = isOpenWide();
  return el(`header.detail-head.${alert.severity}`, {},
    el("span.head-buttons", {},
      el("button.quiet.widen", { type: "button", id: "detail-wide", "aria-pressed": String(open), title: t("page.wide") + (counts({ key: "O" }) ? " (O)" : ""), "aria-label": t("page.wide"), onclick: toggleWide },
        icon("wide"), el("kbd", {}, "O")),
      el("button.quiet.back", { type: "button", id: "detail-close", "aria-label": t("detail.close"), title: `${t("detail.close")} (Esc)`, onclick: () => select(null) },
        icon("cross"), el("kbd.named", {}, "Esc"))),
    el("span.detail-icon", {}, icon(alert.hazard)),
    el("h2", {}, el("span", {}, title(alert)), el("small", {}, placeText(alert) || alert.camera)),
    stateChip(alert));
}

/** What the large button is for, as the alert stands: a word that was said makes room for what comes next. "" where nothing does. */
function primaryOf(alert) {
  if (canAcknowledge(alert)) return isSuspectedFire(alert) ? "confirm_fire" : "acknowledge";
  if (endingOf(alert)) return endingOf(alert);
  if (canDispatch(alert)) return isSomebodySent(alert) ? "dispatch_more" : "dispatch";
  return alert.fired_at || alert.ended ? "" : "acknowledge"; // it is being verified: the button comes alive in its place
}

function primary(alert, kind, press) {
  const button = (id, picture, text, key, run, bright = ".primary") => el(`button.big.${id}${bright}`, { type: "button", id, data: { order: orderOf(alert, id) }, onclick: () => press(run) },
    icon(picture), el("span.order", {}, text, orderNote(alert, id)), key ? el("kbd", {}, key) : null);
  switch (kind) {
    case "": return null;
    case "acknowledge": {
      const made = button(ACKNOWLEDGE, "check", t("action.acknowledge"), "A", actions.acknowledge);
      made.disabled = !canAcknowledge(alert);
      return made;
    }
    case "confirm_fire": return button(ACKNOWLEDGE, "flame", t("action.confirm_fire"), "A", actions.acknowledge);
    case "dispatch": return button(DISPATCH, "send", t("page.dispatch"), "D", actions.dispatch);
    case "dispatch_more": return button(DISPATCH, "send", t("page.dispatch_more"), "D", actions.dispatch, ""); // what those do who were sent comes next
    default: return button("ending", "closed", word("step", kind), "N", beginEnding);
  }
}

/** A press right after the button has become another one was meant for what stood there before. */
function buttons(alert) {
  if (pressing.id !== alert.id) pressing = { id: alert.id, settled: settling() };
  const { settled } = pressing;
  const kind = primaryOf(alert);
  settled.changed(kind);
  const first = primary(alert, kind, (run) => { if (!settled.early()) run(selected()); });
  return el(`div.actions${first ? "" : ".alone"}`, {}, first,
    el("button.big.false-alarm", {
      type: "button", id: FALSE_ALARM, disabled: !canJudgeFalse(alert), data: { order: orderOf(alert, FALSE_ALARM) }, onclick: () => actions.falseAlarm(selected()),
    }, icon("cross"), el("span.order", {}, t("action.false_alarm"), orderNote(alert, FALSE_ALARM)), el("kbd", {}, "F")));
}

function call(alert) {
  const fire = alert.severity === "fire" && !alert.false_alarm_at;
  return el("p.fire-call", { hidden: !fire }, icon("bell"), t(alert.exercise ? "detail.fire_call_drill" : "detail.fire_call"));
}

function columns(alert) {
  return el("div.columns", {}, facts(alert), why(alert));
}

function facts(alert) {
  const rows = [
    ["detail.kind", word("severity", alert.severity)],
    ["detail.place", placeText(alert)],
    ["detail.zone", zoneText(alert)],
    ["detail.camera", alert.camera],
    ["detail.since", when(alert.started_at)],
    ["detail.fired", when(alert.fired_at)],
    ["detail.reopened", when(alert.reopened_at)],
    ["detail.notice", alert.state === "logged" ? word("notice", alert.notice) : null],
    ["detail.seen", alert.open ? when(alert.seen_at) : null],
    ["detail.resolved", when(alert.resolved_at)],
    ["detail.confidence", alert.camera ? percent(alert.confidence) : null], // a person's report, a drill: nothing was looked at
    ["detail.acknowledged", who(alert.acknowledged_by, alert.acknowledged_at)],
    ["detail.false_alarm", who(alert.false_alarm_by, alert.false_alarm_at)],
    ["false.other_label", alert.false_alarm_at ? word("reason", alert.false_alarm_reason) : null],
  ];
  return el("dl.facts", {}, ...rows.filter(([, value]) => value).flatMap(([key, value]) => [
    el("dt", {}, t(key)), el("dd", {}, value)]));
}

function when(iso) {
  if (!iso) return null;
  return el("span", {}, el("time", { dateTime: iso }, clockTime(iso)), el("span.age", { data: { age: iso } }, age(iso)));
}

function who(name, iso) {
  return iso ? t("detail.by", { who: signed(name) || t("detail.nobody"), when: clockTime(iso) }) : null;
}
