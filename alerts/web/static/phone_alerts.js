// The alerts that ask for somebody now, or that all is calm.
import { el } from "./dom.js";
import { age } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";

const UNANSWERED = new Set(["suspected", "firing", "verified"]); // other stages say themselves that somebody, or nobody, goes

/** now: as /api/phone/now gives it; null: never heard of. */
export function drawNow(into, now, signedOut) {
  if (signedOut || !now) return into.replaceChildren(...(signedOut ? [] : [el("p.calm", {}, t("phone.not_known"))]));
  if (!now.alerts.length)
    return into.replaceChildren(el("p.calm", {}, icon("heart"), el("strong", {}, t("phone.calm")), el("span.dim", {}, t("phone.calm_note"))));
  const more = now.more ? [el("p.dim", {}, t("phone.more", { n: now.more }))] : [];
  into.replaceChildren(el("ul.alerts", {}, ...now.alerts.map(row)), ...more);
}

/** Where it stands, and who goes there, each said once. */
function standing({ stage, going }) {
  if (stage === "responding") return t("phone.responding", { n: going });
  const who = going ? t("phone.going", { n: going }) : UNANSWERED.has(stage) ? t("phone.nobody_going") : "";
  return [word("stage", stage), who].filter(Boolean).join(" · ");
}

function row(alert) {
  const said = alert.said ? ` · ${t("answer.you_said", { what: word("step", alert.said) })}` : "";
  const what = (alert.exercise ? `${t("answer.exercise")} · ` : "") + alert.words[currentLanguage()];
  return el(`li.${alert.severity}`, {}, el("a", { href: `/answer#alert=${alert.id}` },
    icon(alert.hazard), el("strong", {}, what), el("span.age", { data: { age: alert.reopened_at ?? alert.started_at } }, age(alert.reopened_at ?? alert.started_at)),
    alert.sent ? el("span.sent-you", {}, t("phone.sent_you")) : null,
    el("span.place", {}, alert.place[currentLanguage()]),
    el("span.state", {}, `${standing(alert)}${said}`)));
}
