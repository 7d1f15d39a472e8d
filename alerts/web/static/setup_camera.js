// A camera's still, from the address as it stands in the form: whether it answers, and what it sees.
import { getJson, postJson } from "./api.js";
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { orderedBy } from "./name.js";
import { problemText, refusalText, showProblems } from "./setup_form.js";

/** trial(): {key, value} as it would be, or {key} as the file has it. key: null for a new camera. approve(still): it shows the clear
 * route. isApproved: there is a picture of it. */
export function stillBox(trial, key, approve, isApproved) {
  const figure = el("figure.still");
  const status = el("p.said", { role: "status" });
  const seen = () => look(button, figure, status, trial(), key && approve);
  const button = el("button", { type: "button", onclick: seen }, t("setup.look"));
  return el("section.trial", { "aria-label": t("setup.still") }, el("h3", {}, t("setup.still")),
    el("p.note", {}, t("setup.look_note")), el("p.row", {}, button), status, figure, key ? clearRoute(seen, isApproved) : null);
}

const AGAIN_MS = 1500; // also the first time: the reader of the address before is ended first
const NONE_YET = ["unknown", "connecting", "offline"];

/** Of a camera that was saved: that it is tried, and why no picture comes, until one does. stillAsked(): whether anybody wants to know.
 * tell(words, fine): words() is the text; not fine: it was tried, and none came, or nobody could be asked just now. */
export async function tellOfPicture(name, stillAsked, tell) {
  tell(() => t("setup.picture_tried"), true);
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    if (!stillAsked()) return;
    const [health, error] = await getJson(`/api/cameras/${encodeURIComponent(name)}/health`).then((one) => [one, null], (thrown) => [null, thrown]);
    if (!stillAsked()) return;
    tell(() => (error ? refusalText(error) : pictureText(health)), !error && health.state !== "offline");
    if (error?.status === 401 || (health && !NONE_YET.includes(health.state))) return;
  }
}

function pictureText({ state, code, values, detail }) {
  if (!NONE_YET.includes(state)) return state === "online" ? t("setup.picture_came") : word("health", state);
  if (detail) return t("setup.no_picture_why", { why: problemText({ code, values, message: detail }) });
  return t(state === "offline" ? "setup.no_picture" : "setup.picture_tried");
}

/** How the picture of the clear route stands, and the way to a new one: it is looked at first, then approved. */
function clearRoute(look, isApproved) {
  const take = async () => {
    await look();
    document.getElementById("approve")?.focus();
  };
  return el("div.clear-route", {}, el("h4", {}, t("field.reference")),
    el("p.note", {}, t(isApproved ? "setup.clear_there" : "setup.clear_none"), " ", t("setup.clear_why")),
    el("p.row", {}, el("button", { type: "button", id: "clear-route", onclick: take }, t("setup.clear_take"))));
}

/** Beside the rule for clutter: which cameras have a picture of the clear route, and the way there. */
export function clearRoutesBox(cameras, onOpen) {
  return el("section.trial", { "aria-label": t("field.reference") }, el("h3", {}, t("field.reference")),
    el("p.note", {}, t("setup.clear_why")),
    el("ul.entries", {}, ...cameras.map(({ name, reference }) => el("li", {},
      el("button", { type: "button", onclick: () => onOpen(name) }, el("strong", {}, name), el("span.note", {}, t(reference ? "setup.clear_there" : "setup.clear_none")))))));
}

/** The cameras that hang at a place, and the way to one more. */
export function camerasBox(place, cameras, onOpen, onAdd) {
  const here = cameras.filter((camera) => camera.place === place);
  return el("section.trial", { "aria-label": t("setup.cameras_here") }, el("h3", {}, t("setup.cameras_here")),
    here.length ? el("ul.entries", {}, ...here.map(({ name }) => el("li", {}, el("button", { type: "button", onclick: () => onOpen(name) }, name))))
      : el("p.note", {}, t("setup.no_cameras_here")),
    el("p.row", {}, el("button", { type: "button", id: "add-camera-here", onclick: () => onAdd(place) }, t("setup.add_camera_here"))));
}

async function look(button, figure, status, trial, approve) {
  const by = await orderedBy();
  if (by === null) return;
  button.disabled = true;
  status.dataset.good = "true";
  status.textContent = t("setup.looking");
  figure.replaceChildren();
  showProblems(document.getElementById("entry"), []); // of the try before
  try {
    const { size, jpeg, still } = await postJson("/api/setup/try-camera", { ...trial, by });
    const picture = el("img", { alt: t("setup.still"), src: pictureOf(jpeg) });
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    const clear = el("button", { type: "button", id: "approve", onclick: () => approve(still) }, t("setup.approve"));
    figure.replaceChildren(picture, ...(approve ? [el("figcaption", {}, el("p.note", {}, t("setup.approve_note")), clear)] : []));
    status.textContent = t("setup.answers", { width: size[0], height: size[1] });
  } catch (error) {
    status.dataset.good = "false";
    const problems = error.body?.problems ?? [];
    const loose = showProblems(document.getElementById("entry"), problems);
    status.textContent = whyNot(error, problems, loose);
  }
  button.disabled = false;
}

/** What did not answer is said here, too; what is missing or wrong in the form, at its field. */
function whyNot(error, problems, loose) {
  if (!problems.length) return refusalText(error);
  if (error.body.code === "no_picture") return [word("setup_error", "no_picture"), ...problems.map(problemText)].join(" ");
  return [t("setup.see_fields"), ...loose.map(problemText)].join(" ");
}

/** A data: address is not allowed by the page's own policy; a blob of the same bytes is. */
export function pictureOf(jpeg) {
  const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
}
