// One camera on the wall: its picture, what lies over it, and what is wrong with it.
import { isLoggedOut } from "./banner.js";
import { el } from "./dom.js";
import { age, clockTime } from "./format.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { clearOverlay, drawOverlay } from "./overlay.js";
import { inWords } from "./places.js";
import { Player } from "./player.js";
import { begunAt, editionNow, isSuspected, select, selected, shortTitle, stateWord } from "./state.js";
import { kept } from "./wall_kept.js";

const watched = new WeakMap();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) watched.get(target)?.seen(isIntersecting);
});

/** Since when a camera has been lost: that it was tried again meanwhile does not count. */
export const lostSince = (health) => health.troubles?.find(({ cause }) => cause === "offline")?.since ?? health.since;

/** A word, and since when; the age goes on by itself. */
export function since(said, iso) {
  if (!iso) return el("span", {}, said);
  return el("span", {}, t("health.since", { state: said, when: clockTime(iso) }), " · ", el("span", { data: { age: iso } }, age(iso)));
}

/** Why there is no picture of it, in the reader's words as far as the reason is known. */
export const whyDown = ({ code, values, detail }) => (code ? word("down", code, values) : detail);

export const isLive = (health) => health.state === "online";

export class Tile {
  /** onOpen, onPin: called with the camera's name. */
  constructor(camera, { onOpen, onPin }) {
    this.camera = camera;
    this.number = 0;
    this.near = false;
    this.kind = "";
    this.reason = "";
    this.boxes = null;
    this.onScreen = false;
    this.alarm = null;
    this.video = el("video", { autoplay: true, playsInline: true, "aria-hidden": "true", tabIndex: -1 });
    this.video.muted = true;
    this.image = el("img", { alt: "" });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.note = el("span.tile-note");
    this.trouble = el("span.tile-trouble");
    this.badge = el("span.tile-badge");
    this.key = el("kbd", { "aria-hidden": "true" });
    this.name = el("span.tile-name");
    this.place = el("span.tile-place");
    this.caption = el("span.tile-caption.tile-over", {}, this.key, this.name, this.place);
    this.open = el("button.tile-open", { type: "button", onclick: () => onOpen(camera.name) },
      el("span.tile-frame", {}, this.video, this.image, this.canvas, this.note, this.trouble, this.badge), this.caption);
    this.pin = el("button.tile-pin.tile-over", { type: "button", onclick: () => onPin(camera.name) }, icon("pin"));
    this.news = el("button.tile-alarm.tile-over", { type: "button", hidden: true, onclick: () => select(this.alarm.id) });
    this.root = el("div.tile", { data: { camera: camera.name } }, this.open, this.news, this.pin);
    this.player = new Player(camera.name, this.video, this.image, (kind, reason) => this.plays(kind, reason), () => this.near);
    watched.set(this.root, this);
    observer.observe(this.root);
  }

  plays(kind, reason) {
    if (kind === this.kind && reason === this.reason) return;
    this.kind = kind;
    this.reason = reason;
    this.draw();
  }

  seen(onScreen) {
    this.onScreen = onScreen;
    this.play();
  }

  play() {
    const wanted = isLive(this.camera.health) && this.onScreen && !isLoggedOut();
    if (wanted && !this.player.playing) this.player.start();
    if (!wanted && this.player.playing) this.player.stop();
  }

  /** alarm: the most pressing alert of the camera, or null. number: the key that shows it alone, 0: none. near: it is looked at
   * closely, so that single pictures come fast where there is no video. */
  update(camera, { alarm, number, near, alone, pinned }) {
    Object.assign(this, { camera, alarm, number, near });
    this.root.classList.toggle("enlarged", alone);
    this.root.classList.toggle("of-selected", selected()?.camera === camera.name);
    this.pin.setAttribute("aria-pressed", String(pinned));
    this.play();
    this.draw();
  }

