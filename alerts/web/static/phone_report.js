// Patrol: a photo, a place and a hazard become a case, now or when there is a line.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { currentLanguage, learnWords, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { asBase64, newKey, smallPhoto } from "./photo.js";
import { isUnkept, sayIt } from "./waiting.js";

const KEPT = "xinan.patrol"; // places, hazards and rights, for a phone without a line
const SITE = "site";
const MOST_MADE = 3;
let known = recall();
let photo = null;
let shown = "";
let said = () => "";
let made = []; // the newest cases that this phone has reported
let redraw = () => {};

export function setUpReport(draw) {
  redraw = draw;
  byId("shot").addEventListener("change", take);
  byId("report").addEventListener("submit", send);
}

export async function loadReport(me) {
  const [places, { hazards }] = await Promise.all([getJson("/api/places"), getJson("/api/hazards")]);
  known = {
    may: me.permissions.includes("answer"),
    anywhere: me.places === null,
    name: me.name,
    places: places.places.filter((place) => me.places === null || isOwn(place, places.places, me.places))
      .map(({ id, path, path_en }) => ({ id, zh: path, en: path_en })),
    hazards: Object.entries(hazards).filter(([, one]) => one.severity === "violation").map(([kind, { words }]) => ({ kind, words })),
  };
  try {
    localStorage.setItem(KEPT, JSON.stringify(known));
  } catch {
    // it is asked again next time
  }
}

/** Whether it is one of those somebody is limited to, or lies in one. */
function isOwn(place, all, own) {
  for (let at = place; at; at = all.find((one) => one.id === at.within)) if (own.includes(at.id)) return true;
  return false;
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

/** Somebody has begun: the page must not be loaded anew. */
export const isReporting = () => isUnkept() || photo !== null || Boolean(byId("note").value || byId("where").value);

export function drawReport() {
  byId("report").hidden = !known?.may;
  byId("report-said").textContent = said();
  byId("report-made").replaceChildren(...made.map(madeRow));
  if (!known?.may) return;
  learnWords("hazard", Object.fromEntries(known.hazards.map(({ kind, words }) => [kind, words])));
  const now = JSON.stringify([known, currentLanguage()]);
  if (now === shown) return; // as it stands there: what was chosen stays chosen
  shown = now;
  drawHazards();
  drawPlaces();
}

function drawHazards() {
  const chosen = byId("report").elements.hazard?.value;
  byId("hazards").replaceChildren(el("legend", {}, t("phone.what")), ...known.hazards.map(({ kind }) => el("label.choice", {},
    el("input", { type: "radio", name: "hazard", value: kind, checked: kind === chosen }), icon(kind), el("span", {}, word("hazard", kind)))));
}

function drawPlaces() {
  const chosen = byId("place").value;
  const elsewhere = known.anywhere ? [el("option", { value: SITE }, t("phone.elsewhere"))] : [];
  byId("place").replaceChildren(el("option", { value: "" }, t("phone.choose_place")),
    ...known.places.map((place) => el("option", { value: place.id }, place[currentLanguage()])), ...elsewhere);
  byId("place").value = chosen;
}

async function take() {
  const [file] = byId("shot").files;
  if (!file) return;
  try {
    photo = await smallPhoto(file);
    said = () => "";
  } catch {
    photo = null;
    said = () => t("phone.no_photo");
  }
  URL.revokeObjectURL(byId("shot-seen").src);
  byId("shot-seen").hidden = !photo;
  byId("shot-hint").hidden = Boolean(photo);
  if (photo) byId("shot-seen").src = URL.createObjectURL(photo);
  redraw();
}

function missing(fields) {
  if (!photo) return "phone.photo_first";
  if (!fields.hazard.value) return "phone.what_first";
  if (!fields.place.value) return "phone.where_first";
  return fields.place.value === SITE && !fields.where.value.trim() ? "phone.words_first" : "";
}

async function send(event) {
  event.preventDefault();
  const form = byId("report");
  const key = missing(form.elements);
  if (key) return tell(() => t(key));
  const { hazard, place, where } = form.elements;
  const what = `${word("hazard", hazard.value)} · ${place.selectedOptions[0].text} ${where.value}`.trim();
  byId("report-send").disabled = true;
  tell(() => t("phone.report_sending", { what }));
  try {
    tell(outcome(await sendPhoto(form, what), what));
  } catch {
    byId("report-send").disabled = false;
    tell(() => t("phone.not_kept"));
  }
}

/** What it came to, or null while it waits. The form is free for the next as soon as this one is kept, while it is on its way. */
async function sendPhoto(form, what) {
  const { hazard, place, where, note } = form.elements;
  const id = newKey();
  const body = { place: place.value, where: where.value, hazard: hazard.value, note: note.value, photo: await asBase64(photo), by: myName() };
  return sayIt({ id, url: `/api/reports/${id}`, method: "PUT", body, tell: { kind: "report", what } }, () => {
    clear(form);
    byId("report-send").disabled = false;
    tell(() => t(navigator.onLine ? "phone.report_sending" : "phone.report_waits", { what }));
  });
}

/** What came of it, said and, once the server has it, shown as a case. */
function outcome(result, what) {
  if (!result) return () => t(navigator.onLine ? "phone.report_retried" : "phone.report_waits", { what });
  if (!result.done) return () => t("phone.report_refused", { why: whyNot(result) });
  return () => "";
}

const whyNot = ({ body, status }) => (body?.code ? word("refusal", body.code) : body?.detail ?? status);

/** The server has decided of what waited on this phone: a report that has become a case is shown, whenever that was. */
export function reportTaken({ done, body }) {
  if (!done || !body?.alert || !body.place || made.some((one) => one.alert === body.alert)) return;
  made = [body, ...made].slice(0, MOST_MADE);
  said = () => ""; // it has become a case, and no longer waits
  redraw();
}

/** Which case it has become, where, whose it is, who is told; and the way there. */
function madeRow(one) {
  const told = one.held ? t("phone.made_held") : one.told.length ? t("phone.made_told", { who: one.told.join(t("list.comma")) }) : t("phone.made_whose", { who: word("handler", one.whose) });
  return el("li", {},
    icon("check"), el("strong", {}, t("phone.made")), el("span", {}, one.place[currentLanguage()]),
    el("span", {}, told),
    el("span.dim", {}, t("phone.made_number", { id: one.alert })),
    el("a.button", { href: `/answer#alert=${one.alert}` }, t("phone.made_open")));
}

function clear(form) {
  form.reset();
  photo = null;
  byId("shot-seen").hidden = true;
  byId("shot-hint").hidden = false;
}

function tell(text) {
  said = text;
  redraw();
}

/** Who reports; where nobody is asked to log in, the name that was given on an alert's page. */
function myName() {
  try {
    return known.name || localStorage.getItem("xinan.name") || "";
  } catch {
    return "";
  }
}
