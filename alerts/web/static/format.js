// Times, spans and evidence as people read them.
import { known, locale, onLanguage, t, word } from "./i18n.js";

let skewMs = 0;
let siteZone; // such as Asia/Shanghai; not known yet: the browser's own

/** Remember how far the server's clock is from this one, so that ages are right on a PC whose clock is not. */
export function setServerTime(iso) {
  const server = Date.parse(iso);
  if (Number.isFinite(server)) skewMs = server - Date.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + skewMs;

/** Milliseconds since then (a time as text, or in milliseconds), by the server's clock. */
export const ageMs = (when) => serverNow() - (typeof when === "number" ? when : Date.parse(when));

export const isPast = (iso) => Date.parse(iso) < serverNow();

/** The clock and the zone of the site: all times are told by them, wherever the browser is, as on paper and in notices. */
export function learnClock({ now, time_zone: zone }) {
  setServerTime(now);
  learnZone(zone);
}

export function learnZone(zone) {
  if (!zone || zone === siteZone || !knowsZone(zone)) return; // an old browser's own clock is better than a dead page
  siteZone = zone;
  dated = dates();
  drawZone();
}

function knowsZone(zone) {
  try {
    return Boolean(new Intl.DateTimeFormat("en-GB", { timeZone: zone }));
  } catch {
    return false;
  }
}

const ownZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment by the site's clock. */
export const siteTime = (at, options) => new Date(at).toLocaleString(locale(), { timeZone: siteZone, hour12: false, ...options });

/** With the day of the week, to the second. */
export const wholeTime = (at) => siteTime(at, { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });

const dates = () => new Intl.DateTimeFormat("en-CA", { timeZone: siteZone, year: "numeric", month: "2-digit", day: "2-digit" });
let dated = dates(); // made anew with the zone: it is costly, and asked for with each time that is shown

/** A moment as the date of the site, YYYY-MM-DD. */
export const isoDay = (at) => dated.format(new Date(at));

/** What a clock of the site shows, as 2027-01-02T08:00, as a moment; an hour that comes twice is the first of the two. */
export function fromSiteClock(shown) {
  const wanted = Date.parse(`${shown}Z`);
  const shownAt = (ms) => Date.parse(`${new Date(ms).toLocaleString("sv-SE", { timeZone: siteZone }).replace(" ", "T")}Z`);
  const offsets = [wanted - 86_400_000, wanted + 86_400_000].map((ms) => shownAt(ms) - ms); // before and after the clock is set
  const found = offsets.map((offset) => wanted - offset).filter((ms) => shownAt(ms) === wanted);
  return new Date(found.length ? Math.min(...found) : wanted - offsets[0]).toISOString();
}

/** Whose times these are, said once on a page. */
export function zoneNote() {
  if (!siteZone) return "";
  return t(siteZone === ownZone() ? "zone.note" : "zone.note_other", { zone: siteZone + zoneOffset(), own: ownZone() });
}

function zoneOffset() {
  try {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: siteZone, timeZoneName: "shortOffset" }).formatToParts(serverNow());
    return ` (${parts.find(({ type }) => type === "timeZoneName").value})`;
  } catch {
    return ""; // before Chrome 95 and Safari 15.4
  }
}

function drawZone() {
  for (const element of document.querySelectorAll("[data-zone]")) element.textContent = zoneNote();
}
onLanguage(drawZone);

/** With the date unless it is today. */
export function clockTime(iso) {
  if (!iso) return "";
  const day = isoDay(iso) === isoDay(serverNow()) ? {} : { month: "short", day: "numeric" };
  return siteTime(iso, { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** A day and a time of it, of any year. */
export const dayTime = (iso) => siteTime(iso,
  { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

export function age(iso) {
  if (!iso) return "";
  const seconds = Math.max(0, (serverNow() - Date.parse(iso)) / 1000);
  if (seconds < 3) return t("age.now");
  if (seconds < 60) return t("age.s", { n: Math.floor(seconds) });
  if (seconds < 3600) return t("age.min", { n: Math.floor(seconds / 60) });
  if (seconds < 172800) return t("age.h", { n: Math.floor(seconds / 3600) });
  return t("age.d", { n: Math.floor(seconds / 86400) });
}

export function span(seconds) {
  if (seconds < 120) return t("span.s", { n: round(seconds) });
  if (seconds < 7200) return t("span.min", { n: round(seconds / 60) });
  return t("span.h", { n: round(seconds / 3600) });
}

export const percent = (fraction) => `${Math.round(fraction * 100)} %`;

const round = (number) => Number(number.toFixed(Math.abs(number) < 10 ? 1 : 0));

/** One reason: its name in words and its value with a unit, both taken from the key's ending. */
export function evidence(key, value) {
  const bare = key.replace(/_(s|m|frac|px|count)$/, "");
  const known = word("evidence", key);
  const label = known === key.replaceAll("_", " ") ? bare.replaceAll("_", " ") : known;
  return [label, evidenceValue(key, value)];
}

function evidenceValue(key, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return t(value ? "value.true" : "value.false");
  if (Array.isArray(value)) return value.map((item) => evidenceValue("", item)).join(", ");
  if (typeof value === "object")
    return Object.entries(value).map(([name, item]) => evidence(name, item).join(": ")).join("; ");
  if (typeof value !== "number") return word(wordsOf(key), value);
  if (/_s$/.test(key)) return span(value);
  if (/(_frac|confidence|score|share|coverage|threshold)$/.test(key) && value >= 0 && value <= 1) return percent(value);
  if (/_m$/.test(key)) return `${value.toFixed(2)} m`;
  if (/_px$/.test(key)) return `${round(value)} px`;
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 }).format(value);
}

const GROUPS = { zone_type: "zone", witness: "witness", breach: "breach", behaviour: "fire", place: "fire",
  flicker_hz: "fire", warm_share: "fire", burning: "fire" };
const wordsOf = (key) => GROUPS[key] ?? "box";

/** Why a notice was no longer sent: a code of the server and what stands beside it; what older versions wrote, as it is. */
export function endedText(reason) {
  const [, code, detail] = /^([a-z_]+)(?:: (.*))?$/s.exec(reason) ?? [];
  if (detail) return known("ended_by", code) ? word("ended_by", code, { detail }) : reason;
  return known("ended", code) ? word("ended", code) : reason;
}
