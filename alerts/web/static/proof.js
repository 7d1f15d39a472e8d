// Proof that a place is clear: a picture of now beside that of the alert, the camera's or, of what no camera sees, a photo that
// somebody has added; or a word on record why there is none.
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { fetchInto } from "./picture_loader.js";
import { photoSince } from "./pictures.js";

/** The fields of a step that has to be proved. The picture goes first, where there is one. */
export function proofFields(alert) {
  const photo = alert.camera ? null : photoSince(alert);
  if (!alert.camera && !photo) return seenThere();
  const why = el("input", { type: "text", name: "unproven", maxLength: 200, autocomplete: "off", "aria-label": word("given", "unproven"), oninput: () => choose("none") });
  const radio = (value, label) => el("label.choice", {}, el("input", { type: "radio", name: "proof", value, required: true }), el("span", {}, label));
  const shown = photo ? "photo" : "picture";
  const picture = radio(shown, t(photo ? "proof.photo" : "proof.picture"));
  const now = el("img", { alt: t("proof.now"), width: 320, height: 180 });
  const gone = el("p.note", { hidden: true, role: "status" });
  const fields = el("fieldset.proof", {}, el("legend", {}, t("proof.title")),
    el("div.proof-pair", {},
      alert.blurred ? el("figure", {}, fetchInto(el("img", { alt: t("proof.before"), width: 320, height: 180 }), `/api/alerts/${encodeURIComponent(alert.id)}/snapshot`), el("figcaption", {}, t("proof.before"))) : null,
      el("figure", {}, now, gone, el("figcaption", {}, photo ? t("page.photo_by", { who: photo.by }) : t("proof.now")))),
    picture, radio("none", t("proof.none")), why, photo ? el("input", { type: "hidden", name: "mark", value: photo.mark }) : null);
  const choose = (value) => { fields.querySelector(`[value="${value}"]`).checked = true; settle(); };
  const settle = () => { why.required = fields.querySelector('[value="none"]').checked; };
  const told = (how) => {
    gone.hidden = how === "here";
    gone.textContent = t(how !== "none" ? "detail.late_snapshot" : photo ? "detail.no_snapshot" : "proof.no_picture");
    if (how !== "none") return;
    picture.querySelector("input").disabled = now.hidden = true;
    choose("none");
  };
  fields.addEventListener("change", settle);
  fetchInto(now, photo ? `/api/alerts/${encodeURIComponent(alert.id)}/pictures/${photo.mark}`
    : `/api/cameras/${encodeURIComponent(alert.camera)}/picture.jpg?calm=true&at=${Date.now()}`, { first: true, told });
  choose(shown);
  return fields;
}

/** What people have reported no camera was asked about, and nobody has added a photo: somebody says how they know. */
function seenThere() {
  return el("fieldset.proof", {}, el("legend", {}, t("proof.title")), el("p.note", {}, t("proof.no_camera")), 
    el("label", {}, el("span", {}, t("proof.how")), el("input", { type: "text", name: "unproven", maxLength: 200, required: true, autocomplete: "off" })),
    el("input", { type: "hidden", name: "proof", value: "none" }));
}

/** What was chosen, as the step brings it. */
export function proofGiven({ proof, unproven, mark, ...given }) {
  if (proof === undefined) return given;
  if (proof === "photo") return { ...given, mark };
  return proof === "picture" ? { ...given, picture: true } : { ...given, unproven };
}
