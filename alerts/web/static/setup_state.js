// What the settings file is worth now: whether it can be used, and whether it is in force.
import { getJson } from "./api.js";
import { byId } from "./dom.js";
import { t, word } from "./i18n.js";
import { keyText, problemText } from "./setup_form.js";

const SHEET = "/api/setup/sheet";
const STATE = ["in_force", "problem", "problems", "restart"];

/** {sheet, places}: a place that was just made can be chosen. */
export async function readSheet(signal) {
  const [sheet, { places }] = await Promise.all([SHEET, "/api/places"].map((path) => getJson(path, { signal })));
  return { sheet, places };
}

/** Its state alone, if that can be had. */
export async function learnState(sheet) {
  const fresh = await getJson(SHEET).catch(() => null);
  if (fresh) for (const name of STATE) sheet[name] = fresh[name];
}

/** sheet: of the server. */
export function drawState(sheet) {
  const troubles = [sheet.file ? "" : t("setup.no_file"), sheet.problem && t("setup.unusable", { detail: whyUnusable(sheet) })].filter(Boolean);
  byId("trouble").textContent = troubles.join(" ");
  byId("trouble").hidden = !troubles.length;
  const later = sheet.restart.length ? t("setup.restart", { parts: sheet.restart.map((name) => word("part", name)).join(t("list.comma")) }) : "";
  byId("force").textContent = !sheet.file || sheet.problem ? "" : [t(sheet.in_force ? "setup.in_force" : "setup.not_yet", { file: sheet.file }), later].filter(Boolean).join(" · ");
  byId("force").dataset.good = String(sheet.in_force);
}

/** In the reader's language where it is known piece by piece; else as the program says it. Without the sheet's parts entries go by number. */
export const whyUnusable = (sheet) => sheet.problems.map((one) => problemLine(one, sheet)).join(t("list.semicolon")) || sheet.problem;

function problemLine({ loc, ...problem }, sheet) {
  const whose = placeOf(loc, sheet);
  const what = problemText({ ...problem, path: loc });
  return whose ? t("setup.said", { what: whose, value: what }) : what;
}

/** Whose setting and which, entries by their names: ["cameras", 1, "zones", 0, "polygon"] → camera hall · Zones 走道 · Corners. */
function placeOf([part, at, ...within], { about = {}, parts = {} }) {
  const { key = "", tag } = about[part] ?? {};
  const entry = parts[part]?.entries[at];
  if (!key || typeof at !== "number") return keyText([part, at, ...within].filter((one) => one !== undefined));
  if (tag && within[0] === entry?.[tag]) within.shift();
  return [`${word("part_one", part)} ${entry?.[key] || at + 1}`, keyText(within, entry)].filter(Boolean).join(" · ");
}
