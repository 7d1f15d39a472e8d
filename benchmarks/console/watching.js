// What the benchmark watches in the page. Evaluates to nothing; leaves its functions behind.
(() => {
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const queue = document.getElementById("queue-list");
  const seen = new Map();
  const note = () => {
    for (const card of queue.querySelectorAll("[data-id]"))
      if (!seen.has(card.dataset.id)) {
        seen.set(card.dataset.id, 0);
        requestAnimationFrame(() => seen.set(card.dataset.id, performance.timeOrigin + performance.now()));
      }
  };
  note();
  new MutationObserver(note).observe(queue, { childList: true, subtree: true });

  /** Milliseconds since 1970 of the frame after the card of this alert came into the page. */
  window.shownAt = async (id) => {
    while (!seen.get(id)) await nextFrame();
    return seen.get(id);
  };

  /** Fetch page after page until so many alerts are there; how many. */
  window.loadAll = async (most) => {
    const beside = (name) => import(document.querySelector("script[type=module]").src.replace("main.js", name)); // the same copy that the page runs
    const { allAlerts } = await beside("state.js");
    const { hasMore, loadMore } = await beside("history.js");
    while (hasMore() && allAlerts().length < most) await loadMore();
    return allAlerts().length;
  };

  window.atEnd = () => queue.scrollTop + queue.clientHeight >= queue.scrollHeight - 1;

  let watched = null;

  /** From the top of the list on: each frame, until somebody asks for what was seen. */
  window.watch = async () => {
    queue.scrollTop = 0;
    const now = { on: true, between: [], long: [], most: 0, thumbnails: 0, since: await nextFrame() };
    watched = now;
    const observer = new PerformanceObserver((list) => now.long.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: "longtask" });
    const came = ({ target }) => { now.thumbnails += Number(target.matches("img")); };
    queue.addEventListener("load", came, { capture: true });
    now.ended = (async () => {
      now.last = now.since;
      while (now.on) {
        const at = await nextFrame();
        now.between.push(at - now.last);
        now.last = at;
        now.most = Math.max(now.most, queue.querySelectorAll("*").length);
      }
      observer.disconnect();
      queue.removeEventListener("load", came, { capture: true });
    })();
  };

  /** Times between frames and what kept the page from answering, milliseconds; the most elements; thumbnails that came; how long
   * it was, seconds, and how far down the list, pixels. */
  window.watched = async () => {
    const now = watched;
    const scrolled = Math.round(queue.scrollTop);
    now.on = false;
    await now.ended;
    queue.scrollTop = 0;
    return {
      between: now.between, long_tasks: now.long.length, long_tasks_ms: Math.round(now.long.reduce((sum, one) => sum + one, 0)),
      nodes: now.most, thumbnails: now.thumbnails, scrolled_px: scrolled, seconds: Math.round((now.last - now.since) / 100) / 10,
    };
  };
})();
