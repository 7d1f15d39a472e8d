// Run in a page of the console's origin: WHEP viewers that read the stamps of `gst_stamps` out of what they show.
(() => {
  const BLOCK = 20, BITS = 32, WIDTH = 704;
  let viewers = [];
  let ages = [];
  let counting = false;

  function ageOf(video, context) {
    const scale = video.videoWidth / WIDTH; // a shared encode is reduced
    context.drawImage(video, 0, 0, BITS * BLOCK * scale, BLOCK * scale, 0, 0, BITS * BLOCK, BLOCK);
    const now = Math.floor(performance.timeOrigin + performance.now());
    const row = context.getImageData(0, BLOCK / 2, BITS * BLOCK, 1).data;
    let bits = "";
    for (let bit = 0; bit < BITS; bit += 1) bits += row[4 * (bit * BLOCK + BLOCK / 2)] > 128 ? "1" : "0";
    const told = parseInt(bits.slice(0, 24), 2);
    const sum = (told >> 16) + ((told >> 8) & 255) + (told & 255);
    return (sum & 255) === parseInt(bits.slice(24), 2) ? (now - told) & 0xffffff : null;
  }

  function follow(video, first) {
    const canvas = document.createElement("canvas");
    canvas.width = BITS * BLOCK;
    canvas.height = BLOCK;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const read = () => {
      first();
      const age = ageOf(video, context);
      if (counting && age !== null) ages.push(age);
      video.requestVideoFrameCallback(read);
    };
    video.requestVideoFrameCallback(read);
  }

  async function open(camera) {
    const begun = performance.now();
    const peer = new RTCPeerConnection();
    const video = document.createElement("video");
    video.muted = video.autoplay = video.playsInline = true;
    video.style.width = "240px";
    document.body.append(video);
    const { receiver } = peer.addTransceiver("video", { direction: "recvonly" });
    receiver.jitterBufferTarget = 0;
    peer.addEventListener("track", ({ track }) => { video.srcObject = new MediaStream([track]); });
    const shown = new Promise((resolve) => follow(video, () => resolve(performance.now() - begun)));
    await peer.setLocalDescription();
    const reply = await fetch(`/api/cameras/${camera}/whep`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", "X-Xinan": "benchmark" },
      body: peer.localDescription.sdp,
    });
    if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
    viewers.push({ peer, video, location: reply.headers.get("Location") });
    await peer.setRemoteDescription({ type: "answer", sdp: await reply.text() });
    return shown;
  }

  window.openViewers = (count, cameras) =>
    Promise.all(Array.from({ length: count }, (_, number) => open(`cam-${number % cameras}`)));

  window.followTiles = () => {
    for (const video of document.querySelectorAll(".tile video")) follow(video, () => {});
  };

  window.startCounting = () => { ages = []; counting = true; };

  window.stopCounting = () => { counting = false; return ages; };

  window.closeViewers = async () => {
    for (const { peer, video, location } of viewers) {
      peer.close();
      video.remove();
      await fetch(location, { method: "DELETE", headers: { "X-Xinan": "benchmark" } });
    }
    viewers = [];
  };
})();
