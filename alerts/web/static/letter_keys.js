// Whether keys that type a character do anything. Each is one order (WCAG 2.1.4): a word that is dictated, or something that lies on
// the keyboard, would acknowledge a fire. Switched off, only keys that type nothing count. Kept in this browser: a desk has its
// keyboard, whoever sits at it.
import { byId } from "./dom.js";
import { translatePage } from "./i18n.js";
import { drawAnew } from "./state.js";

const KEPT = "xinan.letters";
const NAMED = /^(?:Arrow\w+|Enter|Escape)$/;
let on = kept();

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // storage is switched off
  }
}

/** Whether a press is for the page, by what it types. */
export const counts = ({ key }) => on || NAMED.test(key);

export function setUpLetterKeys() {
  byId("letters-on").addEventListener("change", ({ target }) => turn(target.checked));
  byId("letters-on").checked = on;
  if (!on) show(); // else the page says so already, and is not translated and drawn once more at its start
}

function turn(wanted) {
  on = wanted;
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // it lasts until the page is closed
  }
  show();
}

/** No button or field names a key that does nothing. */
function show() {
  document.body.dataset.letters = on ? "on" : "off";
  byId("filter-text").dataset.i18nPlaceholder = byId("filter-text").dataset.i18nLabel = on ? "filter.search" : "help.search";
  translatePage();
  drawAnew();
}
