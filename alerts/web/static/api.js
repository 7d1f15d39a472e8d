// Requests to the console's own server. A line may die without a word: none waits for ever.

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
  }
}

const HEADERS = { "X-Xinan": "console" };
/** After so long it is said that an answer is waited for: it mostly comes before anybody could read that. */
export const SLOW_MS = 1000;
/** By when an answer has to begin, and how long nothing may come of it after that: the list of a flood on a slow line takes its time. */
const USUAL = { beginsMs: 10_000, silentMs: 15_000 };
/** What takes long by its nature: a camera (40 s) or a channel (75 s) is tried, months are added up, a plan or a photo goes up, a file is made. */
const LONG = { beginsMs: 120_000, silentMs: 60_000 };
const TAKES_LONG = /^\/api\/(?:setup|plans|shifts|hand-overs|figures|false-alarms|drills|history|records)\b|\/(?:export|test|photos\/[^/]+)$/;
/** And how long after it began it has to be whole: what comes later is no longer live. */
const PICTURE = { beginsMs: 5000, wholeMs: 3000 };
const BOXES = { beginsMs: 2000, wholeMs: 2000 }; // older ones are of what is no longer there

/** read(response): what is made of the answer. Throws ApiError where the server refuses, another error where nobody answers. */
async function request(path, { waits = TAKES_LONG.test(path) ? LONG : USUAL, signal, ...options } = {}, read = (response) => response.json()) {
  const line = new AbortController();
  const end = () => line.abort();
  const giveUp = () => line.abort(new DOMException("no answer", "TimeoutError"));
  let timer = 0;
  const wait = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, ms);
  };
  wait(waits.beginsMs);
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end);
  try {
    const response = await fetch(path, {
      credentials: "same-origin", cache: "no-store", ...options, headers: { ...HEADERS, ...options.headers }, signal: line.signal,
    });
    wait(waits.wholeMs ?? waits.silentMs);
    const answer = waits.wholeMs ? response : listened(response, () => wait(waits.silentMs));
    if (answer.ok || answer.status === 304) return await read(answer);
    throw new ApiError(answer.status, await answer.json().catch(() => null));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

const NO_BODY = [204, 205, 304]; // whatever there may be of it

/** The same answer; heard(): another piece of it has come. */
function listened(response, heard) {
  if (!response.body || NO_BODY.includes(response.status)) return response;
  const pieces = new TransformStream({ transform(piece, into) { heard(); into.enqueue(piece); } });
  return new Response(response.body.pipeThrough(pieces), response);
}

const nothing = () => null;

export const getJson = (path, options) => request(path, options);

const sendJson = (method, path, body, read, options = {}) => request(path, {
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  ...options,
}, read);

export const postJson = (path, body, options) => sendJson("POST", path, body, undefined, options);
export const putJson = (path, body) => sendJson("PUT", path, body);
export const patchJson = (path, body) => sendJson("PATCH", path, body);

/** A file as it is. */
export const putFile = (path, file) => request(path, {
  method: "PUT",
  headers: { "Content-Type": "application/octet-stream" },
  body: file,
});

/** A picture, or another file, as it is. */
export const getBlob = (path, options) => request(path, options, (response) => response.blob());

/** A file that the server makes: its content and its name. */
export const postForFile = (path, body) => sendJson("POST", path, body, async (response) => {
  const name = response.headers.get("Content-Disposition")?.match(/filename="([\w.-]+)"/)?.[1];
  return { blob: await response.blob(), name };
});

export const deleteAt = (path) => request(path, { method: "DELETE" }, nothing);

/** WHEP: the offer in, the answer and where to end it out. */
export const postOffer = (camera, sdp) => request(`/api/cameras/${encodeURIComponent(camera)}/whep`, {
  method: "POST",
  headers: { "Content-Type": "application/sdp" },
  body: sdp,
}, async (response) => ({ answer: await response.text(), location: response.headers.get("Location") }));

export function endOffer(location) {
  return request(location, { method: "DELETE", keepalive: true }, nothing).catch(() => {}); // it ends by itself if this is lost
}

/** The newest picture as a blob, or null if it is the one of `etag`. calm: one a second will do. */
export const getPicture = (camera, etag, calm, signal) => request(`/api/cameras/${encodeURIComponent(camera)}/picture.jpg${calm ? "?calm=true" : ""}`, {
  waits: PICTURE,
  headers: etag ? { "If-None-Match": etag } : {},
  signal,
}, async (response) => (response.status === 304 ? null : { blob: await response.blob(), etag: response.headers.get("ETag") }));

export const getBoxes = () => request("/api/boxes", { waits: BOXES });

/** Why a stream is refused, which its own error does not tell: {status, code}. 200: it is not any more; 0: nobody answers. */
export const whyRefused = (path) => request(path, {}, async (response) => {
  await response.body.cancel();
  return { status: 200, code: "" };
}).catch(({ status = 0, body }) => ({ status, code: body?.code ?? "" }));
