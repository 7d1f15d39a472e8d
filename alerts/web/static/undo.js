// What was just done, and the way back: for some seconds one's own last word can be taken back. The record keeps both.
import { postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { failure } from "./refused.js";
import { putAlert } from "./state.js";

const TOAST_MS = 4000;
const UNDO_MS = 12_000;
let timer = 0;
let last = null;

export function toast(text) {
  say(text, TOAST_MS);
}

/** text: what was done. alerts: as they are now. words: how many steps it took of each. */
export function offerUndo(text, alerts, words = 1) {
  last = { alerts: alerts.map(({ id, version }) => ({ id, version })), words };
  say(text, UNDO_MS, el("button.link", { type: "button", id: "undo", onclick: undoLast }, t("undo.do"), el("kbd", {}, "Z")));
}

/** error: why an order was not carried out. It stays until somebody has read it, or something else is said: its dialogue has
 * closed, and an answer that never comes is told long after. */
export function notDone(error) {
  last = null;
  const why = failure(error);
  say(error.status === undefined ? t("banner.failed", { detail: why }) : why, Infinity, el("button.link", { type: "button", id: "not-done", onclick: hide }, t("undo.seen")));
}

function say(text, lastsMs, button = null) {
  if (!button) last = null;
  const element = byId("toast");
  element.classList.toggle("trouble", lastsMs === Infinity);
  element.setAttribute("role", lastsMs === Infinity ? "alert" : "status");
  element.replaceChildren(el("span", {}, text), ...(button ? [button] : []));
  element.hidden = false;
  clearTimeout(timer);
  if (lastsMs !== Infinity) timer = setTimeout(hide, lastsMs);
}

function hide() {
  byId("toast").hidden = true;
  last = null;
}

export async function undoLast() {
  if (!last) return;
  let { alerts, words } = last;
  last = null;
  const refused = [];
  try {
    for (; words > 0 && alerts.length; words -= 1) {
      const { results } = await postJson("/api/bulk", { action: "undo", alerts });
      alerts = [];
      for (const { alert, current, code } of results) {
        if (alert ?? current) putAlert(alert ?? current);
        if (alert) alerts.push({ id: alert.id, version: alert.version });
        else refused.push(code);
      }
    }
    toast(refused.length ? word("refusal", refused[0]) : t("undo.done"));
  } catch (error) {
    notDone(error);
  }
}
