// Keeps the pages for a phone, sends what was said without a line, shows what is pushed, and leads to it. It keeps nothing of
// the site, and stands between the console and nothing.
importScripts("/phone/shell.js", "/phone/unsent.js");

const { version, files } = self.XINAN_SHELL; // changes with any of the files: the browser then sets this worker up anew
const KEPT = `xinan-${version}`;
const unsent = self.xinanUnsent;
const TIMEOUT_MS = 30_000;
const ON_A_PHONE = /Mobi/.test(self.navigator.userAgent);

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(KEPT);
  await cache.addAll(files.map((path) => new Request(path, { cache: "no-cache" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || !files.includes(pathname)) return;
  event.respondWith((async () => (await (await caches.open(KEPT)).match(pathname)) ?? fetch(event.request))());
});

self.addEventListener("sync", (event) => {
  if (event.tag === "unsent") event.waitUntil(sendWaiting());
});

/** The browser tries again, some time later, if this fails. */
async function sendWaiting() {
  const { left, results } = await unsent.flush();
  const seen = (await self.clients.matchAll({ type: "window" })).some((client) => client.visibilityState === "visible");
  if (!seen && Object.values(results).some((one) => one.refused)) await tellRefused();
  if (left) throw new Error(`${left} still wait`);
}

/** Nobody looks at a page: say that something was not taken; the page says why. */
function tellRefused() {
  return self.registration.showNotification("答复未被接受 Not taken", {
    body: "点开查看原因 – open to see why", tag: "refused", icon: "/icon-192.png", badge: "/badge-96.png", data: { url: "/phone" },
  });
}

const UNREADABLE = { title: "心安 Xin'an", body: "打开控制台查看 – open the console", tag: "unreadable", url: "/", actions: [] };

function read(event) {
  try {
    const said = event.data.json();
    return typeof said.title === "string" ? said : UNREADABLE;
  } catch {
    return UNREADABLE; // a browser demands that every push shows something
  }
}

self.addEventListener("push", (event) => {
  const said = read(event);
  event.waitUntil(self.registration.showNotification(said.title, {
    body: said.body,
    tag: said.tag,
    renotify: Boolean(said.renotify && said.tag),
    requireInteraction: Boolean(said.urgent),
    lang: said.lang,
    timestamp: Date.parse(said.at) || undefined,
    icon: "/icon-192.png",
    badge: "/badge-96.png",
    vibrate: said.urgent ? [400, 150, 400, 150, 800] : [200],
    actions: (said.actions ?? []).map(({ action, title }) => ({ action, title })),
    data: { url: said.url, links: Object.fromEntries((said.actions ?? []).map(({ action, url }) => [action, url])) },
  }));
});

self.addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  notification.close();
  const { url, links } = notification.data ?? {};
  event.waitUntil(follow(notification, action, links?.[action] || pageOf(url, links)));
});

/** A phone opens the page of the alert, by the notice's own link where it has one: it needs no log-in. */
function pageOf(url, links) {
  if (!ON_A_PHONE) return url || "/";
  const [link] = Object.values(links ?? {}).filter((one) => one.includes("/answer#"));
  return link ? link.slice(0, link.lastIndexOf(".")) : `/phone${new URL(url || "/", self.location.origin).hash}`;
}

/** A button that can answer by itself does so, at once or when there is a line; everything else opens a page. */
async function follow(notification, action, link) {
  const outcome = action ? await answer(link, notification.title).catch(() => "") : "";
  if (outcome) await confirm(notification, action, outcome);
  else await open(link);
}

/** Say what the link's button means, in the name that the link is for: "sent", "waits", or "": the page is needed. */
async function answer(link, title) {
  const { origin, pathname, hash } = new URL(link, self.location.origin);
  if (origin !== self.location.origin || pathname !== "/answer") return "";
  const [token, kind] = hash.slice(1).split(".");
  const kept = await unsent.put({ // before anything is asked: this worker may be ended at any moment
    url: "/answer", body: { token, answer: kind, round: 0 }, look: { url: "/answer/show", body: { token } }, tell: { kind, about: token, what: title },
  });
  const result = await unsent.deliver(kept);
  if (!result) return kept.unkept ? "" : "waits";
  if (result.done && result.status !== 409) return "sent";
  await unsent.drop(kept.id);
  return ""; // the page asks who it is, or says why not
}

function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Xinan": "worker" },
    cache: "no-store",
    body: JSON.stringify(body),
    signal: unsent.within(TIMEOUT_MS),
  });
}

/** The notification stays, quietly, and says what was answered; its other buttons remain. */
function confirm({ title, body, tag, lang, data, actions, timestamp }, action, outcome) {
  const said = actions.find((one) => one.action === action)?.title ?? "";
  const left = actions.filter((one) => one.action !== action).map((one) => ({ action: one.action, title: one.title }));
  const waits = lang === "en-GB" ? "will be sent once there is a line" : "有网络时自动发送";
  const first = outcome === "sent" ? `✓ ${said}` : `… ${said}: ${waits}`;
  return self.registration.showNotification(title, {
    body: `${first}\n${body}`, tag, lang, data, timestamp, actions: left, silent: true, icon: "/icon-192.png", badge: "/badge-96.png",
  });
}

/** In a window of the console that is there, else in a new one. A link that answers always gets its own. */
async function open(link) {
  const target = new URL(link, self.location.origin);
  if (target.origin === self.location.origin && target.pathname === "/") {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const console = windows.find((client) => new URL(client.url).pathname === "/");
    if (console) {
      console.postMessage({ show: target.hash });
      return console.focus();
    }
  }
  return self.clients.openWindow(target.href);
}

// The browser has replaced the subscription: the server must learn of the new one. Without a session it will, at the
// next visit of the console.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const options = event.oldSubscription?.options ?? { userVisibleOnly: true };
    const fresh = event.newSubscription ?? await self.registration.pushManager.subscribe(options);
    await post("/api/push/devices", { subscription: fresh.toJSON(), replaces: event.oldSubscription?.endpoint ?? "" });
  })().catch(() => {}));
});
