// What an entry of the settings can have, as a form: which fields there are, the server says. The form writes into the
// entry itself; what is not set is not there.
import { el } from "./dom.js";
import { inEnglish, known, t, word } from "./i18n.js";
import { failure } from "./refused.js";

/** Seldom needed: below a fold, unless set. */
const SELDOM = new Set([
  "timeout_s", "expire_s", "open_timeout_s", "read_timeout_s", "decode_mpx_per_s", "poll_s", "per_minute", "per_second", "fire_reserve",
  "each", "keepalive_s", "ca_file", "cert_file", "key_file", "loop", "transport", "token", "proxy", "allow_private", "discovery", "reference",
]);
/** What an entry is called and where it belongs stands above what it has. */
const FIRST = ["id", "name", "name_en", "kind", "within"];
const KEPT = "kept";

export const isKept = (value) => typeof value === "object" && value !== null && KEPT in value;

/** context: {known(name, path): [[value, text], …] or null; edited(); redraw(); path: where the target lies in the entry}. */
export function rows(fields, target, context) {
  const rank = ({ name }) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const seldom = (field) => SELDOM.has(field.name) && !field.needed && !isSet(target[field.name], field);
  const often = fields.filter((field) => !seldom(field)).sort((a, b) => rank(a) - rank(b));
  const rest = fields.filter(seldom);
  const made = often.map((field) => row(field, target, context)).filter(Boolean);
  if (!rest.length) return made;
  return [...made, el("details.seldom", {}, el("summary", {}, t("setup.more")), ...rest.map((field) => row(field, target, context)).filter(Boolean))];
}

const isSet = (value, field) => value !== undefined && value !== null && value !== field.default;

function row(field, target, context) {
  const make = { text, number, flag, choice, secret, texts, choices, group, groups }[field.kind];
  return make ? make(field, target, { ...context, path: [...context.path, field.name] }) : null;
}

function put(target, name, value) {
  if (value === undefined || value === "" || value === null || (Array.isArray(value) && !value.length)) delete target[name];
  else target[name] = value;
}

export const labelOf = (name) => (known("field", name) ? word("field", name) : word("hazard", name));
export const choiceWord = (one) => (known("choice", one) ? word("choice", one) : word("zone", one));
const title = (field) => labelOf(field.name) + (field.needed ? " *" : "");
const hint = (field) => inEnglish(field.description);
const key = (context) => context.path.join(".");

/** A control with its label, and room for what is wrong with it. */
function labelled(field, control, context, ...more) {
  const id = `f-${key(context)}`;
  control.id = id;
  control.setAttribute("aria-describedby", `${id}-wrong`);
  return el("div.field", { data: { path: key(context) } },
    el("label", { htmlFor: id, title: hint(field) }, title(field)),
    el("div.control", {}, control, ...more, el("p.wrong", { id: `${id}-wrong`, role: "alert" })));
}

function text(field, target, context) {
  const value = target[field.name];
  if (isKept(value)) return secret(field, target, context);
  const known = context.known(field.name, context.path);
  if (known && ["channel", "within"].includes(field.name)) return labelled(field, select(field, target, context, known), context);
  const type = { time: "time", "date-time": "datetime-local", date: "date" }[field.format] ?? "text";
  const input = el("input", {
    type, name: field.name, value: shownTime(field, value ?? ""), autocomplete: "off", spellcheck: false,
    placeholder: String(field.default ?? ""),
    oninput: (event) => { put(target, field.name, event.target.value); context.edited(); },
  });
  if (!known?.length) return labelled(field, input, context);
  const list = `l-${key(context)}`;
  input.setAttribute("list", list);
  return labelled(field, input, context, el("datalist", { id: list }, ...known.map(([one, said]) => el("option", { value: one }, said))));
}

/** Browsers show hours and minutes; whole seconds are left out where they are none. */
const shownTime = (field, value) => (field.format === "time" ? String(value).replace(/^(\d\d:\d\d):00$/, "$1") : value);

function number(field, target, context) {
  return labelled(field, el("input", {
    type: "number", step: "any", name: field.name, value: target[field.name] ?? "", placeholder: String(field.default ?? ""),
    oninput: (event) => { put(target, field.name, event.target.value === "" ? "" : Number(event.target.value)); context.edited(); },
  }), context);
}

function flag(field, target, context) {
  return labelled(field, el("input", {
    type: "checkbox", name: field.name, checked: target[field.name] ?? field.default ?? false,
    onchange: (event) => { target[field.name] = event.target.checked; context.edited(); },
  }), context);
}

function choice(field, target, context) {
  return labelled(field, select(field, target, context, field.choices.map((one) => [one, choiceWord(one)])), context);
}

function select(field, target, context, options) {
  const held = target[field.name] ?? field.default ?? "";
  const known = options.some(([value]) => value === held);
  const control = el("select", {
    name: field.name, onchange: (event) => { put(target, field.name, event.target.value); context.edited(); },
  }, ...(known ? [] : [el("option", { value: held }, String(held || t("setup.choose")))]),
  ...options.map(([value, said]) => el("option", { value }, said)));
  control.value = held;
  return control;
}

