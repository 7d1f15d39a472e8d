// More alarms than a person can take: ten in ten minutes, as EEMUA 191 and IEC 62682 count it; over once fewer than five come.
import { byId, el } from "./dom.js";
import { ageMs } from "./format.js";
import { t } from "./i18n.js";
import { changed, firedMs, isHeld, sorted } from "./state.js";

const SPAN_MS = 10 * 60_000;
const BEGINS = 10;
const ENDS_BELOW = 5;
let flooding = false;
let apart = false; // somebody wants to see each
let number = 0;

export const isFlooding = () => flooding;
/** Whether violations are shown together, by place and hazard. */
export const isFolding = () => flooding && !apart;

/** Count anew; once a second, and with each change. Returns whether it begins or ends. */
export function judgeFlood() {
  number = sorted().filter((alert) => firedMs(alert) && !isHeld(alert) && ageMs(firedMs(alert)) < SPAN_MS).length;
  const now = flooding ? number >= ENDS_BELOW : number >= BEGINS;
  if (now === flooding) return false;
  flooding = now;
  apart = false;
  return true;
}

export function drawFlood() {
  const banner = byId("flood");
  banner.hidden = !flooding;
  if (!flooding) return;
  const said = t("flood.banner", { n: number });
  const way = t(apart ? "flood.together" : "flood.apart");
  if (banner.textContent === said + way) return; // said once by screen readers
  banner.replaceChildren(el("span", {}, said), el("button.quiet", { type: "button", id: "flood-apart", onclick: toggle }, way));
}

function toggle() {
  apart = !apart;
  changed();
}
