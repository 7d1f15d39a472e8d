// Live pictures of one camera: WebRTC first, single pictures wherever video shows nothing. It never keeps an old picture
// up. Both ways go on side by side: while video is being tried, refused or blocked, pictures are shown.
import { endOffer, getPicture, postOffer } from "./api.js";
import { isListed } from "./history.js";

const GRACE_MS = 700; // video mostly shows within this time, and no picture is fetched
const START_MS = 8000; // a video that shows nothing by then is given up
const STALL_MS = 4000; // a video without a new frame for so long is stale
const RETRY_MS = 30000; // so long before video is tried again
const AGAIN_MS = 1000; // a video that played and ended is tried again sooner
const PICTURE_MS = 250;
const CALM_MS = 1000; // of a small tile: the server makes one picture a second in any case
const PICTURE_STALL_MS = 6000;
const MISSING_MS = 2000;
const LIST_MS = 15_000; // so long after the page has begun pictures leave the line to the first list of alerts
const MOST_MISSING_MS = 16_000; // nobody answers in time, later and later: a line that is too slow for pictures is there for alerts

export class Player {
  /** shown(kind, reason): "webrtc", "jpeg" or "" when nothing live is on the screen; reason: why it is no video.
   * near(): whether it is looked at closely, so that single pictures are worth their cost. */
  constructor(camera, video, image, shown, near) {
    this.camera = camera;
    this.video = video;
    this.image = image;
    this.shown = shown;
    this.near = near;
    this.run = null;
    this.videoShows = false;
    this.reason = "";
  }

  get playing() {
    return this.run !== null;
  }

  start() {
    if (this.run) return;
    this.run = new AbortController();
    this.reason = "";
    this.videoLoop(this.run.signal);
    this.pictureLoop(this.run.signal);
  }

  stop() {
    this.run?.abort();
    this.run = null;
    this.clearVideo();
    this.clearPicture();
    this.shown("", "");
  }

  clearVideo() {
    this.video.srcObject = null;
    this.videoShows = false;
  }

  clearPicture() {
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute("src");
  }

  async videoLoop(signal) {
    while (!signal.aborted) {
      const again = await this.playVideo(signal).then((played) => (played ? AGAIN_MS : RETRY_MS), (error) => this.because(error));
      if (signal.aborted) return;
      const showed = this.videoShows;
      this.clearVideo();
      if (showed) this.shown("", this.reason);
      await pause(again, signal);
    }
  }

  /** Keep in a word why there is no video; how long to wait before it is tried again. Pictures take over. */
  because(error) {
    const passing = error instanceof TypeError || error.name === "TimeoutError" || error.status === 404; // the server is not there, or has no picture yet
    this.reason = passing ? "" : { 503: "full", 406: "no_h264" }[error.status] ?? "failed";
    return passing ? MISSING_MS : RETRY_MS;
  }

  /** Whether it has shown anything. */
  async playVideo(signal) {
    const peer = new RTCPeerConnection();
    let location = null;
    try {
      const { receiver } = peer.addTransceiver("video", { direction: "recvonly" });
      receiver.jitterBufferTarget = 0; // as live as can be: nobody listens to this
      peer.addEventListener("track", ({ track }) => { if (!signal.aborted) this.video.srcObject = new MediaStream([track]); });
      await peer.setLocalDescription();
      const reply = await postOffer(this.camera, peer.localDescription.sdp); // to the end: only its answer says how to end it
      location = reply.location;
      if (signal.aborted) return false;
      await peer.setRemoteDescription({ type: "answer", sdp: reply.answer });
      return await this.watch(peer, signal);
    } finally {
      peer.close();
      if (location) endOffer(location);
    }
  }

  /** Until it ends, breaks or stalls; whether it has shown anything. */
  async watch(peer, signal) {
    let frames = -1;
    let newsAt = performance.now();
    while (!signal.aborted && !["failed", "closed", "disconnected"].includes(peer.connectionState)) {
      const now = this.video.srcObject ? this.video.getVideoPlaybackQuality().totalVideoFrames : 0;
      if (now > 0 && now !== frames) {
        frames = now;
        newsAt = performance.now();
        if (!this.videoShows) {
          this.videoShows = true;
          this.reason = "";
          this.clearPicture();
          this.shown("webrtc", "");
        }
      }
      if (document.hidden) newsAt = performance.now(); // a hidden page gets no frames; nobody is misled by it
      if (performance.now() - newsAt > (this.videoShows ? STALL_MS : START_MS)) {
        if (!this.videoShows) this.reason = peer.connectionState === "connected" ? "failed" : "blocked";
        return this.videoShows;
      }
      if (this.video.srcObject && this.video.paused) this.video.play().catch(() => {}); // muted video may play; next round tries again
      await pause(this.videoShows ? 300 : 50, signal);
    }
    return this.videoShows;
  }

  async pictureLoop(signal) {
    let etag = "";
    let missed = 0; // one after the other, without an answer
    await pause(GRACE_MS, signal);
    while (!signal.aborted && !isListed() && performance.now() < LIST_MS) await pause(PICTURE_MS, signal);
    let newsAt = performance.now();
    while (!signal.aborted) {
      if (this.videoShows) {
        etag = "";
        newsAt = performance.now();
        await pause(PICTURE_MS, signal);
        continue;
      }
      try {
        const picture = await getPicture(this.camera, etag, !this.near(), signal);
        if (picture) {
          etag = picture.etag;
          missed = 0;
          newsAt = performance.now();
          this.showPicture(picture.blob, signal);
        }
        if (performance.now() - newsAt > PICTURE_STALL_MS) throw new Error("stalled");
        await pause(this.near() ? PICTURE_MS : CALM_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        missed = error.status === undefined ? missed + 1 : 0;
        etag = "";
        newsAt = performance.now();
        if (!this.videoShows) {
          this.clearPicture();
          this.shown("", this.reason);
        }
        await pause(Math.min(MISSING_MS * 2 ** Math.max(0, missed - 1), MOST_MISSING_MS), signal);
      }
    }
  }

  showPicture(blob, signal) {
    if (signal.aborted || this.videoShows) return;
    const old = this.image.src;
    this.image.src = URL.createObjectURL(blob);
    if (old) URL.revokeObjectURL(old);
    this.shown("jpeg", this.reason);
  }
}

/** Leaves nothing at the signal when the time is up: a wall plays for weeks. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
