// The console's dialog of phones that are told of alerts.
import { byId, el } from "./dom.js";
import { clockTime } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import {
  allDevices, guessName, hindrance, isTold, loadDevices, notOn, refreshDevices, removeDevice, subscribe, testDevice, thisDevice,
} from "./push_device.js";
import { failure } from "./refused.js";
import { may } from "./state.js";

let said = () => "";

/** onShow(hash) is called when a notification was clicked while the console is open. */
export function setUpPush(onShow) {
  byId("push").addEventListener("click", open);
  byId("push-subscribe").addEventListener("click", ask);
  onLanguage(draw);
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (typeof data?.show === "string") onShow(data.show);
  });
}

/** Whether phones are told here at all. */
export async function loadPush() {
  if (!may("phone")) return;
  await loadDevices();
  byId("push").hidden = !isTold();
}

async function open() {
  said = hindrance() ?? (() => "");
  byId("push-name").value ||= guessName();
  byId("push-dialog").showModal();
  await refresh();
}

async function refresh() {
  await refreshDevices();
  draw();
}

function draw() {
  const mine = thisDevice();
  byId("push-state").replaceChildren(...[said()].flat());
  byId("push-subscribe").disabled = hindrance() !== null;
  byId("push-subscribe").textContent = t(mine ? "push.again" : "push.subscribe");
  byId("push-devices").replaceChildren(...allDevices().map((device) => el("li", {},
    el("span", {}, [device.name || device.id, device.owner].filter(Boolean).join(" · "), device === mine ? ` (${t("push.this")})` : ""),
    el("span.note", {}, stateOf(device)),
    el("button.quiet", { type: "button", onclick: () => test(device) }, t("push.test")),
    el("button.quiet", { type: "button", onclick: () => remove(device) }, t("push.remove")))));
}

function stateOf(device) {
  if (device.disabled_at) return t("push.disabled", { reason: device.disabled_reason });
  return device.last_success_at ? t("push.last", { at: clockTime(device.last_success_at) }) : t("push.never");
}

async function ask() {
  said = () => t("push.asking");
  draw();
  try {
    const device = await subscribe(byId("push-name").value);
    said = () => t("push.done", { name: device.name });
  } catch (error) {
    said = notOn(error);
  }
  draw();
}

async function test(device) {
  said = () => t("push.testing");
  draw();
  const { delivered, reason } = await testDevice(device.id);
  said = () => (delivered ? t("push.tested") : t("push.failed", { detail: reason }));
  await refresh();
}

async function remove(device) {
  await removeDevice(device.id).catch((error) => { said = () => failure(error); });
  await refresh();
}
