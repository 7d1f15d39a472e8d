// What was said on this phone and has yet to reach the server: kept in IndexedDB, sent in order, never twice, never lost.
// A classic script, as the service worker (importScripts) and the pages share it: `xinanUnsent`.
//
// An entry: {id, at, state: "waiting" | "refused", url, method, body, look?, tell, code?, status?}. `look` asks what may be
// answered before an answer that was given without seeing the page. `tell` is what a person is told of it: never sent.
// Sending again is harmless: the server takes the same word of the same person, and a report of the same key, once.
self.xinanUnsent = (() => {
  const DATABASE = "xinan-phone";
  const STORE = "unsent";
  const CHANNEL = "xinan-unsent";
  const LOCK = "xinan-unsent";
  const WEEK_S = 604_800;
  const TIMEOUT_MS = 30_000;
  const PHOTO_TIMEOUT_MS = 120_000;
  const AGAIN = new Set([408, 425, 429]);
  const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
  const listeners = new Set();
  const memory = new Map(); // where storage is switched off: until the page is closed
  let opening = null;

  function database() {
    opening ??= new Promise((resolve, reject) => {
      const asked = indexedDB.open(DATABASE, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    }).catch(() => null);
    return opening;
  }

  /** One request in a transaction of its own; resolves once it is on the disk. */
  async function ask(mode, request) {
    const opened = await database();
    if (!opened) return null;
    return new Promise((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode, { durability: "strict" });
      const asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  async function keep(entry) {
    if (!(await database())) memory.set(entry.id, entry);
    await ask("readwrite", (store) => store.put(entry));
  }

  async function drop(id) {
    memory.delete(id);
    await ask("readwrite", (store) => store.delete(id));
    told({ id, gone: true });
  }

  /** All of them, the oldest first. */
  async function all() {
    const kept = (await ask("readonly", (store) => store.getAll())) ?? [...memory.values()];
    return kept.sort((one, other) => one.at - other.at);
  }

  /** Keep it, and have it sent when there is a line, whether the page is open then or not. Resolves once it is kept. */
  async function put(entry) {
    const whole = { id: newId(), at: Date.now(), state: "waiting", method: "POST", ...entry };
    await keep(whole);
    told({ id: whole.id });
    await askForSync();
    return whole;
  }

  async function askForSync() {
    const registration = self.registration ?? (await self.navigator.serviceWorker?.getRegistration().catch(() => null));
    await registration?.sync?.register("unsent").catch(() => {}); // not there, or not allowed: the page sends
  }

  /** 128 random bits; randomUUID is there on https only. */
  function newId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Send what waits. How many still do; `results` of those that were answered: id → {status, body}. */
  async function flush() {
    const locks = self.navigator.locks;
    return locks ? locks.request(LOCK, sendAll) : sendAll();
  }

  async function sendAll() {
    const results = {};
    let left = 0;
    for (const entry of (await all()).filter((one) => one.state === "waiting")) {
      const answer = await send(entry);
      if (answer.done) {
        results[entry.id] = answer;
        await drop(entry.id);
      } else if (answer.refused) {
        results[entry.id] = answer;
        await keep({ ...entry, body: null, state: "refused", status: answer.status, code: answer.body?.code ?? "" });
      } else {
        left += 1;
        await keep({ ...entry, status: answer.status });
      }
      told({ id: entry.id, ...answer });
    }
    return { left, results };
  }

  /** {done}, {refused}: the server has decided. Neither: no line, a busy server, or whoever it is must log in again. */
  async function send(entry) {
    try {
      const body = { ...entry.body, age_s: Math.min(WEEK_S, Math.max(0, (Date.now() - entry.at) / 1000)) }; // by one clock, right or wrong
      if (entry.look) {
        const seen = await post(entry.look.url, "POST", entry.look.body);
        if (!seen.ok) return judged(seen);
        const page = seen.body;
        if (!page.offered.includes(body.answer)) return { done: page.said !== "", refused: page.said === "", status: 409, body: { code: "changed", page } };
        body.round = page.round;
      }
      return judged(await post(entry.url, entry.method, body));
    } catch {
      return { status: 0 };
    }
  }

  async function post(url, method, body) {
    const response = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", "X-Xinan": "phone" },
      cache: "no-store",
      credentials: "same-origin",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout?.(method === "PUT" ? PHOTO_TIMEOUT_MS : TIMEOUT_MS),
    });
    return { ok: response.ok, status: response.status, body: await response.json().catch(() => null) };
  }

  function judged({ ok, status, body }) {
    if (ok) return { done: true, status, body };
    const later = status === 401 || status >= 500 || AGAIN.has(status);
    return later ? { status } : { refused: true, status, body };
  }

  function told(news) {
    channel?.postMessage(news);
    for (const listener of listeners) listener(news);
  }

  /** listener({id, done?, refused?, status?, body?}): of this page, another, or the service worker. */
  function listen(listener) {
    listeners.add(listener);
    channel?.addEventListener("message", ({ data }) => listener(data));
  }

  return { put, all, drop, flush, listen };
})();
