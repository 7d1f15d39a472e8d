// What the console is told of as it happens, and how the line to the server is. The browser connects again by itself and says
// what it heard last; what it cannot mend, a line that is dead and a place that is refused, is mended here.
import { whyRefused } from "./api.js";
import { Stream } from "./stream.js";

const CHECK_MS = 1000;
const AGAIN_MS = 3000;
const LATER_MS = 10_000; // there is no place: somebody has to leave first

/** events: alert({kind, alert}), camera({name, health}), cameras(), muting(), status({disk, store, lost, settings}),
 * hello({now, missed, run}). turned(line): how the line is from now on: "live", "lost", "full" (too many consoles are open) or
 * "refused" (nobody is logged in). */
export function listen(events, turned) {
  let stream = null;
  let line = "";
  let again = 0;

  function turn(now) {
    if (now === line) return;
    line = now;
    turned(now);
  }

  function connect() {
    clearTimeout(again);
    stream?.close();
    const mine = stream = new Stream("/api/events", { ...events, hello: (said) => { line = "live"; turned(line); events.hello(said); } }, (refused) => {
      if (refused) askWhy(mine);
      else turn("lost");
    });
  }

  async function askWhy(asked) {
    const { status, code } = await whyRefused("/api/events");
    if (asked !== stream) return;
    if (status === 401) turn("refused");
    else if (code === "too_many_consoles") turn("full");
    else if (status !== 200 || line !== "full") turn("lost");
    if (line !== "refused") again = setTimeout(connect, status !== 200 && line === "full" ? LATER_MS : AGAIN_MS);
  }

  connect();
  addEventListener("online", connect);
  setInterval(() => {
    if (!stream.isDead || line === "refused") return;
    if (line !== "full") turn("lost");
    connect();
  }, CHECK_MS);
}