/** Addresses that hold a password: who types one must see it. */
const ADDRESSES = new Set(["url", "main_url", "fire_url"]);

/** What is set is not shown: something else is typed, or it is taken away. */
function secret(field, target, context) {
  const before = target[field.name];
  const isAddress = ADDRESSES.has(field.name);
  const input = el("input", {
    type: isAddress ? "text" : "password", spellcheck: false, name: field.name, autocomplete: isAddress ? "off" : "new-password", value: typeof before === "string" ? before : "",
    placeholder: isKept(before) ? before.shown || t("setup.secret_set") : "",
    oninput: (event) => { put(target, field.name, event.target.value || (isKept(before) ? before : "")); context.edited(); },
  });
  const reveal = isAddress ? null : el("button.quiet", {
    type: "button", "aria-pressed": "false", onclick: () => {
      input.type = input.type === "password" ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(input.type === "text"));
    },
  }, t("setup.reveal"));
  const clear = isKept(before) && !field.needed
    ? el("button.quiet", { type: "button", onclick: () => { delete target[field.name]; context.edited(); context.redraw(); } }, t("setup.clear"))
    : null;
  return labelled(field, input, context, reveal, clear, isKept(before) ? el("p.note", {}, t("setup.secret_note")) : null);
}

/** Several words: ticked where it is known which there are, else a line each. */
function texts(field, target, context) {
  const known = context.known(field.name, context.path);
  if (known) return ticks(field, target, context, known);
  return labelled(field, el("textarea", {
    name: field.name, rows: 2, value: [].concat(target[field.name] ?? []).join("\n"), placeholder: t("setup.a_line_each"),
    oninput: (event) => {
      put(target, field.name, event.target.value.split("\n").map((line) => line.trim()).filter(Boolean));
      context.edited();
    },
  }), context);
}

const choices = (field, target, context) => ticks(field, target, context, field.choices.map((one) => [one, choiceWord(one)]));

/** Without anything said, what is usual is ticked. Where the order counts, it is the order in which they were ticked. */
function ticks(field, target, context, options) {
  const now = () => target[field.name] ?? field.default ?? [];
  const held = now();
  const strays = held.filter((one) => !options.some(([value]) => value === one)).map((one) => [one, one]);
  const all = [...options, ...strays];
  const order = el("p.note.order");
  const sayOrder = () => {
    const names = now().map((one) => all.find(([value]) => value === one)[1]);
    order.textContent = isOrdered(context.path) && names.length > 1 ? t("setup.order", { who: names.join(" → ") }) : "";
  };
  const tick = ([value, said]) => el("label.tick", {}, el("input", {
    type: "checkbox", value, checked: held.includes(value),
    onchange: (event) => {
      const rest = now().filter((one) => one !== value);
      put(target, field.name, event.target.checked ? [...rest, value] : rest);
      if (field.needed || field.name === "who" || field.default) target[field.name] ??= [];
      sayOrder();
      context.edited();
    },
  }), el("span", {}, said));
  sayOrder();
  return el("fieldset.field", { data: { path: key(context) } },
    el("legend", { title: hint(field) }, title(field)),
    el("div.control", {}, el("div.ticks", {}, ...all.map(tick)), order,
      options.length ? null : el("p.note", {}, t("setup.none_yet")),
      held.length || field.needed ? null : el("p.note", {}, known("setup_none", field.name) ? word("setup_none", field.name) : t("setup.all")),
      el("p.wrong", { role: "alert" })));
}

/** Of a violation the first that is anybody is told. */
const isOrdered = (path) => path.join(".") === "violation.tell";

/** A form within the form; what is not set there is as usual. */
function group(field, target, context) {
  const inner = target[field.name] ?? {};
  const edited = () => { put(target, field.name, Object.keys(inner).length ? inner : null); context.edited(); };
  return el("fieldset.field.groups", { data: { path: key(context) } },
    el("legend", { title: hint(field) }, title(field)),
    el("div.group", {}, ...rows(field.fields, inner, { ...context, edited })),
    el("p.wrong", { role: "alert" }));
}

/** Forms within the form, one below the other; what is usual where there is none can be taken as a beginning. */
function groups(field, target, context) {
  if (!target[field.name]?.length && field.default) return usual(field, target, context);
  const list = target[field.name] ?? [];
  const edited = () => { put(target, field.name, list); context.edited(); };
  const remove = (one) => () => { list.splice(list.indexOf(one), 1); edited(); context.redraw(); };
  const add = () => { list.push({}); edited(); context.redraw(); };
  return el("fieldset.field.groups", { data: { path: key(context) } },
    el("legend", { title: hint(field) }, title(field)),
    ...list.map((one, at) => el("div.group", {}, ...rows(field.fields, one, { ...context, edited, path: [...context.path, at] }),
      el("button.quiet", { type: "button", onclick: remove(one) }, t("setup.remove_one")))),
    el("p.wrong", { role: "alert" }),
    el("button", { type: "button", onclick: add }, known("one", field.name) ? t("setup.add", { what: word("one", field.name) }) : t("setup.add_one", { what: labelOf(field.name) })));
}

