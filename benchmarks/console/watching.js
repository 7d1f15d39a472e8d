// What the benchmark watches in the page. Evaluates to nothing; leaves three functions behind.
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

  /** Turn the wheel, or not, for so long: times between frames and what kept the page from answering, milliseconds. */
  window.frames_of = async (seconds, scroll) => {
    const long = [];
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: "longtask" });
    queue.scrollTop = 0;
    await nextFrame();
    const between = [];
    const end = performance.now() + seconds * 1000;
    let [last, step, most] = [await nextFrame(), 240, 0];
    while (last < end) {
      if (scroll) {
        if (queue.scrollTop + queue.clientHeight >= queue.scrollHeight - 1) step = -Math.abs(step);
        queue.scrollTop += step;
      }
      const now = await nextFrame();
      between.push(now - last);
      last = now;
      most = Math.max(most, queue.querySelectorAll("*").length);
    }
    observer.disconnect();
    queue.scrollTop = 0;
    return { between, long_tasks: long.length, long_tasks_ms: Math.round(long.reduce((sum, one) => sum + one, 0)), nodes: most };
  };
})();
