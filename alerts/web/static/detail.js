// The selected alert: what, where, since when, why, and what to do about it.
import { asksWhy, clearButtons, isClear } from "./clear.js";
import { byId, el } from "./dom.js";
import { age, clockTime, percent } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { stateChip } from "./queue.js";
import { clip } from "./clip.js";
import { heldFor, holdLine } from "./hold.js";
import { noticesButton } from "./letters.js";
import { mutingLine, mutingShown } from "./muting.js";
import { placeOf, placeText, safety } from "./places.js";
import { isWaiting, may, select, selected, stateWord, title } from "./state.js";
import { recordsLine, recordsShown } from "./records.js";
import { trackPart, trackShown } from "./track.js";
import { why } from "./why.js";

const PARTS = [
  [heading, (alert) => [alert.hazard, placeText(alert), alert.camera, stateWord(alert)]],
  [picture, (alert) => [alert.snapshot, alert.snapshot_after, variant, isClear(alert)]],
  [clearButtons, (alert) => [isClear(alert), asksWhy(alert), alert.open]],
  [buttons, (alert) => [canAcknowledge(alert), canJudgeFalse(alert)]],
  [mutingLine, mutingShown],
  [trackPart, trackShown],
  [call, (alert) => [Boolean(alert.false_alarm_at), alert.exercise]],
  [safety, (alert) => [placeOf(alert)]],
  [clip, (alert) => [alert.clip, isClear(alert)]],
  [columns, (alert) => [alert.version, placeText(alert)]],
  [noticesButton, (alert) => [Boolean(alert.fired_at)]],
  [holdLine, (alert) => [heldFor(alert)]],
  [recordsLine, recordsShown],
];
const SHOW = {
  blurred: "detail.show_annotated", after_blurred: "detail.show_after",
  annotated: "detail.show_annotated", clean: "detail.show_clean", after: "detail.show_after",
};
const SHOWN = { after: "detail.after", after_blurred: "detail.after" };
let variant = "annotated";
let drawn = [];
let shownId = "";
let actions = { acknowledge: () => {}, falseAlarm: () => {} };

export function onActions(handlers) {
  actions = handlers;
}

export const canAcknowledge = (alert) => Boolean(alert) && may("answer") && isWaiting(alert);
export const canJudgeFalse = (alert) => Boolean(alert) && may("judge") && !alert.false_alarm_at && !alert.closed_at;

/** Each part is replaced only when what it shows has changed: no flicker, and no button lost under a click. */
export function drawDetail() {
  const alert = selected();
  const section = byId("detail");
  document.body.classList.toggle("has-detail", Boolean(alert));
  section.hidden = !alert;
  if (!alert) {
    section.replaceChildren();
    drawn = [];
    return;
  }
  if (shownId !== alert.id) section.scrollTop = 0;
  shownId = alert.id;
  PARTS.forEach(([make, shows], at) => {
    const now = JSON.stringify([alert.id, currentLanguage(), ...shows(alert)]);
    if (drawn[at] === now) return;
    drawn[at] = now;
    const old = section.children[at];
    const held = old?.contains(document.activeElement) ? document.activeElement.id : null;
    if (old) old.replaceWith(make(alert));
    else section.append(make(alert));
    if (held) byId(held)?.focus({ preventScroll: true });
  });
}

function heading(alert) {
  return el(`header.detail-head.${alert.severity}`, {},
    el("button.quiet.back", { type: "button", id: "detail-close", "aria-label": t("detail.close"), title: t("detail.close"), onclick: () => select(null) },
      icon("cross"), el("kbd", {}, "Esc")),
    el("span.detail-icon", {}, icon(alert.hazard)),
    el("h2", {}, title(alert), el("small", {}, placeText(alert) || alert.camera)),
    stateChip(alert));
}

function picture(alert) {
  const frame = el("figure.snapshot");
  const missing = (key = "detail.no_snapshot") => frame.replaceChildren(el("p.missing", {}, icon("offline"), t(key)));
  const clear = isClear(alert);
  if (!alert.snapshot || !(clear || alert.blurred)) {
    missing(alert.snapshot ? "detail.only_clear" : undefined);
    return frame;
  }
  const after = alert.snapshot_after ? [clear ? "after" : "after_blurred"] : [];
  const variants = [...(clear ? ["annotated", "clean"] : ["blurred"]), ...after];
  const shown = variants.includes(variant) ? variant : variants[0];
  const next = variants[(variants.indexOf(shown) + 1) % variants.length];
  const image = el("img", {
    alt: t("detail.snapshot_of", { camera: alert.camera, hazard: title(alert) }),
    decoding: "async",
    onerror: () => missing(),
  });
  image.src = `/api/alerts/${encodeURIComponent(alert.id)}/snapshot?variant=${shown}&v=${SHOWN[shown] ? alert.snapshot_after : alert.snapshot}`;
  const toggle = el("button.quiet.variant", {
    type: "button",
    id: "snapshot-variant",
    onclick: () => {
      variant = next;
      drawDetail();
    },
  }, t(SHOW[next]));
  toggle.hidden = variants.length < 2;
  frame.append(image, toggle, el("figcaption", {}, t(SHOWN[shown] ?? (clear ? "detail.lead" : "detail.lead_blurred"))));
  return frame;
}

function buttons(alert) {
  return el("div.actions", {},
    el("button.big.acknowledge", {
      type: "button", id: "acknowledge", disabled: !canAcknowledge(alert), onclick: () => actions.acknowledge(selected()),
    }, icon("check"), t("action.acknowledge"), el("kbd", {}, "A")),
    el("button.big.false-alarm", {
      type: "button", id: "false-alarm", disabled: !canJudgeFalse(alert), onclick: () => actions.falseAlarm(selected()),
    }, icon("cross"), t("action.false_alarm"), el("kbd", {}, "F")));
}

function call(alert) {
  const fire = alert.severity === "fire" && !alert.false_alarm_at;
  return el("p.fire-call", { hidden: !fire }, icon("bell"), t(alert.exercise ? "detail.fire_call_drill" : "detail.fire_call"));
}

function columns(alert) {
  return el("div.columns", {}, facts(alert), why(alert));
}

function facts(alert) {
  const rows = [
    ["detail.kind", word("severity", alert.severity)],
    ["detail.place", placeText(alert)],
    ["detail.zone", [alert.zone, word("zone", alert.zone_type)].filter(Boolean).join(" · ")],
    ["detail.camera", alert.camera],
    ["detail.since", when(alert.started_at)],
    ["detail.fired", when(alert.fired_at)],
    ["detail.notice", alert.state === "logged" ? word("notice", alert.notice) : null],
    ["detail.seen", alert.open ? when(alert.seen_at) : null],
    ["detail.resolved", when(alert.resolved_at)],
    ["detail.confidence", percent(alert.confidence)],
    ["detail.acknowledged", who(alert.acknowledged_by, alert.acknowledged_at)],
    ["detail.false_alarm", who(alert.false_alarm_by, alert.false_alarm_at)],
    ["false.other_label", alert.false_alarm_at ? word("reason", alert.false_alarm_reason) : null],
  ];
  return el("dl.facts", {}, ...rows.filter(([, value]) => value).flatMap(([key, value]) => [
    el("dt", {}, t(key)), el("dd", {}, value)]));
}

function when(iso) {
  if (!iso) return null;
  return el("span", {}, el("time", { dateTime: iso }, clockTime(iso)), el("span.age", { data: { age: iso } }, age(iso)));
}

function who(name, iso) {
  return iso ? t("detail.by", { who: name || t("detail.nobody"), when: clockTime(iso) }) : null;
}
