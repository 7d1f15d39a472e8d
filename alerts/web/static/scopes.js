// Places and cameras in one list, as what somebody is limited to: told from each other, whatever their ids are.
import { t } from "./i18n.js";

export const cameraScope = (name) => `${t("scope.camera")} ${name}`;

/** One value in words. place: what a place of this id is called, "" where there is none; isCamera: a camera has this name. */
export const scopeWords = (id, place, isCamera) => [place, isCamera ? cameraScope(id) : ""].filter(Boolean).join(" + ") || id;

/** [[value, text], …] to choose from. places: [[id, text], …]; cameras: names. What is a place's id and a camera's name means
 * both, wherever it stands: it is there once, and says so. */
export function scopesOf(places, cameras) {
  const names = new Set(cameras);
  const ids = new Set(places.map(([id]) => id));
  return [...places.map(([id, text]) => [id, scopeWords(id, text, names.has(id))]),
    ...cameras.filter((name) => !ids.has(name)).map((name) => [name, cameraScope(name)])];
}
