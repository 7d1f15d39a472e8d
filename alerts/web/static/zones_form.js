// What can be set of a zone, as a form: which fields there are, the server says.
import { el } from "./dom.js";
import { inEnglish, t, word } from "./i18n.js";
import { choose, isChosen, startDrawing } from "./zones_board.js";
import { colourOf, draft } from "./zones_draft.js";

/** edited(): a value was changed. redrawn(): fields came or went. */
export function zoneForm(zone, fields, edited, redrawn) {
  const offered = fields.filter((field) => !field.of_type || field.of_type === zone.type || isSet(zone[field.name]));
  const form = el("section.form", {}, ...offered.flatMap((field) => row(field, zone, fields, edited, redrawn)),
    el("div.bar", {}, el("button.quiet.remove", {
      type: "button", onclick: () => { draft.zones.splice(draft.zones.indexOf(zone), 1); redrawn(); },
    }, t("draw.remove_zone"))));
  form.classList.toggle("chosen", isChosen(zone.polygon));
  form.style.setProperty("--colour", colourOf("polygon"));
  return form;
}

/** Also of a zone whose type was another one: what is not of its type has to be seen to be taken away. */
const isSet = (value) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "");

/** A mask has nothing but its points. */
export function maskRow(points, redrawn) {
  return el("section.form", {}, shape("masks", points, null, () => draft.masks.splice(draft.masks.indexOf(points), 1), redrawn));
}

function row(field, target, fields, edited, redrawn) {
  const make = { text, number, choice, flag, points, polygons, group, groups }[field.kind];
  return make ? [make(field, target, edited, redrawn)] : [];
}

function labelled(field, input) {
  return el("label", { title: inEnglish(field.description) }, el("span", {}, word("field", field.name)), input);
}

function text(field, target, edited) {
  return labelled(field, el("input", {
    type: "text", name: field.name, value: target[field.name] ?? "", oninput: (event) => { target[field.name] = event.target.value; edited(); },
  }));
}

function number(field, target, edited) {
  return labelled(field, el("input", {
    type: "number", step: "any", name: field.name, value: target[field.name] ?? "",
    oninput: (event) => { target[field.name] = event.target.value === "" ? null : Number(event.target.value); edited(); },
  }));
}

function flag(field, target, edited) {
  return labelled(field, el("input", {
    type: "checkbox", name: field.name, checked: Boolean(target[field.name]), onchange: (event) => { target[field.name] = event.target.checked; edited(); },
  }));
}

function choice(field, target, edited, redrawn) {
  const changed = (event) => {
    target[field.name] = event.target.value;
    redrawn(); // what is offered goes by the type
  };
  const select = el("select", { name: field.name, onchange: changed },
    ...field.choices.map((value) => el("option", { value }, word("zone", value))));
  select.value = target[field.name] ?? field.choices[0];
  return labelled(field, select);
}

function points(field, target, edited, redrawn) {
  if (target[field.name]?.length)
    return shape(field.name, target[field.name], field, () => { delete target[field.name]; }, redrawn);
  return drawButton(field, (drawn) => { target[field.name] = drawn; });
}

function polygons(field, target, edited, redrawn) {
  const list = (target[field.name] ??= []);
  return el("div.form", { title: inEnglish(field.description) },
    el("span.kind", {}, word("field", field.name)),
    ...list.map((drawn) => shape(field.name, drawn, field, () => list.splice(list.indexOf(drawn), 1), redrawn)),
    drawButton(field, (drawn) => list.push(drawn)));
}

function group(field, target, edited, redrawn) {
  const inner = target[field.name];
  if (!inner)
    return el("div.shape", { title: inEnglish(field.description) }, el("span.kind", {}, word("field", field.name)),
      el("button", { type: "button", onclick: () => { target[field.name] = {}; redrawn(); } }, t("draw.add")));
  return el("div.form", { title: inEnglish(field.description) }, el("span.kind", {}, word("field", field.name)),
    ...field.fields.flatMap((one) => row(one, inner, field.fields, edited, redrawn)),
    el("button.quiet", { type: "button", onclick: () => { delete target[field.name]; redrawn(); } }, t("draw.remove")));
}

function groups(field, target, edited, redrawn) {
  const list = (target[field.name] ??= []);
  return el("div.form", { title: inEnglish(field.description) }, el("span.kind", {}, word("field", field.name)),
    ...list.map((one) => el("div.form", {}, ...field.fields.flatMap((inner) => row(inner, one, field.fields, edited, redrawn)),
      el("button.quiet", { type: "button", onclick: () => { list.splice(list.indexOf(one), 1); redrawn(); } }, t("draw.remove")))),
    el("button", { type: "button", onclick: () => { list.push({}); redrawn(); } }, t("draw.add")));
}

function drawButton(field, done) {
  return el("div.shape", { title: inEnglish(field.description) },
    el("button.draw", { type: "button", data: { draw: field.name }, onclick: () => startDrawing(field.name, field.count, done) },
      t("draw.draw", { what: word("field", field.name) })));
}

function shape(kind, drawn, field, remove, redrawn) {
  return el("div.shape", {},
    el("span.kind", {}, `${word("field", kind)} · ${t("draw.points", { n: drawn.length })}`),
    el("button", { type: "button", "aria-pressed": String(isChosen(drawn)), onclick: () => { choose(drawn); redrawn(); } }, t("draw.choose")),
    el("button.quiet", { type: "button", onclick: () => { remove(); redrawn(); } }, t("draw.remove")));
}
