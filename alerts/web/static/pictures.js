// The pictures of the selected alert: the moment with marks over it, the film of what led to it, before and after.
import { getJson } from "./api.js";
import { isClear } from "./clear.js";
import { el } from "./dom.js";
import { clockTime } from "./format.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { marks } from "./marks.js";
import { fetchInto } from "./picture_loader.js";
import { calledAt, changed, title } from "./state.js";

let known = { id: "", mark: "", pictures: [] };
let asking = "";
let marksShown = true;
let chosen = { id: "", mark: "" };

/** What may make other pictures of it. */
const markOf = (alert) => [alert.id, alert.snapshot, alert.snapshot_after, alert.film, alert.photos].join(" ");

/** All pictures that are kept, the oldest first; asked for when the alert is shown for the first time, or has new ones. */
function picturesOf(alert) {
  const mark = markOf(alert);
  if (known.mark !== mark && asking !== mark) load(alert.id, mark);
  return known.id === alert.id ? known.pictures : [];
}

async function load(id, mark) {
  asking = mark;
  const answer = await getJson(`/api/alerts/${encodeURIComponent(id)}/pictures`).catch(() => null);
  if (asking !== mark) return;
  asking = answer ? mark : "";
  if (!answer) return; // the next change asks again
  known = { id, mark, pictures: answer.pictures };
  changed();
}

const shownOf = (alert) => {
  const all = picturesOf(alert);
  return all.find(({ mark }) => chosen.id === alert.id && mark === chosen.mark) ?? all.find(({ role }) => role === "alert") ?? null;
};

export const pictureShown = (alert) => [alert.snapshot, picturesOf(alert).map(({ mark }) => mark), shownOf(alert)?.mark, isClear(alert), marksShown];

/** The picture that was chosen, else that of the moment it is about. */
export function picturePart(alert) {
  const frame = el("figure.snapshot");
  const missing = (key) => frame.replaceChildren(el("p.missing", {}, icon("offline"), t(key)));
  const one = shownOf(alert);
  if (!one) {
    if (!alert.snapshot) missing("detail.no_snapshot");
    else frame.append(el("div.stage", {}));
    return frame;
  }
  if (!canShow(alert, one)) {
    missing("detail.only_clear");
    return frame;
  }
  const late = el("p.missing", { hidden: true, role: "status" }, icon("offline"), t("detail.late_snapshot"));
  const image = photo(alert, one, { first: true, told: (how) => {
    if (how === "none") missing("detail.no_snapshot");
    else late.hidden = how !== "late";
  } });
  const over = marks(one);
  over.classList.toggle("off", !marksShown);
  const stage = el("div.stage", {}, image, over, late);
  frame.append(stage, ...(over.childElementCount ? [marksButton()] : []), el("figcaption", {}, caption(alert, one)));
  return frame;
}

const canShow = (alert, one) => one.hidden || (isClear(alert) && one.clear);

/** given: as `fetchInto` takes it. */
function photo(alert, one, given = {}) {
  const image = el("img", { alt: t("detail.snapshot_of", { camera: alert.camera, hazard: title(alert) }), decoding: "async" });
  image.width = one.width;
  image.height = one.height;
  const clear = isClear(alert) && one.clear;
  return fetchInto(image, `/api/alerts/${encodeURIComponent(alert.id)}/pictures/${one.mark}${clear ? "?clear=true" : ""}`, given);
}

function marksButton() {
  return el("button.quiet.variant", {
    type: "button", id: "snapshot-variant", "aria-pressed": String(marksShown), onclick: () => {
      marksShown = !marksShown;
      changed();
    },
  }, t("page.marks"));
}

function caption(alert, one) {
  const said = [clockTime(one.taken_at), one.by && t("page.photo_by", { who: one.by }), one.role !== "alert" ? word("picture", one.role) : one.moment === "since" ? word("picture", "newest") : null];
  if (!one.marked && one.drawing.findings?.some(({ path }) => path)) said.push(t("page.path"));
  said.push(t(isClear(alert) && one.clear ? "detail.lead" : "detail.lead_blurred"));
  return said.filter(Boolean).join(" · ");
}

