// Zones and masks of a camera, drawn on its newest picture or on a fresh still: the desk of `xinan zones` in a dialogue.
import { getPicture, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { orderedBy } from "./name.js";
import { pictureOf } from "./setup_camera.js";
import { problemText, refusalText } from "./setup_form.js";
import { isDrawing, loadStill, showStill } from "./zones_board.js";
import { openDesk } from "./zones_desk.js";
import { cleaned, draft } from "./zones_draft.js";

const PAUSE_MS = 300;
let timer = 0;
let before = null; // what was drawn when the desk was opened; null until it is

/** What is drawn, in a line, and the way to the desk. */
export function zonesRow(entry, toDesk) {
  const names = (entry.zones ?? []).map((zone) => zone.name).join(t("list.comma"));
  const masks = entry.masks?.length ? t("setup.masks", { n: entry.masks.length }) : "";
  return el("div.field", { data: { path: "zones" } }, el("span.label", {}, word("field", "zones")),
    el("div.control", {}, el("span", { id: "drawn" }, [names || t("setup.whole"), masks].filter(Boolean).join(" · ")),
      el("button", { type: "button", id: "draw-zones", onclick: toDesk }, t("setup.draw_zones")), el("p.wrong", { role: "alert" })));
}

/** entry: the camera as it stands in the form; name: of the camera as the file has it, or null. fields: of a zone.
 * trial(): as for a still. done({zones, masks}): what was drawn. Until there is a picture nothing can be drawn, changed or taken. */
export async function drawZones(entry, name, fields, trial, done) {
  const dialog = byId("zones-dialog");
  const places = {
    root: el("div.desk"), board: el("canvas", { id: "board", tabIndex: 0, role: "application", "aria-describedby": "hint", "aria-label": t("draw.still") }), forms: el("div", { id: "forms" }),
    hint: el("p", { id: "hint", role: "status" }, t("setup.no_desk_yet")), addZone: el("button", { type: "button", id: "add-zone", disabled: true }, t("draw.add_zone")),
    addMask: el("button", { type: "button", id: "add-mask", disabled: true, title: t("draw.mask_note") }, t("draw.add_mask")),
  };
  const problems = el("ul", { id: "problems" });
  const said = el("p.said", { role: "status" });
  const fresh = el("button", { type: "button" }, t("setup.fresh"));
  const use = el("button.big", { type: "button", id: "use-zones", disabled: true }, t("setup.use"));
  const whole = el("p.note", { id: "whole-picture", hidden: true }, t("setup.whole"));
  places.root.append(
    el("section.board", {}, places.board),
    el("aside.side", {},
      el("h2", { id: "zones-title" }, t("draw.title"), " ", el("span.dim", {}, entry.name ?? "")), places.hint,
      el("div.bar", {}, places.addZone, places.addMask, fresh), said,
      whole, places.forms, el("div", { role: "alert" }, problems),
      el("p.row", {}, use, el("button.quiet", { type: "button", onclick: () => { if (mayLeave()) dialog.close(); } }, t("action.cancel")))));
  dialog.replaceChildren(places.root);
  before = null;
  dialog.oncancel = (event) => { if (!mayLeave()) event.preventDefault(); };
  dialog.showModal();
  use.addEventListener("click", async () => {
    const isOkay = await isSound(entry, name, problems);
    if (!dialog.open || !places.root.isConnected) return; // it was left meanwhile: another camera may be edited by now
    if (!isOkay) return problems.scrollIntoView({ block: "nearest" });
    done(JSON.parse(JSON.stringify(cleaned())));
    dialog.close();
  });
  const started = structuredClone({ zones: entry.zones ?? [], masks: entry.masks ?? [] });
  const edited = () => {
    before ??= JSON.stringify(cleaned()); // as the desk has it at first
    whole.hidden = draft.zones.length > 0;
    clearTimeout(timer);
    timer = setTimeout(() => isSound(entry, name, problems), PAUSE_MS);
  };
  const lay = async (ask) => {
    const picture = await ask();
    if (!places.root.isConnected) return; // it came late: another camera lies here by now
    if (use.disabled) openDesk(places, picture, { fields, name: entry.name ?? "" }, started, edited);
    else showStill(picture);
    use.disabled = false;
  };
  fresh.addEventListener("click", () => tell(said, fresh, () => lay(() => freshStill(trial()))));
  await tell(said, fresh, () => lay(async () => await newestPicture(name) ?? await freshStill(trial())));
}

/** Whoever has drawn something is asked before it is lost. */
const mayLeave = () => before === null || (before === JSON.stringify(cleaned()) && !isDrawing()?.points.length) || confirm(t("setup.sure_leave"));

/** button: asks for another picture, once this one came or did not. */
async function tell(said, button, work) {
  button.disabled = true;
  said.textContent = t("setup.looking");
  said.dataset.good = "true";
  try {
    await work();
    said.textContent = "";
  } catch (error) {
    said.dataset.good = "false";
    said.textContent = error.name === "EncodingError" ? t("banner.failed", { detail: error.message }) : refusalText(error); // or no picture
  }
  button.disabled = false;
}

/** What the watch sees now; null where it sees nothing. */
async function newestPicture(name) {
  if (name === null) return null;
  const got = await getPicture(name, null).catch(() => null);
  return got && loaded(URL.createObjectURL(got.blob));
}

/** From the camera itself, larger, and without its masks. */
async function freshStill(trial) {
  const by = await orderedBy();
  const { jpeg } = await postJson("/api/setup/try-camera", { ...trial, by: by ?? "" });
  return loaded(pictureOf(jpeg));
}

/** address: of a blob, which is let go. */
const loaded = (address) => loadStill(address).finally(() => URL.revokeObjectURL(address));

/** Whether the settings would take what is drawn; why not is shown. What else the camera lacks is told at its form. */
async function isSound(entry, name, list) {
  const body = { part: "cameras", key: name, value: { ...entry, ...cleaned() } };
  const found = await postJson("/api/setup/check", body).then(() => [], (error) => error.body?.problems ?? []);
  const drawn = found.filter((problem) => ["zones", "masks"].includes(problem.path?.[0]));
  list.replaceChildren(...drawn.map((problem) => el("li", {}, `${placeText(problem.path)}: ${problemText(problem)}`)));
  return !drawn.length;
}

/** zones.0.bays.1 → the name of the zone, as a person knows it, and which of its polygons. */
function placeText([list, at, ...rest]) {
  const named = (part) => (typeof part === "number" ? String(part + 1) : word("field", part));
  const zone = list === "zones" ? cleaned().zones[at]?.name : "";
  const first = zone || [t(list === "zones" ? "draw.zone" : "field.masks"), at === undefined ? "" : at + 1].filter(Boolean).join(" ");
  return [first, rest.map(named).join(" ")].filter(Boolean).join(" · ");
}
