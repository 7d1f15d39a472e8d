// The list of what waits to be sent from this phone, and of what the server did not take; and the sending while a page is open.
import { el } from "./dom.js";
import { clockTime } from "./format.js";
import { t, word } from "./i18n.js";

const unsent = self.xinanUnsent;
const AGAIN_MS = 10_000;
const DISCARD_AFTER_MS = 5000;
let entries = [];
let sending = null;
let onDraw = () => {};

/** draw() is called whenever the list has changed; taken({id, status, body}) when the server has decided of an entry. */
export async function setUpWaiting(draw, taken = () => {}) {
  onDraw = draw;
  unsent.listen((news) => {
    if (news.done || news.refused) taken(news);
    refresh();
  });
  addEventListener("online", sendNow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendNow(); });
  setInterval(() => { if (entries.some(isWaiting)) { sendNow(); onDraw(); } }, AGAIN_MS);
  await refresh();
  if (entries.some(isWaiting)) sendNow();
}

const isWaiting = (entry) => entry.state === "waiting";

async function refresh() {
  entries = await unsent.all();
  onDraw();
}

/** One at a time: on a dead line each takes long, and whatever is said next would wait behind all of them. */
function sendNow() {
  sending ??= unsent.flush().catch(() => {}).finally(() => { sending = null; });
}

/** Keep it first, then send: what it came to, or null while it waits. onKept() is called in between. */
export async function sayIt(entry, onKept = () => {}) {
  const kept = await unsent.put(entry);
  onKept();
  return unsent.deliver(kept).catch(() => null);
}

/** Whether something would be lost with this page. */
export const isUnkept = () => entries.some((entry) => entry.unkept);

/** Whether it is on its way for whoever is logged in; else it waits for the person who said it. */
export const isOnItsWay = (entry) => isWaiting(entry) && entry.code !== "other_person";

/** Those that wait or were refused; about: only those of one alert, by its key. */
export const waitingOf = (about) => entries.filter((entry) => !about || entry.tell.about === about);

/** A line each, in words; what was refused stays until somebody has read it. */
export function waitingRows(list) {
  return list.map((entry) => el(`li.${entry.state}`, { data: { entry: entry.id } },
    el("strong", {}, entry.tell.kind === "report" ? t("phone.report_of", { what: entry.tell.what }) : word("step", entry.tell.kind)),
    entry.tell.kind === "report" || !entry.tell.what ? null : el("span", {}, entry.tell.what),
    el("span.dim", {}, isWaiting(entry) ? whyWaiting(entry) : whyRefused(entry)),
    isWaiting(entry) || !entry.body ? null : el("button.quiet", { type: "button", onclick: () => unsent.again(entry) }, t("phone.send_again")),
    isWaiting(entry) ? discardButton(entry) : el("button.quiet", { type: "button", onclick: () => unsent.drop(entry.id) }, t("phone.understood"))));
}

/** Nothing is thrown away by a slip, and nothing that is about to arrive: the button is there once it has waited. */
function discardButton(entry) {
  if (Date.now() - entry.at < DISCARD_AFTER_MS) return null;
  return el("button.quiet", { type: "button", data: { discard: "" }, onclick: () => {
    if (confirm(t("phone.sure_discard"))) unsent.drop(entry.id);
  } }, t("phone.discard"));
}

function whyWaiting({ status, at, code, body, unkept }) {
  const since = clockTime(new Date(at).toISOString());
  if (unkept) return t("phone.keep_open");
  if (status === undefined && navigator.onLine) return t("phone.being_sent");
  if (code === "other_person") return t("phone.waits_for_person", { who: body.by, since });
  if (status === 401) return t("phone.waits_for_log_in", { since });
  return t(status ? "phone.waits_for_server" : "phone.will_be_sent", { since });
}

function whyRefused({ status, code }) {
  if (code) return word("refusal", code);
  return t({ 401: "answer.wrong", 403: "answer.wrong", 404: "phone.refused_gone" }[status] ?? "phone.refused");
}
