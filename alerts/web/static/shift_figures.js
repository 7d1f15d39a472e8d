// Figures: how many alarms came and how fast people were, of some days; a table beside each chart.
import { getJson } from "./api.js";
import { barChart, lengthBar, rangeChart, swatch } from "./chart.js";
import { byId, el } from "./dom.js";
import { isoDay, percent, span } from "./format.js";
import { locale, t, word } from "./i18n.js";
import { inWords } from "./places.js";
import { day, dayHourMinute, daysOn, hourMinute, hourOfZone, weekdayDay } from "./shift_time.js";

const CHOICES = [1, 7, 28, 91];
const SEVERITIES = ["fire", "violation", "fault"];
const WINDOWS_AN_HOUR = 6;
let days = 7;
let last = "";
let found = null;
let asked = 0;
let redraw = 0;

/** onFailed: told of an error. */
export function setUpFigures(onFailed) {
  last = isoDay(Date.now());
  const again = () => showFigures().catch(onFailed);
  const move = (number) => { last = daysOn(last, number); again(); };
  byId("figures-form").addEventListener("submit", (event) => event.preventDefault());
  byId("figures-days").addEventListener("change", (event) => { days = Number(event.target.value); again(); });
  byId("figures-last").addEventListener("change", (event) => { if (event.target.value) { last = event.target.value; again(); } });
  byId("figures-before").addEventListener("click", () => move(-days));
  byId("figures-after").addEventListener("click", () => move(days));
  addEventListener("resize", () => { clearTimeout(redraw); redraw = setTimeout(() => found && draw(), 200); });
}

/** An answer that comes too late is dropped. */
export async function showFigures() {
  const number = ++asked;
  drawForm();
  const answer = await getJson(`/api/figures?first=${daysOn(last, 1 - days)}&days=${days}`);
  if (number !== asked) return;
  found = answer;
  draw();
}

function drawForm() {
  byId("figures-days").replaceChildren(...CHOICES.map((number) =>
    el("option", { value: String(number), selected: number === days }, t(number === 1 ? "figure.one_day" : "figure.some_days", { n: number }))));
  byId("figures-last").value = last;
  byId("figures-last").max = isoDay(Date.now());
  byId("figures-after").disabled = last >= isoDay(Date.now());
}

function draw() {
  const { first, zone } = found;
  byId("figures-title").textContent = days === 1 ? first : t("figure.from_until", { first, last });
  byId("figures-note").textContent = t("figure.note", { zone });
  byId("figures").replaceChildren(cards(), alarms(), floods(), response(), hazards(), places(), cameras());
}

const number = (value, digits = 0) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
const share = (value) => (value > 0 && value < 0.01 ? `${number(value * 100, 2)} %` : percent(value));
const part = (title, ...content) => el("section.figure", {}, el("h3", {}, title), ...content);

function table(caption, heads, rows) {
  return el("div.scroll", {}, el("table", {},
    el("caption.visually-hidden", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map(([head, ...cells]) => el("tr", {}, el("th", { scope: "row" }, head), ...cells.map((cell) => el("td", {}, cell)))))));
}

/** Above a column of bars, whose numbers stand beside them. */
const barHead = () => el("span.visually-hidden", {}, t("figure.bar"));

function cards() {
  const { rate } = found;
  const card = (value, what, note, bad = false) => el("li", { data: { bad: bad ? "yes" : "" } },
    el("strong.number", {}, value), el("span", {}, what), el("span.note", {}, note));
  return el("ul.numbers", {},
    card(number(rate.alarms), t("figure.alarms"), t("figure.per_day", { n: number(rate.alarms / days, 1) })),
    card(number(rate.mean_per_10_min, 2), t("figure.mean"), t("figure.mean_note", { good: rate.acceptable_per_10_min, most: rate.manageable_per_10_min }),
      rate.mean_per_10_min > rate.manageable_per_10_min),
    card(number(rate.most_in_10_min), t("figure.most"), t("figure.most_note", { n: rate.flood_from }), rate.most_in_10_min >= rate.flood_from),
    card(share(rate.flood_frac), t("figure.in_flood"), t("figure.in_flood_note", { share: percent(rate.limit_flood_frac) }), rate.flood_frac > rate.limit_flood_frac));
}

