// What is muted now, by whom and until when; begin and end a silence.
import { getJson, postJson } from "./api.js";
import { openAsking, sendAsked } from "./asking.js";
import { byId, el } from "./dom.js";
import { clockTime } from "./format.js";
import { signed, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { nowDone } from "./not_done.js";
import { allPlaces, pathOf, placeOf, placeText, scopeText } from "./places.js";
import { asking } from "./questions.js";
import { failure } from "./refused.js";
import { cameraScope } from "./scopes.js";
import { alertOf, allCameras, changed, isOpen, may, selected, title } from "./state.js";

const POLL_MS = 20000;
const SOON_MS = 400;
const MOST_NAMED = 5;
const DURATIONS = [30, 60, 240, 480, 1440, 10080];
let now = { silences: [], quiet: [], muted: {}, limits: { shelf_h: 0, fire_h: 0, drill_h: 0 } };
let hazards = [];
let nameless = false;
let limited = false;
let setUp = false;
let about = []; // the alerts that the dialogue was opened for
let unsure = null; // {of, sent}: the last order, while not all of it is known to be taken, and the scopes that were sent
let failed = () => {};

/** handler(error, words) is told of an order that was not carried out, and that the dialogue cannot tell any more. */
export function onMutingFailed(handler) {
  failed = handler;
}

/** me: whose session it is; without a name (log-in is off) the dialogue asks for one, and whoever is limited to places
 * is offered nothing beyond them. kinds: of hazards. */
export function setUpMuting(me, kinds) {
  nameless = !me.name;
  limited = Boolean(me.places) && !me.places.includes("site");
  hazards = kinds;
  if (setUp) return question.now();
  setUp = true;
  byId("muting").addEventListener("click", () => openDialog([]));
  byId("mute-form").addEventListener("submit", submitted);
  for (const name of ["mute-kind", "mute-fire", "mute-scope"]) byId(name).addEventListener("change", drawForm);
  question.begin();
  return question.now();
}

const question = asking(() => getJson("/api/muting"), (answer) => {
  now = answer;
  drawMuting();
  changed();
}, { soonMs: SOON_MS, everyMs: POLL_MS });

/** Ask anew; soon rather than at once, so that a flood of alerts makes one question. */
export const refreshMuting = question.soon;

/** Why nobody is told of an alert now: {by, reason, who, until}, or null. */
export const mutedWhy = (alert) => (isOpen(alert) ? now.muted[alert.id] ?? null : null);

/** What stands back behind a more urgent one is muted by nobody: its card says so, and no number counts it. */
export const standsBack = (why) => why?.by === "inhibited";

const heldByPeople = () => Object.keys(now.muted).filter((id) => !standsBack(now.muted[id]));

export function drawMuting() {
  const drill = now.silences.some((silence) => silence.kind === "drill");
  const number = heldByPeople().length;
  const button = byId("muting");
  const key = drill ? "mute.badge_drill" : now.silences.length + now.quiet.length + number ? "mute.badge_on" : "mute.badge";
  button.replaceChildren(icon("mute"), el("span", {}, t(key, { n: number })));
  button.title = t("mute.title");
  button.setAttribute("aria-label", `${t("mute.title")}: ${t(key, { n: number })}`);
  button.hidden = key === "mute.badge" && !may("silence"); // there is nothing to see, and nothing to do
  button.dataset.state = drill ? "drill" : key === "mute.badge" ? "" : "on";
  byId("mute-now").replaceChildren(...list());
}

function list() {
  const rows = [
    ...now.silences.map((silence) => row(`${word("silence", silence.kind)} · ${scopeText(silence)}`,
      `${silence.reason} · ${t("mute.by", { who: signed(silence.by), until: clockTime(silence.ends_at) })}${silence.fire ? ` · ${t("mute.with_fire")}` : ""}`,
      el("button.quiet", { type: "button", onclick: () => end(silence.id) }, t("mute.end")))),
    ...now.quiet.map((hours) => row(word("muted", "quiet"), t("mute.quiet", { name: hours.name, until: clockTime(hours.until) }), null)),
  ];
  const held = heldByPeople();
  if (held.length) rows.push(row(t("mute.held", { n: held.length }), [...held.map(alertOf).filter(Boolean).slice(0, MOST_NAMED).map(
    (alert) => `${title(alert)} ${placeText(alert) || alert.camera}`), t("mute.not_lost")].join(" · "), null));
  return rows.length ? rows : [el("li.calm", {}, t("mute.none"))];
}

const row = (head, text, button) => el("li", {}, el("div", {}, el("strong", {}, head), el("p", {}, text)), button);

/** A line below an alert: why nobody is told of it, that it was part of a drill, and the way to mute it. */
export function mutingLine(alert) {
  const why = mutedWhy(alert);
  const past = !why && alert.muted ? alert.muted : null;
  const shown = why ?? past;
  return el("div.muting-line", { data: { muted: why ? "now" : "" } },
    standsBack(shown) ? icon("bell") : shown || alert.exercise ? icon("mute") : null,
    alert.exercise ? el("strong", {}, t("mute.exercise")) : null,
    shown ? el("span", {}, reasonText(shown, Boolean(why))) : null,
    isOpen(alert) ? el("button.quiet", { type: "button", id: "mute-this", onclick: () => openDialog([selected()]) }, t("mute.open")) : null);
}

export const mutingShown = (alert) => [mutedWhy(alert), alert.muted, alert.exercise, isOpen(alert)];

function reasonText(why, current) {
  const reason = why.by === "inhibited" ? word("inhibited", why.reason) : why.reason;
  const parts = [t(current ? "mute.muted" : standsBack(why) ? "mute.stood_back" : "mute.was_muted"), word("muted", why.by), reason];
  if (why.who) parts.push(why.who);
  if (current && why.until) parts.push(t("mute.until", { until: clockTime(why.until) }));
  return parts.join(" · ");
}

/** Shelve this hazard at this camera, or what has been marked. */
export function openMuting(alerts) {
  openDialog(alerts);
  if (alerts.length === 1) byId("mute-scope").value = `camera_hazard:${spotOf(alerts[0])}`;
}

const spotOf = ({ hazard, camera }) => `${hazard}@${camera}`;
const spots = () => [...new Set(about.map(spotOf))];

function openDialog(alerts) {
  about = alerts;
  byId("mute-scope").replaceChildren(...(about.length ? [] : [el("option", { value: "" }, t("mute.scope"))]), ...scopes());
  byId("mute-reason").value = "";
  byId("mute-fire").checked = false;
  byId("mute-by").hidden = !nameless;
  byId("mute-by").querySelector("input").required = nameless;
  drawMuting();
  drawForm();
  openAsking("mute");
  byId("mute-reason").focus();
}

function scopes() {
  const groups = limited ? [] : [["mute.everything", [["place", "site", t("mute.everywhere")]]]];
  if (about.length > 1) groups.unshift(["mute.here", [["marked", "", t("mute.marked", { n: about.length, spots: spots().length })]]]);
  if (about.length === 1) {
    const [{ id, camera, hazard }] = about;
    const place = placeOf(about[0]);
    groups.unshift(["mute.here", [["alert", id, `${word("scope", "alert")} ${title(about[0])}`],
      ["camera_hazard", spotOf(about[0]), `${word("hazard", hazard)} · ${camera}`], ["camera", camera, cameraScope(camera)],
      ...(place && place.id !== "site" ? [["place", place.id, pathOf(place)]] : [])]]);
  }
  groups.push(["scope.place", allPlaces().map((place) => ["place", place.id, pathOf(place)])]);
  groups.push(["scope.camera", allCameras().map(({ name }) => ["camera", name, cameraScope(name)])]);
  if (!limited) groups.push(["scope.hazard", hazards.map((kind) => ["hazard", kind, word("hazard", kind)])]);
  return groups.filter(([, options]) => options.length).map(([label, options]) => el("optgroup", { label: t(label) },
    ...options.map(([kind, value, text]) => el("option", { value: `${kind}:${value}` }, text))));
}

/** The spans that the settings allow for what is chosen. */
function drawForm() {
  const drill = byId("mute-kind").value === "drill";
  byId("mute-fire-label").hidden = drill;
  byId("mute-what").textContent = t(drill ? "mute.what_drill" : "mute.what_shelf");
  const { shelf_h: shelf, fire_h: fire, drill_h: long } = now.limits;
  const most = 60 * (drill ? long : byId("mute-fire").checked ? Math.min(shelf, fire) : shelf);
  const select = byId("mute-minutes");
  const chosen = select.value;
  const allowed = DURATIONS.filter((minutes) => minutes <= most);
  select.replaceChildren(...(allowed.length ? allowed : [most]).map((minutes) => el("option", { value: String(minutes) }, spanText(minutes))));
  if (allowed.includes(Number(chosen))) select.value = chosen;
}

const spanText = (minutes) => (minutes < 60 ? t("span.min", { n: minutes })
  : minutes > 1440 && minutes % 1440 === 0 ? t("span.d", { n: minutes / 1440 }) : t("span.h", { n: minutes / 60 }));

async function submitted(event) {
  if (event.submitter?.value !== "send") return;
  event.preventDefault(); // the dialogue stays until the server has taken it
  const [kind, ...rest] = byId("mute-scope").value.split(":");
  const drill = byId("mute-kind").value === "drill";
  const order = { kind: drill ? "drill" : "shelf", reason: byId("mute-reason").value.trim(),
    minutes: Number(byId("mute-minutes").value), fire: !drill && byId("mute-fire").checked, by: name() };
  const scopes = kind === "marked" ? spots().map((scope) => ({ scope_kind: "camera_hazard", scope })) : [{ scope_kind: kind, scope: rest.join(":") }];
  const what = t("mute.title");
  await sendAsked("mute", async () => {
    const of = JSON.stringify(order);
    if (unsure?.of !== of) unsure = { of, sent: new Set() };
    const mine = unsure;
    for (const scope of scopes) await silence(order, scope, mine.sent);
    if (unsure === mine) unsure = null;
    nowDone(what);
  }, (error) => failed(error, what), failure);
  refreshMuting();
}

/** What was sent before may have been taken, whatever the page heard, and is then not begun twice. */
async function silence(order, scope, sent) {
  const key = JSON.stringify(scope);
  const again = sent.has(key);
  sent.add(key);
  await postJson("/api/silences", { ...order, ...scope, again });
}

async function end(id) {
  const say = (text) => { byId("mute-error").textContent = text; };
  const what = `${t("mute.title")}: ${t("mute.end")}`;
  say("");
  try {
    await postJson(`/api/silences/${encodeURIComponent(id)}/end`, { by: name() });
    nowDone(what);
  } catch (error) {
    say(failure(error));
    if (!byId("mute-dialog").open || error.status === 401) failed(error, what);
  }
  refreshMuting();
}

const name = () => (nameless ? byId("mute-by").querySelector("input").value.trim() : "");
