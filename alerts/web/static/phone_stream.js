// What changes comes by a stream of events while the page is seen; where none can be had, the page polls as ever.
const DEAD_MS = 25_000; // the server is heard of every ten seconds
const AGAIN_MS = 30_000; // it refused: perhaps there is no session, or it is full
const CHECK_MS = 60_000; // with a stream, too: what changes by time alone

/** news(ids): what has changed; null: anything. look(): ask for all. heard(): what is shown is still so. every: ms between polls. */
export function follow({ news, look, heard = () => {}, every, stream = true }) {
  let source = null;
  let heardAt = 0;
  let lookedAt = Date.now();

  const isAlive = () => source !== null && Date.now() - heardAt < DEAD_MS;

  function open() {
    if (!stream || source || document.hidden) return;
    source = new EventSource("/api/phone/events");
    source.addEventListener("hello", () => { hear(); ask(() => news(null)); });
    source.addEventListener("news", (event) => { hear(); ask(() => news(JSON.parse(event.data).alerts)); });
    source.addEventListener("beat", hear);
    source.addEventListener("error", () => {
      heardAt = 0; // it reconnects by itself unless it was refused; until then the page polls
      if (source?.readyState === EventSource.CLOSED) close(AGAIN_MS);
    });
  }

  function hear() {
    heardAt = Date.now();
    heard();
  }

  function ask(what) {
    lookedAt = Date.now();
    what();
  }

  function close(again = 0) {
    source?.close();
    source = null;
    heardAt = 0;
    if (again) setTimeout(open, again);
  }

  setInterval(() => {
    if (!document.hidden && Date.now() - lookedAt >= (isAlive() ? CHECK_MS : every)) ask(look);
    if (source && heardAt && !isAlive()) { close(); open(); } // a line that died without a word
  }, Math.min(every, 1000));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close(); // a phone in a pocket asks for nothing
    open();
    ask(look);
  });
  addEventListener("online", () => { close(); open(); });
  open();
}
