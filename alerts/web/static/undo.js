// What was just done, and the way back: for some seconds one's own last word can be taken back. The record keeps both.
import { AT_ONCE, orderSome } from "./bulk_order.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { nowDone, sayNotDone } from "./not_done.js";
import { failure } from "./refused.js";

const TOAST_MS = 4000;
const UNDO_MS = 12_000;
let timer = 0;
let last = null; // {text: what was done, alerts: [{id, version, words: how many steps it took}]}

export function toast(text) {
  last = null;
  say(text, TOAST_MS);
}

/** text: what was done. alerts: as they are now. words: how many steps it took of each. */
export function offerUndo(text, alerts, words = 1) {
  offer(text, alerts.map(({ id, version }) => ({ id, version, words })));
}

function offer(text, alerts) {
  last = { text, alerts };
  say(text, UNDO_MS, el("button.link", { type: "button", id: "undo", onclick: undoLast }, t("undo.do"), el("kbd", {}, "Z")));
}

/** lastsMs: null until something else is said. */
function say(text, lastsMs, button = "") {
  const element = byId("toast");
  element.replaceChildren(el("span", {}, text), button);
  element.hidden = false;
  clearTimeout(timer);
  if (lastsMs !== null) timer = setTimeout(hide, lastsMs);
}

function hide() {
  byId("toast").hidden = true;
  last = null;
}

/** What nobody has answered can be taken back again, as far as it was not; nothing that was done meanwhile is wiped by that. */
export async function undoLast() {
  if (!last) return;
  const { text } = last;
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
    if (!last) toast(refused.length ? word("refusal", refused[0]) : t("undo.done"));
  } catch (error) {
    if (!last) offer(text, rest);
    sayNotDone(t("undo.do"), null, failure(error));
  }
}
