// Why an alert was raised: what was measured, the limits it was compared with, by what it was made, the scores over time.
import { el, svg } from "./dom.js";
import { evidence, span } from "./format.js";
import { t, word } from "./i18n.js";
import { zoneText } from "./places.js";

const APART = new Set(["cause", "drill", "trace", "model", "settings", "mean_confidence"]); // one share of one fire: its surest look
const WIDTH = 320;
const HEIGHT = 56;
let limits = {};
let prefixes = [];

/** What the server says of the hazards: which values are limits. */
export function learnLimits(answer) {
  limits = Object.fromEntries(Object.entries(answer.hazards).map(([kind, said]) => [kind, said.limits]));
  prefixes = answer.limit_prefixes;
}

const isLimit = (hazard, key) => limits[hazard]?.includes(key) || prefixes.some((prefix) => key.startsWith(prefix));

/** A list of points is drawn on the snapshot, not read. */
const isDrawn = (value) => Array.isArray(value) && value.some(Array.isArray);

export function why(alert) {
  const told = Object.entries(alert.evidence).filter(([key, value]) =>
    !APART.has(key) && !key.endsWith("_box") && value !== null && !isDrawn(value));
  const limit = told.filter(([key]) => isLimit(alert.hazard, key));
  const measured = told.filter(([key]) => !isLimit(alert.hazard, key));
  const madeBy = ["model", "settings"].filter((key) => alert.evidence[key]);
  return el("section.why", {}, el("h3", {}, t("why.title")),
    told.length ? null : el("p", {}, t("why.none")),
    rows(measured),
    limit.length ? el("h4", {}, t("why.limits")) : null,
    rows([...limit, ...(alert.zone ? [["zone", zoneText(alert)]] : [])]),
    sparkline(alert),
    madeBy.length ? el("p.made-by", {}, madeBy.map((key) => `${word("evidence", key)} ${alert.evidence[key]}`).join(" · ")) : null);
}

function rows(values) {
  if (!values.length) return null;
  return el("dl.facts", {}, ...values.flatMap(([key, value]) => {
    const [label, text] = evidence(key, value);
    return [el("dt", {}, label), el("dd", {}, text)];
  }));
}

/** The scores from the first suspicion on; a dashed line marks when the alert was raised. */
function sparkline(alert) {
  const points = alert.evidence.trace ?? [];
  if (points.length < 2) return null;
  const fired = alert.fired_at ? (Date.parse(alert.fired_at) - Date.parse(alert.started_at)) / 1000 : null;
  const first = Math.min(points[0][0], fired ?? points[0][0]);
  const last = Math.max(points.at(-1)[0], fired ?? 0, first + 1e-6);
  const x = (at) => ((at - first) / (last - first) * WIDTH).toFixed(1);
  const y = (score) => (HEIGHT * (1 - Math.min(1, Math.max(0, score)))).toFixed(1);
  const curve = svg("svg", { viewBox: `-3 -3 ${WIDTH + 6} ${HEIGHT + 6}`, class: "trace", role: "img",
    "aria-label": t("why.trace", { from: span(first), to: span(last) }) },
  svg("path", { d: `M0 0V${HEIGHT}H${WIDTH}`, class: "axis" }),
  svg("polyline", { points: points.map(([at, score]) => `${x(at)},${y(score)}`).join(" ") }),
  ...points.map(([at, score]) => svg("circle", { cx: x(at), cy: y(score), r: 1.6 })),
  fired === null ? null : svg("path", { d: `M${x(fired)} 0V${HEIGHT}`, class: "fired" }));
  return el("figure.scores", {}, curve, el("figcaption", {}, el("span", {}, span(first)),
    el("span", {}, fired === null ? t("why.scores") : t("why.scores_fired", { at: span(fired) })), el("span", {}, span(last))));
}
