// Sending somebody: to a fire a person; a case goes to whose business it is. On record as a step of the track.
import { postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { handlerOf, onDuty, refreshHands } from "./hands.js";
import { t, word } from "./i18n.js";
import { placeText } from "./places.js";
import { isWaiting, may, putAlert, title } from "./state.js";
import { loadTrack } from "./track.js";
import { offerUndo } from "./undo.js";

let about = null;
let failed = () => {};

/** handler(error) is told what did not work. */
export function setUpDispatch(onFailed) {
  failed = onFailed;
  byId("dispatch-form").addEventListener("submit", submitted);
}

/** Only what was raised, and is not over. */
export const canDispatch = (alert) => Boolean(alert) && may("answer") && Boolean(alert.fired_at) && !alert.ended && !alert.dealt_with_at;

export function askDispatch(alert) {
  if (!canDispatch(alert)) return;
  about = alert;
  const fire = alert.severity === "fire";
  const names = fire ? onDuty() : [...new Set([word("handler", handlerOf(alert)), ...onDuty()])];
  byId("dispatch-title").textContent = t(fire ? "dispatch.title_fire" : "dispatch.title_case", { hazard: title(alert), place: placeText(alert) || alert.camera });
  byId("dispatch-names").replaceChildren(...names.filter(Boolean).map((name) => el("option", { value: name })));
  byId("dispatch-to").value = names[0] ?? "";
  byId("dispatch-self").hidden = !fire;
  byId("dispatch-dialog").showModal();
  byId("dispatch-to").select();
}

function submitted(event) {
  const what = event.submitter?.value;
  if (what === "self") go(about, [["accepted", {}]], t("dispatch.self_done"));
  if (what !== "send") return;
  const given = byId("dispatch-to").value.trim();
  const handler = handlerOf(about);
  const to = given === word("handler", handler) ? handler : given; // kept as the settings call it, and shown in the reader's words
  // Whoever hands a case on has looked at it: it is a violation.
  const steps = [["dispatched", { to }]];
  if (about.severity === "violation" && isWaiting(about)) steps.unshift(["verified", {}]);
  go(about, steps, t("dispatch.done", { who: given }));
}

async function go(alert, steps, done) {
  let { version } = alert;
  try {
    for (const [kind, detail] of steps) {
      const answer = await postJson(`/api/alerts/${encodeURIComponent(alert.id)}/steps`, { kind, detail, version });
      putAlert(answer.alert);
      ({ version } = answer.alert);
    }
    if (steps.at(-1)[0] === "dispatched") offerUndo(done, [{ id: alert.id, version }], steps.length);
    else failed(null, done);
  } catch (error) {
    failed(error);
  }
  refreshHands();
  loadTrack(alert.id);
}
