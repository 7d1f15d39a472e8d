// Charts as SVG: sharp on paper, nothing fetched, styled by the page. Whoever cannot see one reads the table beside it,
// so that a chart says to a screen reader no more than what it is.
import { unit } from "./dom.js";

const LETTERS = 14; // room that a line's label needs above it
const SVG = "http://www.w3.org/2000/svg";
const LEFT = 40;
const BOTTOM = 22;
const TOP = 10;
const LABEL = 58;

/** svg("rect.fire", {x: 1}, child): an SVG element with classes, attributes and children. */
function svg(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElementNS(SVG, tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A whole drawing, so many units of the type's size wide and high. */
const drawing = (kind, width, height, attributes, ...children) =>
  svg(`svg.${kind}`, { viewBox: `0 0 ${width} ${height}`, width: width * unit(), height: height * unit(), ...attributes }, ...children);

/** A round number at or above `value`, so that its quarters are round too. */
export function ceiling(value) {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

/** The hatched fills of parts that are not told by colour alone; `name` is the page's own for it. */
function patterns(name) {
  return svg("defs", {},
    svg("pattern", { id: `${name}-violation`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect.part-violation", { width: 6, height: 6 }), svg("rect.part-gap", { width: 2, height: 6 })),
    svg("pattern", { id: `${name}-fault`, width: 5, height: 5, patternUnits: "userSpaceOnUse" },
      svg("rect.part-fault", { width: 5, height: 5 }), svg("circle.part-gap", { cx: 2.5, cy: 2.5, r: 1.2 })));
}

/** Fire is plain; the style sheet's colour would go before an attribute, so the hatched ones have no class. */
const filled = (name, part, attributes) => (part === "fire" ? svg("rect.part-fire", attributes)
  : svg("rect", { ...attributes, fill: `url(#${name}-${part})` }));

/**
 * Bars side by side, each stacked of parts. bars: [{label, title, parts: {fire: 1, …}}]; a label "" is left out.
 * lines: [{value, label}] to compare with. room: its width, px. name: of this chart in the page.
 */
export function barChart({ name, label, bars, lines = [], room, height = 230 }) {
  const width = room / unit();
  const most = Math.max(...bars.map((bar) => sum(bar.parts)), ...lines.filter((line) => line.always).map((line) => line.value), 1);
  const top = ceiling(most);
  const inner = height - TOP - BOTTOM;
  const y = (value) => TOP + inner * (1 - value / top);
  const step = (width - LEFT) / bars.length;
  const gap = step > 4 ? Math.min(3, step / 4) : 0;
  const drawn = bars.map((bar, index) => {
    let below = 0;
    const parts = Object.entries(bar.parts).filter(([, value]) => value).map(([part, value]) => {
      const rect = filled(name, part, { x: LEFT + index * step + gap / 2, width: Math.max(1, step - gap), y: y(below + value),
        height: y(below) - y(below + value) });
      below += value;
      return rect;
    });
    return svg("g", {}, svg("title", {}, bar.title), svg("rect.part-none", { x: LEFT + index * step, width: step, y: TOP, height: inner }), ...parts);
  });
  let free = 0; // labels that would run into each other are left out
  const labels = bars.map((bar, index) => {
    const x = LEFT + index * step;
    if (!bar.label || x < free) return null;
    free = x + LABEL;
    return svg("text.axis", { x, y: height - 6 }, bar.label);
  });
  return drawing("chart", width, height, { role: "img", "aria-label": label },
    patterns(name), ...scale(top, y, width), ...drawn, ...compared(lines, top, y, width), ...labels);
}

const sum = (parts) => Object.values(parts).reduce((total, value) => total + value, 0);

function scale(top, y, width) {
  return [0, 1, 2, 3, 4].map((quarter) => (quarter * top) / 4).flatMap((value) => [
    svg("line.grid", { x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
    svg("text.axis.end", { x: LEFT - 6, y: y(value) + 4 }, String(value)),
  ]);
}

function compared(lines, top, y, width) {
  return lines.filter((line) => line.value <= top).flatMap((line) => [
    svg("line.limit", { x1: LEFT, x2: width, y1: y(line.value), y2: y(line.value) }),
    svg("text.limit-text.end", { x: width - 4, y: y(line.value) < LETTERS ? y(line.value) + LETTERS : y(line.value) - 4 }, line.label),
  ]);
}

/** A share with its interval, 0–1, as a line with a point: for a cell of a table. */
export function rangeChart({ label, low, share, high, width = 160 }) {
  const x = (value) => 4 + value * (width - 8);
  return drawing("range", width, 16, { role: "img", "aria-label": label },
    svg("line.grid", { x1: x(0), x2: x(1), y1: 8, y2: 8 }),
    svg("line.range-line", { x1: x(low), x2: x(high), y1: 8, y2: 8 }),
    share === null ? null : svg("circle.range-point", { cx: x(share), cy: 8, r: 4 }));
}

/** A share of the largest, 0–1, as a bar: for a cell of a table that says the number itself. */
export function lengthBar(share, width = 160) {
  return drawing("length", width, 12, { "aria-hidden": "true" },
    svg("rect.length-bar", { width: Math.max(1, share * width), height: 12, rx: 2 }));
}

/** What the fills mean. */
export function swatch(name, part) {
  return drawing("swatch", 14, 14, { "aria-hidden": "true" },
    filled(name, part, { width: 14, height: 14, rx: 2 }));
}
