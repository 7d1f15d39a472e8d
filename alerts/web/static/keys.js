// One key for each thing that an operator does all night.
import { dialogOpen } from "./dialogs.js";
import { counts } from "./letter_keys.js";

/** As an input method types them. */
const WIDE = { "？": "?", "、": "/", "／": "/" };

/** actions: key → what to do. */
export function setUpKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialogOpen() || !counts(event)) return;
    const typed = event.key === "Process" ? keyOfCode(event.code) : WIDE[event.key] ?? event.key; // an input method is on
    const key = typed.length === 1 ? typed.toLowerCase() : typed;
    if (isTheirs(event.target, key)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = actions[key];
    if (!action || (event.repeat && key.length === 1)) return;
    event.preventDefault();
    action(event);
  });
  leaveLists();
}

const keyOfCode = (code) => (code === "Slash" ? "/" : /^(?:Key|Digit)(\w)$/.exec(code)?.[1] ?? "");

/** Whether the key means something to what has the focus. A checkbox is no place for words, a slider none for letters. */
function isTheirs(element, key) {
  if (element.matches('input[type="range"]')) return key.length !== 1;
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

/** In a list letters look for an entry. Whoever has chosen with the mouse is done with it: the next letter is for the alerts. */
function leaveLists() {
  let pointed = false;
  addEventListener("pointerdown", () => { pointed = true; }, { capture: true });
  addEventListener("keydown", () => { pointed = false; }, { capture: true });
  addEventListener("change", ({ target }) => { if (pointed && !dialogOpen() && target.matches("select")) target.blur(); });
}
