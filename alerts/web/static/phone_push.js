// Whether this phone is told of alerts, and the button that makes it so.
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import {
  guessName, hindrance, isTold, loadDevices, notOn, refreshDevices, removeDevice, subscribe, testDevice, thisDevice,
} from "./push_device.js";
import { failure } from "./refused.js";

let allowed = false;
let said = null;
let redraw = () => {};

export function setUpPush(draw) {
  redraw = draw;
  byId("push-on").addEventListener("click", on);
  byId("push-off").addEventListener("click", off);
  byId("push-test").addEventListener("click", test);
}

export async function loadPush(me) {
  allowed = me.permissions.includes("phone");
  if (allowed) await loadDevices();
}

export function drawPush() {
  byId("push-tile").hidden = !allowed || !isTold();
  const mine = thisDevice();
  byId("push-on").hidden = Boolean(mine && !mine.disabled_at) || hindrance() !== null;
  byId("push-test").hidden = byId("push-off").hidden = !mine;
  byId("push-state").replaceChildren(...[(said ?? hindrance() ?? stateOf(mine))()].flat());
}

function stateOf(mine) {
  if (!mine) return () => t("phone.push_is_off");
  if (mine.disabled_at) return () => t("push.disabled", { reason: mine.disabled_reason });
  return () => t("phone.push_is_on");
}

const say = (text) => { said = text; redraw(); };

async function on() {
  say(() => t("push.asking"));
  try {
    await subscribe(guessName());
    say(null);
  } catch (error) {
    say(notOn(error));
  }
}

async function off() {
  try {
    await removeDevice(thisDevice().id);
    said = null;
  } catch (error) {
    said = () => failure(error);
  }
  await refreshDevices();
  redraw();
}

async function test() {
  say(() => t("push.testing"));
  const { delivered, reason } = await testDevice(thisDevice().id);
  say(delivered ? () => t("push.tested") : () => t("push.failed", { detail: reason }));
}
