// One order about all marked violations: acknowledge, false alarm, shelve.
import { postJson } from "./api.js";
import { byId } from "./dom.js";
import { t, word } from "./i18n.js";
import { clearMarks, fireGoesFirst, markedAlerts, waitingOf } from "./marked.js";
import { may, putAlert } from "./state.js";
import { notDone, offerUndo, toast } from "./undo.js";

const AT_ONCE = 200;

/** ask(alerts): why they are false. shelve(alerts): for how long, and why. */
export function setUpBulk({ ask, shelve }) {
  byId("bulk-acknowledge").addEventListener("click", acknowledgeMarked);
  byId("bulk-false").addEventListener("click", () => ask(markedAlerts()));
  byId("bulk-shelve").addEventListener("click", () => shelve(markedAlerts()));
  byId("bulk-none").addEventListener("click", clearMarks);
}

export function drawBulk() {
  const alerts = markedAlerts();
  byId("bulk").hidden = !alerts.length;
  if (!alerts.length) return;
  byId("bulk-number").textContent = t("bulk.number", { n: alerts.length });
  byId("bulk-acknowledge").disabled = !waitingOf(alerts).length;
  byId("bulk-false").hidden = !may("judge");
  byId("bulk-shelve").hidden = !may("silence");
  for (const key of byId("bulk").querySelectorAll("button:not(#bulk-none) kbd")) key.hidden = fireGoesFirst();
}

export const acknowledgeMarked = () => order("acknowledge", waitingOf(markedAlerts()), "bulk.acknowledged").catch(notDone);
/** Throws where nobody answers. */
export const judgeFalse = (alerts, reason) => order("false_alarm", alerts, "bulk.judged", { reason });

async function order(action, alerts, done, more = {}) {
  const [told, refused] = [[], []];
  for (let at = 0; at < alerts.length; at += AT_ONCE) {
    const some = alerts.slice(at, at + AT_ONCE).map(({ id, version }) => ({ id, version }));
    const { results } = await postJson("/api/bulk", { action, alerts: some, ...more });
    for (const { alert, current, code } of results) {
      if (alert ?? current) putAlert(alert ?? current);
      if (alert) told.push(alert);
      else refused.push(code);
    }
  }
  clearMarks();
  const said = t(done, { n: told.length });
  const text = refused.length ? `${said} ${t("bulk.refused", { n: refused.length, why: word("refusal", refused[0]) })}` : said;
  if (told.length) offerUndo(text, told);
  else toast(text);
}
