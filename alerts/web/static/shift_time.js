// Times by the clock of the site, wherever the browser is.
import { siteTime } from "./format.js";
import { t } from "./i18n.js";

export const dayTime = (iso) => (iso ? siteTime(iso, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }) : "");
export const hourMinute = (iso) => siteTime(iso, { hour: "2-digit", minute: "2-digit" });
export const day = (iso) => siteTime(iso, { month: "short", day: "numeric" });
export const weekdayDay = (iso) => siteTime(iso, { weekday: "short", month: "short", day: "numeric" });
/** With the shift of the zone, where an hour comes twice. */
export const hourOfZone = (iso) => siteTime(iso, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
export const dayHourMinute = (iso) => siteTime(iso, { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

/** A date so many days on: of dates, not of moments, so that no clock that is set matters. */
export function daysOn(date, days) {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Names one after the other. */
export const joined = (names) => names.join(t("list.comma"));

/** Seconds between two moments. */
export const secondsBetween = (since, until) => (Date.parse(until) - Date.parse(since)) / 1000;
