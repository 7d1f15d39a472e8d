// Signing the sheet of a shift: what is signed, by whom, and what is still open, before the name is put to it.
import { postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { signed, t, word } from "./i18n.js";
import { failure } from "./refused.js";
import { dayHourMinute, dayTime, hourMinute } from "./shift_time.js";
import { may } from "./state.js";

let name = "";
let sheetOf = () => ({});
let again = async () => {};
let seen = ""; // of what was open in the sheet that is asked about

/** sheetOf(): the sheet that is shown, its hand-over if there is one, the shift; again(): shows it anew. */
export function setUpSigning({ me, sheetOf: shown, again: showAgain }) {
  name = me.name;
  sheetOf = shown;
  again = showAgain;
  byId("sign").addEventListener("submit", (event) => {
    event.preventDefault();
    ask().catch(refused);
  });
  byId("sign-sure").addEventListener("close", () => { if (byId("sign-sure").returnValue === "send") send(); });
}

/** Sign where nobody has; countersign where one has; nothing where both have. */
export function drawSigning(handOver) {
  byId("sign").hidden = Boolean(handOver?.came_at) || !may("sign");
  byId("sign-by-line").hidden = Boolean(name);
  byId("sign-by").required = !name;
  byId("sign-title").textContent = t(handOver ? "sheet.take_over" : "sheet.leave");
  byId("sign-label").textContent = t(handOver ? "sheet.came_notes" : "sheet.left_notes");
  byId("sign-note").textContent = t(handOver ? "sheet.take_over_note" : "sheet.leave_note");
  byId("sign-send").textContent = t(handOver ? "sheet.countersign" : "sheet.sign");
}

const signer = () => name || byId("sign-by").value.trim();

/** A remark that is missing by the sheet that is shown is asked for at once. Then the sheet as it is now is read: nobody signs
 * what has changed since the page was drawn. */
async function ask() {
  byId("sign-said").textContent = "";
  if (lacksRemark()) return;
  if (!sheetOf().handOver) await again();
  if (lacksRemark()) return;
  const { sheet, handOver } = sheetOf();
  const owed = owedOf(sheet);
  seen = owed.mark ?? "";
  byId("sign-sure-title").textContent = t(handOver ? "sheet.sure_countersign" : "sheet.sure_sign");
  byId("sign-sure-what").replaceChildren(...facts(sheet, handOver).flatMap(([what, said]) => [el("dt", {}, what), el("dd", {}, said)]));
  byId("sign-sure-warn").replaceChildren(...warnings(owed));
  byId("sign-sure-warn").hidden = !byId("sign-sure-warn").children.length;
  byId("sign-sure-note").textContent = t(handOver ? "sheet.take_over_note" : "sheet.leave_note");
  byId("sign-sure-send").textContent = t(handOver ? "sheet.countersign" : "sheet.sign");
  byId("sign-sure").returnValue = "";
  byId("sign-sure").showModal();
  byId("sign-sure").querySelector('[value="cancel"]').focus();
}

/** Says so, at the field that has to be filled in. */
function lacksRemark() {
  const { sheet, handOver } = sheetOf();
  const notes = byId("sign-notes");
  const lacks = !handOver && sheet && owedOf(sheet).open > 0 && !notes.value.trim();
  notes.setAttribute("aria-invalid", String(Boolean(lacks)));
  if (!lacks) return false;
  byId("sign-said").textContent = t("hand_over_error.remark");
  notes.focus();
  return true;
}

/** A sheet that was signed by an earlier version does not say it. */
const owedOf = (sheet) => sheet.owed ?? { open: sheet.open.alerts.length + sheet.open.left_out, fires: 0, unanswered: 0 };

function facts(sheet, handOver) {
  const counts = ["fire", "violation", "fault"].map((severity) => `${word("severity", severity)} ${sheet.counts[severity].alarms}`).join(" · ");
  return [
    [t("sheet.choose"), `${dayHourMinute(sheet.begins_at)} – ${hourMinute(sheet.ends_at)}`],
    [t("sheet.as_of"), dayTime(sheet.made_at)],
    [t("sheet.happened"), counts],
    [t("sheet.leaves"), handOver ? `${signed(handOver.left_by)} · ${dayTime(handOver.left_at)}` : signed(signer())],
    [t("sheet.comes"), handOver ? signed(signer()) : t("sheet.comes_later")],
    ...(handOver?.notes || byId("sign-notes").value.trim() ? [[t("sheet.left_notes"), handOver?.notes || byId("sign-notes").value.trim()]] : []),
  ];
}

const warnings = ({ open, fires, unanswered }) => [
  fires ? el("li", { data: { severity: "fire" } }, t("sheet.warn_fires", { n: fires })) : null,
  unanswered ? el("li", {}, t("sheet.warn_unanswered", { n: unanswered })) : null,
  open ? el("li", {}, t("sheet.warn_open", { n: open })) : null,
].filter(Boolean);

async function send() {
  const { handOver, chosen } = sheetOf();
  const given = { notes: byId("sign-notes").value, by: name ? "" : signer() };
  byId("sign-send").disabled = true;
  try {
    if (handOver) await postJson(`/api/hand-overs/${handOver.id}/countersign`, given);
    else await postJson("/api/hand-overs", { ...given, at: chosen, seen });
    byId("sign-notes").value = "";
    await again();
  } catch (error) {
    refused(error);
  } finally {
    byId("sign-send").disabled = false;
  }
}

function refused(error) {
  byId("sign-said").textContent = failure(error, "hand_over_error");
}