/** A rung of the ladder as a sentence. */
const rungText = (one, context) => [t("setup.rung", { after: one.after_s, who: valueText("tell", one.tell, context) }),
  ...["every_channel", "call_119"].filter((name) => one[name]).map(labelOf)].join(" · ");

function usual(field, target, context) {
  const said = (one) => (field.name === "ladder" ? rungText(one, context) : field.fields.filter(({ name }) => one[name] !== false && one[name] !== null)
    .map(({ name }) => (one[name] === true ? labelOf(name) : t("setup.said", { what: labelOf(name), value: valueText(name, one[name], context) }))).join(" · "));
  const change = () => {
    target[field.name] = JSON.parse(JSON.stringify(field.default));
    context.edited();
    context.redraw();
  };
  return el("fieldset.field.groups", { data: { path: key(context) } },
    el("legend", { title: hint(field) }, title(field)),
    el("div.group.usual", {}, el("p.note", {}, t("setup.usual")), el("ol", {}, ...field.default.map((one) => el("li", {}, said(one))))),
    el("p.wrong", { role: "alert" }),
    el("button", { type: "button", onclick: change }, t("setup.change_usual")));
}

export function valueText(name, value, context) {
  const known = context.known(name, context.path) ?? [];
  return [].concat(value).map((one) => known.find(([id]) => id === one)?.[1] ?? String(one)).join(t("list.comma"));
}

/** Show what is wrong at its field; what belongs to no field is given back. */
export function showProblems(form, problems) {
  form.querySelectorAll(".wrong").forEach((one) => { one.textContent = ""; });
  form.querySelectorAll("[data-wrong]").forEach((one) => { delete one.dataset.wrong; });
  return problems.filter((problem) => {
    const place = problem.path && placeOf(form, problem.path);
    if (!place) return true;
    place.dataset.wrong = "true";
    const wrong = place.querySelector(":scope > .wrong, :scope > .control > .wrong");
    wrong.replaceChildren(problemText(problem), ...(problem.code === "no_scheme" ? [" ", completed(place.querySelector("input"))] : []));
    place.closest("details")?.setAttribute("open", "");
    return false;
  });
}

/** The address with the scheme that most cameras have, to be taken by a press. */
function completed(input) {
  const address = `rtsp://${input.value.trim()}`;
  return el("button.quiet", { type: "button", onclick: () => {
    input.value = address;
    input.dispatchEvent(new Event("input"));
    input.focus();
  } }, t("setup.complete", { address }));
}

/** The field, or the one that holds it. */
function placeOf(form, path) {
  for (let length = path.length; length > 0; length -= 1) {
    const found = form.querySelector(`[data-path="${CSS.escape(path.slice(0, length).join("."))}"]`);
    if (found) return found;
  }
  return null;
}

/** In the reader's language; what no code stands for (a server that refuses, a file) in the program's own words. */
export function problemText({ code, message, values, path }) {
  if (!known("problem", code)) return message;
  const what = word("problem", code, values), field = path?.filter((part) => typeof part === "string").pop();
  return code === "string_pattern_mismatch" && known("form", field) ? t("setup.said", { what, value: word("form", field) }) : what;
}

/** Of these codes the word says all; of others the server adds what it is about. */
const WHOLE = new Set(["changed_meanwhile", "no_file", "busy", "only_here", "still_gone", "last_camera", "not_watched", "no_film"]);

/** Why the server refuses, in the reader's language. Its own words stand only where no code says it. */
export function refusalText(error) {
  const { code, problems = [] } = error.body ?? {};
  if (!code) return failure(error);
  const said = word("setup_error", code);
  return WHOLE.has(code) || (code === "invalid" && problems.length) ? said : `${said} ${error.message}`;
}

/** Whether nobody knows what became of an order: the server, or what stands before it, may have taken it all the same. */
export const isUnanswered = ({ status, body }) => status === undefined || (status >= 500 && !body.code);

/** A key of the settings as the form calls it: fire.ladder.0.after_s → Fires · Ladder 1 · After, s. within: what the key lies in; then
 * one of a list is called by its name. */
export function keyText(path, within = null) {
  const named = [];
  let level = within;
  for (const one of path.filter((part) => part !== "")) {
    level = level?.[one];
    if (/^\d+$/.test(String(one)) && named.length) named[named.length - 1] += ` ${level?.name || Number(one) + 1}`;
    else named.push(known("part", one) ? word("part", one) : labelOf(String(one)));
  }
  return named.join(" · ");
}

/** What is wrong where no field shows it: with the key that it is about. */
export const problemRow = (problem) => el("li", {}, problem.key ? `${keyText(problem.path ?? problem.key.split("."))}: ` : "", problemText(problem));
