// The plan of a place: where its cameras hang, and what is wrong there. Set up by plan_edit.js.
import { el } from "./dom.js";
import { age } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { allPlaces, inWords, isWithin, nameOf, placeText } from "./places.js";
import { loadPlans, placesWithPlan, planOf } from "./plan_data.js";
import { camerasOf, dragging, editButtons, editing, editParts, editSpot, editState, endEdit, spotsShown } from "./plan_edit.js";
import { untangle } from "./plan_labels.js";
import { allCameras, begunAt, changed, isSuspected, isWaiting, may, select, selected, shortTitle, stateWord, title } from "./state.js";
import { isLive, lostSince, since } from "./tile.js";
import { keep, kept } from "./wall_kept.js";

const POLL_MS = 60000;
const EDGE = 0.12;
const MOST_BESIDE = 6; // alarms named below the plan: more of them would leave no room for it
let parts = null;
const drawn = {};

/** alarms: the most pressing open alert of each camera. onCamera: shows one alone. */
export function drawPlan(section, alarms, onCamera) {
  parts ??= makeParts(section);
  if (!editing()) loadPlans(); // what is drawn under marks that are being moved stays
  const place = shownPlace();
  const plan = planOf(place);
  part("bar", [place, plan?.version, placesWithPlan(), allPlaces().map(({ id }) => id), editState(), may("admin"), counts(alarms)], () => bar(place, plan, alarms));
  drawPicture(place, plan);
  const known = allCameras().filter(({ name }) => plan && name in spotsShown(plan));
  if (!dragging()) part("spots", [place, plan?.version, editing(), spotsShown(plan), selected()?.camera,
    known.map((camera) => [camera.name, camera.health.state, said(alarms.get(camera.name))])],
  () => known.map((camera) => spot(camera, plan, alarms.get(camera.name), onCamera)), tidy);
  const elsewhere = [...alarms.values()].filter((alert) => !known.some(({ name }) => name === alert.camera));
  part("aside", [place, plan?.version, editing(), editing() && spotsShown(plan), elsewhere.map(said), camerasOf(place).map(({ name }) => name)],
    () => (editing() ? editParts(place, plan) : besides(elsewhere)));
}

/** Escape ends what is being set up. Whether something was. */
export const planEscape = () => endEdit();

setInterval(() => { if (parts?.sheet.checkVisibility() && !document.hidden && !editing()) loadPlans(); }, POLL_MS);

/** The one that was looked at last, else the first that there is; an admin may look at a place without one. */
function shownPlace() {
  const known = (id) => nameOf(id) && (planOf(id) || may("admin"));
  if (kept.plan && known(kept.plan)) return kept.plan;
  return placesWithPlan().find(known) ?? "site";
}

function makeParts(section) {
  const made = {
    bar: el("div.plan-bar"),
    image: el("img", { alt: "" }),
    spots: el("div.plan-spots"),
    empty: el("p.plan-empty"),
    aside: el("ul.plan-aside"),
  };
  made.paper = el("div.plan-paper", {}, made.image, made.spots);
  made.sheet = el("div.plan-sheet", {}, made.paper, made.empty);
  section.replaceChildren(made.bar, made.sheet, made.aside);
  new ResizeObserver(tidy).observe(made.paper);
  return made;
}

