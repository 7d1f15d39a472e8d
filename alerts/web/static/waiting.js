// The list of what waits to be sent from this phone, and of what the server did not take; and the sending while a page is open.
import { build, el } from "./dom.js";
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

/** A line each, in words; what was refused stays until somebody has read it. Drawn anew only where it says something else: a thumb that
 * is down keeps its button. */
export function drawWaiting(list) {
  const rows = list.map(rowOf);
  build("waiting", rows, () => rows.map(drawRow));
}

/** Nothing is thrown away by a slip, and nothing that is about to arrive: it can be once it has waited. */
function rowOf(entry) {
  const { id, at, state, body, tell: { kind, what } } = entry;
  const waits = isWaiting(entry);
  return {
    id, state, head: kind === "report" ? t("phone.report_of", { what }) : word("step", kind), what: kind === "report" ? "" : what,
    why: waits ? whyWaiting(entry) : whyRefused(entry), again: !waits && body ? t("phone.send_again") : "",
    drop: waits ? (Date.now() - at < DISCARD_AFTER_MS ? "" : t("phone.discard")) : t("phone.understood"),
  };
}

const drawRow = ({ id, state, head, what, why, again, drop }) => el(`li.${state}`, { data: { entry: id } },
  el("strong", {}, head), what ? el("span", {}, what) : null, el("span.dim", {}, why),
  again ? el("button.quiet", { type: "button", onclick: () => unsent.again(entries.find((entry) => entry.id === id)) }, again) : null,
  drop ? el("button.quiet", { type: "button", data: state === "waiting" ? { discard: "" } : {}, onclick: () => {
    if (state !== "waiting" || confirm(t("phone.sure_discard"))) unsent.drop(id);
  } }, drop) : null);

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
