// A stream of server-sent events, and whether its line lives: the server is heard of every ten seconds, by a beat where it has
// nothing else to say. A line may die without a word, and a browser would wait for the next one for ever.
const DEAD_MS = 25_000;

export class Stream {
  /** events: name → handler(data). broken(refused): the browser connects again by itself, unless it was refused. */
  constructor(path, events, broken) {
    this.heardAt = Date.now();
    this.source = new EventSource(path);
    for (const [name, handler] of Object.entries({ beat() {}, ...events }))
      this.source.addEventListener(name, (event) => {
        this.heardAt = Date.now();
        handler(JSON.parse(event.data));
      });
    this.source.addEventListener("error", () => broken(this.source.readyState === EventSource.CLOSED));
  }

  /** Nothing has come for so long, since it was opened or since the last word. */
  get isDead() {
    return Date.now() - this.heardAt >= DEAD_MS;
  }

  close() {
    this.source.close();
  }
}
