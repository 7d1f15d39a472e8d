// What was said on this phone and has yet to reach the server: kept in IndexedDB, sent in order, never twice, never lost;
// answers before reports, as a fire does not wait.
// A classic script, as the service worker (importScripts) and the pages share it: `xinanUnsent`.
//
// An entry: {id, at, state: "waiting" | "refused", url, method, body, look?, tell, code?, status?}. `look` asks what may be
// answered before an answer that was given without seeing the page. `tell` is what a person is told of it: never sent.
// `unkept`: the phone's storage fails, and it lasts as long as the page; never stored.
// Sending again is harmless: the server takes the same word of the same person, and a report of the same key, once.
self.xinanUnsent = (() => {
  const DATABASE = "xinan-phone";
  const STORE = "unsent";
  const CHANNEL = "xinan-unsent";
  const OTHER = "other_person";
  const WEEK_S = 604_800;
  const LOOK_TIMEOUT_MS = 10_000;
  const TIMEOUT_MS = 30_000;
  const PHOTO_TIMEOUT_MS = 120_000;
  const AGAIN = new Set([408, 425, 429]);
  const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
  const listeners = new Set();
  const memory = new Map(); // what storage has not taken, by id; null: what it could not let go. Until the page is closed
  let opening = null;
  const isReport = (entry) => entry.method === "PUT";

  /** Rejects where storage is switched off. */
  function database() {
    opening ??= new Promise((resolve, reject) => {
      const asked = indexedDB.open(DATABASE, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    return opening;
  }

  /** One request in a transaction of its own; resolves once it is on the disk. After a failure the database is opened anew. */
  async function ask(mode, request) {
    try {
      return await transact(await database(), mode, request);
    } catch (error) {
      opening = null; // the disk is full, or the browser has dropped the connection, as iOS does
      throw error;
    }
  }

  function transact(opened, mode, request) {
    return new Promise((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode, { durability: "strict" });
      const asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  /** On the disk, else in memory; whether the disk took it. Never rejects: what was said must be sent all the same. */
  async function keep({ unkept, ...entry }) {
    try {
      await ask("readwrite", (store) => store.put(entry));
      memory.delete(entry.id);
      return true;
    } catch {
      memory.set(entry.id, { ...entry, unkept: true });
      return false;
    }
  }

  async function drop(id) {
    try {
      await ask("readwrite", (store) => store.delete(id));
      memory.delete(id);
    } catch {
      memory.set(id, null);
    }
    told({ id, gone: true });
  }

  /** All of them, the oldest first. */
  async function all() {
    const kept = await ask("readonly", (store) => store.getAll()).catch(() => []);
    const merged = new Map([...kept.map((entry) => [entry.id, entry]), ...memory]);
    return [...merged.values()].filter(Boolean).sort((one, other) => one.at - other.at);
  }

  /** Keep it, and have it sent when there is a line, whether the page is open then or not. Resolves once it is kept, on the
   * disk or, as `unkept` says, for as long as the page is open. */
  async function put(entry) {
    const whole = { id: newId(), at: Date.now(), state: "waiting", method: "POST", ...entry };
    const unkept = !(await keep(whole));
    told({ id: whole.id });
    await askForSync();
    return { ...whole, unkept };
  }

  async function askForSync() {
    const registration = self.registration ?? (await self.navigator.serviceWorker?.getRegistration().catch(() => null));
    await registration?.sync?.register("unsent").catch(() => {}); // not there, or not allowed: the page sends
  }

  /** 128 random bits; randomUUID is there on https only. */
  function newId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Send what waits, answers first. How many still do; `results` of those that were answered: id → {status, body}. */
  async function flush() {
    const answers = await flushAnswers();
    const reports = await alone("xinan-reports", () => sendAll(isReport));
    return { left: answers.left + reports.left, results: { ...answers.results, ...reports.results } };
  }

  /** With a lock of their own: a photo may be on its way for minutes. */
  const flushAnswers = () => alone("xinan-answers", () => sendAll((entry) => !isReport(entry)));

  /** One page, or the worker, at a time. */
  async function alone(name, work) {
    const locks = self.navigator.locks;
    return locks ? locks.request(name, work) : work();
  }

  /** Send one that was put, and what waits before it: what it came to, or null while it waits. */
  async function deliver(entry) {
    const { results } = await (isReport(entry) ? flush() : flushAnswers());
    if (results[entry.id]) return results[entry.id];
    const still = (await all()).find((one) => one.id === entry.id); // another page or the worker may have been faster
    if (!still) return { done: true, status: 200, body: null };
    return still.state === "refused" ? { refused: true, status: still.status, body: { code: still.code } } : null;
  }

  /** A report that was refused, once more. */
  async function again(entry) {
    await keep({ ...entry, state: "waiting", status: 0, code: "" });
    told({ id: entry.id });
    return flush();
  }

  async function sendAll(wanted) {
    const results = {};
    const held = new Set(); // whose word of an alert waits: what they said of it after that waits, too
    let left = 0;
    let isDead = false; // nobody answers: whatever is said next does not wait for all of these to be tried
    for (const { id } of (await all()).filter((one) => one.state === "waiting" && wanted(one))) {
      const entry = (await all()).find((one) => one.id === id && one.state === "waiting");
      if (!entry) continue; // thrown away while what goes before it was on its way
      const whose = isReport(entry) ? entry.id : `${entry.tell.about} ${entry.body.by ?? entry.body.name ?? ""}`;
      if (isDead || held.has(whose)) {
        left += 1;
        continue;
      }
      const answer = await send(entry);
      if (answer.done) {
        results[entry.id] = answer;
        await drop(entry.id);
      } else if (answer.refused) {
        results[entry.id] = answer;
        const body = isReport(entry) ? entry.body : null; // a photo cannot be taken again
        await keep({ ...entry, body, state: "refused", status: answer.status, code: answer.body?.code ?? "" });
      } else if ((await all()).some((one) => one.id === entry.id)) { // not thrown away meanwhile
        left += 1;
        held.add(whose);
        isDead = answer.status === 0;
        await keep({ ...entry, status: answer.status, code: answer.code ?? "" });
      }
      told({ id: entry.id, ...answer });
    }
    return { left, results };
  }

  /** {done}, {refused}: the server has decided. Neither: no line, a busy server, or its person must log in again. */
  async function send(entry) {
    try {
      const absent = isReport(entry) ? await whyAbsent(entry.body.by) : null;
      if (absent) return absent;
      const body = { ...entry.body };
      if (entry.look) {
        const seen = await post(entry.look.url, "POST", entry.look.body, LOOK_TIMEOUT_MS);
        if (!seen.ok) return judged(seen);
        const page = seen.body;
        if (!page.offered.includes(body.answer)) return { done: page.said !== "", refused: page.said === "", status: 409, body: { code: "changed", page } };
        body.round = page.round;
      }
      body.age_s = Math.min(WEEK_S, Math.max(0, (Date.now() - entry.at) / 1000)); // by one clock, right or wrong; the way from here on is not in it
      return judged(await post(entry.url, entry.method, body, isReport(entry) ? PHOTO_TIMEOUT_MS : TIMEOUT_MS));
    } catch {
      return { status: 0 };
    }
  }

  /** null: its person is there. Else nothing is sent: a photo is not to cross the line only to be turned away, and of whoever may not send any
   * the server takes none, and never sees whose it is. */
  async function whyAbsent(by) {
    const me = await fetch("/api/me", { headers: { "X-Xinan": "phone" }, cache: "no-store", signal: within(LOOK_TIMEOUT_MS) });
    if (!me.ok) return { status: me.status };
    const { name } = await me.json();
    return !by || [by, ""].includes(name) ? null : { status: 409, code: OTHER };
  }

  /** Aborts after so many ms; AbortSignal.timeout is missing on older phones. */
  function within(ms) {
    const line = new AbortController();
    setTimeout(() => line.abort(), ms);
    return line.signal;
  }

  async function post(url, method, body, timeout) {
    const response = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", "X-Xinan": "phone" },
      cache: "no-store",
      credentials: "same-origin",
      body: JSON.stringify(body),
      signal: within(timeout),
    });
    return { ok: response.ok, status: response.status, body: await response.json().catch(() => null) };
  }

  function judged({ ok, status, body }) {
    if (ok) return body ? { done: true, status, body } : { status: 0 }; // a hotel's log-in page says 200 to everything
    const later = status === 401 || status >= 500 || AGAIN.has(status) || body?.code === OTHER;
    return later ? { status, code: body?.code } : { refused: true, status, body };
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

  return { put, all, drop, again, deliver, flush, listen, within };
})();
