// Alerts on this phone: the browser subscribes, the server keeps the list.
import { deleteAt, getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { currentLanguage, onLanguage, t } from "./i18n.js";
import { failure } from "./refused.js";
import { may } from "./state.js";

const KEPT = "xinan.push"; // {id, endpoint} of this browser's device
let key = "";
let devices = [];
let said = () => "";

/** onShow(hash) is called when a notification was clicked while the console is open. */
export function setUpPush(onShow) {
  byId("push").addEventListener("click", open);
  byId("push-subscribe").addEventListener("click", subscribe);
  onLanguage(draw);
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (typeof data?.show === "string") onShow(data.show);
  });
}

/** Whether phones are told here at all; and, where the browser has a new address meanwhile, the server learns of it. */
export async function loadPush() {
  if (!may("phone")) return;
  ({ key, devices } = await getJson("/api/push"));
  byId("push").hidden = !key;
  const mine = kept();
  if (!key || !mine || hindrance()) return;
  const subscription = await (await register()).pushManager.getSubscription();
  if (subscription && subscription.endpoint !== mine.endpoint) await send(subscription, nameOf(mine.id));
}

/** Why this browser cannot be told: a function that says it, or null. */
function hindrance() {
  if (!isSecureContext) return () => t("push.insecure");
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return () => t("push.unsupported");
  if (Notification.permission === "denied") return () => t("push.denied");
  return null;
}

async function open() {
  said = hindrance() ?? (() => "");
  byId("push-name").value ||= guessName();
  byId("push-dialog").showModal();
  await refresh();
}

async function refresh() {
  ({ key, devices } = await getJson("/api/push").catch(() => ({ key, devices })));
  draw();
}

function draw() {
  const mine = kept();
  byId("push-state").textContent = said();
  byId("push-subscribe").disabled = hindrance() !== null;
  byId("push-subscribe").textContent = devices.some((device) => device.id === mine?.id) ? t("push.again") : t("push.subscribe");
  byId("push-devices").replaceChildren(...devices.map((device) => el("li", {},
    el("span", {}, [device.name || device.id, device.owner].filter(Boolean).join(" · "), device.id === mine?.id ? ` (${t("push.this")})` : ""),
    el("span.note", {}, stateOf(device)),
    el("button.quiet", { type: "button", onclick: () => test(device) }, t("push.test")),
    el("button.quiet", { type: "button", onclick: () => remove(device) }, t("push.remove")))));
}

function stateOf(device) {
  if (device.disabled_at) return t("push.disabled", { reason: device.disabled_reason });
  return device.last_success_at ? t("push.last", { at: new Date(device.last_success_at).toLocaleString() }) : t("push.never");
}

async function subscribe() {
  said = () => t("push.asking");
  draw();
  try {
    if (await Notification.requestPermission() !== "granted") {
      said = () => t("push.denied");
      return draw();
    }
    const registration = await register();
    await forgetOtherKey(registration);
    const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
    const device = await send(await registration.pushManager.subscribe(options), byId("push-name").value);
    said = () => t("push.done", { name: device.name });
  } catch (error) {
    said = () => (error.status === undefined ? t("push.failed", { detail: error.message }) : failure(error));
  }
  await refresh();
}

/** A subscription made with another server key receives nothing from us. */
async function forgetOtherKey(registration) {
  const old = await registration.pushManager.getSubscription();
  const known = old?.options.applicationServerKey;
  if (old && known && String(new Uint8Array(known)) !== String(bytesOf(key))) await old.unsubscribe();
}

async function register() {
  await navigator.serviceWorker.register("/service-worker.js");
  return navigator.serviceWorker.ready;
}

async function send(subscription, name) {
  const device = await postJson("/api/push/devices", { name, language: currentLanguage(), subscription: subscription.toJSON() });
  try {
    localStorage.setItem(KEPT, JSON.stringify({ id: device.id, endpoint: subscription.endpoint }));
  } catch {
    // without storage the list only does not say which one this is
  }
  return device;
}

async function test(device) {
  said = () => t("push.testing");
  draw();
  const { delivered, reason } = await postJson(`/api/push/devices/${device.id}/test`, {}).catch((error) => ({ reason: failure(error) }));
  said = () => (delivered ? t("push.tested") : t("push.failed", { detail: reason }));
  await refresh();
}

async function remove(device) {
  await deleteAt(`/api/push/devices/${device.id}`).catch((error) => { said = () => failure(error); });
  if (kept()?.id === device.id) {
    localStorage.removeItem(KEPT);
    const registration = await navigator.serviceWorker?.getRegistration();
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }
  await refresh();
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

const nameOf = (id) => devices.find((device) => device.id === id)?.name ?? "";
const guessName = () => navigator.userAgentData?.platform || navigator.platform || "";

function bytesOf(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
