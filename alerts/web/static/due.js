// What is overdue, over all alerts: one number in the head of the page, which leads to the first of them.
import { getJson } from "./api.js";
import { byId } from "./dom.js";
import { isPast } from "./format.js";
import { t } from "./i18n.js";
import { asking } from "./questions.js";

const EVERY_MS = 30_000;
const SOON_MS = 500;
let owed = [];
let isHeard = () => true;

/** show(id) is called to show an alert. heard(): whether the server is; without it nobody knows what is overdue. */
export function setUpDue(show, heard) {
  isHeard = heard;
  byId("overdue").addEventListener("click", () => show(overdue()[0].alert));
  question.begin();
}

const question = asking(() => getJson("/api/due"), ({ due }) => {
  owed = due;
  drawDue();
}, { soonMs: SOON_MS, everyMs: EVERY_MS });

/** Ask again, once for many changes that come together. */
export const refreshDue = question.soon;

/** Ids of alerts that somebody has acknowledged and that nobody goes to, too late. */
export const nobodyGoes = () => new Set(isHeard() ? overdue().filter(({ what }) => what === "accepted").map(({ alert }) => alert) : []);

const overdue = () => owed.filter((one) => isPast(one.at));

/** Once a second: time makes things overdue. */
export function drawDue() {
  const late = overdue().length;
  byId("overdue").hidden = late === 0 || !isHeard();
  byId("overdue").textContent = t("count.overdue", { n: late });
}
