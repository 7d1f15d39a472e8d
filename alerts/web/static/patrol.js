// A phone as a patrol camera (WHIP). The link's fragment is CAMERA/TOKEN: it reaches the server in the header alone.
import { onLanguage, switchLanguage, t, translatePage } from "./i18n.js";

const TRY_AGAIN_MS = 3000;
const PICTURE = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 12, max: 15 } };
const view = document.getElementById("view");
const toggle = document.getElementById("toggle");
const message = document.getElementById("message");
const [camera, token] = location.hash.slice(1).split("/").map(decodeURIComponent);
const path = `/whip/${encodeURIComponent(camera ?? "")}`;
const headers = { Authorization: `Bearer ${token}` };
let wanted = false; // the button says: send
let picture = null; // what the phone's camera gives
let peer = null;
let place = ""; // where the server keeps this connection
let awake = null;
let problem = "patrol.ready";

function show(key) {
  problem = key;
  message.textContent = t(key);
  toggle.textContent = t(wanted ? "patrol.stop" : "patrol.start");
  toggle.setAttribute("aria-pressed", String(wanted));
}

async function gathered(connection) {
  if (connection.iceGatheringState === "complete") return;
  await new Promise((done) => {
    connection.addEventListener("icegatheringstatechange", () => connection.iceGatheringState === "complete" && done());
    setTimeout(done, 1000); // the server does without our addresses
  });
}

async function connect() {
  const connection = (peer = new RTCPeerConnection());
  connection.addEventListener("connectionstatechange", () => changed(connection));
  for (const track of picture.getVideoTracks()) connection.addTransceiver(track, { direction: "sendonly", streams: [picture] });
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  const answer = await fetch(path, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/sdp" },
    body: connection.localDescription.sdp,
  });
  if (connection !== peer) return end(answer.headers.get("location")); // stopped while the answer was on its way
  if (answer.status === 401) return refused();
  if (!answer.ok) throw new Error(`whip: ${answer.status}`);
  place = answer.headers.get("location") ?? "";
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}

function changed(connection) {
  if (connection !== peer) return;
  if (connection.connectionState === "connected") show("patrol.sending");
  else if (["failed", "disconnected"].includes(connection.connectionState)) again();
}

function refused() {
  wanted = false;
  leave();
  show("patrol.refused");
}

function again() {
  disconnect();
  if (!wanted) return;
  show("patrol.again");
  setTimeout(() => wanted && !peer && connect().catch(again), TRY_AGAIN_MS);
}

/** Tell the server that the connection it keeps there has ended. */
function end(location) {
  if (location) fetch(location, { method: "DELETE", headers, keepalive: true }).catch(() => null);
}

function disconnect() {
  end(place);
  place = "";
  peer?.close();
  peer = null;
}

function letGo(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function leave() {
  disconnect();
  letGo(picture);
  view.srcObject = picture = null;
  awake?.release().catch(() => null);
  awake = null;
}

async function start() {
  wanted = true;
  show("patrol.connecting");
  let given;
  try {
    given = await navigator.mediaDevices.getUserMedia({ video: PICTURE, audio: false });
  } catch {
    wanted = false;
    return show("patrol.no_camera"); // refused, taken, missing, or the page did not come by https
  }
  if (!wanted || picture) return letGo(given); // stopped, or begun anew, while the phone asked whether it may film
  view.srcObject = picture = given;
  awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  if (!wanted) return leave();
  await connect().catch(again);
}

function stop() {
  wanted = false;
  leave();
  show("patrol.ready");
}

translatePage();
onLanguage(() => show(problem));
document.getElementById("language").addEventListener("click", switchLanguage);
document.getElementById("camera").textContent = camera ?? "";
toggle.addEventListener("click", () => (wanted ? stop() : start()));
addEventListener("pagehide", disconnect);
addEventListener("hashchange", () => location.reload());
if (camera && token) {
  toggle.hidden = false;
  show("patrol.ready");
} else show("patrol.no_token");
