// What became of the last order, in a line below the form. While an answer is waited for nothing can be typed into what it is about,
// as the answer draws that anew; where that takes long, whoever waits may give it up.
import { SLOW_MS } from "./api.js";
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";

/** Why an answer is not waited for any more, where somebody has gone on to something else. */
export const LEFT = "left";
const GIVEN_UP = "given up";
let said = null; // () → text; null: nothing
let good = true;
let next = () => null; // a button beside it
let waiting = null; // {line, words: () → text, slow}

/** text: () → what is said from now on; null: nothing. button(): what can be done about it. */
export function say(text, fine = true, button = () => null) {
  [said, good, next] = [text, fine, button];
  drawSaid();
}

/** Whether just this is said still. */
export const isSaid = (text) => said === text;

export const isWaiting = () => waiting !== null;

/** Where it is said; once it is on the page, `drawSaid` fills it. */
export const saidLine = () => el("p.said", { role: "status" });

/** Also after anything else was drawn. */
export function drawSaid() {
  for (const part of document.querySelectorAll(".list, #entry > :not(.said), .boxes")) part.inert = isWaiting();
  const line = byId("editor").querySelector(".said");
  if (!line) return;
  line.dataset.good = String(Boolean(waiting?.slow) || good);
  const shown = waiting?.slow
    ? [waiting.words(), " ", el("button.quiet", { type: "button", id: "give-up", onclick: () => giveUp(GIVEN_UP) }, t("setup.give_up"))]
    : [said?.(), " ", next()];
  line.replaceChildren(...(shown[0] ? shown.filter(Boolean) : []));
}

/** work(signal) is waited for; words(): what is said once that takes long. What had the focus in the editor has it again. */
export async function whileWaiting(work, words) {
  const held = byId("editor").contains(document.activeElement) ? document.activeElement : null;
  const mine = waiting = { line: new AbortController(), words, slow: false };
  const timer = setTimeout(() => {
    mine.slow = true;
    drawSaid();
  }, SLOW_MS);
  drawSaid();
  try {
    return await work(mine.line.signal);
  } finally {
    clearTimeout(timer);
    if (waiting === mine) waiting = null;
    drawSaid();
    if (held?.isConnected) held.focus({ preventScroll: true });
  }
}

/** Nothing is waited for any more. What was ordered may be done all the same. */
export function giveUp(why) {
  const given = waiting;
  waiting = null;
  given?.line.abort(why);
}
