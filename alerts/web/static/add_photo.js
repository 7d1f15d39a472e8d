// Photos of the place, added to the selected case. One that was not taken is there to be sent again, or to be thrown away by whoever
// took it: nobody can take it twice.
import { putJson } from "./api.js";
import { el } from "./dom.js";
import { clockTime } from "./format.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { asBase64, newKey, smallPhoto } from "./photo.js";
import { failure } from "./refused.js";
import { alertOf, changed } from "./state.js";
import { loadTrack, mayAddPhoto } from "./track.js";

const OLDEST_S = 604_800; // the server takes no greater age
const photos = new Map(); // alert's id → those that are not there yet: {key, path, body, takenAt, chosenAt, now: "sent" or "failed", why}
const unreadable = new Set(); // ids of alerts for which a file was chosen last that is no picture
let tell = () => {};

/** Whether one would be lost with the page: of an alert that is not here any more none can be sent again. */
const isAnyLost = () => [...photos].some(([id, some]) => some.some(({ now }) => now === "sent" || alertOf(id)));

/** Before a log-out: whether nothing is lost by it, or the person wants that. They are asked once: the page then asks no more. */
export function letGoOfPhotos() {
  if (isAnyLost() && !confirm(t("page.photos_sure"))) return false;
  photos.clear();
  return true;
}

/** Of whoever has no right to them any more: nothing is asked. */
export const forgetPhotos = () => photos.clear();

/** told(error, done) is told that one was taken. Whoever leaves the page is asked first while one is not. */
export function setUpPhotos(told) {
  tell = told;
  addEventListener("beforeunload", (event) => { if (isAnyLost()) event.preventDefault(); });
}

const photosOf = (id) => photos.get(id) ?? [];

export const photoShown = (alert) => [mayAddPhoto(alert), unreadable.has(alert.id), photosOf(alert.id).map(({ now, why }) => [now, why])];

export function photoPart(alert) {
  const some = photosOf(alert.id);
  const part = el("div.add-photo", { hidden: !mayAddPhoto(alert) && !some.length });
  if (part.hidden) return part;
  const waits = some.some(({ now }) => now === "sent");
  const input = el("input.visually-hidden", { type: "file", accept: "image/*", id: "add-photo", disabled: waits || !mayAddPhoto(alert), onchange: ({ target }) => take(alert.id, target) });
  part.append(
    el("label.button", { hidden: !waits && !mayAddPhoto(alert) }, input, icon("camera"), el("span", {}, t(waits ? "page.photo_sending" : "page.add_photo"))),
    unreadable.has(alert.id) ? el("span.said", { role: "alert" }, t("page.photo_failed", { why: t("page.photo_unreadable") })) : "",
    ...some.filter(({ now }) => now === "failed").map((one) => failedLine(alert.id, one)));
  return part;
}

function failedLine(id, one) {
  return el("p.unsent", {}, el("span.said", { role: "alert" }, `${clockTime(one.chosenAt)} · ${t("page.photo_failed", { why: one.why })}`),
    el("button.quiet", { type: "button", id: `photo-again-${one.key}`, onclick: () => send(id, one) }, t("page.photo_again")),
    el("button.quiet", { type: "button", id: `photo-discard-${one.key}`, onclick: () => { if (confirm(t("page.photo_sure"))) drop(id, one); } }, t("page.photo_discard")));
}

async function take(id, input) {
  const [file] = input.files;
  if (!file) return;
  const chosenAt = new Date().toISOString();
  const photo = await smallPhoto(file).catch(() => null);
  if (photo) unreadable.delete(id);
  else unreadable.add(id);
  changed();
  const by = photo && await orderedBy();
  if (by === null) return; // no picture, or nobody says who it is
  const key = newKey();
  const one = { key, path: `/api/alerts/${encodeURIComponent(id)}/photos/${key}`, body: { photo: await asBase64(photo), by }, takenAt: file.lastModified, chosenAt };
  photos.set(id, [...photosOf(id), one]);
  await send(id, one);
}

async function send(id, one) {
  turn(one, "sent");
  const age_s = Math.max(0, (Date.now() - one.takenAt) / 1000); // no picture of last month shows what is there now; a file of no date is of 1970
  try {
    await putJson(one.path, { ...one.body, age_s: Math.min(age_s, OLDEST_S) });
    drop(id, one);
    loadTrack(id);
    tell(null, t(age_s > OLDEST_S ? "page.photo_old" : "page.photo_done"));
  } catch (error) {
    turn(one, "failed", failure(error, "refusal"));
  }
}

function turn(one, now, why = "") {
  Object.assign(one, { now, why });
  changed();
}

function drop(id, one) {
  photos.set(id, photosOf(id).filter((other) => other !== one));
  changed();
}
