// Seeing people clearly: the reason is asked once, goes on record, and holds for a while.
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { changed } from "./state.js";

const REASONS = ["verify", "find_owner", "report", "handover", "other"];
const until = new Map();
let asked = "";
let send = async () => ({ seconds: 0 });

/** handler(alert, reason) puts the reason on record; gives for how many seconds it holds. */
export function onWhy(handler) {
  send = handler;
}

export const isClear = (alert) => (until.get(alert.id) ?? 0) > performance.now();
export const asksWhy = (alert) => asked === alert.id;

/** One tap where something burns; else one to ask, and one for the reason. Empty while the reason holds. */
export function clearButtons(alert) {
  const row = el("div.why-clear", { hidden: isClear(alert) });
  if (isClear(alert)) return row;
  if (alert.severity === "fire" && alert.open) {
    row.append(button("show-clear", t("clear.fire"), () => tell(alert, "fire_response")));
  } else if (asksWhy(alert)) {
    row.append(el("span", {}, t("clear.why")), ...REASONS.map((reason) =>
      button(`clear-${reason}`, word("clear_reason", reason), () => tell(alert, reason))));
  } else row.append(button("show-clear", t("clear.show"), () => { asked = alert.id; changed(); }));
  return row;
}

const button = (id, text, onclick) => el("button.quiet", { type: "button", id, onclick }, icon("eye"), text);

async function tell(alert, reason) {
  const given = await send(alert, reason);
  if (!given) return;
  asked = "";
  until.set(alert.id, performance.now() + given.seconds * 1000);
  setTimeout(changed, given.seconds * 1000);
  changed();
}
