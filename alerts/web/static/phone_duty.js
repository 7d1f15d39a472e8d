// My duty: who is on now, and my own times in the weeks ahead, by the site's clock wherever the phone is.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { currentLanguage, locale, t } from "./i18n.js";

const WEEKS = 4;
const KEPT = "xinan.duty";
let duty = recall();
const late = !duty; // the list is there before it, and must not move

export async function loadDuty() {
  duty = await getJson(`/api/duty?weeks=${WEEKS}`);
  try {
    localStorage.setItem(KEPT, JSON.stringify(duty));
  } catch {
    // without a line it is not shown then
  }
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

export function drawDuty() {
  byId("next-duty").hidden = !duty?.rota;
  byId("next-duty").toggleAttribute("data-late", late);
  byId("duty-now").textContent = duty ? nowText() : t("phone.not_known");
  byId("ics").hidden = byId("ics-note").hidden = !duty?.mine.length;
  byId("ics").href = `/api/duty.ics?language=${currentLanguage()}`;
  const coming = duty?.mine.filter((one) => !one.ends || Date.parse(one.ends) > Date.now()) ?? [];
  byId("duties").replaceChildren(...coming.map((one) => el(`li${isNow(one) ? ".now" : ""}`, {},
    el("strong", {}, spanText(one)), el("span.dim", {}, besideText(one)))));
  if (!duty?.rota) return;
  const next = coming[0];
  byId("next-duty").replaceChildren(
    el("span", {}, nowText()),
    el("a", { href: "#duty" }, !duty.person ? t("phone.not_in_rota")
      : !next ? t("phone.no_duty") : !isNow(next) ? t("phone.next_duty", { when: spanText(next) })
        : next.ends ? t("phone.on_duty_until", { when: timeText(next.ends) }) : t("phone.on_duty_always")));
}

/** A bound that is null lies further off than is known. */
const isNow = (one) => !one.begins || Date.parse(one.begins) <= Date.now();

function nowText() {
  if (!duty.rota) return t("phone.no_rota");
  const { who, until } = duty.now;
  if (!until) return who.length ? t("phone.on_now_always", { who: who.join(t("list.comma")) }) : t("phone.nobody_on_always");
  if (Date.parse(until) < Date.now()) return t("phone.not_known");
  return who.length ? t("phone.on_now", { who: who.join(t("list.comma")), until: timeText(until) }) : t("phone.nobody_on", { until: timeText(until) });
}

const besideText = (one) => (one.with.length ? t("phone.with", { who: one.with.join(t("list.comma")) }) : t("phone.alone"));

/** By the site's clock. */
const at = (iso, options) => new Intl.DateTimeFormat(locale(), { timeZone: duty.time_zone, hour12: false, ...options }).format(new Date(iso));
const DAY = { weekday: "short", month: "short", day: "numeric" };
const HOUR = { hour: "2-digit", minute: "2-digit" };
const timeText = (iso) => at(iso, { ...DAY, ...HOUR });

function spanText({ begins, ends }) {
  if (!begins && !ends) return t("phone.always");
  if (!begins) return t("phone.always_until", { until: timeText(ends) });
  if (!ends) return t("phone.always_since", { since: timeText(begins) });
  const sameDay = at(begins, DAY) === at(ends, DAY);
  return `${timeText(begins)} – ${sameDay ? at(ends, HOUR) : timeText(ends)}`;
}
