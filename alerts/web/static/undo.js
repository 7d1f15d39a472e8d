// What was just done, and the way back: for a minute one's own last word can be taken back, whatever is told meanwhile. The record
// keeps both.
import { AT_ONCE, orderSome } from "./bulk_order.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { nowDone, sayNotDone } from "./not_done.js";
import { nameOfAlert } from "./places.js";
import { failure } from "./refused.js";
import { alertOf } from "./state.js";

const TOAST_MS = 4000;
const OFFER_MS = 12_000;
const UNDO_MS = 60_000; // as `alerts.track.step.UNDO_S`: the server takes no more back after it
let timer = 0;
let last = null; // {text: what was done, until: as `performance.now()`, alerts: [{id, version, words: how many steps it took}]}

/** What was heard. */
export const toast = (text) => say(text, TOAST_MS);

/** What was done, and cannot be taken back: nor can what was done before it, which nobody would mean any more. */
export function toastDone(text) {
  last = null;
  toast(text);
}

/** text: what was done. alerts: as they are now. words: how many steps it took of each. */
export function offerUndo(text, alerts, words = 1) {
  offer(text, alerts.map(({ id, version }) => ({ id, version, words })));
}

function offer(text, alerts, until = performance.now() + UNDO_MS) {
  last = { text, alerts, until };
  say(text, OFFER_MS, el("button.link", { type: "button", id: "undo", onclick: undoLast }, t("undo.do"), el("kbd", {}, "Z")));
}

/** lastsMs: null until something else is said. */
function say(text, lastsMs, button = "") {
  const element = byId("toast");
  element.replaceChildren(el("span", {}, text), button);
  element.hidden = false;
  clearTimeout(timer);
  if (lastsMs !== null) timer = setTimeout(() => { element.hidden = true; }, lastsMs);
}

/** What is taken back: its toast may have gone long ago. */
function inWords({ text, alerts: [one, ...others] }) {
  const alert = others.length ? null : alertOf(one.id);
  return alert ? `${text} · ${nameOfAlert(alert)}` : text;
}

/** What nobody has answered can be taken back again, as far as it was not; nothing that was done meanwhile is wiped by that. */
export async function undoLast() {
  if (!last || performance.now() > last.until) return;
  const { text, until } = last;
  const what = inWords(last);
  let { alerts: rest } = last;
  last = null;
  const refused = [];
  say(t("action.sending"), null);
  try {
    while (rest.length) {
      const some = rest.slice(0, AT_ONCE);
      const results = await orderSome("undo", some);
      const more = results.map(({ alert }, at) => alert && { id: alert.id, version: alert.version, words: some[at].words - 1 });
      rest = [...more.filter((one) => one?.words), ...rest.slice(AT_ONCE)];
      refused.push(...results.filter(({ alert }) => !alert).map(({ code }) => code));
    }
    nowDone(t("undo.do"));
    if (!last) toast(refused.length ? word("refusal", refused[0]) : t("undo.done", { what }));
  } catch (error) {
    if (!last) offer(text, rest, until);
    sayNotDone(t("undo.do"), null, failure(error));
  }
}
