// The pages of the shift: its sheet, the figures, the false alarms, the drills; one page, of which one part is shown.
import { getJson } from "./api.js";
import { leadBack } from "./beside.js";
import { byId } from "./dom.js";
import { learnWords, onLanguage, switchLanguage, t, translatePage } from "./i18n.js";
import { icon } from "./icons.js";
import { learnPlaces } from "./places.js";
import { failure } from "./refused.js";
import { setUpDrills, showDrills } from "./shift_drills.js";
import { setUpFigures, showFigures } from "./shift_figures.js";
import { setUpLessons, showLessons } from "./shift_lessons.js";
import { setUpSheet, showSheet } from "./shift_sheet.js";
import { learnZone } from "./format.js";
import "./strings_shift.js";

const PARTS = { sheet: showSheet, figures: showFigures, lessons: showLessons, drills: showDrills };
let site = "";

/** A line of what went wrong, "" to take it away. */
function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

function failed(error) {
  if (!error) trouble("");
  else if (error.status === 401) location.replace("/enter");
  else trouble(error.status === 403 ? t("shift.not_allowed") : failure(error));
}

/** The part that the address names; the sheet if it names none. */
function show() {
  const wanted = location.hash.slice(1);
  const part = wanted in PARTS ? wanted : "sheet";
  document.body.dataset.tab = part;
  for (const section of document.querySelectorAll("[data-part]")) section.hidden = section.dataset.part !== part;
  for (const link of document.querySelectorAll(".shift-tabs a")) {
    if (link.dataset.tab === part) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  trouble("");
  PARTS[part]().then(reach).catch(failed);
}

/** What is wider than the screen scrolls by the keyboard, too. */
function reach() {
  for (const box of document.querySelectorAll(".scroll")) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
}

function drawTitle() {
  document.title = `${t("shift.title")} · ${t("app.title")}`;
  byId("site").textContent = site.includes("心安") ? "" : site;
}

async function start() {
  translatePage();
  document.querySelectorAll("[data-icon]").forEach((element) => element.append(icon(element.dataset.icon)));
  byId("language").addEventListener("click", switchLanguage);
  leadBack();
  const [me, hazards, shifts, places] = await Promise.all(["me", "hazards", "shifts", "places"].map((name) => getJson(`/api/${name}`)));
  document.body.dataset.may = me.permissions.join(" ");
  learnWords("hazard", Object.fromEntries(Object.entries(hazards.hazards).map(([kind, said]) => [kind, said.words])));
  learnPlaces(places);
  learnZone(shifts.zone);
  site = me.site;
  setUpSheet(me, shifts, failed);
  setUpFigures(failed);
  setUpLessons(failed);
  setUpDrills(me, places, failed);
  onLanguage(() => { drawTitle(); show(); });
  addEventListener("hashchange", () => { show(); scrollTo(0, 0); });
  drawTitle();
  show();
}

start().catch(failed);
