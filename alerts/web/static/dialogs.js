// The question why it is a false alarm, and the help.
import { openAsking, sendAsked } from "./asking.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { nameOfAlert } from "./places.js";
import { reasonsOf } from "./reasons.js";

let current = [];
let send = () => {};
let told = () => {};

/** judge(alerts, reason) is called with what the operator chose, and throws where it is not taken; told(error, what, alert) is told
 * what nobody sees in the dialogue any more. */
export function setUpDialogs(judge, tell) {
  [send, told] = [judge, tell];
  byId("false-form").addEventListener("submit", submitted);
  byId("share-copy").addEventListener("click", async () => {
    byId("share-link").select();
    await navigator.clipboard?.writeText(byId("share-link").value).catch(() => {}); // it is selected: Ctrl+C does it too
    byId("share-copy").textContent = t("share.copied");
  });
  byId("share-dialog").addEventListener("close", () => {
    byId("share-link").value = "";
    byId("share-copy").textContent = t("share.copy");
  });
  byId("false-other").addEventListener("input", (event) => {
    if (event.target.value) check("other");
  });
}

/** Nothing is chosen beforehand, so that no fire is called false by a slip of the Enter key; and it says what is judged. */
export function askFalseAlarm(alerts) {
  current = alerts;
  const [first] = alerts;
  byId("false-about").textContent = alerts.length > 1 ? t("bulk.number", { n: alerts.length }) : nameOfAlert(first);
  byId("false-other").value = "";
  byId("false-reasons").replaceChildren(...reasonsOf(current.every(({ hazard }) => hazard === first.hazard) ? first.hazard : "").map((reason) => el("label", {},
    el("input", { type: "radio", name: "reason", value: reason, required: true }),
    el("span", {}, word("reason", reason)))));
  openAsking("false");
  byId("false-reasons").querySelector("input").focus();
}

/** The order in words, and the alert that it is about, null for many. */
const falseAlarmOf = (alerts) => (alerts.length > 1
  ? [`${t("action.false_alarm")} (${t("bulk.title")})`, null] : [t("action.false_alarm"), alerts[0]]);

export function showHelp() {
  if (!byId("help-dialog").open) byId("help-dialog").showModal();
}

/** Show a one-time link, to be copied or read off: above what is open, and back to it. made: {path, ended}, as the server
 * gives it. whose: the name of its account, "" of none. */
export function showLink({ path, ended }, whose = "") {
  byId("share-whose").textContent = whose ? t("share.whose", { name: whose }) : t("share.own");
  byId("share-note").textContent = [t("share.note"), ended ? t("share.ended") : ""].join(" ").trim();
  byId("share-link").value = location.origin + path;
  byId("share-dialog").showModal();
  byId("share-link").select();
}

export const dialogOpen = () => document.querySelector("dialog[open]") !== null;

function check(reason) {
  const radio = byId("false-reasons").querySelector(`input[value="${reason}"]`);
  if (radio) radio.checked = true;
}

function submitted(event) {
  if (event.submitter?.value !== "send" || !current.length) return;
  event.preventDefault(); // the dialogue stays until the server has taken it
  const chosen = byId("false-reasons").querySelector("input:checked")?.value ?? "other";
  const own = byId("false-other").value.trim();
  const asked = current;
  sendAsked("false", () => send(asked, chosen === "other" && own ? own : chosen).catch((error) => {
    if (error.status === 409 && error.body.current && asked === current) current = [error.body.current]; // the dialogue says how it stands
    throw error;
  }), (error) => told(error, ...falseAlarmOf(asked)));
}
