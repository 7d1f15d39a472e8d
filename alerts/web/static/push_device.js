// This browser as a phone that is told of alerts: it subscribes, the server keeps the list.
import { deleteAt, getJson, postJson } from "./api.js";
import { el } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { failure } from "./refused.js";
import "./strings_push.js";

const KEPT = "xinan.push"; // {id, endpoint} of this browser's device
const IS_IOS = /iPhone|iPad/;
let key = "";
let devices = [];

/** The browser did not switch push on. key: of what that means; message: its own words, or "". */
class NotOn extends Error {
  constructor(key, cause) {
    super(cause?.message ?? "");
    this.key = key;
  }
}

/** Says what an error of `subscribe` means, and what now; the browser's own words, in its language, in small print. */
export const notOn = (error) => () => (error instanceof NotOn
  ? [`${t(error.key)} ${t("push.others")}`, error.message ? el("small.browser-words", {}, t("push.browser_says", { detail: error.message })) : ""]
  : [failure(error)]);

/** What the server knows; and, where the browser has a new address meanwhile, the server learns of it. Nobody waits for that: it
 * needs the worker, whose files may take minutes on a bad line. */
export async function loadDevices() {
  ({ key, devices } = await getJson("/api/push"));
  tellNewAddress().catch(() => {}); // at the next visit again
}

async function tellNewAddress() {
  const mine = kept();
  if (!key || !mine || hindrance()) return;
  const subscription = await (await registered()).pushManager.getSubscription();
  if (subscription && subscription.endpoint !== mine.endpoint) await send(subscription, nameOf(mine.id));
}

export async function refreshDevices() {
  ({ key, devices } = await getJson("/api/push").catch(() => ({ key, devices })));
}

/** Whether phones are told here at all. */
export const isTold = () => Boolean(key);
export const allDevices = () => devices;
/** This browser's, or null. */
export const thisDevice = () => devices.find((device) => device.id === kept()?.id) ?? null;

/** Why this browser cannot be told: a function that says it, or null. */
export function hindrance() {
  const key = hindered();
  return key ? notOn(new NotOn(key)) : null;
}

function hindered() {
  if (!isSecureContext) return "push.insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return IS_IOS.test(navigator.userAgent) ? "push.ios" : "push.unsupported";
  return Notification.permission === "denied" ? "push.denied" : "";
}

/** Ask for permission and subscribe: the device. What went wrong is told by `notOn`. */
export async function subscribe(name) {
  if (await Notification.requestPermission() !== "granted") throw new NotOn(hindered() || "push.dismissed");
  const registration = await registered();
  await forgetOtherKey(registration);
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
  const subscription = await registration.pushManager.subscribe(options).catch((error) => {
    const denied = error.name === "NotAllowedError" || error.message.includes("permission denied"); // Chromium calls both AbortError
    throw new NotOn(denied ? "push.denied" : "push.no_service", error);
  });
  const device = await send(subscription, name);
  await refreshDevices();
  return device;
}

/** Have a test sent: {delivered, reason}. */
export const testDevice = (id) =>
  postJson(`/api/push/devices/${id}/test`, {}).catch((error) => ({ delivered: false, reason: failure(error) }));

export async function removeDevice(id) {
  await deleteAt(`/api/push/devices/${id}`);
  if (kept()?.id === id) {
    localStorage.removeItem(KEPT);
    const registration = await navigator.serviceWorker?.getRegistration();
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }
}

export const guessName = () => navigator.userAgentData?.platform || navigator.platform || "";

/** A subscription made with another server key receives nothing from us. */
async function forgetOtherKey(registration) {
  const old = await registration.pushManager.getSubscription();
  const known = old?.options.applicationServerKey;
  if (old && known && String(new Uint8Array(known)) !== String(bytesOf(key))) await old.unsubscribe();
}

/** With a worker that is at work. `ready` would wait for ever for one that the browser could not set up. */
async function registered() {
  const registration = await navigator.serviceWorker.register("/service-worker.js")
    .catch((error) => { throw new NotOn("push.no_worker", error); });
  const coming = registration.installing ?? registration.waiting;
  if (!registration.active && coming) await new Promise((resolve) => {
    coming.addEventListener("statechange", () => { if (["activated", "redundant"].includes(coming.state)) resolve(); });
  });
  if (!registration.active) throw new NotOn("push.no_worker");
  return registration;
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

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

const nameOf = (id) => devices.find((device) => device.id === id)?.name ?? "";

function bytesOf(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
