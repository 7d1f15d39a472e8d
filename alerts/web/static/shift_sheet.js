// The sheet of a shift: choose one, read it, print it, sign it, countersign it.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { span, zoneNote } from "./format.js";
import { signed, t, word } from "./i18n.js";
import { inWords, scopeText } from "./places.js";
import { dayHourMinute, dayTime, hourMinute, joined, secondsBetween } from "./shift_time.js";
import { drawSigning, setUpSigning } from "./shift_signing.js";

let shifts = [];
let chosen = "";
let failed = () => {};
let sheet = null;
let handOver = null;
let asked = 0;

/** me, known: the answers of /api/me and /api/shifts. onFailed: told of an error. */
export function setUpSheet(me, known, onFailed) {
  shifts = known.shifts;
  chosen = shifts[0].begins_at;
  failed = onFailed;
  byId("sheet-choice").addEventListener("change", (event) => { chosen = event.target.value; showSheet().catch(failed); });
  byId("sheet-print").addEventListener("click", () => print());
  setUpSigning({ me, sheetOf: () => ({ sheet, handOver, chosen }), again: showSheet });
}

/** The chosen shift: as it was signed, else as things are now. An answer that comes too late is dropped. */
export async function showSheet() {
  const number = ++asked;
  drawChoice();
  const { shifts: newer } = await getJson("/api/shifts");
  const shift = newer.find((one) => one.begins_at === chosen) ?? newer[0];
  const signed = shift.hand_over ? await getJson(`/api/hand-overs/${shift.hand_over.id}`) : null;
  const made = signed ? signed.sheet : await getJson(`/api/shifts/sheet?at=${encodeURIComponent(shift.begins_at)}`);
  if (number !== asked) return;
  shifts = newer;
  [chosen, handOver, sheet] = [shift.begins_at, signed, made];
  drawChoice();
  draw();
}

export const spanText = (one) => `${dayHourMinute(one.begins_at)} – ${hourMinute(one.ends_at)}`;

function drawChoice() {
  byId("sheet-choice").replaceChildren(...shifts.map((one, index) =>
    el("option", { value: one.begins_at, selected: one.begins_at === chosen }, `${spanText(one)} · ${stateOf(one, index)}`)));
}

function stateOf({ hand_over: signed }, index) {
  if (!signed) return t(index ? "sheet.not_signed" : "sheet.running");
  return t(signed.came_at ? "sheet.handed_over" : "sheet.signed");
}

function draw() {
  byId("sheet-title").textContent = t("sheet.title", { span: spanText(sheet) });
  byId("sheet-made").textContent = `${t("sheet.made", { at: dayTime(sheet.made_at) })} · ${zoneNote()}`;
  byId("sheet-body").replaceChildren(numbers(), ...lists());
  byId("sheet-signed").replaceChildren(...signatures());
  drawSigning(handOver);
}

/** By severity: how many alarms, how many of them answered and false. */
function numbers() {
  const cells = ["fire", "violation", "fault"].map((severity) => {
    const found = sheet.counts[severity];
    return el("li", { data: { severity } }, el("strong.number", {}, String(found.alarms)), el("span", {}, word("severity", severity)),
      el("span.note", {}, t("sheet.answered_false", { answered: found.acknowledged, wrong: found.false })),
      found.muted ? el("span.note", {}, t("sheet.of_them_muted", { n: found.muted })) : null);
  });
  const drills = el("li", {}, el("strong.number", {}, String(sheet.counts.drills)), el("span", {}, t("sheet.drills")),
    el("span.note", {}, t("sheet.drills_apart")));
  const undelivered = sheet.undelivered === null ? null : el("li", { data: { bad: sheet.undelivered ? "yes" : "" } },
    el("strong.number", {}, String(sheet.undelivered)), el("span", {}, t("sheet.undelivered")),
    el("span.note", {}, t("sheet.undelivered_note")));
  return el("ul.numbers", {}, ...cells, drills, undelivered);
}

function lists() {
  return [
    part(t("sheet.open"), alertTable(sheet.open, t("sheet.nothing_open"))),
    part(t("sheet.happened"), alertTable(sheet.happened, t("sheet.nothing_happened"))),
    part(t("sheet.cameras"), alertTable(sheet.cameras, t("sheet.no_faults"))),
    part(t("sheet.silences"), silenceTable()),
    part(t("sheet.people"), people()),
  ];
}

