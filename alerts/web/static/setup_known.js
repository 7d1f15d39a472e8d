// What a field of the settings can name: channels, people, places, hazards, as the file has them now.
import { currentLanguage, t, word } from "./i18n.js";
import { scopesOf } from "./scopes.js";

/** sheet: of the server. places: registered ones {id, path, path_en}. kinds: of hazards, {kind: severity}. Returns known(field, path):
 * [[value, text], …]; null: anything can be typed. */
export function knownIn(sheet, part, places, kinds) {
  const entries = (name) => sheet.parts[name]?.entries ?? [];
  const of = (name, id) => entries(name).map((one) => [one[id], one.name && one.name !== one[id] ? `${one.name} · ${one[id]}` : one[id]]);
  const channels = () => [...of("channels", "name"), ...of("webhooks", "name")];
  const people = () => [...of("people", "id"), ...of("groups", "name")];
  const where = () => placesNow(entries("places"), places);
  const hazards = (some) => Object.keys(kinds).filter(some).map((kind) => [kind, word("hazard", kind)]);
  const tell = (path) => (path[0] === "handlers" ? people()
    : [...people(), ["on_duty", t("who.on_duty")], ["handler", t("who.handler_of_it")], ["everybody", t("who.everybody")]]);
  const known = {
    channel: channels, at_once: channels, members: () => of("people", "id"), who: people, tell,
    places: () => (part === "people" ? scopesOf(where(), entries("cameras").map(({ name }) => name)) : where()),
    place: where, within: () => [["site", t("mute.everywhere")], ...where()],
    hazards: () => (part === "muting" ? hazards((kind) => kinds[kind] === "violation") : hazards(() => true)),
  };
  return (field, path) => known[field]?.(path) ?? null;
}

/** Registered ones, and those of the file that the watch has not taken up yet; as the reader calls them. */
function placesNow(written, registered) {
  const found = new Map(registered.map((place) => [place.id, (currentLanguage() === "en" && place.path_en) || place.path]));
  for (const one of written)
    if (!one.each && !found.has(one.id)) found.set(one.id, (currentLanguage() === "en" && one.name_en) || one.name);
  return [...found].map(([id, path]) => [id, `${path} · ${id}`]);
}

const MARK = "{n}";
const eachOf = (one) => [].concat(one.each).join(t("list.comma"));

/** What an entry is called; several places that are written as one with what tells them apart: {n}层走廊 → 1-3层走廊. */
export function titleOf(one) {
  const name = (currentLanguage() === "en" && one.name_en) || one.name || "";
  return one.each?.length ? name.replaceAll(MARK, eachOf(one)) : name;
}

/** The id of a place; of several, what it is made of. */
export const idText = (one) => (one.each?.length ? t("setup.each_note", { id: one.id, mark: MARK, each: eachOf(one) }) : one.id);

const pathOf = (id, places) => {
  const found = places.find((place) => place.id === id);
  return found ? (currentLanguage() === "en" && found.path_en) || found.path : id;
};

/** What tells the entries of a part apart, in one line. places: registered ones. file: where it is written. */
export function noteOf(one, part, places, file) {
  const told = {
    cameras: () => [pathOf(one.place, places), one.url?.shown],
    places: () => [idText(one), pathOf(one.within, places)],
    people: () => [one.id, waysOf(one).join(t("list.comma"))],
    groups: () => [(one.members ?? []).join(t("list.comma"))],
    channels: () => [word("channel_type", one.type)],
    webhooks: () => [one.url?.shown ?? one.url],
  }[part]?.() ?? [];
  return [...told, file].filter(Boolean).join(" · ");
}

/** How many entries a part has, as text; "": it is one table. Places that are written as one are several. */
export const countOf = (part, { about, parts }, places) => (about[part].key === "" ? ""
  : String(Math.max(parts[part]?.entries.length ?? 0, part === "places" ? places.length : 0)));

/** The channels by which somebody is told. */
export const waysOf = (person) => (person.channels ?? []).map((way) => way.channel).filter(Boolean);

/** Empty lists that a form has made are not set. */
export function cleaned(value) {
  return Object.fromEntries(Object.entries(value).filter(([name, one]) => !(Array.isArray(one) && !one.length && name !== "who")));
}
