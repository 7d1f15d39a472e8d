// What can be chosen above the wall, and the alarms that found no tile on it.
import { byId, el } from "./dom.js";
import { age } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { placeText } from "./places.js";
import { begunAt, calledAt, may, select, stateWord, title } from "./state.js";
import { kept, SIZES } from "./wall_kept.js";

const putAway = new Set(); // news that somebody has read
let drawn = "";
let newsDrawn = "";
let unfolded = false; // all news are shown, not the first alone

/** shown: what the wall shows, with alarms by camera. actions: of wall.js. */
export function drawBar({ page, pages, alone, full, view, missing, alarms }, actions) {
  const now = JSON.stringify([currentLanguage(), page, pages, alone, full, view, may("live"), may("setup"), kept]);
  if (now !== drawn) replace(byId("wall-bar"), parts({ page, pages, alone, full, view }, actions));
  drawn = now;
  drawNews(view === "tiles" ? missing.map((camera) => alarms.get(camera)) : []); // the plan names them below itself
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
    el("h2", { "aria-level": full ? "1" : null }, t("wall.title")), // alone on the screen it is the page's heading
    may("live") && el("div.wall-views", { role: "group", "aria-label": t("wall.view") },
      toggle("wall-tiles", "tiles", t("wall.tiles"), inTiles, () => actions.view("tiles")),
      toggle("wall-plan", "plan", t("wall.plan"), !inTiles, () => actions.view("plan"), "M")),
    inTiles && alone === null && sizes(actions),
    inTiles && alone === null && pages > 1 && pager(page, pages, actions),
    alone !== null && el("button.quiet", { type: "button", id: "wall-all", onclick: () => actions.alone(alone) },
      icon("tiles"), t("wall.all"), el("kbd.named", {}, "Esc")),
    el("span.wall-room"),
    inTiles && toggle("wall-zones", "violation", t("wall.zones"), kept.zones, actions.zones),
    toggle("wall-strip", "camera", t("wall.strip"), kept.strip, actions.strip),
    may("setup") && el("a.button.quiet", { id: "wall-add", href: "/setup#part=cameras&new", target: "xinan-setup", title: t("wall.add") }, icon("plus"), el("span", {}, t("wall.add"))),
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

const newsMark = (alert) => `${alert.id} ${calledAt(alert)}`;

/** One line for all alarms that have no tile: the most pressing one, the way to how many more there are, and the way to put them
 * away until another comes. A fire is not put away. */
function drawNews(missing) {
  const alerts = missing.filter((alert) => alert.severity === "fire" || !putAway.has(newsMark(alert)));
  if (alerts.length < 2) unfolded = false;
  const now = JSON.stringify([currentLanguage(), unfolded, alerts.map((alert) => [newsMark(alert), stateWord(alert), title(alert)])]);
  if (now === newsDrawn) return;
  newsDrawn = now;
  const [first, ...more] = alerts;
  const news = byId("wall-news");
  news.hidden = !first;
  news.dataset.all = unfolded ? "yes" : "";
  if (!first) return news.replaceChildren();
  const away = () => {
    for (const alert of alerts) putAway.add(newsMark(alert));
    drawNews(missing);
  };
  const fold = (all) => {
    unfolded = all;
    drawNews(missing);
  };
  replace(news, [
    newsChip(first, "news-open", fold),
    more.length ? el("button.quiet.news-more", { type: "button", id: "news-more", title: t("wall.news_more", { n: more.length }),
      "aria-label": t("wall.news_more", { n: more.length }), "aria-expanded": String(unfolded), onclick: () => fold(!unfolded) }, `+${more.length}`) : null,
    alerts.every(({ severity }) => severity === "fire") ? null : el("button.quiet", { type: "button", id: "news-away", title: t("wall.news_away"),
      "aria-label": t("wall.news_away"), onclick: away }, icon("cross")),
    ...(unfolded ? more.map((alert) => newsChip(alert, `news-${alert.id}`, fold)) : []),
  ]);
}

const newsChip = (alert, id, fold) => el(`button.wall-alarm.${alert.severity}`, { type: "button", id, onclick: () => { fold(false); select(alert.id); } },
  icon(alert.hazard), el("strong", {}, title(alert)), el("span", {}, alert.camera || placeText(alert)),
  el("span.news-state", {}, word("state", stateWord(alert))), el("span.news-age", { data: { age: begunAt(alert) } }, age(begunAt(alert))));
