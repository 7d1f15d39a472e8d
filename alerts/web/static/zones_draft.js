// The draft: zones and masks as the settings will have them, and every polygon in it, wherever it lies.
export const draft = { zones: [], masks: [] };
export const about = { fields: [], size: [16, 9], name: "", out: "" };

const COLOURS = { polygon: "#5fc59a", masks: "#e3eaf0" };
const OTHERS = ["#86bdf5", "#f5b83d", "#c3b1ff", "#ff9d7a", "#9fe0e0"];

/** A colour for each kind of polygon, whatever kinds there are. */
export function colourOf(kind) {
  const others = [...new Set(about.fields.map((field) => field.name))].filter((name) => name !== "polygon");
  return COLOURS[kind] ?? OTHERS[Math.max(0, others.indexOf(kind)) % OTHERS.length];
}

/** Every polygon: {points, kind, number, title, zone, remove()}; the points are those of the draft itself. number: of several of
 * its kind; title: the name of its zone. */
export function shapes() {
  const found = draft.zones.flatMap((zone, at) => within(zone, about.fields, zone, at, ""));
  draft.masks.forEach((points, at) => found.push({
    points, kind: "masks", zone: null, number: at + 1, title: "", exactly: null, remove: () => draft.masks.splice(at, 1),
  }));
  return found;
}

function within(target, fields, zone, at, outer) {
  return fields.flatMap((field) => {
    const value = target[field.name];
    const kind = outer || field.name;
    const common = { kind, zone: at, title: zone.name };
    if (value === null || value === undefined) return [];
    if (field.kind === "points" && value.length)
      return [{ ...common, points: value, exactly: field.count, remove: () => { delete target[field.name]; } }];
    if (field.kind === "polygons")
      return value.map((points, number) => ({
        ...common, points, exactly: field.count, number: number + 1, remove: () => value.splice(number, 1),
      }));
    if (field.kind === "group") return within(value, field.fields, zone, at, kind);
    if (field.kind === "groups") return value.flatMap((one) => within(one, field.fields, zone, at, kind));
    return [];
  });
}

/** The draft without what is not set: an empty text, list or number is left to its default. */
export function cleaned() {
  return { zones: draft.zones.map((zone) => clean(zone, about.fields)), masks: draft.masks };
}

function clean(target, fields) {
  const kept = { ...target };
  for (const field of fields) {
    const value = kept[field.name];
    const empty = value === "" || value === null || value === undefined || (Array.isArray(value) && !value.length);
    if (empty && !field.needed) delete kept[field.name];
    else if (field.kind === "group") kept[field.name] = clean(value, field.fields);
    else if (field.kind === "groups") kept[field.name] = value.map((one) => clean(one, field.fields));
  }
  return kept;
}

/** A name that no zone has yet. */
export function freshName(word) {
  const names = new Set(draft.zones.map((zone) => zone.name));
  let number = 1;
  while (names.has(`${word} ${number}`)) number += 1;
  return `${word} ${number}`;
}