const part = (title, ...content) => el("section", {}, el("h3", {}, title), ...content);

/** On a phone each row stands as a block of its own. */
function table(heads, rows) {
  return el("div.scroll", {}, el("table.stack", {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell)))))));
}

function alertTable({ alerts, left_out: leftOut }, none) {
  if (!alerts.length) return el("p.calm", {}, none);
  const heads = [t("sheet.when"), t("sheet.what"), t("sheet.where"), t("sheet.state"), t("sheet.who")];
  const rows = alerts.map((one) => [dayTime(one.fired_at), whatText(one), inWords(one.place) || one.camera, stateText(one), whoText(one)]);
  return el("div", {}, table(heads, rows), leftOut ? el("p.note", {}, t("sheet.left_out", { n: leftOut })) : null);
}

function whatText(one) {
  const what = one.hazard === "camera" && one.cause ? word("cause", one.cause) : word("hazard", one.hazard);
  const drill = one.exercise ? el("strong.drill-mark", {}, t("sheet.drill")) : null;
  const muted = one.muted ? el("span.note", {}, ` ${t("sheet.muted")}`) : null;
  const again = one.reopened_at ? el("span.note", {}, ` ${t("again.at", { when: dayTime(one.reopened_at) })}`) : null;
  return el("span", {}, drill, what, muted, again);
}

function stateText(one) {
  const text = word("state", one.state);
  if (one.state === "false_alarm") return t("sheet.because", { state: text, reason: word("reason", one.false_alarm_reason) });
  return one.resolved_at ? `${text} · ${span(Math.max(0, secondsBetween(one.fired_at, one.resolved_at)))}` : text;
}

function whoText(one) {
  if (one.false_alarm_by) return signed(one.false_alarm_by);
  if (!one.acknowledged_at) return t("sheet.nobody");
  return `${signed(one.acknowledged_by) || "–"} · ${t("sheet.after", { span: span(Math.ceil(one.answered_s ?? secondsBetween(one.fired_at, one.acknowledged_at))) })}`;
}

function silenceTable() {
  if (!sheet.silences.length) return el("p.calm", {}, t("sheet.no_silences"));
  const heads = [t("sheet.what"), t("sheet.where"), t("sheet.why"), t("sheet.who"), t("sheet.until")];
  return table(heads, sheet.silences.map((one) => [word("silence", one.kind), scopeText(one) + (one.fire ? ` · ${t("sheet.fires_too")}` : ""), one.reason, signed(one.by),
    one.ended_at ? t("sheet.ended_by", { at: dayTime(one.ended_at), who: signed(one.ended_by) })
      : `${dayTime(one.ends_at)} · ${t(one.in_force ? "sheet.in_force" : "sheet.over")}`]));
}

function people() {
  const lines = [
    ...sheet.duty.map((one) => [t("sheet.on_duty", { span: `${dayTime(one.begins_at)} – ${dayTime(one.ends_at)}` }), joined(one.people) || t("sheet.nobody")]),
    ...(sheet.signed_in.length ? [[t("sheet.signed_in"), joined(sheet.signed_in.map((one) => `${signed(one.name)} (${hourMinute(one.at)})`))]] : []),
    ...(sheet.acted.length ? [[t("sheet.acted"), joined(sheet.acted.map((one) => t("sheet.steps", { name: signed(one.name), n: one.steps })))]] : []),
  ];
  return lines.length ? el("dl.facts", {}, ...lines.flatMap(([what, who]) => [el("dt", {}, what), el("dd", {}, who)]))
    : el("p.calm", {}, t("sheet.nobody_known"));
}

function signatures() {
  if (!handOver) return [el("p.unsigned", {}, t("sheet.not_signed_yet"))];
  const notes = (text) => (text ? el("p.notes", {}, text) : null);
  return [
    el("div.signature", {}, el("strong", {}, t("sheet.left", { name: signed(handOver.left_by), at: dayTime(handOver.left_at) })), notes(handOver.notes)),
    el(`div.signature${handOver.came_at ? "" : ".unsigned"}`, {}, el("strong", {}, handOver.came_at
      ? t("sheet.came", { name: signed(handOver.came_by), at: dayTime(handOver.came_at) }) : t("sheet.nobody_came")), notes(handOver.came_notes)),
    el("p.note", {}, t("sheet.number", { id: handOver.id })),
  ];
}
