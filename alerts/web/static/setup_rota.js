// The rota as a week: who is on when, by the site's clock, as the form stands; a span can be given to somebody else.
import { postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { isoDay, serverNow } from "./format.js";
import { locale, t } from "./i18n.js";

const DAYS = 7;
const SOON_MS = 350;
const QUARTERS = 96; // rows of a day
let first = "";
let soon = 0;
let asked = 0;

/** When nobody is on duty, as the file has it, by the site's clock. */
export function gapsNote(gaps) {
  const shown = (iso) => iso.slice(0, 16).replace("T", " ");
  return el("div.gaps", {}, el("p", {}, t("setup.gaps")),
    el("ul", {}, ...gaps.map(([begins, ends]) => el("li", {}, `${shown(begins)} – ${shown(ends)}`))));
}

/** value(): the rota as it would be; null: as the file has it. replace(begins, ends): somebody else for this span, local times. */
export function rotaBox(value, replace) {
  first ||= thisMonday();
  const parts = {
    said: el("p.said", { role: "status" }),
    title: el("strong", { id: "rota-span" }),
    grid: el("div.week", { tabIndex: 0, role: "region", "aria-label": t("setup.rota_week") }),
  };
  const show = () => load(parts, value, replace);
  const turn = (days) => { first = plusDays(first, days); show(); };
  show();
  const box = el("section.trial.rota", { data: { box: "rota" } },
    el("h3", {}, t("setup.rota_week")),
    el("p.row", {},
      el("button.quiet", { type: "button", id: "rota-before", "aria-label": t("setup.rota_before"), onclick: () => turn(-DAYS) }, "‹"),
      parts.title,
      el("button.quiet", { type: "button", id: "rota-after", "aria-label": t("setup.rota_after"), onclick: () => turn(DAYS) }, "›"),
      el("button.quiet", { type: "button", onclick: () => { first = thisMonday(); show(); } }, t("setup.rota_today"))),
    parts.said, parts.grid, el("p.note", {}, t("setup.rota_note")));
  box.addEventListener("rota-edited", () => {
    clearTimeout(soon);
    soon = setTimeout(show, SOON_MS);
  });
  return box;
}

/** Something was typed: the week is asked for anew, once for many letters. */
export const rotaEdited = () => document.querySelector('[data-box="rota"]')?.dispatchEvent(new Event("rota-edited"));

async function load(parts, value, replace) {
  const number = (asked += 1);
  parts.title.textContent = `${dayText(first, { month: "short", day: "numeric" })} – ${dayText(plusDays(first, DAYS - 1), { month: "short", day: "numeric" })}`;
  try {
    const week = await postJson("/api/setup/rota-week", { value: value(), first });
    if (number !== asked) return;
    parts.said.textContent = "";
    parts.grid.replaceChildren(...grid(week, replace));
  } catch (error) {
    if (number !== asked) return;
    parts.said.dataset.good = "false";
    parts.said.textContent = t(error.body?.code ? "setup.rota_wrong" : "setup.rota_failed");
  }
}

function grid({ turns, now }, replace) {
  const heads = [...Array(DAYS).keys()].map((day) => {
    const date = plusDays(first, day);
    return placed(el(`span.day${now.startsWith(date) ? ".today" : ""}`, {}, dayText(date, { weekday: "short", day: "numeric" })), day + 2, 1, 2);
  });
  const hours = [0, 6, 12, 18].map((hour) => placed(el("span.hour", {}, `${String(hour).padStart(2, "0")}:00`), 1, 2 + hour * 4, 2 + hour * 4 + 4));
  return [...heads, ...hours, ...turns.flatMap((turn) => pieces(turn).map(([day, from, to]) => block(turn, day, from, to, replace)))];
}

/** Days of the week that a turn lies on: [day, first quarter, last quarter]. Times as the site's clock shows them. */
function pieces({ begins, ends }) {
  const found = [];
  for (let day = 0; day < DAYS; day += 1) {
    const date = plusDays(first, day);
    const next = plusDays(date, 1);
    if (ends.slice(0, 10) < date || begins.slice(0, 10) >= next) continue;
    const from = begins.slice(0, 10) < date ? 0 : quarter(begins);
    const to = ends.slice(0, 10) > date ? QUARTERS : quarter(ends);
    if (to > from) found.push([day, from, to]);
  }
  return found;
}

const quarter = (iso) => Number(iso.slice(11, 13)) * 4 + Math.floor(Number(iso.slice(14, 16)) / 15);

function block(turn, day, from, to, replace) {
  const who = turn.who.join(t("list.comma")) || t("setup.rota_nobody");
  const span = `${clock(turn.begins)} – ${clock(turn.ends)}`;
  const label = [who, span, turn.instead ? t("setup.rota_instead") : ""].filter(Boolean).join(" · ");
  const made = el(`button.turn${turn.who.length ? "" : ".nobody"}${turn.instead ? ".instead" : ""}`, {
    type: "button", title: label, "aria-label": `${dayText(plusDays(first, day), { weekday: "long" })}: ${label}`,
    onclick: () => replace(turn.begins.slice(0, 19), turn.ends.slice(0, 19)),
  }, el("strong", {}, who), to - from >= 12 ? el("span", {}, span) : null);
  return placed(made, day + 2, 2 + from, 2 + to);
}

function placed(element, column, from, to) {
  element.style.gridColumn = String(column);
  element.style.gridRow = `${from} / ${to}`;
  return element;
}

const clock = (iso) => iso.slice(11, 16);

/** Of dates without a time: noon UTC lies on the same day everywhere it is shown in UTC. */
const noon = (date) => new Date(`${date}T12:00:00Z`);
const dayText = (date, parts) => noon(date).toLocaleDateString(locale(), { ...parts, timeZone: "UTC" });

function plusDays(date, days) {
  const moved = noon(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** Of this week, by the site's clock. */
function thisMonday() {
  const today = isoDay(serverNow());
  return plusDays(today, -((noon(today).getUTCDay() + 6) % 7));
}

/** When the newest exception is, is known. */
export function askWho() {
  const groups = byId("entry").querySelectorAll('[data-path="overrides"] .group');
  const last = groups[groups.length - 1];
  last?.scrollIntoView({ block: "center" });
  last?.querySelector('[data-path$="who"] input')?.focus({ preventScroll: true });
}
