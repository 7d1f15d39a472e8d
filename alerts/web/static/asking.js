// A dialogue that asks for what comes with an order. It stays until the server has taken it: what was typed is there to be sent again.
import { SLOW_MS } from "./api.js";
import { orderFailure } from "./conflict.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";

const openings = new Map(); // name → {sent}: of the dialogue as it was opened last

/** name: of `NAME-dialog`, which has `NAME-error`. */
export function openAsking(name) {
  openings.set(name, { sent: false });
  byId(`${name}-error`).textContent = "";
  byId(`${name}-dialog`).showModal();
}

/** order(): throws while it is not taken. told(error): what the dialogue cannot say, as somebody has closed it meanwhile.
 * why(error): in words. */
export async function sendAsked(name, order, told, why = orderFailure) {
  const opening = openings.get(name);
  if (opening.sent) return; // pressed twice
  opening.sent = true;
  const isOpen = () => openings.get(name) === opening && byId(`${name}-dialog`).open;
  const say = (text) => { if (isOpen()) byId(`${name}-error`).textContent = text; };
  say("");
  const timer = setTimeout(() => say(t("action.sending")), SLOW_MS);
  try {
    await order();
    if (isOpen()) byId(`${name}-dialog`).close();
  } catch (error) {
    say(why(error));
    if (!isOpen() || error.status === 401) told(error);
  }
  clearTimeout(timer);
  opening.sent = false;
}
