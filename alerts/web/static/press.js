// Buttons that change under a hand: a press that comes right after they have changed was meant for what stood there before.
const SETTLE_MS = 700;

/** One for each group of buttons. changed(mark): what it shows now, at each drawing; early(): whether a press came too soon. */
export function settling() {
  let shown = null;
  let changedAt = -Infinity;
  return {
    changed(mark) {
      if (shown !== null && mark !== shown) changedAt = performance.now();
      shown = mark;
    },
    early: () => performance.now() - changedAt < SETTLE_MS,
  };
}
