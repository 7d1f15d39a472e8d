// The alerts that ask for somebody now, or that all is calm; and what is only suspected, by which nobody is called.
import { el } from "./dom.js";
import { age, clockTime } from "./format.js";
import { currentLanguage, signed, t, word } from "./i18n.js";
import { icon } from "./icons.js";

const UNANSWERED = new Set(["firing", "verified"]); // other stages say themselves that somebody, or nobody, goes
let shown = "";
let unfolded = false;

/** now: as /api/phone/now gives it; null: never heard of. Built anew only where it says something else: a thumb keeps its row. */
export function drawNow(into, now, signedOut) {
  const mark = JSON.stringify([now && [now.alerts, now.more, now.suspected, now.more_suspected], signedOut, currentLanguage()]);
  if (mark === shown) return;
  shown = mark;
  into.replaceChildren(...parts(now, signedOut));
}

function parts(now, signedOut) {
  if (signedOut) return [];
  if (!now) return [el("p.calm", {}, t("phone.not_known"))];
  const suspected = now.suspected ?? []; // what was kept by an earlier version has none
  const isFire = ({ severity }) => severity === "fire";
  const doubtful = suspected.filter(isFire);
  const burning = now.alerts.filter(isFire);
  const others = now.alerts.filter((alert) => !isFire(alert));
  const rows = [...burning.map(row), ...doubtful.map(doubtfulRow), ...others.map(row)];
  return [
    rows.length ? el("ul.alerts", {}, ...rows) : calm(),
    now.more ? el("p.dim", {}, t("phone.more", { n: now.more })) : null,
    fold(suspected.filter((alert) => !isFire(alert)), now.more_suspected ?? 0),
  ].filter(Boolean);
}

const calm = () => el("p.calm", {}, icon("heart"), el("strong", {}, t("phone.calm")), el("span.dim", {}, t("phone.calm_note")));

/** Where it stands, and who goes there, each said once; of what is muted nobody is asked to go. */
function standing({ stage, going, muted }) {
  if (stage === "responding") return t("phone.responding", { n: going });
  const who = going ? t("phone.going", { n: going }) : UNANSWERED.has(stage) && !muted ? t("phone.nobody_going") : "";
  return [word("stage", stage), who].filter(Boolean).join(" · ");
}

/** said(what): how it is put. */
const wordsOf = (alert, said = (what) => what) => (alert.exercise ? `${t("answer.exercise")} · ` : "") + said(alert.words[currentLanguage()]);

/** Why nobody is told of a fire now: who said so, until when, and their reason. */
export const mutedText = ({ who, until, reason }) => `${t("phone.muted", { who: signed(who), until: clockTime(until) })} · ${reason}`;

function row(alert) {
  const said = alert.said ? ` · ${t("answer.you_said", { what: word("step", alert.said) })}` : "";
  return line(alert, alert.severity + (alert.muted ? ".muted" : ""), wordsOf(alert), `${standing(alert)}${said}`);
}

/** A fire that is only suspected stands before all that does not burn: whoever looks must not think that all is calm. */
const doubtfulRow = (alert) => line(alert, "fire.suspected", wordsOf(alert, (what) => t("wall.suspected", { what })), t("phone.suspected_note"));

/** Everything else that is only suspected: a quiet line, and what it is once somebody asks. */
function fold(suspected, more) {
  if (!suspected.length && !more) return null;
  return el("details.fold", { open: unfolded, ontoggle: (event) => { unfolded = event.target.open; } },
    el("summary", {}, t("phone.suspected", { n: suspected.length + more })),
    el("p.dim", {}, t("phone.suspected_note")),
    el("ul.alerts", {}, ...suspected.map((alert) => line(alert, "suspected", wordsOf(alert), ""))),
    more ? el("p.dim", {}, t("phone.more", { n: more })) : null);
}

function line(alert, classes, what, state) {
  const since = alert.reopened_at ?? alert.started_at;
  return el(`li.${classes}`, {}, el("a", { href: `/answer#alert=${alert.id}` },
    icon(alert.hazard), el("strong", {}, what), el("span.age", { data: { age: since } }, age(since)),
    alert.sent ? el("span.sent-you", {}, t("phone.sent_you")) : null,
    el("span.place", {}, alert.place[currentLanguage()]),
    alert.muted ? el("span.held", {}, mutedText(alert.muted)) : null,
    state ? el("span.state", {}, state) : null));
}
