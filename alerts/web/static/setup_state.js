// What the settings file is worth now: whether it can be used, and whether it is in force.
import { byId } from "./dom.js";
import { t, word } from "./i18n.js";

/** sheet: of the server. */
export function drawState(sheet) {
  const troubles = [sheet.file ? "" : t("setup.no_file"), sheet.problem && t("setup.unusable", { detail: sheet.problem })].filter(Boolean);
  byId("trouble").textContent = troubles.join(" ");
  byId("trouble").hidden = !troubles.length;
  const later = sheet.restart.length ? t("setup.restart", { parts: sheet.restart.map((name) => word("part", name)).join(t("list.comma")) }) : "";
  byId("force").textContent = !sheet.file || sheet.problem ? "" : [t(sheet.in_force ? "setup.in_force" : "setup.not_yet", { file: sheet.file }), later].filter(Boolean).join(" · ");
  byId("force").dataset.good = String(sheet.in_force);
}
