// Everything that was done about the selected alert, by anyone, in one list; and who was told, by what, and who answered.
import { getJson, postJson } from "./api.js";
import { isLoggedOut } from "./banner.js";
import { el } from "./dom.js";
import { clockTime, endedText } from "./format.js";
import { signed, t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { orderedBy } from "./name.js";
import { scopeText } from "./places.js";
import { changed, may, selected } from "./state.js";
import { toldWhy } from "./told_why.js";

const EVERY_MS = 15_000;
const SOON_MS = 2_000; // while a notice is on its way
const SAID = ["outcome", "reason", "channel", "item", "slot", "found", "photo", "owner", "to", "reference", "proof", "note"];
const LOOKS = new Set(["saw_picture", "saw_clear_picture", "saw_clip", "saw_live"]);
let known = { id: "", key: "", events: [], notices: true, looks: true };
let asking = "";
let asked = 0;
let withNotices = false;
let withLooks = false;
let tell = () => {};

/** onTold(error, words, alert) is told what became of sending a notice again. */
export function setUpStory(onTold) {
  tell = onTold;
  setInterval(() => {
    const alert = selected();
    const waits = known.events.some((one) => one.source === "notice" && one.kind === "waiting");
    if (!alert || document.hidden || isLoggedOut() || known.id !== alert.id || performance.now() - asked < (waits ? SOON_MS : EVERY_MS)) return;
    load(alert.id, known.key); // notices arrive, and people look, without a change of the alert
  }, SOON_MS);
}

/** What makes it longer. seen: of the track, how many steps it has. */
function storyOf(alert, seen) {
  const key = JSON.stringify([alert.id, seen, alert.fired_at, alert.resolved_at, alert.returns, alert.closed_at, alert.muted, alert.clip, alert.film]);
  if (known.key !== key && asking !== key) load(alert.id, key);
  return known.id === alert.id ? known : { events: [], notices: true, looks: true };
}

async function load(id, key) {
  asking = key;
  asked = performance.now();
  const answer = await getJson(`/api/alerts/${encodeURIComponent(id)}/timeline`).catch(() => null);
  if (asking !== key) return;
  if (!answer || selected()?.id !== id) {
    asking = "";
    return;
  }
  const news = JSON.stringify(answer.events) !== JSON.stringify(known.events);
  known = { id, key, ...answer };
  if (news) changed();
}

/** Ask again: notices were sent anew. */
export function refreshStory() {
  if (selected()) load(selected().id, known.key);
}

export const storyShown = (alert, seen) => [storyOf(alert, seen).events, withNotices, withLooks];

/** Newest first. What people only looked at, and notices, which have a list of their own, come at a click. */
export function storyPart(alert, seen) {
  const { events } = storyOf(alert, seen);
  const wanted = events.filter((one) => (one.source !== "notice" || withNotices) && (!LOOKS.has(one.kind) || withLooks));
  const has = (test) => events.some(test);
  return el("section.story", { hidden: !events.length },
    el("h3", {}, t("page.timeline"), el("span.filters", {},
      has((one) => one.source === "notice") ? toggle("story-notices", "page.with_notices", withNotices, (on) => { withNotices = on; }) : null,
      has((one) => LOOKS.has(one.kind)) ? toggle("story-looks", "page.with_looks", withLooks, (on) => { withLooks = on; }) : null)),
    el("ol.timeline", { tabIndex: 0, "aria-label": t("page.timeline") }, ...wanted.reverse().map(line)));
}

const toggle = (id, key, on, set) => el("button.quiet", { type: "button", id, "aria-pressed": String(on), onclick: () => {
  set(!on);
  changed();
} }, t(key));

function line(event) {
  const said = saidOf(event);
  return el(`li.from-${event.source}`, {},
    el("time", { dateTime: event.at }, clockTime(event.at)),
    el("strong", {}, event.kind === "flickered" ? flickered(event) : event.source === "notice" ? `${word("told", event.detail.told)} · ${word("delivery", event.kind)}` : event.source === "life" ? word("life", event.kind) : word(event.source, event.kind)),
    event.source === "notice" ? el("span", {}, event.kind === "flickered" ? event.detail.people.join(t("list.comma")) : whom(event.detail)) : event.by === "system" ? null : el("span", {}, signed(event.by) || t("detail.nobody")),
    event.via === "console" || event.via === "watch" ? null : el("span.via", {}, event.via),
    said.length ? el("span.said", {}, said.join(" · ")) : null);
}

function saidOf({ source, kind, detail }) {
  const groups = { outcome: "outcome", reason: source === "record" ? "clear_reason" : "reason" };
  const said = SAID.filter((key) => detail[key] !== undefined && detail[key] !== "" && !(key === "item" && typeof detail.item === "number")
    && !(source === "notice" && key !== "reason"))
    .map((key) => (groups[key] ? word(groups[key], detail[key]) : String(detail[key])));
  if (source === "silence") said.unshift(scopeText(detail));
  if (detail.said_at) said.push(t("page.said_at", { when: clockTime(detail.said_at) }));
  if (detail.confirmed) said.push(t("page.confirmed"));
  if (detail.picture === true) said.push(word("given", "picture"));
  if (detail.mark && kind !== "photo") said.push(word("given", "mark"));
  if (detail.unproven) said.push(`${word("given", "unproven")}: ${detail.unproven}`);
  if (detail.clear) said.push(t("page.clear_too"));
  const ends = detail.deadline ?? detail.ends_at;
  if (ends) said.push(t("track.until", { when: clockTime(ends) }));
  return said;
}

export const noticesShown = (alert, seen) => [Boolean(alert.fired_at), storyOf(alert, seen).notices, noticesOf(alert, seen), may("resend")];

const noticesOf = (alert, seen) => storyOf(alert, seen).events.filter((one) => one.source === "notice");

/** Who was told of it, when, by what, and whether they answered. */
export function noticesPart(alert, seen) {
  const { notices: allowed } = storyOf(alert, seen);
  const all = noticesOf(alert, seen);
  const part = el("section.notices", { id: "notices", hidden: !alert.fired_at || !may("deliveries") || !allowed });
  if (part.hidden) return part;
  part.append(el("h3", {}, t("letters.of_alert")),
    all.length ? el("ul.told", { tabIndex: 0, "aria-label": t("letters.of_alert") }, ...all.map(notice)) : el("p.calm", {}, t("page.nobody_told")));
  return part;
}

/** One line for what would be dozens: how often a fire was lost from sight and seen again, or that was told. */
function flickered({ source, at, detail }) {
  return t(source === "life" ? "page.flickered" : "page.flickered_told",
    { n: detail.times, lines: detail.lines, from: clockTime(at), until: clockTime(detail.until) });
}

function notice(event) {
  const { at, kind, detail } = event;
  if (kind === "flickered") {
    return el("li.letter.delivered", {}, el("strong", {}, detail.people.join(t("list.comma"))), el("span", {}, flickered(event)));
  }
  const answer = detail.answer;
  const why = answer ? t("page.answered", { what: word("step", answer.kind), when: clockTime(answer.at), who: signed(answer.by) }) : (kind === "superseded" ? endedText(detail.error) : detail.error) || toldWhy(detail.reason);
  return el(`li.letter.${kind}`, {},
    el("strong", {}, whom(detail)),
    el("span.state", {}, icon(kind === "delivered" ? "check" : kind === "dead" ? "violation" : "bell"), word("delivery", kind)),
    el("span", {}, word("told", detail.told)),
    el("time", { dateTime: at }, clockTime(at)),
    why ? el(answer ? "span.said.answered" : "span.said", {}, why) : null,
    kind === "dead" && may("resend") ? el("button.quiet", { type: "button", onclick: () => resend(detail.id) }, t("letters.resend")) : null);
}

/** A person by the channel that reached them; "#2" is whoever the channel's second address is. */
export function whom({ person, channel }) {
  if (!person) return channel;
  return person.startsWith("#") ? t("letters.receiver", { channel, number: person.slice(1) }) : `${person} (${channel})`;
}

async function resend(id) {
  const by = await orderedBy();
  if (by === null) return;
  try {
    const { resent } = await postJson("/api/deliveries/resend", { ids: [id], by });
    tell(null, t("letters.resent", { n: resent }));
  } catch (error) {
    tell(error, t("letters.resend"), selected());
  }
  refreshStory();
}
