// Times by the clock of the site, wherever the browser is.
import { currentLanguage, locale } from "./i18n.js";

let zone = undefined;

/** The site's time zone, such as Asia/Shanghai. */
export function learnZone(name) {
  zone = name;
}

const told = (iso, options) => new Date(iso).toLocaleString(locale(), { timeZone: zone, hour12: false, ...options });

export const dayTime = (iso) => (iso ? told(iso, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }) : "");
export const hourMinute = (iso) => told(iso, { hour: "2-digit", minute: "2-digit" });
export const day = (iso) => told(iso, { month: "short", day: "numeric" });
export const weekdayDay = (iso) => told(iso, { weekday: "short", month: "short", day: "numeric" });
/** With the shift of the zone, where an hour comes twice. */
export const hourOfZone = (iso) => told(iso, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
export const dayHourMinute = (iso) => told(iso, { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

/** A moment as the date of the site, YYYY-MM-DD. */
export const isoDay = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

/** A date so many days on: of dates, not of moments, so that no clock that is set matters. */
export function daysOn(date, days) {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Names one after the other. */
export const joined = (names) => names.join(currentLanguage() === "zh" ? "、" : ", ");

/** Seconds between two moments. */
export const secondsBetween = (since, until) => (Date.parse(until) - Date.parse(since)) / 1000;
