// What this browser remembers of the wall: how many tiles, which cameras stay, what is drawn over and below them.
const KEPT = "xinan.wall";
const MOST_PINNED = 16;
export const SIZES = [1, 4, 9, 16];

/** size: tiles on a page, 0: as many as there are cameras. view: tiles or plan. plan: the place whose plan was looked at. */
export const kept = { size: 0, pinned: [], zones: true, strip: true, view: "tiles", plan: "", ...read() };

/** What was stored may be of another version of this page: only what fits is taken. */
function read() {
  try {
    const { size, pinned, zones, strip, view, plan } = JSON.parse(localStorage.getItem(KEPT)) ?? {};
    return Object.fromEntries(Object.entries({
      size: SIZES.includes(size) ? size : undefined,
      pinned: Array.isArray(pinned) ? pinned.filter((name) => typeof name === "string").slice(0, MOST_PINNED) : undefined,
      zones: typeof zones === "boolean" ? zones : undefined,
      strip: typeof strip === "boolean" ? strip : undefined,
      view: view === "plan" ? view : undefined,
      plan: typeof plan === "string" ? plan : undefined,
    }).filter(([, value]) => value !== undefined));
  } catch {
    return {}; // nothing was stored, or storage is switched off
  }
}

export function keep(change) {
  Object.assign(kept, change);
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // it lasts until the page is closed
  }
}
