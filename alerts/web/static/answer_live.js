// The scene as it is now, for whoever may see live pictures: one still for each tap, with its time under it. Nothing is fetched by
// itself, as the line is the answer's, and what is not of now says so.
import { byId, el } from "./dom.js";
import { age, ageMs, clockTime } from "./format.js";
import { t, word } from "./i18n.js";

const OLD_MS = 15_000;
const WHY = { no_sight: "answer.live_no_sight", not_looked: "answer.live_not_looked" };
let shown = null; // {url, at} of the newest that has come
let busy = false;
let problem = "";
let redraw = () => {}; // with what was last known

/** page: as /api/phone/alerts/ID gives it. fetchStill(): a Response. again(): look at the page anew, as the camera may be away. */
export function drawLive(page, fetchStill, again) {
  redraw = () => drawLive(page, fetchStill, again);
  byId("live").hidden = !page.live;
  if (!page.live) return;
  const isOn = page.live.state === "online";
  const button = byId("live-now");
  button.disabled = !isOn;
  button.textContent = t(busy ? "answer.live_fetching" : shown ? "answer.live_again" : "answer.live");
  button.onclick = async () => {
    if (busy) return;
    await take(fetchStill);
    if (problem) again();
  };
  byId("live-why").textContent = isOn ? problem && t(problem) : t("answer.live_off", { how: offline(page.live) });
  drawStill();
}

function offline({ state, since }) {
  const how = word("health", state);
  return since ? t("health.since", { state: how, when: clockTime(since) }) : how;
}

async function take(fetchStill) {
  busy = true;
  problem = "";
  redraw();
  byId("live-picture").scrollIntoView({ block: "center" }); // not below the buttons
  const response = await fetchStill().catch(() => null);
  const blob = response?.ok ? await response.blob().catch(() => null) : null;
  if (blob) put(blob, response.headers.get("X-Taken-At"));
  else problem = await why(response);
  busy = false;
  redraw();
}

async function why(response) {
  if (!response || response.ok) return "answer.live_no_line";
  const body = await response.json().catch(() => null);
  return WHY[body?.code] ?? "answer.live_failed";
}

function put(blob, at) {
  if (shown) URL.revokeObjectURL(shown.url);
  shown = { url: URL.createObjectURL(blob), at };
  byId("live-picture").querySelector("img").src = shown.url;
}

/** Room for it is there before it comes. */
function drawStill() {
  const figure = byId("live-picture");
  figure.hidden = !shown && !busy;
  figure.querySelector("img").hidden = !shown;
  figure.querySelector("figcaption").replaceChildren(...(shown
    ? [el("strong", {}), el("span", {}, clockTime(shown.at)), el("span", { data: { age: shown.at } }, age(shown.at))]
    : [t("answer.live_fetching")]));
  tickLive();
}

/** What is older than a look is never shown as if it were now. */
export function tickLive() {
  if (!shown) return;
  const isOld = ageMs(shown.at) > OLD_MS;
  byId("live-picture").classList.toggle("old", isOld);
  byId("live-picture").querySelector("strong").textContent = t(isOld ? "answer.live_was" : "answer.live_is");
}
