// The page of a one-time link. The token is in the fragment: it reaches the server only by the button below.
import { onLanguage, switchLanguage, t, translatePage } from "./i18n.js";

const HEADERS = { "X-Xinan": "console" };
const form = document.getElementById("enter");
const message = document.getElementById("message");
const name = document.getElementById("name");
const fragment = decodeURIComponent(location.hash.slice(1));
const wanted = fragment.startsWith("alert=") ? `/#${fragment}` : "/"; // a notice's link, followed without a session
const token = wanted === "/" ? fragment : "";
let problem = "";

function show(key) {
  problem = key;
  message.textContent = key ? t(key) : "";
}

async function alreadyIn() {
  const answer = await fetch("/api/me", { headers: HEADERS, cache: "no-store" }).catch(() => null);
  return answer?.ok ?? false;
}

async function enter(event) {
  event.preventDefault();
  show("");
  const answer = await fetch("/enter", {
    method: "POST",
    headers: { ...HEADERS, "Content-Type": "application/json" },
    body: JSON.stringify({ token, name: name.value }),
  }).catch(() => null);
  await answer?.text();
  if (answer?.ok) location.replace("/");
  else if (!answer) show("enter.failed");
  else show(answer.status === 429 ? "enter.slow" : "enter.wrong");
}

translatePage();
onLanguage(() => show(problem));
document.getElementById("language").addEventListener("click", switchLanguage);
form.addEventListener("submit", enter);
addEventListener("hashchange", () => location.reload());
if (token) {
  history.replaceState(null, "", "/enter"); // so that the token is not left in the history or read from the screen
  form.hidden = false;
  name.focus();
} else if (await alreadyIn()) location.replace(wanted);
else show("enter.no_token");
