// Requests to the console's own server.

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
  }
}

const HEADERS = { "X-Xinan": "console" };

async function request(path, options = {}) {
  const response = await fetch(path, {
    credentials: "same-origin",
    cache: "no-store",
    ...options,
    headers: { ...HEADERS, ...options.headers },
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body);
}

export const getJson = async (path) => (await request(path)).json();

async function sendJson(method, path, body) {
  const response = await request(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

export const postJson = (path, body) => sendJson("POST", path, body);
export const putJson = (path, body) => sendJson("PUT", path, body);
export const patchJson = (path, body) => sendJson("PATCH", path, body);

/** A file as it is. */
export const putFile = async (path, file) => (await request(path, {
  method: "PUT",
  headers: { "Content-Type": "application/octet-stream" },
  body: file,
})).json();

/** A file that the server makes: its content and its name. */
export async function postForFile(path, body) {
  const response = await request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const name = response.headers.get("Content-Disposition")?.match(/filename="([\w.-]+)"/)?.[1];
  return { blob: await response.blob(), name };
}

export const deleteAt = (path) => request(path, { method: "DELETE" });

/** WHEP: the offer in, the answer and where to end it out. */
export async function postOffer(camera, sdp) {
  const response = await request(`/api/cameras/${encodeURIComponent(camera)}/whep`, {
    method: "POST",
    headers: { "Content-Type": "application/sdp" },
    body: sdp,
  });
  return { answer: await response.text(), location: response.headers.get("Location") };
}

export function endOffer(location) {
  return request(location, { method: "DELETE", keepalive: true }).catch(() => {}); // it ends by itself if this is lost
}

/** The newest picture as a blob, or null if it is the one of `etag`. calm: one a second will do. */
export async function getPicture(camera, etag, calm, signal) {
  const response = await fetch(`/api/cameras/${encodeURIComponent(camera)}/picture.jpg${calm ? "?calm=true" : ""}`, {
    credentials: "same-origin",
    cache: "no-store",
    headers: etag ? { "If-None-Match": etag } : {},
    signal,
  });
  if (response.status === 304) return null;
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => null));
  return { blob: await response.blob(), etag: response.headers.get("ETag") };
}
