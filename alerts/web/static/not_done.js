// What was ordered and not done, and which alert it was about: it stands in a line of its own until somebody has read it, or it is
// done after all. Its dialogue has closed, and an answer that never comes is told long after, while something else is worked on.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { nameOfAlert } from "./places.js";
import { onChange, select } from "./state.js";

const known = new Map(); // what was ordered, and about which alert → {what, alert, why, isSo}; the newest last

const keyOf = (what, alert) => `${what} ${alert?.id ?? ""}`;

/** What has been done all the same takes its line away as soon as an alert shows it. */
export const setUpNotDone = () => onChange(() => {
  for (const { what, alert, isSo } of [...known.values()]) if (isSo()) nowDone(what, alert);
});

/** what: of an order, in words. alert: null where it is about none, or about many. why: in words. isSo(): whether it has been
 * done all the same, as far as this page knows. */
export function sayNotDone(what, alert, why, isSo = () => false) {
  nowDone(what, alert);
  known.set(keyOf(what, alert), { what, alert, why, isSo });
  draw();
}

/** The same has been done meanwhile. */
export function nowDone(what, alert = null) {
  if (known.delete(keyOf(what, alert))) draw();
}

/** The newest of them, and how many there are: it lies over the foot of the page, where no button is. */
function draw() {
  const line = byId("not-done");
  line.hidden = !known.size;
  if (!known.size) return;
  const { what, alert, why } = [...known.values()].at(-1);
  line.replaceChildren(
    el("strong", {}, t("undo.not_done", { what })),
    alert ? el("button.link", { type: "button", id: "not-done-show", onclick: () => select(alert.id) }, nameOfAlert(alert)) : "",
    el("span", {}, why),
    known.size > 1 ? el("span", {}, t("undo.others", { n: known.size - 1 })) : "",
    el("button.link", { type: "button", id: "not-done-seen", onclick: () => nowDone(what, alert) }, t("undo.seen")));
}
