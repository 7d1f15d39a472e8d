// The wall of live pictures.
import { getJson } from "./api.js";
import { byId, el } from "./dom.js";
import { age, clockTime } from "./format.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { clearOverlay, drawOverlay } from "./overlay.js";
import { Player } from "./player.js";
import { allCameras, selected } from "./state.js";

const BOXES_MS = 500;
const tiles = new Map();
let enlarged = null;

class Tile {
  constructor(camera) {
    this.camera = camera;
    this.kind = "";
    this.reason = "";
    this.seen = null;
    this.onScreen = false;
    this.video = el("video", { muted: true, autoplay: true, playsInline: true, "aria-hidden": "true", tabIndex: -1 });
    this.video.muted = true;
    this.image = el("img", { alt: "" });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.note = el("p.tile-note");
    this.trouble = el("p.tile-trouble");
    this.badge = el("span.tile-badge");
    this.name = el("span.tile-name");
    this.place = el("span.tile-place");
    this.root = el("button.tile", { type: "button", data: { camera: camera.name }, onclick: () => enlarge(camera.name) },
      el("span.tile-frame", {}, this.video, this.image, this.canvas, this.note, this.trouble, this.badge),
      el("span.tile-caption", {}, this.name, this.place));
    this.player = new Player(camera.name, this.video, this.image, (kind, reason) => this.shown(kind, reason));
    observer.observe(this.root);
  }

  shown(kind, reason) {
    if (kind === this.kind && reason === this.reason) return;
    this.kind = kind;
    this.reason = reason;
    this.draw();
  }

  get live() {
    return this.camera.health.state === "online";
  }

  update(camera) {
    this.camera = camera;
    const wanted = this.live && this.onScreen;
    if (wanted && !this.player.playing) this.player.start();
    if (!wanted && this.player.playing) this.player.stop();
    this.draw();
  }

  draw() {
    const { camera } = this;
    this.name.textContent = camera.name;
    this.place.textContent = camera.place;
    this.root.setAttribute("aria-label", `${t("wall.show", { camera: camera.name })}. ${healthLine(camera.health)}`);
    this.root.dataset.health = camera.health.state;
    this.root.dataset.kind = this.kind;
    this.root.classList.toggle("of-selected", selected()?.camera === camera.name);
    this.root.classList.toggle("enlarged", enlarged === camera.name);
    this.badge.textContent = this.kind === "webrtc" ? t("wall.webrtc") : this.kind === "jpeg" ? t("wall.jpeg") : "";
    this.badge.title = this.kind === "webrtc" ? t("wall.webrtc_title") : this.kind === "jpeg" ? this.whyStills() : "";
    const down = !this.live;
    this.note.replaceChildren(...(down
      ? [icon("offline"), el("strong", {}, healthLine(camera.health)), el("span", {}, camera.health.detail)]
      : this.kind ? [] : [el("span", {}, word("health", "connecting"))]));
    const troubles = down ? [] : camera.health.troubles ?? [];
    this.root.dataset.trouble = troubles.length ? troubles[0].cause : "";
    this.trouble.replaceChildren(...(troubles.length
      ? [icon("camera"), el("span", {}, troubles.map(troubleLine).join(", "))] : []));
    this.trouble.title = troubles.map(({ cause, since }) =>
      t("health.since", { state: word("cause", cause), when: clockTime(since) })).join("\n");
    this.overlay();
  }

  whyStills() {
    return this.reason ? word("stills", this.reason) : t("wall.jpeg_title");
  }

  overlay() {
    if (!this.kind || !this.live) {
      clearOverlay(this.canvas);
      return;
    }
    const size = this.kind === "webrtc"
      ? [this.video.videoWidth, this.video.videoHeight] : [this.image.naturalWidth, this.image.naturalHeight];
    drawOverlay(this.canvas, size[0] ? size : this.camera.size, this.camera.zones, this.seen);
  }

  end() {
    this.player.stop();
    observer.unobserve(this.root);
    this.root.remove();
  }
}

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const tile = tiles.get(entry.target.dataset.camera);
    if (!tile) continue;
    tile.onScreen = entry.isIntersecting;
    tile.update(tile.camera);
  }
});

function healthLine(health) {
  const state = word("health", health.state);
  if (!health.since || health.state === "online") return state;
  return t("health.since", { state, when: `${clockTime(health.since)} (${age(health.since)})` });
}

const troubleLine = ({ cause, since }) =>
  `${word("cause", cause)} · ${age(since)}`;

function enlarge(name) {
  enlarged = enlarged === name ? null : name;
  byId("tiles").classList.toggle("has-enlarged", enlarged !== null);
  for (const tile of tiles.values()) tile.draw();
}

export function drawWall() {
  const cameras = allCameras();
  const wall = byId("tiles");
  for (const [name, tile] of tiles)
    if (!cameras.some((camera) => camera.name === name)) {
      tile.end();
      tiles.delete(name);
    }
  for (const camera of cameras) {
    if (!tiles.has(camera.name)) {
      const tile = new Tile(camera);
      tiles.set(camera.name, tile);
      wall.append(tile.root);
    }
    tiles.get(camera.name).update(camera);
  }
  wall.dataset.count = String(Math.min(cameras.length, 10));
  wall.dataset.none = cameras.length ? "" : t("wall.none");
}

/** Fetch the boxes of all cameras twice a second while anybody can see them. */
export async function followBoxes() {
  for (;;) {
    if (!document.hidden && [...tiles.values()].some((tile) => tile.onScreen)) {
      const answer = await getJson("/api/boxes").catch(() => null); // lost for a moment: no boxes rather than old ones
      for (const [name, tile] of tiles) {
        tile.seen = answer?.cameras[name] ?? null;
        tile.overlay();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, BOXES_MS));
  }
}

export function stopWall() {
  for (const tile of tiles.values()) tile.player.stop();
}