/** Replaced only when what it shows has changed; the focus stays on what it was on. */
function part(name, shows, make, made = () => {}) {
  const now = JSON.stringify([currentLanguage(), shows]);
  if (drawn[name] === now) return;
  drawn[name] = now;
  const held = parts[name].contains(document.activeElement) ? document.activeElement.dataset.key : "";
  parts[name].replaceChildren(...make().filter(Boolean));
  made();
  if (held) parts[name].querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Marks that are being hung keep their words, wherever they are dragged. */
function tidy() {
  if (parts && !editing()) untangle([...parts.spots.querySelectorAll(".spot")]);
}

const said = (alert) => alert && [alert.id, title(alert), stateWord(alert), Boolean(alert.acknowledged_at)];
const counts = (alarms) => placesWithPlan().map((id) => alarmsOn(id, alarms));
const alarmsOn = (place, alarms) => {
  const spots = planOf(place)?.spots ?? {};
  return [...alarms.values()].filter((alert) => alert.camera in spots && isWaiting(alert)).length;
};

function bar(place, plan, alarms) {
  const ids = may("admin") ? ["site", ...allPlaces().map(({ id }) => id)] : placesWithPlan();
  const choice = el("select", {
    "aria-label": t("plan.place"), disabled: editing(), data: { key: "place" },
    onchange: () => { keep({ plan: choice.value }); changed(); },
  }, ...ids.map((id) => {
    const waiting = alarmsOn(id, alarms);
    const name = planOf(id) ? nameOf(id) : t("plan.without", { place: nameOf(id) });
    return el("option", { value: id }, waiting ? t("plan.with_alarms", { place: name, n: waiting }) : name);
  }));
  choice.value = place;
  return [ids.length ? choice : null, ...(may("admin") ? editButtons(place, plan) : [])];
}

function drawPicture(place, plan) {
  const { empty, image, paper } = parts;
  paper.hidden = !plan;
  empty.hidden = Boolean(plan);
  empty.textContent = t(may("admin") ? "plan.none_admin" : "plan.none");
  if (!plan) return;
  const source = `/api/plans/${encodeURIComponent(place)}/picture?v=${plan.version}`;
  if (image.getAttribute("src") !== source) image.setAttribute("src", source);
  image.alt = t("plan.of", { place: nameOf(place) });
  paper.style.setProperty("--ratio", String(plan.width / plan.height));
}

/** A camera on the plan: what it is called, and by shape and word what is wrong there. */
function spot(camera, plan, alert, onCamera) {
  const { x, y } = spotsShown(plan)[camera.name];
  const down = !isLive(camera.health);
  const words = alert ? [el("strong", {}, shortTitle(alert)), el("span", {}, camera.name)]
    : [el("span", {}, camera.name), down ? el("strong", {}, word("health", camera.health.state)) : null];
  const button = el("button.spot", {
    type: "button",
    data: {
      key: camera.name, level: alert ? alert.severity : down ? "down" : "well",
      answered: alert && !isWaiting(alert) && !isSuspected(alert) ? "yes" : "", suspected: alert && isSuspected(alert) ? "yes" : "",
      current: selected()?.camera === camera.name ? "yes" : "",
      edge: x < EDGE ? "left" : x > 1 - EDGE ? "right" : "", // its words stay on the paper
    },
    onclick: () => (editing() ? null : alert ? select(alert.id) : onCamera(camera.name)),
  }, el("span.spot-shape", {}, icon(alert ? alert.hazard : down ? "offline" : "camera")), el("span.spot-words", {}, ...words));
  button.setAttribute("aria-label", [camera.name, inWords(camera.place), alert && title(alert), alert && word("state", stateWord(alert)),
    down && word("health", camera.health.state)].filter(Boolean).join(". "));
  if (down) button.title = since(word("health", camera.health.state), lostSince(camera.health)).textContent;
  button.style.left = `${x * 100}%`;
  button.style.top = `${y * 100}%`;
  if (editing()) editSpot(button, parts.spots, camera);
  return button;
}

/** Alarms whose cameras do not hang on this plan: the most pressing ones. */
function besides(alerts) {
  const more = alerts.length - MOST_BESIDE;
  return [...alerts.slice(0, MOST_BESIDE).map(beside), more > 0 ? el("li.dim", {}, t("wall.more", { n: more })) : null];
}

function beside(alert) {
  const other = placesWithPlan().find((id) => alert.camera in planOf(id).spots)
    ?? placesWithPlan().find((id) => id !== "site" && isWithin(alert.place_id, id));
  const go = () => {
    if (other) keep({ plan: other });
    select(alert.id);
    changed();
  };
  const standing = isSuspected(alert) ? ".suspected" : isWaiting(alert) ? "" : ".answered";
  return el("li", {}, el(`button.wall-alarm.${alert.severity}${standing}`, { type: "button", data: { key: alert.id }, onclick: go },
    icon(alert.hazard), el("strong", {}, title(alert)), el("span", {}, placeText(alert) || alert.camera),
    el("span", {}, word("state", stateWord(alert))), el("span", { data: { age: begunAt(alert) } }, age(begunAt(alert)))));
}
