// Which camera is shown where. Pure: a wall never moves a picture that somebody may be looking at.
import { SIZES } from "./wall_kept.js";

const MOST = SIZES.at(-1);

/** Tiles of a page. size 0: as many as there are cameras. */
export const slotsOf = (size, cameras) => size || (SIZES.find((one) => one >= cameras) ?? MOST);

/**
 * What is in each tile. Pinned cameras come first, on every page. A camera with an alarm that is not on the page takes an empty
 * tile, or the last one that can be spared; all others stay where they are. It goes when the alarm is answered and nobody is near.
 *
 * names: all cameras, in their order. alarms: [{camera, urgent}], the most pressing first; one that is urgent does not wait until the
 * wall is calm. guests: camera → tile, of the arrangement before. held: cameras whose tiles may not be taken.
 * Gives shown (cameras), guests, missing (alarmed cameras that found no tile), page, pages.
 */
export function arrange({ names, pinned, size, page, alarms, guests, calm, held }) {
  const slots = slotsOf(size, names.length);
  const stay = pinned.filter((name) => names.includes(name)).slice(0, slots);
  const others = names.filter((name) => !stay.includes(name));
  const room = slots - stay.length;
  const pages = room ? Math.max(1, Math.ceil(others.length / room)) : 1;
  const at = Math.min(Math.max(0, page), pages - 1);
  const shown = [...stay, ...others.slice(at * room, (at + 1) * room)];
  const own = new Set(shown);
  const urgent = new Map(alarms.map((alarm) => [alarm.camera, alarm.urgent]));
  const now = new Map();

  const put = (camera, slot) => {
    now.delete(shown[slot]);
    shown[slot] = camera;
    now.set(camera, slot);
  };
  for (const [camera, slot] of guests) {
    const stays = urgent.has(camera) || !calm || held.has(camera);
    if (stays && names.includes(camera) && !own.has(camera) && slot >= stay.length && slot < slots)
      put(camera, Math.min(slot, shown.length));
  }
  const spare = (may) => {
    for (let slot = shown.length - 1; slot >= stay.length; slot--)
      if (!held.has(shown[slot]) && may(shown[slot])) return slot;
    return -1;
  };
  const missing = [];
  for (const { camera, urgent: burns } of alarms) {
    if (shown.includes(camera)) continue;
    if (!names.includes(camera)) { // a drill, a report by phone, a camera that was removed: there is no picture to show
      missing.push(camera);
      continue;
    }
    let slot = shown.length < slots ? shown.length : spare((other) => !urgent.has(other));
    if (slot < 0 && burns) slot = spare((other) => !urgent.get(other));
    if (slot < 0 || !(burns || calm)) missing.push(camera);
    else put(camera, slot);
  }
  return { shown, guests: now, missing, page: at, pages };
}
