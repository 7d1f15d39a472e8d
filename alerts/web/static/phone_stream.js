// What changes comes by a stream of events while the page is seen; where none can be had, the page polls as ever.
import { Stream } from "./stream.js";

const AGAIN_MS = 30_000; // it refused: perhaps there is no session, or it is full
const CHECK_MS = 60_000; // with a stream, too: what changes by time alone

/** news(ids): what has changed; null: anything. look(): ask for all. heard(): what is shown is still so. every: ms between polls. */
export function follow({ news, look, heard = () => {}, every, stream = true }) {
  let line = null;
  let isHeard = false; // since it was opened, and since it broke
  let lookedAt = Date.now();

  const isAlive = () => line !== null && isHeard && !line.isDead;

  function open() {
    if (!stream || line || document.hidden) return;
    line = new Stream("/api/phone/events", {
      hello: () => { ask(() => news(null)); hear(); },
      news: ({ alerts }) => { ask(() => news(alerts)); hear(); },
      beat: hear,
    }, (refused) => {
      isHeard = false; // it reconnects by itself unless it was refused; until then the page polls
      if (refused) close(AGAIN_MS);
    });
  }

  function hear() {
    isHeard = true;
    heard();
  }

  function ask(what) {
    lookedAt = Date.now();
    what();
  }

  function close(again = 0) {
    line?.close();
    line = null;
    isHeard = false;
    if (again) setTimeout(open, again);
  }

  setInterval(() => {
    if (!document.hidden && Date.now() - lookedAt >= (isAlive() ? CHECK_MS : every)) ask(look);
    if (line?.isDead) { close(); open(); } // without a word
  }, Math.min(every, 1000));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close(); // a phone in a pocket asks for nothing
    open();
    ask(look);
  });
  addEventListener("online", () => { close(); open(); });
  open();
}
