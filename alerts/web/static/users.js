// Accounts, for an admin: who may log in, and what they may do.
import { deleteAt, getJson, patchJson, postJson } from "./api.js";
import { showLink } from "./dialogs.js";
import { byId, el } from "./dom.js";
import { t, word } from "./i18n.js";
import { allPlaces, byPlaces, nameOf } from "./places.js";
import { failure } from "./refused.js";
import { scopesOf } from "./scopes.js";
import { allCameras } from "./state.js";
import "./strings_accounts.js";

const ROLES = ["operator", "volunteer", "building_lead", "auditor", "admin"];
let accounts = [];
let edited = ""; // whose role and places are being changed
let said = () => "";

export function setUpUsers() {
  byId("users-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    order(async () => {
      const made = await postJson("/api/users", { id: form.elements.id.value, name: form.elements.name.value, ...rights(form) });
      form.reset();
      showLink(made, called(made.account));
    });
  });
  byId("users-dialog").addEventListener("close", () => { edited = ""; said = () => ""; });
}

export async function openUsers() {
  byId("users-dialog").showModal();
  byId("users-rights").replaceChildren(...choices({ role: "operator", places: null }));
  await refresh();
}

async function refresh() {
  ({ accounts } = await getJson("/api/users").catch(() => ({ accounts })));
  drawUsers();
}

export function drawUsers() {
  byId("users-said").textContent = said();
  byId("users-list").replaceChildren(...accounts.map((one) => el("li", { data: { off: String(!one.enabled) } },
    el("strong", {}, called(one)),
    el("span.note", {}, [word("role", one.role), one.places ? byPlaces(one.places) : t("account.everywhere"), state(one)].join(" · ")),
    edited === one.id ? editor(one) : el("span.users-tools", {}, ...tools(one)))));
}

/** By which two of one name are told apart. */
const called = ({ id, name }) => (id === name ? name : `${name} · ${id}`);

function state(one) {
  if (!one.enabled) return t("users.disabled");
  if (!one.password) return t("users.no_password");
  return t(one.two_step ? "users.two_step" : "users.password");
}

const button = (text, onclick) => el("button.quiet", { type: "button", onclick }, text);
/** Only if it is still as it is shown here: another admin may have changed it meanwhile. */
const change = (one, values) => patchJson(pathOf(one), { ...values, seen: one.changed });
const pathOf = (one, verb = "") => `/api/users/${encodeURIComponent(one.id)}${verb}`;

function tools(one) {
  const sure = (question, send) => () => { if (confirm(question)) order(send); };
  const { name } = one;
  return [
    button(t("users.edit"), () => { edited = one.id; drawUsers(); }),
    one.enabled ? button(t("users.link"), () => order(async () => showLink(await postJson("/api/link", { account: one.id }), called(one)))) : null,
    one.two_step ? button(t("users.two_step_off"), sure(t("users.sure_two_step", { name }), () => postJson(pathOf(one, "/two-step-off"), {}))) : null,
    button(t("users.sign_out"), () => order(() => postJson(pathOf(one, "/leave"), {}))),
    button(t(one.enabled ? "users.disable" : "users.enable"), () => order(() => change(one, { enabled: !one.enabled }))),
    button(t("users.remove"), sure(t("users.sure_remove", { name }), () => deleteAt(pathOf(one)))),
  ].filter(Boolean);
}

function editor(one) {
  return el("form.users-editor", {
    onsubmit: (event) => {
      event.preventDefault();
      order(async () => {
        await change(one, rights(event.target));
        edited = "";
      });
    },
  }, ...choices(one), el("p.row", {}, el("button.quiet", {}, t("account.change")),
    button(t("action.cancel"), () => { edited = ""; drawUsers(); })));
}

/** Role and places of an account, to choose. Nothing chosen of the places: the whole site. */
function choices({ role, places }) {
  const option = (value, text, selected) => el("option", { value, selected }, text);
  const known = scopesOf(allPlaces().map((place) => [place.id, nameOf(place.id)]), allCameras().map(({ name }) => name));
  return [
    el("label.other", {}, el("span", {}, t("account.role")),
      el("select", { name: "role" }, ...ROLES.map((one) => option(one, word("role", one), one === role)))),
    el("label.other", {}, el("span", {}, t("users.places")),
      el("select", { name: "places", multiple: true, size: Math.min(5, known.length || 1) },
        ...known.map(([id, text]) => option(id, text, places?.includes(id) ?? false)))),
  ];
}

function rights(form) {
  const places = [...form.elements.places.selectedOptions].map((one) => one.value);
  return { role: form.elements.role.value, places: places.length ? places : null };
}

async function order(send) {
  try {
    await send();
    said = () => "";
  } catch (error) {
    said = () => failure(error, "account_error");
  }
  await refresh();
}