export const filmShown = (alert) => [picturesOf(alert).map(({ mark }) => mark), shownOf(alert)?.mark, isClear(alert)];

/** What led to it, up to the picture that raised it, and what came since, in small pictures; a click shows one large. */
export function filmPart(alert) {
  const all = picturesOf(alert).filter((one) => canShow(alert, one));
  const part = el("section.film", { hidden: all.length < 2 });
  if (all.length < 2) return part;
  const shown = shownOf(alert);
  const reel = (key, wanted) => {
    const frames = all.map((one, at) => [one, at]).filter(([one]) => wanted(one.moment));
    return frames.length ? el("div.reel", {}, el("h3", {}, t(key)), el("ul", {}, ...frames.map(([one, at]) => el("li", {}, frame(alert, one, at, shown))))) : "";
  };
  part.append(reel("page.film", (moment) => moment !== "since"), reel("page.film_since", (moment) => moment === "since"));
  requestAnimationFrame(() => { // what is shown large is in view below, too
    const at = part.querySelector('[aria-pressed="true"]');
    if (at) part.scrollLeft = at.offsetLeft - (part.clientWidth - at.offsetWidth) / 2;
  });
  return part;
}

function frame(alert, one, at, shown) {
  const raised = one.moment === "raised";
  const button = el("button.frame", {
    type: "button", id: `film-${at}`, "aria-pressed": String(one.mark === shown?.mark), data: { role: one.role, moment: one.moment },
    "aria-label": `${word("picture", raised ? "raised" : one.role)} ${one.by} ${clockTime(one.taken_at)}`, title: [one.by, clockTime(one.taken_at)].filter(Boolean).join(" "),
    onclick: () => {
      chosen = { id: alert.id, mark: one.mark };
      changed();
    },
  }, photo(alert, one, { told: (how) => { button.dataset.picture = how; } }), el("span", {}, raised ? word("picture", "alert") : offset(alert, one)));
  return button;
}

/** How long before the alert it was, or after: what one wants to know of a film. */
function offset(alert, one) {
  const exactly = (Date.parse(one.taken_at) - Date.parse(alert.fired_at ?? alert.started_at)) / 1000;
  const seconds = Math.abs(exactly) < 2 ? Math.round(10 * exactly) / 10 : Math.round(exactly); // a flame is raised within two
  const size = Math.abs(seconds);
  const text = size < 120 ? t("span.s", { n: size }) : size < 7200 ? t("span.min", { n: Math.round(size / 60) })
    : t("span.h", { n: Math.round(size / 3600) });
  return `${seconds < 0 ? "−" : "+"}${text}`;
}

/** The newest photo that people have added since they were called, and that anybody may see; null: there is none. */
export const photoSince = (alert) => picturesOf(alert).filter((one) => one.role === "photo" && one.hidden && Date.parse(one.taken_at) >= Date.parse(calledAt(alert))).at(-1) ?? null;

const pairOf = (alert) => ["alert", "after"].map((role) => picturesOf(alert).find((one) => one.role === role && canShow(alert, one)));

export const compareShown = (alert) => [pairOf(alert).map((one) => one?.mark), isClear(alert)];

/** Before and after in one frame, the border moved by a slider; on paper side by side. */
export function comparePart(alert) {
  const [before, after] = pairOf(alert);
  const part = el("section.compare", { hidden: !before || !after });
  if (part.hidden) return part;
  const later = photo(alert, after);
  later.classList.add("later");
  const show = (share) => part.style.setProperty("--border", `${share}%`);
  const slider = el("input", { type: "range", min: 0, max: 100, value: 50, id: "compare", "aria-label": t("page.compare_how"),
    oninput: (event) => show(event.target.value) });
  show(50);
  part.append(el("h3", {}, t("page.compare")),
    el("div.pair", {}, photo(alert, before), later),
    slider,
    el("p.labels", {}, el("span", {}, `${t("page.before")} ${clockTime(before.taken_at)}`), el("span", {}, `${t("page.after")} ${clockTime(after.taken_at)}`)));
  return part;
}
