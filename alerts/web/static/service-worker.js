// Shows what is pushed, and leads to it. It keeps nothing and stands between the console and nothing.

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

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
  event.waitUntil(follow(notification, action, links?.[action] || url || "/"));
});

/** A button that can answer by itself does so; everything else, and what could not be said, opens a page. */
async function follow(notification, action, link) {
  if (action && await answer(link).catch(() => false)) await confirm(notification, action);
  else await open(link);
}

/** Say what the link's button means, in the name that the link is for. Whether it was taken. */
async function answer(link) {
  const { origin, pathname, hash } = new URL(link, self.location.origin);
  if (origin !== self.location.origin || pathname !== "/answer") return false;
  const [token, kind] = hash.slice(1).split(".");
  const seen = await post("/answer/show", { token });
  const page = seen.ok ? await seen.json() : {};
  if (!page.person || !page.offered.includes(kind)) return false; // the page asks who it is, or says why not
  return (await post("/answer", { token, answer: kind, round: page.round })).ok;
}

function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Xinan": "worker" },
    cache: "no-store",
    body: JSON.stringify(body),
  });
}

/** The notification stays, quietly, and says what was answered; its other buttons remain. */
function confirm({ title, body, tag, lang, data, actions, timestamp }, action) {
  const said = actions.find((one) => one.action === action)?.title ?? "";
  const left = actions.filter((one) => one.action !== action).map((one) => ({ action: one.action, title: one.title }));
  return self.registration.showNotification(title, {
    body: `✓ ${said}\n${body}`, tag, lang, data, timestamp, actions: left, silent: true, icon: "/icon-192.png", badge: "/badge-96.png",
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
