// The wall: live pictures of the cameras, or the plan of a place; what is shown where, and the keys for it.
import { getBoxes } from "./api.js";
import { isLoggedOut } from "./banner.js";
import { dialogOpen } from "./dialogs.js";
import { byId } from "./dom.js";
import { counts } from "./letter_keys.js";
import { drawPlan, planEscape } from "./plan.js";
import { allCameras, groupOf, isHeld, isWaiting, may, selected, sorted } from "./state.js";
import "./strings_wall.js";
import { drawStrip, followHealth } from "./strip.js";
import { Tile } from "./tile.js";
import { drawBar } from "./wall_bar.js";
import { keep, kept } from "./wall_kept.js";
import { arrange, slotsOf } from "./wall_order.js";

const BOXES_MS = 500;
const SETTLE_MS = 1000;
const CALM_MS = 10000; // so long after the last touch nobody is taken to be choosing something here
const LOOK_MS = 60000; // a pointer that has not moved for longer is only lying there
const FEW = 4; // tiles: each is large enough to be looked at closely
const tiles = new Map();
let arranged = { shown: [], guests: new Map(), missing: [], page: 0, pages: 1 };
let page = 0;
let alone = null;
let touchedAt = -Infinity;

const wall = byId("wall");
const untouchedMs = () => performance.now() - touchedAt;
const inColumn = () => document.body.classList.contains("has-detail") && !isFull();
/** Whoever may not see live pictures sees the plans alone. */
const view = () => (may("live") ? kept.view : "plan");
const isFull = () => document.body.classList.contains("wall-only");

/** Of each camera the most pressing alert that is open, what is confirmed before what is suspected; suspicions of violations left
 * out. What is of no camera here, a report from a patrol or a drill, stands under its own id. */
function alarmsByCamera() {
  const [found, names] = [new Map(), new Set(allCameras().map(({ name }) => name))];
  for (const alert of sorted()) {
    const of = names.has(alert.camera) ? alert.camera : alert.id;
    if (groupOf(alert) === "open" && alert.severity !== "fault" && !found.has(of)) found.set(of, alert);
  }
  return found;
}

const popsUp = (alert) => isWaiting(alert) && !isHeld(alert);

/** Cameras whose tiles may not be taken: under the pointer, with the focus, shown alone, or of the alert that is open. */
function held() {
  const names = [alone, selected()?.camera];
  if (untouchedMs() < LOOK_MS)
    for (const [name, tile] of tiles) if (tile.root.matches(":hover, :focus-within")) names.push(name);
  return new Set(names.filter(Boolean));
}

function order(alarms) {
  const names = allCameras().map(({ name }) => name);
  if (alone && !names.includes(alone)) alone = null;
  const pressing = [...alarms].filter(([, alert]) => popsUp(alert)).map(([camera, { severity }]) => ({ camera, urgent: severity === "fire" }));
  const found = arrange({
    names, pinned: kept.pinned, size: kept.size, page, alarms: pressing, guests: arranged.guests, calm: untouchedMs() > CALM_MS, held: held(),
  });
  for (const more of [alone, inColumn() && selected()?.camera])
    if (more && names.includes(more) && !found.shown.includes(more)) found.shown.push(more);
  found.missing = found.missing.filter((name) => !found.shown.includes(name));
  return found;
}

export function drawWall() {
  const alarms = alarmsByCamera();
  arranged = order(alarms);
  page = arranged.page;
  wall.dataset.layout = inColumn() ? "column" : "grid";
  byId("tiles").hidden = view() !== "tiles" || !allCameras().length;
  byId("plan").hidden = view() !== "plan";
  drawTiles(alarms);
  drawBar({ ...arranged, alone, full: isFull(), view: view(), alarms }, actions);
  drawStrip(byId("strip"), kept.strip && !inColumn(), (name) => actions.alone(name));
  if (view() === "plan") drawPlan(byId("plan"), alarms, (name) => actions.alone(name));
}

function drawTiles(alarms) {
  const grid = byId("tiles");
  const byName = new Map(allCameras().map((camera) => [camera.name, camera]));
  for (const [name, tile] of tiles)
    if (!arranged.shown.includes(name)) {
      tile.end();
      tiles.delete(name);
    }
  arranged.shown.forEach((name, at) => {
    if (!tiles.has(name)) tiles.set(name, new Tile(byName.get(name), { onOpen: (one) => actions.alone(one), onPin: pin }));
    const { root } = tiles.get(name);
    if (grid.children[at] !== root) grid.insertBefore(root, grid.children[at] ?? null);
  });
  const slots = slotsOf(kept.size, byName.size);
  grid.dataset.across = String(Math.sqrt(slots));
  grid.dataset.down = String(Math.ceil(Math.min(slots, arranged.shown.length) / Math.sqrt(slots)) || 1);
  grid.dataset.count = String(arranged.shown.length);
  byId("wall-none").hidden = byName.size > 0;
  byId("wall-none-add").hidden = !may("setup");
  grid.classList.toggle("has-enlarged", alone !== null && !inColumn());
  arranged.shown.forEach((name, at) => {
    const near = alone === name || selected()?.camera === name || (slots <= FEW && !inColumn());
    tiles.get(name).update(byName.get(name), {
      alarm: alarms.get(name) ?? null, number: at < 9 ? at + 1 : 0, near, alone: alone === name, pinned: kept.pinned.includes(name),
    });
  });
}

