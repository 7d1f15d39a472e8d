// One's own account: who I am, the password, the second step, where I am logged in.
import { letGoOfPhotos } from "./add_photo.js";
import { deleteAt, getJson, postJson, putJson } from "./api.js";
import { byId, el } from "./dom.js";
import { clockTime } from "./format.js";
import { signed, t, word } from "./i18n.js";
import { byPlaces } from "./places.js";
import { failure } from "./refused.js";
import { may } from "./state.js";
import "./strings_accounts.js";

let me = null;
let sessions = [];
let shown = null; // the secret of a second step that waits for its first code
let said = () => "";
let wrong = null; // what was not done: {part, field, text()}; field: "" where it is of none
let leave = () => {};

/** handler() logs out; onUsers() opens the list of accounts. */
export function setUpAccount(handler, onUsers) {
  leave = handler;
  byId("account").addEventListener("click", open);
  byId("account-users").addEventListener("click", () => { byId("account-dialog").close(); onUsers(); });
  byId("account-dialog").addEventListener("close", forget);
}

export function learnMe(answer) {
  me = answer;
  drawName();
}

const drawName = () => { byId("me").textContent = shownName() || t("account.button"); };
const shownName = () => (me.account ? me.name : signed(me.name));

async function open() {
  byId("account-dialog").showModal();
  await refresh();
}

function forget() {
  shown = wrong = null;
  said = () => "";
}

async function refresh() {
  me = await getJson("/api/me").catch(() => me);
  ({ sessions } = await getJson("/api/me/sessions").catch(() => ({ sessions: [] })));
  drawAccount();
}

export function drawAccount() {
  if (!me) return;
  drawName();
  byId("account-who").replaceChildren(...who());
  byId("account-users").hidden = !may("admin");
  byId("account-parts").replaceChildren(...(me.account ? [password(), secondStep(), list()] : [list()]));
  tell();
}

function who() {
  const rows = [
    ["account.name", shownName()], ["account.id", me.account || t("account.by_link")], ["account.role", word("role", me.role)],
    ["account.places", me.places ? byPlaces(me.places) : t("account.everywhere")],
  ];
  return rows.filter(([, value]) => value).flatMap(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)]);
}

const FIELD_OF = {
  wrong_password: "[name=old], [name=password]", password_length: "[name=new]", password_weak: "[name=new]",
  wrong_code: "[name=code]", code_needed: "[name=code]", code_lost: "[name=code]",
};

const field = (key, name, properties = {}) => el("label.other", {}, el("span", {}, t(key)),
  el("input", { type: "password", name, required: true, maxLength: 200, autocomplete: "off", ...properties }));

/** A form whose fields are sent as they are named. */
function part(name, title, fields, button, send) {
  return el("form.account-part", {
    data: { part: name },
    onsubmit: (event) => {
      event.preventDefault();
      order(name, () => send(Object.fromEntries(new FormData(event.target))));
    },
  }, el("h3", {}, title), ...fields, el("p.row", {}, el("button.quiet", {}, button)));
}

async function order(part, send) {
  said = () => "";
  wrong = null;
  try {
    const done = await send();
    said = () => (done ? t(done) : "");
  } catch (error) {
    const text = () => (error.status === 429 ? t("enter.slow") : failure(error, "account_error"));
    wrong = { part, field: FIELD_OF[error.body?.code] ?? "", text };
  }
  if (wrong?.field) tell(); // the others keep what was typed
  else await refresh();
}

/** What is wrong stands right below where it was typed, in view, the cursor there: the dialogue is longer than a screen. */
function tell() {
  for (const before of byId("account-parts").querySelectorAll(".error")) before.remove();
  byId("account-said").textContent = said();
  const form = wrong && byId("account-parts").querySelector(`[data-part="${wrong.part}"]`);
  if (!form) return;
  const field = (wrong.field && form.querySelector(wrong.field)) || form.querySelector("input");
  const note = el("p.error", { role: "alert", id: "account-wrong" }, wrong.text());
  if (wrong.field) field.closest("label").after(note);
  else form.querySelector(".row").before(note);
  field.setAttribute("aria-describedby", note.id);
  field.focus({ preventScroll: true });
  field.select();
  note.scrollIntoView({ block: "center" });
}

function password() {
  return part("password", t("account.password"), [
    field("account.old", "old", { autocomplete: "current-password" }),
    field("account.new", "new", { autocomplete: "new-password", minLength: 10 }),
  ], t("account.change"), async (given) => {
    await postJson("/api/me/password", given);
    return "account.changed";
  });
}

function secondStep() {
  const title = t(me.two_step ? "account.two_step_on" : "account.two_step_off");
  const code = field("enter.code", "code", { type: "text", inputMode: "numeric", maxLength: 8, autocomplete: "one-time-code" });
  if (me.two_step) {
    return part("second-step", title, [el("p.note", {}, t("enter.help")), field("account.old", "password"), code], t("account.switch_off"), async (given) => {
      await postJson("/api/me/totp/off", given);
      return "account.two_step_ended";
    });
  }
  if (!shown) {
    return part("second-step", title, [el("p.note", {}, `${t("account.two_step_note")} ${t("enter.help")}`), field("account.old", "password")], t("account.set_up"),
      async (given) => { shown = await postJson("/api/me/totp", given); });
  }
  const picture = URL.createObjectURL(new Blob([shown.svg], { type: "image/svg+xml" }));
  const image = el("img.qr", { src: picture, alt: shown.uri, onload: () => URL.revokeObjectURL(picture) });
  return part("second-step", title, [el("p.note", {}, t("account.scan")), image, el("p.secret", {}, shown.secret), code], t("account.confirm"),
    async (given) => {
      await putJson("/api/me/totp", given);
      shown = null;
      return "account.two_step_begun";
    });
}

function list() {
  return el("section.account-part", {},
    el("h3", {}, t("account.sessions")),
    el("ul.devices", {}, ...sessions.map((one) => el("li", {},
      el("span", {}, browser(one.agent), one.current ? ` (${t("push.this")})` : ""),
      el("span.note", {}, t("account.used", { used: clockTime(one.used), since: clockTime(one.created) }))))),
    el("p.row", {},
      el("button.quiet", { type: "button", id: "leave", onclick: () => leave() }, t("action.leave")),
      me.account ? el("button.quiet", { type: "button", id: "leave-everywhere", onclick: everywhere }, t("account.everywhere_out")) : null));
}

async function everywhere() {
  if (!letGoOfPhotos()) return;
  await deleteAt("/api/me/sessions").catch(() => {}); // whatever the answer, the person wants to be out
  leave();
}

/** What a browser calls itself, in two words. */
function browser(agent) {
  const name = ["Edg", "OPR", "MicroMessenger", "Firefox", "Chrome", "Safari"].find((one) => agent.includes(`${one}/`));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"].find((one) => agent.includes(one));
  return [name, system].filter(Boolean).join(" · ") || agent.slice(0, 40) || "–";
}
