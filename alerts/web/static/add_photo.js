// A photo of the place, added to the selected case. One that was not taken is there to be sent again: nobody can take it twice.
import { putJson } from "./api.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { asBase64, newKey, smallPhoto } from "./photo.js";
import { failure } from "./refused.js";
import { changed } from "./state.js";
import { loadTrack, mayAddPhoto } from "./track.js";

const sending = new Map(); // alert's id → {path, body, now: "sent" or "failed", why}
let tell = () => {};

/** told(error, done) is told that it was taken. */
export function setUpPhotos(told) {
  tell = told;
}

export const photoShown = (alert) => [mayAddPhoto(alert), sending.get(alert.id)?.now, sending.get(alert.id)?.why];

export function photoPart(alert) {
  const part = el("p.add-photo", { hidden: !mayAddPhoto(alert) });
  if (part.hidden) return part;
  const one = sending.get(alert.id);
  const waits = one?.now === "sent";
  const input = el("input.visually-hidden", { type: "file", accept: "image/*", id: "add-photo", disabled: waits, onchange: ({ target }) => take(alert.id, target) });
  part.append(el("label.button", {}, input, icon("camera"), el("span", {}, t(waits ? "page.photo_sending" : "page.add_photo"))));
  if (one?.now === "failed") part.append(el("span.said", { role: "alert" }, t("page.photo_failed", { why: one.why })),
    one.body ? el("button.quiet", { type: "button", id: "photo-again", onclick: () => send(alert.id, one) }, t("page.photo_again")) : "");
  return part;
}

async function take(id, input) {
  const [file] = input.files;
  if (!file) return;
  const photo = await smallPhoto(file).catch(() => null);
  const by = photo && await orderedBy();
  if (photo && by === null) return; // nobody says who it is
  if (!photo) {
    turn(id, { now: "failed", why: t("page.photo_unreadable") });
    return;
  }
  await send(id, { path: `/api/alerts/${encodeURIComponent(id)}/photos/${newKey()}`, body: { photo: await asBase64(photo), by }, takenAt: file.lastModified });
}

async function send(id, one) {
  turn(id, { ...one, now: "sent", why: "" });
  try {
    await putJson(one.path, { ...one.body, age_s: Math.max(0, (Date.now() - one.takenAt) / 1000) }); // no picture of last month shows what is there now
    sending.delete(id);
    loadTrack(id);
    tell(null, t("page.photo_done"));
  } catch (error) {
    turn(id, { ...one, now: "failed", why: failure(error, "refusal") });
  }
}

function turn(id, one) {
  sending.set(id, one);
  changed();
}
