// The rules tried on a camera's last minutes, with its zones as they are drawn: how far it is, what would have been raised, and
// a film of it. While this is shown the minutes are kept in memory.
import { getJson, postJson } from "./api.js";
import { el } from "./dom.js";
import { clockTime, evidence, span } from "./format.js";
import { t, word } from "./i18n.js";
import { orderedBy } from "./name.js";
import { refusalText } from "./setup_form.js";

const AHEAD_S = [0, 60, 180];
const MOST_CLIPS = 10;
const AGAIN_MS = 700;
const RECENT_MS = 5000;
let shownFor = 0;

/** trial(): {key, value} as the camera would be, or {key}. camera: its name, as the watch has it. */
export function rulesBox(trial, camera) {
  const recent = el("option", { value: "0" }, t("setup.recent_some"));
  const parts = {
    ahead: el("select", { id: "ahead", "aria-label": t("setup.ahead") }, recent, ...AHEAD_S.filter(Boolean).map((seconds) =>
      el("option", { value: String(seconds) }, t("setup.ahead_s", { n: seconds })))),
    begin: el("button", { type: "button", id: "try-rules" }, t("setup.try_rules")),
    stop: el("button.quiet", { type: "button", hidden: true }, t("setup.stop")),
    progress: el("progress", { max: 1, value: 0, hidden: true, "aria-label": t("setup.try_rules") }),
    said: el("p.said", { role: "status" }), steps: el("ol.steps"), film: el("div.film"),
  };
  keepRecent(recent, camera);
  followRunning(parts, camera).catch(() => {}); // what cannot be asked now is said when something is tried
  addClips(parts.ahead, camera).catch(() => {}); // without them there is what the camera has just sent
  parts.begin.addEventListener("click", () => begin(parts, trial()));
  parts.stop.addEventListener("click", () => postJson("/api/setup/rules-trial/stop", {}).catch((error) => fail(parts, error)));
  return el("section.trial", { "aria-label": t("setup.rules") }, el("h3", {}, t("setup.rules")), el("p.note", {}, t("setup.rules_note")),
    el("p.row", {}, parts.ahead, parts.begin, parts.stop), parts.progress, parts.said, parts.steps, parts.film);
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const length = (seconds) => (seconds < 60 ? span(seconds)
  : t("setup.min_s", { m: Math.floor(Math.round(seconds) / 60), s: Math.round(seconds) % 60 }));

/** As long as it is on the page: has the last minutes kept, and says how much there is of them. */
async function keepRecent(option, camera) {
  do {
    const found = await getJson(`/api/setup/recent?camera=${encodeURIComponent(camera)}`).catch(() => null);
    option.textContent = found?.kept_s ? t("setup.recent", { time: length(found.kept_s) }) : t("setup.recent_some");
    await pause(RECENT_MS);
  } while (option.isConnected);
}

/** The clips of this camera's newest alerts. */
async function addClips(select, camera) {
  const { alerts } = await getJson("/api/alerts?limit=200");
  const kept = alerts.filter((alert) => alert.camera === camera && alert.clip?.mark).slice(0, MOST_CLIPS);
  if (!kept.length) return;
  select.append(el("optgroup", { label: t("setup.clips") }, ...kept.map((alert) =>
    el("option", { value: alert.id }, `${word("hazard", alert.hazard)} · ${clockTime(alert.started_at)}`))));
}

async function begin(parts, trial) {
  const by = await orderedBy();
  if (by === null) return;
  const chosen = parts.ahead.value;
  const recording = AHEAD_S.includes(Number(chosen)) ? { ahead_s: Number(chosen) } : { clip: chosen };
  await follow(parts, () => postJson("/api/setup/try-rules", { ...trial, ...recording, by }));
}

const runs = ({ phase }) => ["cutting", "running"].includes(phase);

/** One that was begun before the form was drawn anew, or in another window, goes on. */
async function followRunning(parts, camera) {
  const state = await getJson("/api/setup/rules-trial");
  if (runs(state) && state.camera === camera) await follow(parts, async () => state);
}

/** Until it is over, or something else is shown. first(): how it stands now. */
async function follow(parts, first) {
  shownFor += 1;
  const number = shownFor;
  for (const part of [parts.steps, parts.film]) part.replaceChildren();
  parts.begin.disabled = true;
  try {
    let state = await first();
    while (number === shownFor && parts.begin.isConnected && runs(state)) {
      show(parts, state);
      await pause(AGAIN_MS);
      state = await getJson("/api/setup/rules-trial");
    }
    if (number === shownFor) show(parts, state);
  } catch (error) {
    fail(parts, error);
  }
  parts.begin.disabled = false;
}

function fail(parts, error) {
  parts.progress.hidden = parts.stop.hidden = true;
  parts.said.dataset.good = "false";
  parts.said.textContent = refusalText(error);
}

function show(parts, state) {
  parts.progress.hidden = parts.stop.hidden = !runs(state);
  if (state.duration_s) parts.progress.value = Math.min(1, state.done_s / state.duration_s);
  else parts.progress.removeAttribute("value");
  parts.said.dataset.good = String(state.phase !== "failed");
  parts.said.textContent = {
    cutting: () => t("setup.cutting"), running: () => t("setup.running", { time: length(state.done_s), of: length(state.duration_s) }), failed: () => `${word("setup_error", state.code)} ${state.detail}`,
    done: () => [t(state.stopped ? "setup.saw_part" : "setup.saw", { time: length(state.done_s), of: length(state.duration_s) }),
      t(state.fired ? "setup.would_raise" : "setup.would_raise_none", { n: state.fired, looks: state.looks }), state.detail].filter(Boolean).join(" "),
  }[state.phase]?.() ?? "";
  if (parts.steps.childElementCount !== state.steps.length) parts.steps.replaceChildren(...state.steps.map(line));
  if (state.film) parts.film.replaceChildren(el("video", {
    controls: true, muted: true, playsInline: true, src: `/api/setup/rules-trial/film.mp4?${shownFor}`, "aria-label": t("setup.film"),
  }));
}

function line(step) {
  const why = Object.entries(step.evidence).slice(0, 3).map(([key, value]) => evidence(key, value).join(" "));
  return el("li", { data: { step: step.step.replaceAll(" ", "_") } },
    el("span.number", {}, `${step.at_s.toFixed(1)} s`), el("strong", {}, word("replay", step.step.replaceAll(" ", "_"))),
    el("span", {}, [word("hazard", step.hazard), step.zone].filter(Boolean).join(" · ")), el("span.note", {}, why.join(" · ")));
}
