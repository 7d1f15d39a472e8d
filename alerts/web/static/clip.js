// The clip of an alert: what the camera sent around the moment, or why there is none.
import { isClear } from "./clear.js";
import { el } from "./dom.js";
import { t, word } from "./i18n.js";

const GONE = 410;

export function clip(alert) {
  const frame = el("figure.clip", { hidden: !alert.clip });
  if (!alert.clip) return frame;
  const { mark, duration_s: seconds, trouble } = alert.clip;
  const why = trouble && word("clip_trouble", trouble);
  if (!mark) {
    frame.append(el("p.missing", {}, t("clip.none", { why })));
    return frame;
  }
  if (!isClear(alert)) {
    frame.append(el("p.missing", {}, t("clip.say_why", { s: Math.round(seconds) })));
    return frame;
  }
  const address = `/api/alerts/${encodeURIComponent(alert.id)}/clip?v=${mark}`;
  const video = el("video", { controls: true, muted: true, playsInline: true, preload: "metadata", onerror: () => explain(frame, address) });
  video.src = address;
  const at = alertMoment(alert);
  const jumps = at === null ? null : el("span.jumps", {}, jump(video, "clip-begin", 0, t("clip.from_start")), jump(video, "clip-alert", at, t("clip.at_alert", { s: Math.round(at) })));
  const caption = [t("clip.title"), t("clip.length", { s: Math.round(seconds) }), why && t("clip.partly", { why })];
  frame.append(video, el("figcaption", {}, caption.filter(Boolean).join(" · "), jumps));
  return frame;
}

/** Seconds into the clip at which the alert was raised; what comes before is the pre-roll. null: not known. */
function alertMoment(alert) {
  const at = (Date.parse(alert.fired_at) - Date.parse(alert.clip.begun_at)) / 1000;
  return at >= 0 && at <= alert.clip.duration_s ? at : null;
}

const jump = (video, id, seconds, text) => el("button.quiet", { type: "button", id, onclick: () => {
  video.currentTime = seconds;
  video.play().catch(() => {}); // it stands at the moment all the same
} }, text);

/** A player that only stays black says nothing: deleted, or coded in a way that this browser does not know? */
async function explain(frame, address) {
  const status = await fetch(address, { headers: { Range: "bytes=0-0" } }).then((answer) => answer.status, () => 0);
  if (status === GONE) {
    frame.replaceChildren(el("p.missing", {}, t("clip.deleted")));
    return;
  }
  frame.replaceChildren(el("p.missing", {}, t("clip.cannot_play"), " ", el("a", { href: address, download: "" }, t("clip.download"))));
}
