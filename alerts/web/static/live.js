// The live picture of the alert's camera, within the alert: where the wall is not beside it, and on a phone.
import { isLoggedOut } from "./banner.js";
import { el } from "./dom.js";
import { t, word } from "./i18n.js";
import { icon } from "./icons.js";
import { Player } from "./player.js";
import { allCameras, changed, may } from "./state.js";

let shown = null; // {camera, frame, player, byItself, word}
let stopped = ""; // the camera that somebody does not want to see

const cameraOf = (alert) => allCameras().find(({ name }) => name === alert.camera);
/** As far as anybody knows here: whoever is logged out is shown nothing more. */
const isOnline = (alert) => cameraOf(alert)?.health.state === "online" && !isLoggedOut();

/** wanted: it begins to play by itself. */
export function liveShown(alert, wanted) {
  if (shown && (shown.camera !== alert.camera || !isOnline(alert) || (shown.byItself && !wanted))) stopLive();
  if (wanted && !shown && stopped !== alert.camera && may("live") && isOnline(alert)) begin(alert.camera, true);
  return [may("live"), Boolean(cameraOf(alert)), isOnline(alert), shown?.camera];
}

export function livePart(alert) {
  const part = el("section.live", { hidden: !may("live") || !cameraOf(alert) });
  if (part.hidden) return part;
  if (shown) {
    shown.word(); // it plays on in the language that was chosen meanwhile
    part.append(shown.frame, el("p", {}, t("page.live_of", { camera: alert.camera }), stopButton()));
    return part;
  }
  part.append(el("button.quiet", { type: "button", id: "live", disabled: !isOnline(alert), onclick: () => {
    begin(alert.camera, false);
    changed();
  } }, icon("camera"), cameraOf(alert).health.state === "online" ? t("page.live") : word("health", cameraOf(alert).health.state)));
  return part;
}

function begin(camera, byItself) {
  stopped = "";
  const video = el("video", { muted: true, autoplay: true, playsInline: true });
  video.muted = true;
  const [image, note] = [el("img"), el("span.badge")];
  const frame = el("div.live-frame", {}, video, image, note);
  const inWords = () => {
    const of = t("page.live_of", { camera });
    video.setAttribute("aria-label", of);
    image.alt = of;
    const { kind } = frame.dataset;
    note.textContent = kind ? t(kind === "webrtc" ? "wall.webrtc" : "wall.jpeg") : word("health", "connecting");
  };
  const player = new Player(camera, video, image, (kind) => {
    frame.dataset.kind = kind;
    inWords();
  }, () => true);
  shown = { camera, frame, player, byItself, word: inWords };
  inWords();
  player.start();
}

const stopButton = () => el("button.quiet", { type: "button", id: "live-stop", onclick: () => {
  stopped = shown?.camera ?? "";
  stopLive();
  changed();
} }, icon("cross"), t("page.live_stop"));

export function stopLive() {
  shown?.player.stop();
  shown = null;
}

addEventListener("pagehide", stopLive);
