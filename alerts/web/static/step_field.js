// What is asked for with a step: a thing in store, what came of it, words.
import { el } from "./dom.js";
import { word } from "./i18n.js";

const OUTCOMES = ["agreed", "refused", "absent"];

/** now: the track, as the server gives it. kind: of the step. */
export function stepField(name, required, now, kind) {
  const label = el("span", {}, name === "reason" ? word("asked", kind) : word("given", name));
  if (name === "outcome") return el("label", {}, label, choose(name, OUTCOMES.map((one) => [one, word("outcome", one)])));
  if (name === "thing") {
    const things = now.custody.filter((one) => one.state !== "handed_over");
    return el("label", {}, label, choose(name, things.map((one) => [String(one.item), `${one.item}. ${one.what} (${one.slot})`])));
  }
  const type = name === "deadline" ? "datetime-local" : "text";
  return el("label", {}, label, el("input", { type, name, required, maxLength: 200, autocomplete: "off" }));
}

const choose = (name, options) => el("select", { name, required: true },
  ...options.map(([value, words]) => el("option", { value }, words)));