/** Alarms by the hour or the day, beside what an operator can take. */
function alarms() {
  const hourly = found.unit === "hour";
  const { rate } = found;
  const windows = (bar) => hourly ? WINDOWS_AN_HOUR : ((Date.parse(bar.ends_at) - Date.parse(bar.begins_at)) / 600000);
  const each = windows(found.bars[0]);
  const label = t(hourly ? "figure.by_hour" : "figure.by_day");
  const name = "alarms";
  const chart = barChart({
    name, label, room: Math.max(300, byId("figures").clientWidth - 26),
    bars: found.bars.map((bar, index) => ({ label: labelOf(index), title: titleOf(bar), parts: Object.fromEntries(SEVERITIES.map((one) => [one, bar[one]])) })),
    lines: [
      { value: each * rate.acceptable_per_10_min, label: t("figure.acceptable", { n: number(each * rate.acceptable_per_10_min) }), always: true },
      { value: each * rate.manageable_per_10_min, label: t("figure.manageable", { n: number(each * rate.manageable_per_10_min) }) },
    ],
  });
  const legend = el("p.legend", {}, ...SEVERITIES.map((one) => el("span", {}, swatch(name, one), word("severity", one))));
  const busy = found.bars.filter((bar) => total(bar));
  const rows = busy.map((bar) => [whenOf(bar), ...SEVERITIES.map((one) => number(bar[one])), number(total(bar))]);
  const heads = [t(hourly ? "figure.hour" : "figure.day"), ...SEVERITIES.map((one) => word("severity", one)), t("figure.total")];
  return part(label, chart, legend, el("p.note", {}, t("figure.source")),
    el("details", {}, el("summary", {}, t("figure.as_table", { n: busy.length })), table(label, heads, rows)));
}

const total = (bar) => SEVERITIES.reduce((sum, one) => sum + bar[one], 0);
const whenOf = (bar) => (found.unit === "hour" ? hourOfZone(bar.begins_at) : weekdayDay(bar.begins_at));
const titleOf = (bar) => `${whenOf(bar)}: ${SEVERITIES.map((one) => `${word("severity", one)} ${bar[one]}`).join(" · ")}`;

/** Below the axis: of one day every third hour, else the days, as many as there is room for. */
function labelOf(index) {
  const bar = found.bars[index];
  if (found.unit === "day") return index % Math.ceil(found.bars.length / 13) ? "" : day(bar.begins_at);
  const text = hourMinute(bar.begins_at);
  if (days === 1) return index % 3 ? "" : text;
  const newDay = index === 0 || day(bar.begins_at) !== day(found.bars[index - 1].begins_at);
  return newDay ? day(bar.begins_at) : "";
}

function floods() {
  const { floods: all, floods_left_out: leftOut, flood_from: from } = found.rate;
  if (!all.length) return part(t("figure.floods"), el("p.calm", {}, t("figure.no_floods", { n: from })));
  const rows = all.map((one) => [dayHourMinute(one.begins_at), hourMinute(one.ends_at), number(one.alarms), number(one.most)]);
  return part(t("figure.floods"), table(t("figure.floods"), [t("figure.since"), t("figure.until"), t("figure.alarms"), t("figure.most")], rows),
    leftOut ? el("p.note", {}, t("sheet.left_out", { n: leftOut })) : null);
}

function response() {
  const heads = [t("figure.kind"), t("figure.alarms"), t("figure.answered"), t("figure.p50"), t("figure.p90"), t("figure.came"), t("figure.p50"), t("figure.p90")];
  const rows = found.answered.map((one, index) => {
    const there = found.arrived[index];
    return [word("severity", one.severity), number(one.alarms), ofAll(one), seconds(one.p50_s), seconds(one.p90_s), ofAll(there), seconds(there.p50_s), seconds(there.p90_s)];
  });
  return part(t("figure.response"), table(t("figure.response"), heads, rows), el("p.note", {}, t("figure.response_note")));
}

const seconds = (value) => (value === null ? "–" : span(value));
const ofAll = (one) => (one.alarms ? `${number(one.done)} (${percent(one.done / one.alarms)})` : "–");

function hazards() {
  const most = Math.max(...found.hazards.map((one) => one.alarms), 1);
  const rows = found.hazards.map((one) => [word("hazard", one.hazard), lengthBar(one.alarms / most), number(one.alarms), number(one.judged), number(one.false)]);
  return part(t("figure.by_hazard"), listed(rows, t("figure.by_hazard"), [t("figure.hazard"), barHead(), t("figure.alarms"), t("figure.judged"), t("figure.false")]));
}

function places() {
  const most = Math.max(...found.places.map((one) => one.alarms), 1);
  const rows = found.places.map((one) => [inWords(one.place), lengthBar(one.alarms / most), number(one.alarms),
    Object.entries(one.hazards).sort(([, a], [, b]) => b - a).map(([hazard, n]) => `${word("hazard", hazard)} ${number(n)}`).join(" · ")]);
  return part(t("figure.by_place"), listed(rows, t("figure.by_place"), [t("figure.place"), barHead(), t("figure.alarms"), t("figure.of_these")]));
}

function cameras() {
  const rows = found.cameras.map((one) => [one.camera, rangeChart({ ...one, label: rangeText(one) }), rangeText(one), number(one.false), number(one.judged), number(one.alarms)]);
  return part(t("figure.false_share"),
    listed(rows, t("figure.false_share"), [t("figure.camera"), barHead(), t("figure.share"), t("figure.false"), t("figure.judged"), t("figure.alarms")]),
    el("p.note", {}, t("figure.false_note")));
}

const rangeText = (one) => (one.share === null ? t("figure.none_judged")
  : t("figure.interval", { share: percent(one.share), low: percent(one.low), high: percent(one.high) }));
const listed = (rows, caption, heads) => (rows.length ? table(caption, heads, rows) : el("p.calm", {}, t("figure.no_alarms")));
