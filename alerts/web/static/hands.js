// Who has an alert in hand: who goes there, who was sent, who answered; else whose business it is.
import { getJson } from "./api.js";
import { signed, t, word } from "./i18n.js";
import { asking } from "./questions.js";
import { changed, isWaiting } from "./state.js";

const SOON_MS = 300;
const EVERY_MS = 30_000;
let known = { going: {}, handlers: {} };

const question = asking(() => getJson("/api/queue"), (answer) => {
  known = answer;
  changed();
}, { soonMs: SOON_MS, everyMs: EVERY_MS });

export const setUpHands = question.begin;
/** Ask again, once for many changes that come together. */
export const refreshHands = question.soon;

/** Whose business an alert is, by the settings. */
export const handlerOf = (alert) => known.handlers[alert.zone_type]?.[alert.hazard] ?? known.handlers[""]?.[alert.hazard] ?? "";

/** Who goes there and who was sent, as the server has it; undefined where nobody has answered yet. */
export const goingOf = (id) => known.going[id];

/** Names, for a filter: whoever is said to have it. */
export function namesOn(alert) {
  const going = known.going[alert.id];
  return [...(going?.responders ?? []).map((one) => one.name), going?.sent, alert.acknowledged_by, alert.false_alarm_by].filter(Boolean);
}

/** Who was sent and is told by nothing: whoever reads it calls them. */
function untoldOf({ sent, untold }) {
  const names = untold.map((name) => word("handler", name));
  const who = names.filter((name) => name !== word("handler", sent)).join(t("list.comma"));
  return !untold.length ? "" : who ? t("who.untold", { who }) : t("who.untold_all");
}

/** In words; "" where nobody is asked. */
export function whoHas(alert) {
  if (alert.false_alarm_at) return signed(alert.false_alarm_by);
  const going = alert.ended ? null : known.going[alert.id];
  if (going?.responders.length) {
    const [first, ...others] = going.responders;
    const said = `${signed(first.name) || t("detail.nobody")} ${word("step", first.progress)}`;
    return others.length ? `${said} +${others.length}` : said;
  }
  if (going?.sent) return t("who.sent", { who: word("handler", going.sent) }) + untoldOf(going);
  if (alert.acknowledged_at) return t("who.has", { who: signed(alert.acknowledged_by) || t("detail.nobody") });
  if (alert.ended || !isWaiting(alert)) return "";
  return alert.severity === "fire" ? t("who.nobody") : handlerOf(alert) && t("who.handler", { who: word("handler", handlerOf(alert)) });
}
