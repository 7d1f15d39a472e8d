// Setting up a plan: a picture is uploaded, and its cameras are put where they hang, by dragging or by arrow keys.
import { ApiError, deleteAt, putFile, putJson } from "./api.js";
import { arrowStep } from "./arrows.js";
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { isWithin } from "./places.js";
import { loadPlans, putPlan } from "./plan_data.js";
import { allCameras, changed } from "./state.js";

const MOST_BYTES = 8 * 1024 * 1024;
const STEP = 0.01;
let draft = null; // spots by camera, while they are being moved
let opened = 0; // the version of the plan that they were taken from
let busy = false;
let message = "";
let held = "";

export const editing = () => draft !== null;
/** While a mark is being dragged nothing may replace it. */
export const dragging = () => held !== "";
export const editState = () => [editing(), busy, message];
export const spotsShown = (plan) => draft ?? plan?.spots ?? {};
export const camerasOf = (place) => allCameras().filter((camera) => isWithin(camera.place_id, place));

/** Whether there was anything to end. */
export function endEdit() {
  if (!draft) return false;
  draft = null;
  say("");
  return true;
}

function begin(plan) {
  [draft, opened] = [{ ...plan.spots }, plan.version];
  say(t("plan.edit_hint"));
}

function say(text) {
  message = text;
  changed();
}

/** The buttons above a plan. */
export function editButtons(place, plan) {
  const path = `/api/plans/${encodeURIComponent(place)}`;
  const button = (key, text, onclick, spec = "button.quiet") =>
    el(spec, { type: "button", id: `plan-${key}`, data: { key }, disabled: busy, onclick }, text);
  if (!editing()) {
    const file = el("input.visually-hidden", { type: "file", id: "plan-file", accept: "image/png,image/jpeg,image/webp", onchange: () => upload(place, file) });
    return [
      el("label.quiet.plan-upload", { data: { busy: busy ? "yes" : "" } }, file, icon("plan"), t(busy ? "plan.sending" : plan ? "plan.replace" : "plan.upload")),
      plan && button("edit", t("plan.edit"), () => begin(plan)),
      said(),
    ];
  }
  return [
    button("save", t("plan.save"), () => send(() => putJson(`${path}/spots`, { version: opened, spots: draft }), place, "plan.saved"), "button.plan-save"),
    button("cancel", t("action.cancel"), endEdit),
    button("remove", t("plan.remove"), () => {
      if (confirm(t("plan.sure_remove"))) send(() => deleteAt(path).then(() => null), place, "plan.removed");
    }),
    said(),
  ];
}

const said = () => el("span.plan-said", { role: "status" }, message);

async function upload(place, input) {
  const [file] = input.files;
  if (!file) return;
  if (file.size > MOST_BYTES) return say(word("plan_error", "too_large"));
  await send(() => putFile(`/api/plans/${encodeURIComponent(place)}/picture`, file), place, "plan.drawn");
}

/** ask: gives the plan as it is then, or null. */
async function send(ask, place, done) {
  busy = true;
  say("");
  try {
    const plan = await ask();
    draft = null;
    putPlan(place, plan);
    message = t(done);
  } catch (error) {
    message = why(error);
  }
  busy = false;
  changed();
}

function why(error) {
  if (!(error instanceof ApiError)) return t("banner.lost");
  if (error.status === 409) {
    draft = null;
    loadPlans({ now: true });
    return t("plan.changed");
  }
  const code = error.body.code ?? error.body.error;
  return ["no_picture", "broken", "too_large", "too_many_pixels", "too_small"].includes(code)
    ? word("plan_error", code) : t("banner.failed", { detail: error.message });
}

/** Cameras of the place that hang nowhere yet. */
export function editParts(place) {
  const loose = camerasOf(place).filter(({ name }) => !(name in draft));
  if (!loose.length) return [el("li.note", {}, t("plan.all_hung"))];
  return [el("li.note", {}, t("plan.to_hang")), ...loose.map(({ name }) => el("li", {}, el("button.quiet", {
    type: "button", data: { key: name, hang: name }, onclick: () => { move(name, { x: 0.5, y: 0.5 }); focusSpot(name); },
  }, icon("camera"), name)))];
}

function move(name, spot) {
  draft = { ...draft, [name]: spot };
  changed();
}

/** After the next redraw. */
const focusSpot = (name) => setTimeout(() => document.querySelector(`.spot[data-key="${CSS.escape(name)}"]`)?.focus());

/** Make a camera's mark movable. paper: what it lies on. */
export function editSpot(button, paper, { name }) {
  button.append(el("span.visually-hidden", {}, t("plan.move_hint")));
  button.addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace") {
      const { [name]: _, ...rest } = draft;
      draft = rest;
      say(t("plan.taken_off", { camera: name }));
    } else if (arrowStep(event, STEP)) {
      const [dx, dy] = arrowStep(event, STEP);
      const spot = clamped(draft[name].x + dx, draft[name].y + dy);
      draft = { ...draft, [name]: spot };
      say(t("plan.moved", { camera: name, x: Math.round(spot.x * 100), y: Math.round(spot.y * 100) }));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    held = name;
    const area = paper.getBoundingClientRect();
    let spot = draft[name];
    const onMove = ({ clientX, clientY }) => {
      spot = clamped((clientX - area.left) / area.width, (clientY - area.top) / area.height);
      button.style.left = `${spot.x * 100}%`;
      button.style.top = `${spot.y * 100}%`;
    };
    const onUp = () => {
      button.removeEventListener("pointermove", onMove);
      held = "";
      if (draft) move(name, spot);
    };
    button.addEventListener("pointermove", onMove);
    button.addEventListener("lostpointercapture", onUp, { once: true });
  });
}

const round = (share) => Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
const clamped = (x, y) => ({ x: round(x), y: round(y) });
