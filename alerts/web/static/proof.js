// Proof that a place is clear: the camera's picture of now beside that of the alert, or a word on record why there is none.
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { fetchInto } from "./picture_loader.js";

/** The fields of a step that has to be proved. The picture goes first, where the camera has one. */
export function proofFields(alert) {
  if (!alert.camera) return seenThere();
  const why = el("input", { type: "text", name: "unproven", maxLength: 200, autocomplete: "off", "aria-label": word("given", "unproven"), oninput: () => choose("none") });
  const radio = (value, label) => el("label.choice", {}, el("input", { type: "radio", name: "proof", value, required: true }), el("span", {}, label));
  const picture = radio("picture", t("proof.picture"));
  const now = el("img", { alt: t("proof.now"), width: 320, height: 180 });
  const gone = el("p.note", { hidden: true, role: "status" });
  const fields = el("fieldset.proof", {}, el("legend", {}, t("proof.title")),
    el("div.proof-pair", {},
      alert.blurred ? el("figure", {}, fetchInto(el("img", { alt: t("proof.before"), width: 320, height: 180 }), `/api/alerts/${encodeURIComponent(alert.id)}/snapshot`), el("figcaption", {}, t("proof.before"))) : null,
      el("figure", {}, now, gone, el("figcaption", {}, t("proof.now")))),
    picture, radio("none", t("proof.none")), why);
  const choose = (value) => { fields.querySelector(`[value="${value}"]`).checked = true; settle(); };
  const settle = () => { why.required = fields.querySelector('[value="none"]').checked; };
  const told = (how) => {
    gone.hidden = how === "here";
    gone.textContent = t(how === "none" ? "proof.no_picture" : "detail.late_snapshot");
    if (how !== "none") return;
    picture.querySelector("input").disabled = now.hidden = true;
    choose("none");
  };
  fields.addEventListener("change", settle);
  fetchInto(now, `/api/cameras/${encodeURIComponent(alert.camera)}/picture.jpg?calm=true&at=${Date.now()}`, { first: true, told });
  choose("picture");
  return fields;
}

/** What people have reported no camera was asked about: somebody says how they know. */
function seenThere() {
  return el("fieldset.proof", {}, el("legend", {}, t("proof.title")), el("p.note", {}, t("proof.no_camera")), 
    el("label", {}, el("span", {}, t("proof.how")), el("input", { type: "text", name: "unproven", maxLength: 200, required: true, autocomplete: "off" })),
    el("input", { type: "hidden", name: "proof", value: "none" }));
}

/** What was chosen, as the step brings it. */
export function proofGiven({ proof, unproven, ...given }) {
  if (proof === undefined) return given;
  return proof === "picture" ? { ...given, picture: true } : { ...given, unproven };
}
