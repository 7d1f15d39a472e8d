// The banner that says to call the fire brigade. Nothing lies over it, and it can always be pressed: what lies behind a
// dialogue is dimmed and dead, so it goes into the dialogue that is open, and above it, and above a wall in full screen.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { placeText } from "./places.js";

let home = null;
let show = () => {};
let burning = null;
let opened = []; // dialogues, in the order in which they were opened

/** toAlert(id) is called to show the fire. */
export function setUpCall119(toAlert) {
  const banner = byId("call-119");
  [home, show] = [banner.parentElement, toAlert];
  banner.addEventListener("click", (event) => { if (event.target.closest("button")) goThere(); });
  new MutationObserver(settle).observe(document.body, { subtree: true, attributeFilter: ["open"] });
  document.addEventListener("fullscreenchange", () => settle());
}

/** alert: of the fire that asks for it; undefined: there is none. Derived from it, so that it is right after a reload. */
export function drawCall119(alert) {
  const banner = byId("call-119");
  burning = alert ?? null;
  const text = alert ? t(alert.exercise ? "alarm.call_119_drill" : "alarm.call_119", { place: placeText(alert) || alert.camera }) : "";
  if (banner.firstElementChild?.textContent !== text) // said once by screen readers
    banner.replaceChildren(el("span", {}, text), el("button", { type: "button" }, t("alarm.show_fire")));
  banner.dataset.drill = alert?.exercise ? "yes" : "";
  document.body.dataset.siren = alert ? "urgent" : "";
  if (banner.hidden === !alert) return;
  banner.hidden = !alert;
  settle();
}

/** Where it has to stand now: the last dialogue that was opened, else its own place. */
function settle() {
  const banner = byId("call-119");
  const open = [...document.querySelectorAll("dialog[open]")];
  opened = [...opened.filter((one) => open.includes(one)), ...open.filter((one) => !opened.includes(one))];
  const host = banner.hidden ? home : opened.at(-1) ?? home;
  const above = !banner.hidden && (host !== home || document.fullscreenElement !== null);
  if (banner.parentElement !== host) host.prepend(banner); // a popover that is moved closes
  banner.popover = above ? "manual" : null;
  if (above) banner.showPopover?.(); // a browser without popovers shows it in the dialogue
}

function goThere() {
  const alert = burning;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("cancel");
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {}); // it is shown in any case
  if (alert) show(alert.id);
}
