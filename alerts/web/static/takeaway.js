// Taking an alert out of the console: onto paper, or as a file with all that belongs to it. Who takes it and why is on record.
import { postForFile } from "./api.js";
import { byId, el } from "./dom.js";
import { serverNow, wholeTime, zoneNote } from "./format.js";
import { currentLanguage, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { allHere } from "./picture_loader.js";
import { placeText } from "./places.js";
import { failure } from "./refused.js";
import { may, selected, title } from "./state.js";

const REASONS = ["report", "handover", "find_owner", "verify", "other"];
let tell = () => {};
let screenTitle = "";

/** onTold(null, words) is told what became of an export. */
export function setUpTakeaway(onTold) {
  tell = onTold;
  document.body.append(el("dialog", { id: "export-dialog", "aria-labelledby": "export-title" }));
  addEventListener("beforeprint", () => {
    const alert = selected();
    screenTitle = document.title;
    if (alert) byId("print-when").textContent = t("page.printed", { when: `${wholeTime(serverNow())} · ${zoneNote()}` });
    if (alert) document.title = `${title(alert)} ${placeText(alert) || alert.camera} ${alert.id}`; // what the file of a print is called
  });
  addEventListener("afterprint", () => { document.title = screenTitle; });
}

export const takeawayShown = () => [may("export")];

export function takeawayPart(alert) {
  return el("p.takeaway", {},
    el("button.quiet", { type: "button", id: "print", onclick: toPaper }, icon("print"), t("page.print")),
    may("export") ? el("button.quiet", { type: "button", id: "export", onclick: () => ask(alert) }, icon("save"), t("page.export")) : null);
}

/** Once all of the film is there: what was not in view has not been fetched. */
async function toPaper({ currentTarget: button }) {
  button.disabled = true;
  await allHere();
  button.disabled = false;
  print();
}

/** On paper only: what it is of, by its number, and when it was printed. */
export function printHead(alert) {
  const said = [byId("site").textContent || t("app.name"), t("pdf.title"), alert.id].join(" · ");
  return el("p.print-only", {}, said, " · ", el("span", { id: "print-when" }));
}

export const printFoot = () => el("p.print-only", {}, t("app.note"));

function ask(alert) {
  const dialog = byId("export-dialog");
  const own = el("input", { type: "text", name: "own", id: "export-own", maxLength: 200, autocomplete: "off", oninput: () => {
    if (own.value) form.elements.reason.value = "other";
  } });
  const said = el("p.error", { id: "export-said", role: "alert" });
  const send = el("button.big", { type: "submit", id: "export-send", value: "send" }, t("page.export_now"));
  const form = el("form", { method: "dialog", onsubmit: (event) => {
    if (event.submitter?.value !== "send") return;
    event.preventDefault();
    take(alert, form, send, said);
  } },
  el("h2", { id: "export-title" }, t("page.export_title")),
  el("p.note", {}, t("page.export_note")),
  el("div.reasons", { role: "radiogroup", "aria-label": t("clear.why") }, ...REASONS.map((reason) => el("label", {},
    el("input", { type: "radio", name: "reason", value: reason, required: true }), el("span", {}, word("clear_reason", reason))))),
  el("label.other", {}, el("span", {}, t("page.export_own")), own),
  may("clear") ? el("label.check", {}, el("input", { type: "checkbox", name: "clear", id: "export-clear" }), el("span", {}, t("page.export_clear"))) : null,
  said,
  el("p.row", {}, send, el("button.quiet", { type: "submit", value: "cancel", formNoValidate: true }, t("action.cancel"))));
  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector("input").focus();
}

async function take(alert, form, send, said) {
  const chosen = form.elements.reason.value;
  const order = { reason: (chosen === "other" && form.elements.own.value.trim()) || chosen, clear: form.elements.clear?.checked ?? false, language: currentLanguage() };
  const by = await orderedBy();
  if (by === null) return;
  send.disabled = true;
  said.textContent = "";
  try {
    const { blob, name } = await postForFile(`/api/alerts/${encodeURIComponent(alert.id)}/export`, { ...order, by });
    save(blob, name || `xinan-${alert.id}.zip`);
    byId("export-dialog").close();
    tell(null, t("page.exported"));
  } catch (error) {
    said.textContent = failure(error);
  }
  send.disabled = false;
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // a browser may still be reading it
}
