// The health strip: for each camera how often it is looked at, how long it was not, and what is wrong with it, since when.
import { getJson } from "./api.js";
import { isLoggedOut } from "./banner.js";
import { el } from "./dom.js";
import { age, clockTime } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { allCameras, editionNow, healthNow, putHealths } from "./state.js";
import { isLive, lostSince, whyDown } from "./tile.js";

const POLL_MS = 5000;
const rows = new Map();

/** onOpen: called with a camera's name. */
export function drawStrip(list, shown, onOpen) {
  list.hidden = !shown;
  if (!shown) return;
  const cameras = allCameras();
  for (const [name, row] of rows)
    if (!cameras.some((camera) => camera.name === name)) {
      row.root.remove();
      rows.delete(name);
    }
  cameras.forEach((camera, at) => {
    if (!rows.has(camera.name)) rows.set(camera.name, makeRow(camera.name, onOpen));
    const row = rows.get(camera.name);
    if (list.children[at] !== row.root) list.insertBefore(row.root, list.children[at] ?? null);
    drawRow(row, camera.health);
  });
}

function makeRow(name, onOpen) {
  const row = { state: el("span.strip-state"), figures: el("span.strip-figures"), told: "" };
  row.root = el("li", { data: { of: name } },
    el("button.link", { type: "button", onclick: () => onOpen(name) }, name), row.state, row.figures);
  return row;
}

/** Two lines, whatever there is to say: the pictures above may not move because a camera is in trouble. */
function drawRow(row, health) {
  const live = isLive(health);
  const wrong = live ? health.troubles ?? [] : [{ said: word("health", health.state), since: lostSince(health) }];
  const told = JSON.stringify([currentLanguage(), editionNow(), live, wrong, health.looks_per_s, health.blind_s]);
  if (told === row.told) return;
  row.told = told;
  row.root.dataset.level = !live ? "down" : wrong.length ? "trouble" : "well";
  const words = wrong.map(({ said, cause }) => said ?? word("cause", cause));
  const at = wrong[0]?.since;
  row.state.replaceChildren(icon(!live ? "offline" : wrong.length ? "violation" : "check"),
    el("strong", {}, words.join(", ") || word("health", health.state)), at ? el("span", { data: { age: at } }, age(at)) : "");
  row.state.title = words.join(", ");
  const figures = live && health.blind_s !== undefined
    ? t("strip.figures", { looks: health.looks_per_s, blind: health.blind_s.toFixed(1) }) : whyDown(health);
  row.figures.textContent = [at && t("strip.since", { when: clockTime(at) }), figures].filter(Boolean).join(" · ");
  row.figures.title = live ? t("strip.figures_title") : whyDown(health);
}

/** Ask for the figures, which no event tells of, while they are shown. */
export function followHealth(shown) {
  setInterval(async () => {
    if (document.hidden || !shown() || isLoggedOut()) return;
    const asked = healthNow();
    const answer = await getJson("/api/cameras").catch(() => null); // the next one brings them
    if (answer) putHealths(answer.cameras, asked);
  }, POLL_MS);
}
