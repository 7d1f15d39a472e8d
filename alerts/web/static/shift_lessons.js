// False alarms: what each was, why it was false, and whether the detector can learn from it.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { signed, t, word } from "./i18n.js";
import { inWords } from "./places.js";
import { dayTime } from "./shift_time.js";

const PAGE = 24;
let failed = () => {};
let camera = "";
let cameras = {};
let rows = [];
let next = null;
let asked = 0;

/** onFailed: told of an error. */
export function setUpLessons(onFailed) {
  failed = onFailed;
  byId("lessons-camera").addEventListener("change", (event) => { camera = event.target.value; showLessons().catch(failed); });
  byId("lessons-more").addEventListener("click", () => load(next).catch(failed));
}

export const showLessons = () => load(null);

/** The first page, or the one after `before`; an answer that comes too late is dropped. */
async function load(before) {
  const number = ++asked;
  const query = new URLSearchParams({ limit: String(PAGE), ...(camera && { camera }), ...(before && { before }) });
  const page = await getJson(`/api/false-alarms?${query}`);
  if (number !== asked) return;
  rows = before ? [...rows, ...page.alerts] : page.alerts;
  next = page.next;
  if (page.cameras) cameras = page.cameras;
  draw();
}

function draw() {
  byId("lessons-camera").replaceChildren(
    el("option", { value: "" }, t("lesson.all")),
    ...Object.entries(cameras).map(([name, number]) => el("option", { value: name, selected: name === camera }, `${name} (${number})`)));
  byId("lessons-export").href = `/api/false-alarms.jsonl${camera ? `?camera=${encodeURIComponent(camera)}` : ""}`;
  byId("lessons").replaceChildren(...(rows.length ? rows.map(card) : [el("li.calm", {}, t("lesson.none"))]));
  byId("lessons-more").hidden = next === null;
}

function card(alert) {
  const what = word("hazard", alert.hazard);
  return el("li.lesson", { data: { teaches: alert.why_not ? "" : "yes" } },
    picture(alert, what),
    el("div", {},
      el("strong", {}, what), " ", el("span.note", {}, dayTime(alert.fired_at ?? alert.started_at)),
      el("p", {}, inWords(alert.place) || alert.camera, alert.place && alert.camera ? el("span.note", {}, ` · ${alert.camera}`) : null),
      el("p", {}, t("lesson.reason", { reason: word("reason", alert.false_alarm_reason), who: signed(alert.false_alarm_by) || "–" })),
      el("p.note", {}, alert.why_not ? t("lesson.teaches_not", { why: word("why_not", alert.why_not) }) : t("lesson.teaches")),
      el("a.link", { href: `/#alert=${encodeURIComponent(alert.id)}` }, t("lesson.show"))));
}

/** With people's heads hidden; what has no such picture shows none. */
function picture(alert, what) {
  if (!alert.snapshot || !alert.blurred) return el("div.no-picture", {}, t("lesson.no_picture"));
  return el("img", { src: `/api/alerts/${encodeURIComponent(alert.id)}/snapshot?variant=blurred&v=${alert.snapshot}`, alt: t("lesson.picture", { what }), loading: "lazy", width: 320, height: 180 });
}
