// What is wrong, over the page: with the line to the server, with what was asked of it, and what the server says of itself.
import { hush, isDeaf, isHushed } from "./deaf.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { may } from "./state.js";

/** How the line is, as `events.js` has it → what is said of it. */
const LINES = { lost: "banner.lost", full: "refused.too_many_consoles", refused: "banner.no_session" };
let line = "";
let incomplete = false;
let status = { disk: "", store: "", lost: {}, settings: "", problems: [], restart: [] };
let inWords = null; // ({problem, problems}) → why the settings file cannot be used, once its words have come: they are seldom wanted
let isAsked = false;
let drawn = "";
let tell = () => {};

/** handler() is told when the line has changed. */
export function onLine(handler) {
  tell = handler;
}

/** Whether what the server last said of itself, of cameras and of what is overdue is still so. */
export const isHeard = () => line !== "lost" && line !== "refused";

/** Whether nobody is logged in: whatever is asked would only be refused. */
export const isLoggedOut = () => line === "refused";

export function setLine(now) {
  line = now;
  drawBanner();
  tell();
}

/** incomplete: something that was asked for has not come. */
export function setIncomplete(now) {
  incomplete = now;
  drawBanner();
}

export function setStatus(now) {
  status = now;
  drawBanner();
}

/** One line a trouble; while the line is lost nothing is known of the others. Told anew only where it has changed: it is read out.
 * Also once a second: time makes the page deaf. */
export function drawBanner() {
  const said = [LINES[line] && t(LINES[line]), isDeaf() && t(isLoggedOut() ? "banner.deaf_out" : "banner.deaf"), ...(isHeard() ? troubles() : [])].filter(Boolean);
  const sounds = isDeaf() && !isHushed();
  const leads = isHeard() && Boolean(status.settings) && may("setup");
  const now = JSON.stringify([said, line, sounds, leads]);
  if (now === drawn) return;
  drawn = now;
  const element = byId("banner");
  element.hidden = !said.length;
  element.replaceChildren(...said.map((one) => el("div", {}, one)));
  if (line === "refused") element.append(el("a", { href: "/enter" }, t("banner.log_in")));
  if (leads) element.append(el("a", { href: "/setup", target: "xinan-setup" }, t("action.setup")));
  if (sounds) element.append(el("button", { type: "button", id: "hush", onclick: () => { hush(); drawBanner(); } }, t("banner.hush")));
}

function troubles() {
  const { pictures = 0, ...changes } = status.lost ?? {};
  const number = Object.values(changes).reduce((sum, one) => sum + one, 0);
  return [
    incomplete && t("banner.incomplete"),
    status.store && t("banner.store_refuses"),
    (number || pictures) && t("banner.lost_changes", { number, pictures, fires: changes.fire ?? 0 }),
    status.disk && t("banner.disk_full"),
    status.media && t("banner.media_away"),
    status.settings && unusable(status),
    status.restart?.length && may("setup") && t("banner.restart", { parts: status.restart.map((part) => word("part", part)).join(t("list.comma")) }),
  ];
}

/** In the reader's language, as set-up says it; as the program does where that does not know, or its words do not come. */
function unusable({ settings, problems = [] }) {
  if (problems.length && !isAsked) learnWords();
  if (problems.length && isAsked && !inWords) return ""; // for a moment: it is read out once
  return t("banner.settings", { detail: inWords?.({ problem: settings, problems }) ?? settings });
}

async function learnWords() {
  isAsked = true;
  const [state] = await Promise.all([import("./setup_state.js"), import("./strings_setup.js")]).catch(() => []);
  inWords = state?.whyUnusable ?? (({ problem }) => problem);
  drawBanner();
}
