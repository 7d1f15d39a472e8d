// Of some parts an entry has a type, which says what else it can have.
import { el } from "./dom.js";
import { word } from "./i18n.js";

/** about: of the part. fixed: it was chosen once and for all. begin(entry): one of another type, which keeps its name. */
export const typeRow = ({ tag, fields }, entry, fixed, begin) => el("div.field", {}, el("label", { htmlFor: "f-tag" }, word("field", tag)),
  el("div.control", {}, el("select", {
    id: "f-tag", disabled: fixed, onchange: (event) => begin({ [tag]: event.target.value, ...(entry.name ? { name: entry.name } : {}) }),
  }, ...Object.keys(fields).map((type) => el("option", { value: type, selected: type === entry[tag] }, word("channel_type", type))))));
