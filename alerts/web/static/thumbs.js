// Thumbnails of the queue: a few at a time, so that they never hold up what somebody has ordered, and each fetched once.
import { el } from "./dom.js";
import { icon } from "./icons.js";

const KEPT = 240;
const AT_ONCE = 2;
const LATE_MS = 20_000; // on a line that has died it never comes, and two such would keep all others back
const images = new Map(); // alert and picture → its element, the last used last
const waiting = [];
const loading = new Map(); // image → the timer that gives it up

/** The picture of an alert, or its icon where there is none with heads hidden. */
export function thumb(alert) {
  if (!alert.snapshot || !alert.blurred) return icon(alert.hazard);
  const key = `${alert.id} ${alert.snapshot}`;
  const known = images.get(key);
  images.delete(key);
  const image = known ?? made(alert, key);
  images.set(key, image);
  if (images.size > KEPT) images.delete(images.keys().next().value);
  return image;
}

function made(alert, key) {
  const image = el("img", { alt: "", width: 72, height: 54, decoding: "async" });
  const address = `/api/alerts/${encodeURIComponent(alert.id)}/thumbnail?v=${alert.snapshot}`;
  image.addEventListener("load", () => next(image));
  image.addEventListener("error", () => {
    image.replaceWith(icon(alert.hazard));
    images.delete(key);
    next(image);
  });
  waiting.push({ image, address });
  queueMicrotask(begin); // once it is in the page
  return image;
}

function next(image) {
  clearTimeout(loading.get(image));
  loading.delete(image);
  begin();
}

function giveUp(image) {
  image.removeAttribute("src"); // the browser lets go of its line
  image.dispatchEvent(new Event("error"));
}

/** The last asked for is in view: it comes first; what has been scrolled away waits until it is seen again. */
function begin() {
  while (loading.size < AT_ONCE && waiting.length) {
    const { image, address } = waiting.pop();
    if (!image.isConnected) {
      for (const [key, known] of images) if (known === image) images.delete(key);
      continue;
    }
    loading.set(image, setTimeout(giveUp, LATE_MS, image));
    image.src = address;
  }
}
