// A stream of server-sent events, and whether its line lives: the server is heard of every ten seconds, by a beat where it has
// nothing else to say. A line may die without a word, and a browser would wait for the next one for ever.
const DEAD_MS = 25_000;
/** One may be set back, the other may stand still while the computer sleeps. */
const CLOCKS = [() => Date.now(), () => performance.now()];

export class Stream {
  /** events: name → handler(data). broken(refused): the browser connects again by itself, unless it was refused. */
  constructor(path, events, broken) {
    this.hear();
    this.source = new EventSource(path);
    for (const [name, handler] of Object.entries({ beat() {}, ...events }))
      this.source.addEventListener(name, (event) => {
        this.hear();
        handler(JSON.parse(event.data));
      });
    this.source.addEventListener("error", () => broken(this.source.readyState === EventSource.CLOSED));
  }

  hear() {
    this.heardAt = CLOCKS.map((now) => now());
  }

  /** Nothing has come for so long, since it was opened or since the last word; or nobody can tell for how long. */
  get isDead() {
    return CLOCKS.some((now, at) => now() - this.heardAt[at] >= DEAD_MS || now() < this.heardAt[at]);
  }

  close() {
    this.source.close();
  }
}
