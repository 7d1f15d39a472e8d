// The log-in: by a one-time link, whose token is in the fragment and reaches the server only by a POST; or by password.
import { onLanguage, switchLanguage, t, translatePage, word } from "./i18n.js";
import { forgetOthers } from "./phone_kept.js";
import "./strings_accounts.js";

const HEADERS = { "X-Xinan": "console", "Content-Type": "application/json" };
const byId = (id) => document.getElementById(id);
const form = byId("enter");
const fragment = decodeURIComponent(location.hash.slice(1));
const wanted = fragment.startsWith("alert=") ? `/#${fragment}` : "/"; // a notice's link, followed without a session
const token = wanted === "/" ? fragment : "";
let link = null; // whom the token's link is for
let problem = () => "";

function show(said) {
  problem = said;
  byId("message").textContent = said();
}

function draw() {
  byId("message").textContent = problem();
  byId("welcome").textContent = link?.account ? t("enter.welcome", { name: link.name }) : "";
  byId("new-label").textContent = t(link?.needs_password ? "enter.choose" : "enter.choose_anew");
}

/** Show the fields of this way in; put the cursor into the first one. */
function ask(...names) {
  for (const line of form.querySelectorAll("label")) line.hidden = !names.includes(line.id.replace("-line", ""));
  byId("welcome").hidden = !link?.account;
  byId("new").required = byId("again").required = Boolean(link?.needs_password);
  for (const name of ["account", "password", "code"]) byId(name).required = names.includes(name);
  form.hidden = false;
  draw();
  byId(names[0]).focus();
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) }).catch(() => null);
  return { status: answer?.status ?? 0, body: await answer?.json().catch(() => null) };
}

/** Who is logged in, null if nobody. */
async function me() {
  const answer = await fetch("/api/me", { headers: HEADERS, cache: "no-store" }).catch(() => null);
  return answer?.ok ? answer.json().catch(() => null) : null;
}

/** To the page that was asked for; a volunteer with a phone in the hand has one of their own. */
function goOn(who) {
  forgetOthers(who?.name); // the session of the one before may have ended where no page of the phone saw it
  const onPhone = who?.role === "volunteer" && matchMedia("(max-width: 700px)").matches;
  location.replace(onPhone ? `/phone${wanted.slice(1)}` : wanted);
}

async function enter(event) {
  event.preventDefault();
  show(() => "");
  if (byId("new").value !== byId("again").value) return show(() => t("enter.differ"));
  const code = byId("code").value;
  const { status, body } = link
    ? await post("/enter", { token, name: byId("name").value, password: byId("new").value, code })
    : await post("/enter/login", { account: byId("account").value, password: byId("password").value, code });
  if (status === 200) return goOn(await me());
  if (body?.code === "code_needed") {
    byId("code-line").hidden = false;
    byId("code").required = true;
    byId("code").focus();
    return show(() => t("enter.code_needed"));
  }
  if (status === 403 && link && !body?.code) return spent();
  show(() => refusal(status, body));
  if (body?.code === "wrong_code") byId("code").focus();
}

/** The link opens nothing (any more): whoever is in already goes on, and who has a password logs in right here. */
async function spent() {
  const who = await me();
  if (who) return goOn(who);
  link = null;
  show(() => t("enter.wrong"));
  askPassword();
}

function askPassword() {
  byId("hint").hidden = byId("help").hidden = false;
  ask("account", "password");
}

function refusal(status, body) {
  if (status === 429) return t("enter.slow");
  if (body?.code) return word("account_error", body.code);
  return t("enter.failed");
}

async function start() {
  if (!token) {
    const who = await me();
    return who ? goOn(who) : askPassword();
  }
  history.replaceState(null, "", "/enter"); // so that the token is not left in the history or read from the screen
  const { status, body } = await post("/enter/link", { token });
  if (status === 403) return spent();
  if (status !== 200) return show(() => t("enter.failed"));
  link = body;
  if (link.account) ask("new", "again", ...(link.needs_code ? ["code"] : []));
  else ask("name");
}

translatePage();
onLanguage(draw);
byId("language").addEventListener("click", switchLanguage);
form.addEventListener("submit", enter);
addEventListener("hashchange", () => location.reload());
start();
