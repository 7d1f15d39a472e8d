// What can be chosen above the wall, and the alarms that found no tile on it.
import { byId, el } from "./dom.js";
import { age } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { placeText } from "./places.js";
import { begunAt, may, select, stateWord, title } from "./state.js";
import { kept, SIZES } from "./wall_kept.js";

const MOST_NEWS = 3;
let drawn = "";
let newsDrawn = "";

/** shown: what the wall shows, with alarms by camera. actions: of wall.js. */
export function drawBar({ page, pages, alone, full, view, missing, alarms }, actions) {
  const now = JSON.stringify([currentLanguage(), page, pages, alone, full, view, may("live"), may("setup"), kept]);
  if (now !== drawn) replace(byId("wall-bar"), parts({ page, pages, alone, full, view }, actions));
  drawn = now;
  drawNews(missing.map((camera) => alarms.get(camera)));
}

/** New children, with the focus where it was. */
function replace(bar, children) {
  const held = bar.contains(document.activeElement) ? document.activeElement.id : "";
  bar.replaceChildren(...children.filter(Boolean));
  if (held) byId(held)?.focus({ preventScroll: true });
}

function parts({ page, pages, alone, full, view }, actions) {
  const inTiles = view === "tiles";
  return [
    el("h2", {}, t("wall.title")),
    may("live") && el("div.wall-views", { role: "group", "aria-label": t("wall.view") },
      toggle("wall-tiles", "tiles", t("wall.tiles"), inTiles, () => actions.view("tiles")),
      toggle("wall-plan", "plan", t("wall.plan"), !inTiles, () => actions.view("plan"), "M")),
    inTiles && alone === null && sizes(actions),
    inTiles && alone === null && pages > 1 && pager(page, pages, actions),
    alone !== null && el("button.quiet", { type: "button", id: "wall-all", onclick: () => actions.alone(alone) },
      icon("tiles"), t("wall.all"), el("kbd", {}, "Esc")),
    el("span.wall-room"),
    inTiles && toggle("wall-zones", "violation", t("wall.zones"), kept.zones, actions.zones),
    toggle("wall-strip", "camera", t("wall.strip"), kept.strip, actions.strip),
    may("setup") && el("a.button.quiet", { id: "wall-add", href: "/setup#part=cameras&new", title: t("wall.add") }, icon("plus"), el("span", {}, t("wall.add"))),
    toggle("wall-full", "full", t(full ? "wall.full_off" : "wall.full"), full, actions.full, "W"),
  ];
}

const toggle = (id, picture, text, pressed, onclick, key = "") =>
  el("button.quiet", { type: "button", id, "aria-pressed": String(pressed), onclick }, icon(picture), el("span", {}, text), key ? el("kbd", {}, key) : null);

function sizes(actions) {
  const choice = el("select", { id: "wall-size", "aria-label": t("wall.size"), title: t("wall.size"), onchange: () => actions.size(Number(choice.value)) },
    ...[0, ...SIZES].map((size) => el("option", { value: String(size) }, size ? t("wall.size_n", { n: size }) : t("wall.size_auto"))));
  choice.value = String(kept.size);
  return choice;
}

const pager = (page, pages, actions) => el("div.wall-pages", { role: "group", "aria-label": t("wall.page", { n: page + 1, of: pages }) },
  el("button.quiet", { type: "button", id: "wall-back", "aria-label": t("wall.back"), onclick: () => actions.page(-1) }, "‹"),
  el("span", {}, t("wall.page", { n: page + 1, of: pages })),
  el("button.quiet", { type: "button", id: "wall-on", "aria-label": t("wall.on"), onclick: () => actions.page(1) }, "›"));

function drawNews(alerts) {
  const now = JSON.stringify([currentLanguage(), alerts.map((alert) => [alert.id, stateWord(alert), title(alert)])]);
  if (now === newsDrawn) return;
  newsDrawn = now;
  const more = alerts.length - MOST_NEWS;
  byId("wall-news").hidden = !alerts.length;
  byId("wall-news").replaceChildren(...alerts.slice(0, MOST_NEWS).map((alert) => el("li", {},
    el(`button.wall-alarm.${alert.severity}`, { type: "button", onclick: () => select(alert.id) },
      icon(alert.hazard), el("strong", {}, title(alert)), el("span", {}, alert.camera || placeText(alert)),
      el("span", {}, word("state", stateWord(alert))), el("span", { data: { age: begunAt(alert) } }, age(begunAt(alert)))))),
  ...(more > 0 ? [el("li", {}, t("wall.more", { n: more }))] : []));
}
