// Somebody else has saved the entry that is being edited: what it was, what the file has now and what is typed, field by field.
// Nobody's word is replaced unseen.
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { choiceWord, isKept, labelOf, valueText } from "./setup_form.js";

/** Whether two states of an entry are one. */
export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** three: {opened, now, mine}, each as the entry was or is. known: as for a form. Returns [{name, opened, now, mine}]: of each field in
 * which the file and the form differ the lines that they do not both have. */
export function differing(fields, three, known) {
  return fields.map(({ name, ...field }) => {
    const [opened, now, mine] = ["opened", "now", "mine"].map((which) => linesOf({ name, ...field }, three[which]?.[name], { known, path: [name] }));
    const shared = now.filter((line) => mine.includes(line));
    const own = (lines) => lines.filter((line) => !shared.includes(line));
    const moved = !own(now).length && !own(mine).length && now.join("\n") !== mine.join("\n"); // only their order
    return { name, opened: moved ? opened : own(opened), now: moved ? now : own(now), mine: moved ? mine : own(mine) };
  }).filter(({ now, mine }) => now.length || mine.length);
}

/** found: of `differing`. takeTheirs(), saveMine(): what whoever looks at it decides. */
export function clashBox(found, takeTheirs, saveMine) {
  const line = (said, lines) => [el("dt", {}, said), el("dd", {}, lines.join("\n") || "–")];
  return el("section.clash", { id: "clash", "aria-labelledby": "clash-title" },
    el("h3", { id: "clash-title", tabIndex: -1 }, t("setup.clash")), el("p.note", {}, t("setup.clash_note")),
    ...found.flatMap(({ name, opened, now, mine }) => [el("h4", {}, labelOf(name)),
      el("dl", {}, ...line(t("setup.clash_opened"), opened), ...line(t("setup.clash_now"), now), ...line(t("setup.clash_mine"), mine))]),
    el("p.row", {}, el("button.big", { type: "button", onclick: takeTheirs }, t("setup.take_theirs")),
      el("button.quiet", { type: "button", onclick: saveMine }, t("setup.save_mine"))));
}

/** A value as it is read: a line for each of several. */
function linesOf(field, value, context) {
  if (value === undefined || value === null || value === "") return [];
  if (isKept(value)) return [value.shown || t("setup.secret_set")];
  if (field.kind === "secret") return [t("setup.secret_new")];
  if (field.kind === "group") return pieces(field, value, context);
  if (field.kind === "groups") return value.map((one) => pieces(field, one, context).join(" · "));
  if (field.kind === "points") return [corners(value)];
  if (field.kind === "polygons") return value.map(corners);
  return [].concat(value).map((one) => lineOf(field, one, context));
}

function pieces(field, inner, context) {
  return field.fields.flatMap((one) => {
    const lines = linesOf(one, inner[one.name], { ...context, path: [...context.path, one.name] });
    return lines.length ? [t("setup.said", { what: labelOf(one.name), value: lines.join(t("list.comma")) })] : [];
  });
}

const corners = (points) => points.map((point) => `(${point.join(", ")})`).join(" ");

function lineOf(field, one, context) {
  if (typeof one === "boolean") return word("value", String(one));
  return field.choices ? choiceWord(one) : valueText(field.name, one, context);
}
