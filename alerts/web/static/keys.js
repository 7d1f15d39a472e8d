// One key for each thing that an operator does all night.
import { dialogOpen } from "./dialogs.js";

const KEY_OF_CODE = { KeyA: "a", KeyD: "d", KeyF: "f", KeyS: "s", KeyX: "x", KeyZ: "z", Slash: "/" };
/** As an input method types them. */
const WIDE = { "？": "?", "、": "/", "／": "/" };

/** actions: key → what to do. */
export function setUpKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialogOpen()) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const typed = event.key === "Process" ? KEY_OF_CODE[event.code] ?? "" : WIDE[event.key] ?? event.key; // an input method is on
    const key = typed.length === 1 ? typed.toLowerCase() : typed;
    const action = actions[key];
    if (!action || (event.repeat && key.length === 1)) return;
    event.preventDefault();
    action(event);
  });
}

/** A checkbox is no place for words: the keys go on working there. */
const typing = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select");
