// An alert has an address of its own, `/#alert=ID`: whoever copies it shows the same one, and on a phone "back" closes it.
import { onChange, select, selected } from "./state.js";

let last = null;

/** The alert that the address names, or null. */
export const addressed = () => new URLSearchParams(location.hash.slice(1)).get("alert");

/** On a phone the console is there for whoever asks for it; it stays so when the page is loaded again. */
const asked = () => (location.search === "?console" ? location.search : "");

/** From now on the address follows the selection, and "back" the address. */
export function followAddress() {
  onChange(() => {
    const id = selected()?.id ?? null;
    if (id === last) return;
    const opens = last === null && matchMedia("(max-width: 899px)").matches;
    last = id;
    if (id === addressed()) return;
    history[opens ? "pushState" : "replaceState"](null, "", `/${asked()}${id ? `#alert=${encodeURIComponent(id)}` : ""}`);
  });
  addEventListener("popstate", () => { if (!addressed()) select(null); });
}
