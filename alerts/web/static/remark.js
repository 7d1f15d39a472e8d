// A remark about the selected alert. It needs no dialogue, and what is typed is lost neither by a redrawn page nor by a lost answer.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { orderOf } from "./sending.js";
import { onChange, selected } from "./state.js";
import { mayRemark, remark, remarkFound } from "./track.js";

export const setUpRemark = () => onChange(drawState);

export const commentShown = (alert) => [mayRemark(alert)];

/** Its part is drawn anew for another alert only, so that nothing typed is lost. */
export function commentPart(alert) {
  const text = el("input", { type: "text", id: "comment", maxLength: 500, autocomplete: "off", placeholder: t("page.comment"), "aria-label": t("page.comment") });
  return el("form.comment", { hidden: !mayRemark(alert), onsubmit: async (event) => {
    event.preventDefault();
    const note = text.value.trim();
    if (note && mayRemark(selected()) && await remark(note)) clear(text, note);
  } }, text, el("button.quiet", { id: "comment-send" }, sendText(alert)));
}

/** Not what was typed meanwhile. */
function clear(input, note) {
  if (input.value.trim() === note) input.value = "";
}

const sendText = (alert) => t(orderOf(alert, "note") === "waits" ? "action.sending" : "track.send");

/** In its place: whoever types goes on typing. */
function drawState() {
  const alert = selected();
  if (!alert || !byId("comment")) return;
  byId("comment-send").textContent = sendText(alert);
  const found = remarkFound(alert);
  if (found) clear(byId("comment"), found);
}
