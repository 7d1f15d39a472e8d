// What calls for attention: the title, a tone, a word for screen readers. A fire goes on until somebody acknowledges it, and again
// where nobody goes there; that no fire could be heard, until one could.
import { isLoggedOut } from "./banner.js";
import { drawCall119, setUpCall119 } from "./call_119.js";
import { isDeaf, isHushed } from "./deaf.js";
import { byId, el } from "./dom.js";
import { nobodyGoes } from "./due.js";
import { ageMs } from "./format.js";
import { isFlooding } from "./flood.js";
import { known, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { placeText } from "./places.js";
import { allAlerts, calledAt, isHeld, isWaiting, title } from "./state.js";

const LATCH_MS = 12 * 3600 * 1000; // a fire of yesterday that nobody acknowledged waits in the queue, but is silent
const REPEAT_MS = 2000;
const LEFT_REPEAT_MS = 10_000; // acknowledged, and still nobody goes there
const URGENT_REPEAT_MS = 1000; // nobody has answered, and it is time to call the fire brigade
const DEAF_REPEAT_MS = 60_000; // no fire could be heard here
let call119Ms = 180_000; // as the settings have it where they say nothing, until the server has told what they say
let audio = null;
let mutedFor = null; // calls that burned when sound was switched off, until none of them does; any other fire is heard
let lockedAtPress = false; // there was no sound when the mouse or the key went down
let flash = false;
let lastTone = 0;
let lastDeafTone = -Infinity;

/** What is real before what is a drill. */
const firesOf = (calls) => allAlerts().filter((alert) =>
  alert.severity === "fire" && calls(alert) && !isHeld(alert) && ageMs(calledAt(alert)) < LATCH_MS)
  .sort((a, b) => Number(a.exercise) - Number(b.exercise));
const fires = () => firesOf(isWaiting);

/** They burn, and who has acknowledged them has sent nobody in time. */
function firesLeft() {
  const left = nobodyGoes();
  return left.size ? firesOf((alert) => alert.open && left.has(alert.id)) : [];
}

const callOf = (alert) => `${alert.id} ${calledAt(alert)}`;

/** seconds: after so long an unanswered fire asks to call the fire brigade; null: never. */
export const setCall119 = (seconds) => { call119Ms = seconds === null ? Infinity : seconds * 1000; };

/** toAlert(id) is called to show a fire. Browsers allow sound only after a gesture, and take it back: when a device goes, a page
 * sleeps, somebody telephones. Each gesture asks for it again; where the page was reached by a press on the one before, none is needed. */
export function setUpAlarm(toAlert) {
  setUpCall119(toAlert);
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { lockedAtPress = !isReady(); }, { capture: true });
  for (const kind of ["pointerdown", "pointerup", "click", "keydown"]) addEventListener(kind, wake, { capture: true });
  byId("sound").addEventListener("click", () => {
    if (isReady() && !lockedAtPress) mutedFor = mutedFor === null ? new Set([...fires(), ...firesLeft()].map(callOf)) : null; // the press that has brought the sound does not switch it off
    lockedAtPress = false;
    drawSound();
  });
  wake();
  drawSound();
}
const isReady = () => audio?.state === "running";

function wake() {
  if (isReady()) return;
  if (!audio) {
    audio = new AudioContext();
    audio.addEventListener("statechange", drawSound);
  }
  audio.resume().catch(() => {}); // it was no gesture in the browser's eyes: the next may be
}

export function drawSound() {
  const ready = isReady();
  const muted = mutedFor !== null;
  const key = !ready ? "action.sound_locked" : muted ? "action.sound_off" : "action.sound_on";
  const button = byId("sound");
  button.replaceChildren(icon(ready && !muted ? "sound" : "mute"), el("span", {}, t(key)));
  button.title = t(key);
  button.setAttribute("aria-label", t(key));
  button.dataset.state = ready ? (muted ? "off" : "on") : "locked";
}

const usualTitle = () => (!isDeaf() ? "app.title" : isLoggedOut() ? "banner.deaf_title_out" : "banner.deaf_title");

/** Once a second. */
export function tickAlarm() {
  const [burning, left] = [fires(), firesLeft()];
  const first = burning[0] ?? left[0];
  flash = Boolean(first) && !flash;
  document.title = flash ? `▲ ${title(first)} · ${placeText(first) || first.camera}` : t(usualTitle());
  document.body.classList.toggle("alarm", burning.length > 0);
  if (mutedFor !== null && isMuteOver([...burning, ...left])) {
    mutedFor = null;
    drawSound();
  }
  const late = burning.filter((alert) => alert.open && ageMs(calledAt(alert)) >= call119Ms);
  const urgent = late[0];
  const everyMs = urgent ? URGENT_REPEAT_MS : burning.length ? REPEAT_MS : LEFT_REPEAT_MS;
  if (first && performance.now() - lastTone > everyMs - 100) {
    lastTone = performance.now();
    if (first.exercise) tone([[523, 0], [659, 0.22]], 0.12); // no siren: that is for what is real
    else tone([[880, 0], [660, 0.22], [880, 0.44]], 0.35);
  } else soundDeaf();
  drawCall119(urgent); // after the tone: nothing about the banner can keep it silent
}

/** Another fire calls, or none of those does that somebody telephones about. Switched off where none did, it is off until one does. */
function isMuteOver(calling) {
  const known = calling.filter((alert) => mutedFor.has(callOf(alert))).length;
  return mutedFor.size > 0 && !known || calling.some((alert) => !alert.exercise && !mutedFor.has(callOf(alert)));
}

/** Falling, and once a minute: nothing burns as far as anybody knows. Between two sirens where something does. Only who telephones
 * about a fire is spared it: it has a button of its own to stop it. */
function soundDeaf() {
  if (!isDeaf()) lastDeafTone = -Infinity; // the next time at once
  else if (!isHushed() && !mutedFor?.size && performance.now() - lastDeafTone > DEAF_REPEAT_MS - 100) {
    if (play([[440, 0], [330, 0.25], [247, 0.5]], 0.25)) lastDeafTone = performance.now();
  }
}

const NEW = { fire: "queue.new_fire", violation: "queue.new_violation", fault: "queue.new_fault" };
const AGAIN = { fire: "queue.again_fire", violation: "queue.again_violation", fault: "queue.again_fault" };

/** A change that the operator has not seen before. */
export function announce(kind, alert) {
  if (kind !== "fired" && kind !== "reopened") return;
  if (!isWaiting(alert) || isHeld(alert)) return;
  if (isFlooding() && alert.severity !== "fire") return; // the banner has said so once; only fires call now
  byId("announce").textContent = t((kind === "reopened" ? AGAIN : NEW)[alert.severity], {
    hazard: alert.hazard === "camera" || known("hazard", alert.hazard) ? title(alert) : word("severity", alert.severity), // its words may be under way
    place: placeText(alert) || alert.camera,
  });
  if (alert.severity !== "fire") tone([[523, 0]], 0.12);
}

function tone(notes, loudness) {
  if (mutedFor === null) play(notes, loudness);
}

/** Whether it is heard. */
function play(notes, loudness) {
  if (!isReady()) {
    wake(); // where the page had it once, it mostly comes back without anybody
    return false;
  }
  for (const [frequency, after] of notes) {
    const start = audio.currentTime + after;
    const gain = new GainNode(audio, { gain: 0 });
    const oscillator = new OscillatorNode(audio, { type: "triangle", frequency });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, start + 0.2);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.21);
  }
  return true;
}
