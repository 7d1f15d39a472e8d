// What is at hand where an alert is: extinguisher, hydrant, power cut-off, whom to call.
import { el } from "./dom.js";
import { currentLanguage, t, word } from "./i18n.js";
import { scopeWords } from "./scopes.js";
import { allCameras, title } from "./state.js";

const AT_HAND = ["extinguisher", "hydrant", "power_cutoff"];
let places = new Map();
let site = null;

export function learnPlaces(answer) {
  site = answer.site;
  places = new Map(answer.places.map((place) => [place.id, place]));
}

/** A registered place in the reader's language, as far as it has a name in it. */
export const pathOf = (place) => (currentLanguage() === "en" && place.path_en) || place.path;

/** A place that comes as text only, in the reader's language where it is the path of a registered one; what somebody added behind
 * it stays as it is. */
export function inWords(text) {
  if (currentLanguage() !== "en" || !text) return text;
  const named = [...places.values()].filter(({ path, path_en: english }) => english && (text === path || text.startsWith(`${path} `)));
  const [place] = named.sort((one, other) => other.path.length - one.path.length);
  return place ? place.path_en + text.slice(place.path.length) : text;
}

/** A place and the site by name, "" of one that is not there. */
export const nameOf = (id) => (id === "site" ? site?.name : places.has(id) ? pathOf(places.get(id)) : "") ?? "";

/** What a silence is about. */
export function scopeText({ scope_kind: kind, scope }) {
  if (kind === "place") return scope === "site" ? t("mute.everywhere") : nameOf(scope) || scope;
  if (kind === "camera_hazard") {
    const at = scope.indexOf("@");
    return `${word("hazard", scope.slice(0, at))} · ${scope.slice(at + 1)}`;
  }
  return kind === "hazard" ? word("hazard", scope) : `${word("scope", kind)} ${scope}`;
}

/** Whether a place (null: none) is another, or lies within it. */
export function isWithin(id, outer) {
  for (let at = id; at; at = places.get(at)?.within) if (at === outer) return true;
  return outer === "site";
}

/** Each before those within it. */
export const allPlaces = () => [...places.values()];

/** What somebody is limited to, by ids of places and names of cameras, in words. */
export const byPlaces = (ids) => ids.map((id) => scopeWords(id, nameOf(id), allCameras().some(({ name }) => name === id))).join(t("list.comma"));

/** The registered place of an alert; of a camera with free text the site, whose people know it. */
export function placeOf(alert) {
  const id = alert.place_id ?? allCameras().find((camera) => camera.name === alert.camera)?.place_id;
  return places.get(id) ?? site;
}

/** Where an alert is, in the reader's language where the place has a name in it. */
export function placeText(alert) {
  const place = places.get(alert.place_id);
  if (currentLanguage() === "en" && place?.path_en && !alert.place.startsWith(place.path)) return place.path_en; // it was renamed
  return inWords(alert.place);
}

/** What it is and where, to name it by. */
export const nameOfAlert = (alert) => `${title(alert)} · ${placeText(alert) || alert.camera}`;

/** A zone by its name and its type; one that nobody has named is called as its type is. */
export function zoneText(alert) {
  const named = alert.zone === alert.zone_type ? "" : alert.zone;
  return [named, alert.zone_type && word("zone", alert.zone_type)].filter(Boolean).join(" · ");
}

export function safety(alert) {
  const place = placeOf(alert);
  const rows = AT_HAND.filter((key) => place?.[key]).map((key) => [t(`safety.${key}`), [place[key]]]);
  for (const contact of place?.contacts ?? [])
    rows.push([[contact.name, contact.role].filter(Boolean).join(" · "), [call(contact.phone)]]);
  if (place?.note) rows.push([t("safety.note"), [place.note]]);
  return el("section.safety", { hidden: rows.length === 0, "aria-label": t("safety.title") },
    el("h3", {}, t("safety.title")),
    el("dl.facts", {}, ...rows.flatMap(([label, said]) => [el("dt", {}, label), el("dd", {}, ...said)])));
}

/** A phone beside the screen dials it; anybody else reads it. */
function call(phone) {
  return phone ? el("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}` }, phone) : "–";
}
