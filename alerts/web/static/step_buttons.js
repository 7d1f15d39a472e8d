// The steps of an alert as buttons, each in its place and with its key, whatever may follow now; and the keys that press them.
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { settling } from "./press.js";
import { orderNote } from "./sending.js";
import { may, selected } from "./state.js";

/** Track → its steps in the order in which they mostly come. Each button keeps its place, whatever may follow now. */
const WAY = ["dispatched", "accepted", "on_the_way", "there", "dealt_with", "closed", "reopened"];
const ROWS = {
  incident: WAY,
  fault: WAY,
  case: ["verified", "dispatched", "accepted", "on_the_way", "there", "dissuaded", "reminded", "notice_given", "moved", "reported",
    "dealt_with", "inspected", "closed", "reopened"],
};
const ANSWERING = new Set(["verified", "dispatched", "accepted", "on_the_way", "there", "dealt_with"]); // all else asks for `judge`
/** A step has the same key in every track. The last two are about a thing in store: of several the first. */
const KEYS = {
  verified: "1", dispatched: "D", accepted: "2", on_the_way: "3", there: "4", dissuaded: "5", reminded: "6", notice_given: "7", moved: "8",
  reported: "9", dealt_with: "0", inspected: "I", closed: "C", reopened: "R", claimed: "L", handed_over: "H",
};
const settled = settling();

export const rowOf = (track) => ROWS[track];

/** What a button of a step says of its key. */
export const keyOf = (kind) => el("kbd", {}, KEYS[kind]);

/** All steps, also those that may not follow now: what was done is ticked, what is due stands out, and none changes its place.
 * now: the track, as the server gives it. owed: kinds that stand out. begin(choice, now) is called with what was pressed. */
export function stepButtons(now, owed, begin) {
  const next = new Map(now.next.map((one) => [one.kind, one]));
  const done = new Set(now.done);
  const row = rowOf(now.track);
  const shown = row.some((kind) => next.has(kind)) || done.size ? row.filter((kind) => may(ANSWERING.has(kind) ? "answer" : "judge")) : [];
  settled.changed(JSON.stringify([now.alert.id, now.round, [...next.keys()], now.done]));
  return el("div.steps", { role: "group", "aria-label": t("track.title"), hidden: !shown.length }, ...shown.map((kind) => el(
    `button.step${done.has(kind) ? ".done" : ""}${owed.has(kind) ? ".is-due" : ".quiet"}`, {
      type: "button", id: `step-${kind}`, data: { step: kind }, disabled: !next.has(kind), onclick: () => { if (!settled.early()) begin(next.get(kind), now); },
    }, done.has(kind) ? icon("check") : null, el("span.order", {}, word("step", kind), next.has(kind) ? orderNote(now.alert, kind) : null), keyOf(kind))));
}

/** Key → what it does: it presses a button of the selected alert, if that may be pressed and is to be seen. *dispatched* is left to
 * the key of the large button. */
export const stepKeys = () => ({
  n: () => press(".actions .primary, .track .is-due"),
  ...Object.fromEntries(Object.entries(KEYS).filter(([kind]) => kind !== "dispatched")
    .map(([kind, key]) => [key.toLowerCase(), () => press(`[data-step="${kind}"]`)])),
});

/** Another alert may be selected than is drawn: its buttons come with the next frame, and a key before that was seen by nobody. */
function press(which) {
  if (byId("detail").dataset.alert !== selected()?.id) return;
  const buttons = [...document.querySelectorAll(`#detail :is(${which})`)];
  buttons.find((button) => !button.disabled && button.checkVisibility())?.click();
}
