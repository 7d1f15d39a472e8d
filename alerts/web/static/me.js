// Who is signed in: what they may do, which is all that is shown and asked for; and their name, where nobody knows it.
import { byId } from "./dom.js";

let allowed = new Set();
let nameless = false;
let limited = false;
let given = "";

/** me: the answer of /api/me. */
export function learnMe(me) {
  allowed = new Set(me.permissions);
  nameless = !me.name;
  limited = Boolean(me.places) && !me.places.includes("site");
}

/** permission: a word of `alerts.access.roles.Permission`. */
export const may = (permission) => allowed.has(permission);

export const isNameless = () => nameless;
/** Whether only a part of the site is theirs. */
export const isLimited = () => limited;

/** What goes on record has a name: "" where the server knows it, else what the person says, once; null: nothing. */
export function orderedBy() {
  if (!nameless || given) return Promise.resolve(given);
  const dialog = byId("name-dialog");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "send") given = byId("name-own").value.trim();
      resolve(given || null);
    }, { once: true });
  });
}
