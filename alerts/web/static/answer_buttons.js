// The answers on a phone. Each has its place and keeps it: what was said is ticked, what comes next is bright, and nothing
// moves under a thumb. What ends the alert is asked once more, on a phone without a line, too.
import { build, byId, el } from "./dom.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { settling } from "./press.js";
import { reasonsOf } from "./reasons.js";

export const PROGRESS = ["accepted", "on_the_way", "there", "dealt_with"];
const settled = settling();
let asking = ""; // dealt_with, false_alarm: what is asked about
let redraw = () => {}; // with what was last known
let offeredOnce = false; // buttons that were there stay, ticked or grey: a link under a thumb must not take their place

/** page: as shown. said: kinds that are on their way. busy: one is being sent. wanted: by the notice's link. say(kind, reason). */
export function drawButtons(page, said, { busy, wanted, say }) {
  const now = standing(page, said);
  if (!now.left.includes(asking)) asking = "";
  offeredOnce ||= now.left.length > 0;
  byId("bar").hidden = !offeredOnce;
  settled.changed(JSON.stringify([now, asking, busy]));
  const first = now.left.includes(wanted) && now.far < 0 ? wanted : now.left[0];
  redraw = () => drawButtons(page, said, { busy, wanted, say });
  const press = (kind) => {
    if (settled.early()) return;
    if (!["dealt_with", "false_alarm"].includes(kind)) return say(kind, "");
    asking = kind;
    redraw();
    byId("reasons").querySelector("[data-back]").focus();
  };
  byId("buttons").hidden = asking !== "";
  build("buttons", [now, first, busy, page.false_when_there, currentLanguage()], () => [...PROGRESS.map((kind, at) => answerButton(kind, {
    done: at <= now.far, first: kind === first, disabled: busy || !now.left.includes(kind), press,
  })), falseButton(page, now, first, busy, press)]);
  byId("reasons").hidden = asking === "";
  build("reasons", [asking, page.hazard, page.severity, currentLanguage()], () => (asking === "" ? [] : askFor(page, (reason) => {
    if (settled.early()) return;
    const kind = asking;
    asking = "";
    if (reason === null) redraw();
    else say(kind, reason);
  })));
}

/** far: the last of PROGRESS that was said or is on its way; left: what may be said now; judged: it was called false. */
function standing(page, said) {
  const far = Math.max(PROGRESS.indexOf(page.said), ...said.map((kind) => PROGRESS.indexOf(kind)));
  const judged = said.includes("false_alarm") || Boolean(page.false_by);
  const left = judged ? [] : page.offered.filter((kind) => kind === "false_alarm" || PROGRESS.indexOf(kind) > far);
  return { far, left, judged };
}

function answerButton(kind, { done, first, disabled, press }) {
  return el(`button.${kind}${first ? ".first" : ""}${done ? ".done" : ""}`, {
    type: "button", disabled, data: { answer: kind }, onclick: () => press(kind),
  }, done ? icon("check") : null, el("span", {}, word("step", kind)), done ? el("span.visually-hidden", {}, t("answer.said")) : null);
}

function falseButton(page, { left, judged }, first, busy, press) {
  const words = page.false_when_there && !judged ? t("answer.false_when_there") : word("step", "false_alarm");
  return el(`button.false_alarm${judged ? ".done" : ""}${first === "false_alarm" ? ".first" : ""}`, {
    type: "button", disabled: busy || !left.includes("false_alarm"), data: { answer: "false_alarm" }, onclick: () => press("false_alarm"),
  }, judged ? icon("check") : null, el("span", {}, words));
}

/** In place of the buttons, so that a thumb meets one or the other; the way back lies under the
 * thumb that has just pressed. answer(reason); null: not at all. */
function askFor(page, answer) {
  const why = asking === "false_alarm";
  const words = t(why ? "answer.why_false" : page.severity === "fire" ? "answer.sure_out" : "answer.sure_dealt_with");
  byId("reasons").setAttribute("aria-label", words);
  const choices = why ? reasonsOf(page.hazard).map((reason) => el("button", { type: "button", data: { reason }, onclick: () => answer(reason) }, word("reason", reason)))
    : [el("button.sure", { type: "button", data: { sure: "" }, onclick: () => answer("") }, t("answer.yes_dealt_with"))];
  return [el("p", {}, words), ...choices,
    el(`button.quiet${why ? "" : ".wide-back"}`, { type: "button", data: { back: "" }, onclick: () => answer(null) }, t("answer.back"))];
}
