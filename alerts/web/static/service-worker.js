// Shows what is pushed, and leads to it. It keeps nothing and answers no requests: the console works without it.

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
  event.notification.close();
  const { url, links } = event.notification.data ?? {};
  event.waitUntil(open(links?.[event.action] || url || "/"));
});

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
    await fetch("/api/push/devices", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-Xinan": "worker" },
      body: JSON.stringify({ subscription: fresh.toJSON() }),
    });
  })().catch(() => {}));
});