function pin(name) {
  keep({ pinned: kept.pinned.includes(name) ? kept.pinned.filter((one) => one !== name) : [...kept.pinned, name] });
  drawWall();
  tiles.get(name)?.pin.focus({ preventScroll: true }); // it may have been moved, and lost the focus by that
}

/** What the bar, the strip and the keys can do. */
const actions = {
  size: (size) => turn(() => keep({ size })),
  page: (step) => turn(() => { page = (page + step + arranged.pages) % arranged.pages; }),
  view: (view) => turn(() => { alone = null; keep({ view }); }),
  zones: () => turn(() => keep({ zones: !kept.zones })),
  strip: () => turn(() => keep({ strip: !kept.strip })),
  full: () => setFull(!isFull()),
  /** Show one camera alone; null, or the same again: all. */
  alone: (name) => {
    if (!may("live")) return;
    alone = alone === name ? null : name;
    if (kept.view !== "tiles") keep({ view: "tiles" });
    const shown = alone;
    drawWall();
    if (shown) tiles.get(shown)?.open.focus({ preventScroll: true });
  },
};

/** Somebody chose something else to look at: what popped up before finds its place anew. */
function turn(change) {
  change();
  arranged.guests = new Map();
  drawWall();
}

/** With nothing else on the screen, and the browser's own frame away if it allows that. */
function setFull(full) {
  document.body.classList.toggle("wall-only", full);
  if (full) document.documentElement.requestFullscreen?.().catch(() => {}); // the page alone is enough
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  drawWall();
}

function step(by) {
  if (alone === null) return arranged.pages > 1 ? actions.page(by) : null;
  const names = allCameras().map(({ name }) => name);
  alone = names[(names.indexOf(alone) + by + names.length) % names.length];
  drawWall();
  tiles.get(alone)?.open.focus({ preventScroll: true }); // what had it is hidden now
}

function escape() {
  if (view() === "plan" && planEscape()) return true;
  if (alone !== null && !inColumn()) actions.alone(alone);
  else if (isFull()) setFull(false);
  else return false;
  return true;
}

/** Whether a key was for the wall. Letters by their place on the keyboard: an input method may be switched on. */
function onKey({ code, key, shiftKey, target }) {
  // The queue has the same arrows, and an open alert hides the numbers: they are the wall's only where it has the focus,
  // or the whole screen. Brackets are the wall's from anywhere.
  const mine = isFull() || wall.contains(target);
  const digit = shiftKey || (inColumn() && !mine) ? null : /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit === "0" && alone !== null) return actions.alone(alone) ?? true;
  if (digit && view() === "tiles" && arranged.shown[digit - 1]) return actions.alone(arranged.shown[digit - 1]) ?? true;
  if (digit && mine) return true; // no step of the alert beside it
  if (key === "Escape") return escape();
  if (code === "KeyW" && !shiftKey) return actions.full() ?? true;
  if (code === "KeyM" && !shiftKey) return actions.view(view() === "plan" ? "tiles" : "plan") ?? true;
  const by = { BracketLeft: -1, BracketRight: 1, ...(mine ? { ArrowLeft: -1, ArrowRight: 1 } : {}) }[code];
  if (by && !shiftKey && view() === "tiles" && (alone !== null || arranged.pages > 1)) return step(by) ?? true;
  return false;
}

function listenForKeys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || dialogOpen() || !counts(event) || !wall.checkVisibility()) return;
  if (event.target.matches("input, textarea, select") || !onKey(event)) return;
  touchedAt = performance.now();
  event.preventDefault();
  event.stopPropagation();
}

/** Alarms that waited for a calm wall, and tiles that may go back. */
function settle() {
  if (document.hidden || view() !== "tiles") return;
  const now = order(alarmsByCamera());
  if (String(now.shown) !== String(arranged.shown) || String(now.missing) !== String(arranged.missing)) drawWall();
}

/** Fetch the boxes of all cameras twice a second while anybody can see them, and may. */
export async function followBoxes() {
  for (;;) {
    if (!document.hidden && !isLoggedOut() && [...tiles.values()].some((tile) => tile.onScreen)) {
      const answer = await getBoxes().catch(() => null); // lost for a moment: no boxes rather than old ones
      for (const [name, tile] of tiles) {
        tile.boxes = answer?.cameras[name] ?? null;
        tile.overlay();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, BOXES_MS));
  }
}

export function stopWall() {
  for (const tile of tiles.values()) tile.player.stop();
}

for (const kind of ["pointermove", "pointerdown", "wheel", "keydown"])
  wall.addEventListener(kind, () => { touchedAt = performance.now(); }, { passive: true, capture: true });
addEventListener("keydown", listenForKeys, { capture: true });
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && isFull()) setFull(false);
});
setInterval(settle, SETTLE_MS);
followHealth(() => kept.strip && !inColumn() && wall.checkVisibility());