  draw() {
    const { camera, kind } = this;
    const { health } = camera;
    const down = !isLive(health);
    this.key.textContent = this.number || "";
    this.name.textContent = camera.name;
    this.place.textContent = inWords(camera.place);
    this.root.dataset.health = health.state;
    this.root.dataset.kind = kind;
    this.badge.textContent = kind === "webrtc" ? t("wall.webrtc") : kind === "jpeg" ? t("wall.jpeg") : "";
    this.badge.title = kind === "webrtc" ? t("wall.webrtc_title") : kind === "jpeg" ? this.whyStills() : "";
    const troubles = down ? [] : health.troubles ?? [];
    this.root.dataset.trouble = troubles[0]?.cause ?? "";
    const told = JSON.stringify([document.documentElement.lang, editionNow(), down, health.state, lostSince(health), health.detail, Boolean(kind), troubles]);
    if (told !== this.told) this.drawTrouble(down, troubles);
    this.told = told;
    this.pin.title = t(this.pin.getAttribute("aria-pressed") === "true" ? "wall.unpin" : "wall.pin");
    this.pin.setAttribute("aria-label", `${this.pin.title}: ${camera.name}`);
    this.drawAlarm();
    this.open.setAttribute("aria-label", `${t("wall.show", { camera: camera.name })}. ${inWords(camera.place)}. ${word("health", health.state)}`);
    this.overlay();
  }

  /** Replaced only when it has changed, so that a screen reader and a pointer find what they found before. */
  drawTrouble(down, troubles) {
    const { health } = this.camera;
    this.note.replaceChildren(...(down
      ? [icon("offline"), el("strong", {}, since(word("health", health.state), lostSince(health))), el("span", {}, whyDown(health))]
      : this.kind ? [] : [el("span", {}, word("health", "connecting"))]));
    this.trouble.replaceChildren(...(troubles.length ? [icon("camera"), ...troubles.map(({ cause, since: at }) =>
      el("span", { title: t("health.since", { state: word("cause", cause), when: clockTime(at) }) },
        word("cause", cause), " · ", el("span", { data: { age: at } }, age(at))))] : []));
  }

  drawAlarm() {
    const { alarm } = this;
    this.news.hidden = !alarm;
    this.root.dataset.alarm = alarm ? alarm.severity : "";
    this.root.dataset.answered = alarm?.acknowledged_at ? "yes" : "";
    this.root.dataset.suspected = alarm && isSuspected(alarm) ? "yes" : "";
    if (!alarm) return;
    const said = [alarm.id, shortTitle(alarm), stateWord(alarm), document.documentElement.lang].join();
    if (this.news.dataset.said === said) return;
    this.news.dataset.said = said;
    this.news.replaceChildren(el("span.tile-alarm-what", {}, icon(alarm.hazard), el("strong", {}, shortTitle(alarm))),
      el("span.tile-alarm-state", {}, word("state", stateWord(alarm))), el("span", { data: { age: begunAt(alarm) } }, age(begunAt(alarm))));
  }

  whyStills() {
    return this.reason ? word("stills", this.reason) : t("wall.jpeg_title");
  }

  overlay() {
    if (!this.kind || !isLive(this.camera.health)) {
      clearOverlay(this.canvas);
      return;
    }
    const size = this.kind === "webrtc"
      ? [this.video.videoWidth, this.video.videoHeight] : [this.image.naturalWidth, this.image.naturalHeight];
    drawOverlay(this.canvas, size[0] ? size : this.camera.size, kept.zones ? this.camera.zones : [], this.boxes, this.words());
  }

  /** Where words of the tile itself lie over the picture, CSS pixels. */
  words() {
    const over = [this.news, this.badge, this.caption].filter((one) => one.offsetWidth);
    return over.map(({ offsetLeft, offsetTop, offsetWidth, offsetHeight }) => ({ x: offsetLeft, y: offsetTop, width: offsetWidth, height: offsetHeight }));
  }

  end() {
    this.player.stop();
    observer.unobserve(this.root);
    this.root.remove();
  }
}
