// Whose word goes on record, where nobody is logged in by name.
import { byId } from "./dom.js";

let own = ""; // as the server knows it
let nameless = false;
let given = "";

/** me: the answer of /api/me. */
export function learnName(me) {
  own = me.name;
  nameless = !own;
}

/** Whether what is on record was said here, or by the same person elsewhere. */
export const isMine = (by) => by === own;

/** Who orders something: "" where the server knows it, else what the person says, asked once; null: nothing is ordered.
 * anew: asked again, as somebody else may stand there by now; who it was last is there to be confirmed. */
export function orderedBy({ anew = false } = {}) {
  if (!nameless || (given && !anew)) return Promise.resolve(given);
  const dialog = byId("name-dialog");
  byId("name-own").value = given;
  dialog.returnValue = "";
  dialog.showModal();
  byId("name-own").select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "send") return resolve(null);
      given = byId("name-own").value.trim();
      resolve(given || null);
    }, { once: true });
  });
}
