// Pictures of the alert that is shown: one at a time, the large one first and all others once they are in view, so that they never
// hold up what somebody has ordered. Each is fetched once. Only what the server calls none is none: what does not come is told,
// and asked for again.
import { getBlob } from "./api.js";

const AGAIN_MS = [2000, 4000, 8000, 16_000, 30_000];
const NONE = [403, 404]; // of this alert there is none, or none for whoever looks
const KEPT = 60; // beyond it those that are shown nowhere are let go: a fire's page is open for hours, and gets newer ones
const shots = new Map(); // address → {address, how: "waits", "here", "none" or "late", url, tries, rests, places: [{image, first, told}]}
const views = new WeakMap(); // image → whether it is in view, once that is known
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) views.set(target, isIntersecting);
  begin();
});
let of = ""; // id of the alert whose pictures these are
let asking = null; // {shot, line}
let allWanted = null; // {promise, done}: also what is not in view, for paper

/** Which alert is shown, "" for none: what belongs to another is given up, but for what a dialogue that is open shows. */
export function turnTo(id) {
  if (id === of) return;
  of = id;
  observer.disconnect();
  for (const shot of [...shots.values()]) {
    shot.places = shot.places.filter(({ image }) => image.closest("dialog[open]"));
    for (const { image, first } of shot.places) if (!first) observer.observe(image);
    if (!shot.places.length) letGo(shot);
  }
  if (asking && !shots.has(asking.shot.address)) asking.line.abort();
  settleAll();
}

/** Put what lies at an address into an image, once it has come. first: before all others, and seen or not. told(how): "here",
 * "none", or "late", which is tried again. Gives the image. */
export function fetchInto(image, address, { first = false, told = () => {} } = {}) {
  const shot = shots.get(address) ?? { address, how: "waits", url: "", tries: 0, rests: false, places: [] };
  const place = { image, first, told };
  shot.places.push(place);
  shots.delete(address);
  shots.set(address, shot); // the last used is let go last
  image.addEventListener("error", () => spoil(shot));
  if (shot.url) image.src = shot.url;
  if (!first) observer.observe(image);
  queueMicrotask(() => { // once it is in the page
    if (shot.how !== "waits") told(shot.how);
    begin();
  });
  return image;
}

/** Until all of them have come, or one does not. */
export function allHere() {
  if (!allWanted) {
    allWanted = {};
    allWanted.promise = new Promise((resolve) => { allWanted.done = resolve; });
  }
  const { promise } = allWanted;
  begin();
  return promise;
}

function settleAll() {
  allWanted?.done();
  allWanted = null;
}

/** Whether the picture is wanted there; undefined: it was drawn just now, and nobody knows yet. */
const wantedAt = ({ image, first }) => image.isConnected && (first ? image.checkVisibility() : allWanted !== null || views.get(image));
const isWanted = (shot) => shot.places.some(wantedAt);
const isGivenUp = (shot) => shot.places.every((place) => wantedAt(place) === false);
const isFirst = (shot) => shot.places.some((place) => place.first && wantedAt(place));

function begin() {
  for (const shot of shots.values()) shot.places = shot.places.filter(({ image }) => image.isConnected);
  for (const shot of [...shots.values()].slice(0, Math.max(0, shots.size - KEPT))) if (!shot.places.length) letGo(shot);
  const open = [...shots.values()].filter((shot) => ["waits", "late"].includes(shot.how) && !shot.rests && isWanted(shot));
  const next = open.find(isFirst) ?? open[0];
  if (asking) {
    if (isGivenUp(asking.shot) || (next && isFirst(next) && !isFirst(asking.shot))) asking.line.abort(); // then it begins anew
    return;
  }
  if (next) ask(next);
  else settleAll();
}

async function ask(shot) {
  const line = new AbortController();
  asking = { shot, line };
  const [blob, error] = await getBlob(shot.address, { signal: line.signal }).then((given) => [given, null], (thrown) => [null, thrown]);
  asking = null;
  if (!line.signal.aborted) {
    if (blob) show(shot, blob);
    else if (NONE.includes(error.status)) tell(shot, "none");
    else if (error.status === 401) return tell(shot, "late"); // nobody is logged in: whoever comes back draws it anew
    else rest(shot);
  }
  begin();
}

function show(shot, blob) {
  shot.url = URL.createObjectURL(blob);
  for (const { image } of shot.places) image.src = shot.url;
  tell(shot, "here");
}

/** It came, and is no picture: something between the server and here has answered. */
function spoil(shot) {
  if (!shot.url) return;
  URL.revokeObjectURL(shot.url);
  shot.url = "";
  rest(shot);
}

function rest(shot) {
  shot.rests = true;
  setTimeout(() => {
    shot.rests = false;
    begin();
  }, AGAIN_MS[Math.min(shot.tries, AGAIN_MS.length - 1)]);
  shot.tries += 1;
  tell(shot, "late");
  settleAll();
}

function tell(shot, how) {
  shot.how = how;
  for (const { told } of shot.places) told(how);
}

function letGo(shot) {
  if (shot.url) URL.revokeObjectURL(shot.url);
  shots.delete(shot.address);
}
