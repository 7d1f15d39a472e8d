// Keeping an alert beyond its time, with a reason: it is not deleted until somebody releases it.
import { getJson, postJson } from "./api.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { changed } from "./state.js";

const reasons = new Map();
let failed = () => {};

/** handler(error, words, alert) is told of an order that was not carried out. */
export function onHoldFailed(handler) {
  failed = handler;
}

export const heldFor = (alert) => reasons.get(alert.id) ?? "";

const pathOf = (alert, verb) => `/api/alerts/${encodeURIComponent(alert.id)}/${verb}`;

/** Asked for once an alert is shown; the list has nothing to do with it. */
export function holdLine(alert) {
  if (!reasons.has(alert.id)) settle(alert, getJson(pathOf(alert, "hold")), () => reasons.delete(alert.id)); // asked for when it is shown again
  const reason = heldFor(alert);
  if (reason) {
    return el("div.why-clear", {}, el("span", {}, t("hold.held", { why: reason })),
      el("button.quiet", { type: "button", id: "release", onclick: () => order(alert, "release", {}) },
        icon("cross"), t("hold.release")));
  }
  const why = el("input", { type: "text", id: "hold-why", maxLength: 200, placeholder: t("hold.why"), "aria-label": t("hold.why") });
  return el("form.why-clear", { onsubmit: (event) => {
    event.preventDefault();
    if (why.value.trim()) order(alert, "hold", { reason: why.value.trim() });
  } }, why, el("button.quiet", { id: "hold" }, icon("check"), t("hold.hold")));
}

async function order(alert, verb, said) {
  const by = await orderedBy();
  if (by !== null) settle(alert, postJson(pathOf(alert, verb), { ...said, by }), (error) => failed(error, t(`hold.${verb}`), alert));
}

async function settle(alert, request, otherwise) {
  reasons.set(alert.id, heldFor(alert));
  try {
    const { held } = await request;
    if (held === heldFor(alert)) return;
    reasons.set(alert.id, held);
    changed();
  } catch (error) {
    otherwise(error);
  }
}
