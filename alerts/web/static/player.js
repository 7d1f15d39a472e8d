// Plays one camera: WebRTC first; single pictures where that is refused or stalls. It never keeps an old picture up.
import { endOffer, getPicture, postOffer } from "./api.js";

const START_MS = 8000; // a video that shows nothing by then is given up
const STALL_MS = 6000; // a video without a new frame for so long is stale
const RETRY_MS = 30000; // pictures go on for so long before video is tried again
const PICTURE_MS = 250;
const MISSING_MS = 2000;

export class Player {
  /** shown(kind): "webrtc", "jpeg" or "" when nothing live is on the screen. */
  constructor(camera, video, image, shown) {
    this.camera = camera;
    this.video = video;
    this.image = image;
    this.shown = shown;
    this.run = null;
  }

  get playing() {
    return this.run !== null;
  }

  start() {
    if (this.run) return;
    this.run = new AbortController();
    this.loop(this.run.signal);
  }

  stop() {
    this.run?.abort();
    this.run = null;
    this.clear();
  }

  clear() {
    this.video.srcObject = null;
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute("src");
    this.shown("");
  }

  async loop(signal) {
    while (!signal.aborted) {
      await this.playVideo(signal).catch(() => {}); // refused or broken: pictures take over
      if (signal.aborted) return;
      this.clear();
      await this.playPictures(signal, performance.now() + RETRY_MS);
    }
  }

  async playVideo(signal) {
    const peer = new RTCPeerConnection();
    let location = null;
    try {
      peer.addTransceiver("video", { direction: "recvonly" });
      peer.addEventListener("track", ({ track }) => { this.video.srcObject = new MediaStream([track]); });
      await peer.setLocalDescription();
      const reply = await postOffer(this.camera, peer.localDescription.sdp, signal);
      location = reply.location;
      await peer.setRemoteDescription({ type: "answer", sdp: reply.answer });
      await this.watch(peer, signal);
    } finally {
      peer.close();
      if (location) endOffer(location);
    }
  }

  /** Until it ends, breaks or stalls. */
  async watch(peer, signal) {
    let frames = -1;
    let newsAt = performance.now();
    let started = false;
    while (!signal.aborted && !["failed", "closed", "disconnected"].includes(peer.connectionState)) {
      const now = this.video.srcObject ? this.video.getVideoPlaybackQuality().totalVideoFrames : 0;
      if (now > 0 && now !== frames) {
        frames = now;
        newsAt = performance.now();
        if (!started) {
          started = true;
          this.image.removeAttribute("src");
          this.shown("webrtc");
        }
      }
      if (document.hidden) newsAt = performance.now(); // a hidden page gets no frames; nobody is misled by it
      if (performance.now() - newsAt > (started ? STALL_MS : START_MS)) return;
      if (this.video.srcObject && this.video.paused) this.video.play().catch(() => {}); // muted video may play; next round tries again
      await pause(300, signal);
    }
  }

  async playPictures(signal, until) {
    let etag = "";
    let newsAt = performance.now();
    while (!signal.aborted && (performance.now() < until || this.image.src === "")) {
      try {
        const picture = await getPicture(this.camera, etag, signal);
        if (picture) {
          etag = picture.etag;
          newsAt = performance.now();
          if (signal.aborted) return;
          this.show(picture.blob);
        }
        if (performance.now() - newsAt > STALL_MS) throw new Error("stalled");
        await pause(PICTURE_MS, signal);
      } catch {
        if (signal.aborted) return;
        etag = "";
        this.clear();
        await pause(MISSING_MS, signal);
        if (performance.now() > until) return;
      }
    }
  }

  show(blob) {
    const old = this.image.src;
    this.image.src = URL.createObjectURL(blob);
    if (old) URL.revokeObjectURL(old);
    this.shown("jpeg");
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
