// A marked test by a channel of the settings, to all whom it reaches or to one person.
import { postJson } from "./api.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";
import { orderedBy } from "./name.js";
import { refusalText } from "./setup_form.js";

/** ways: [channel, person or ""] each. dirty: something was typed: what is tried is what was saved. */
export function trialBox(name, ways, dirty) {
  const results = el("ul.results");
  const buttons = ways.map(([channel, person]) => el("button", {
    type: "button", disabled: dirty, data: { saved: "true" }, onclick: (event) => send(event.target, results, channel, person),
  }, t("setup.send_test", { channel })));
  return el("section.trial", { "aria-label": t("setup.trial") }, el("h3", {}, t("setup.trial")),
    el("p.note", {}, t("setup.trial_note")), el("p.row", {}, ...buttons), el("div", { role: "status" }, results));
}

async function send(button, results, channel, person) {
  const by = await orderedBy();
  if (by === null) return;
  button.disabled = true;
  results.replaceChildren(el("li", {}, t("setup.sending")));
  try {
    const { tried } = await postJson("/api/setup/try-channel", { channel, person, by });
    results.replaceChildren(...tried.map(line));
  } catch (error) {
    results.replaceChildren(el("li", { data: { good: "false" } }, refusalText(error)));
  }
  button.disabled = false;
}

const line = ({ channel, problem, note }) => el("li", { data: { good: String(!problem) } },
  problem ? t("setup.not_delivered", { channel, problem }) : t(note ? "setup.push_note" : "setup.delivered", { channel }));
