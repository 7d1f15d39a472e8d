// Nothing can be typed while an order is on its way: its answer draws anew what it was about.
import { SLOW_MS } from "./api.js";

/** work() is waited for, slow() called once that takes long; what had the focus in `area` has it again, if it is still there. */
export async function whileInert(area, work, slow) {
  const held = area.contains(document.activeElement) ? document.activeElement : null;
  const timer = setTimeout(slow, SLOW_MS);
  area.inert = true;
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    area.inert = false;
    if (held?.isConnected) held.focus({ preventScroll: true });
  }
}
