// A list of which only the rows in view are in the page: ten thousand of them scroll like ten.

const MARGIN_PX = 400;

export class WindowedList {
  /** scroller: a box that scrolls. make(row) → the element of a row. seen(row) is told of each row that comes into view. */
  constructor(scroller, make, seen = () => {}) {
    this.scroller = scroller;
    this.make = make;
    this.seen = seen;
    this.rows = [];
    this.tops = [0];
    this.shown = new Map();
    this.drawing = 0;
    this.hidden = false;
    this.top = 0; // kept while the list is hidden: a box that is not laid out forgets it
    this.body = document.createElement("div");
    this.body.className = "rows";
    this.body.setAttribute("role", "list");
    scroller.replaceChildren(this.body);
    scroller.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.later()).observe(scroller);
  }

  /** rows: {key, height, mark}: height in CSS pixels, margins included; mark changes with whatever the row shows. What is in
   * view stays where it is, however many rows come or go above it; the top stays the top. */
  show(rows) {
    const held = this.anchor();
    this.rows = rows;
    this.tops = [0];
    for (const row of rows) this.tops.push(this.tops.at(-1) + row.height);
    this.body.style.height = `${this.tops.at(-1)}px`;
    if (held && this.scroller.clientHeight) {
      const at = rows.findIndex((row) => row.key === held.key);
      if (at >= 0 && this.scroller.scrollTop !== this.tops[at] + held.inset) this.scroller.scrollTop = this.tops[at] + held.inset;
    }
    this.draw();
  }

  /** Bring a row into view, and draw it. focus: it also gets the keyboard. */
  reveal(key, { focus = false } = {}) {
    const at = this.rows.findIndex((row) => row.key === key);
    if (at < 0) return;
    const { scrollTop, clientHeight } = this.scroller;
    if (this.tops[at] < scrollTop) this.scroller.scrollTop = this.tops[at];
    else if (this.tops[at + 1] > scrollTop + clientHeight) this.scroller.scrollTop = this.tops[at + 1] - clientHeight;
    this.draw();
    if (focus) this.shown.get(key)?.element.querySelector("button")?.focus({ preventScroll: true });
  }

  later() {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  anchor() {
    const top = this.scroller.scrollTop;
    if (top <= 0 || !this.rows.length) return null;
    const at = this.at(top);
    return { key: this.rows[at].key, inset: top - this.tops[at] };
  }

  /** The row at this height. */
  at(y) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] > y) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low);
  }

  draw() {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    const { clientHeight } = this.scroller;
    if (clientHeight && this.hidden) this.scroller.scrollTop = this.top;
    this.hidden = !clientHeight;
    const { scrollTop } = this.scroller;
    if (clientHeight) this.top = scrollTop;
    const wanted = new Map();
    if (this.rows.length && clientHeight) {
      const last = this.at(scrollTop + clientHeight + MARGIN_PX);
      for (let at = this.at(scrollTop - MARGIN_PX); at <= last; at += 1) wanted.set(this.rows[at].key, at);
    }
    const held = this.body.contains(document.activeElement) ? document.activeElement : null;
    for (const [key, { element }] of this.shown) {
      if (wanted.has(key)) continue;
      element.remove();
      this.shown.delete(key);
    }
    let before = null;
    for (const [key, at] of wanted) before = this.place(this.rows[at], this.tops[at], before, at);
    if (held && !held.isConnected) this.refocus(held);
  }

  /** Put a row after `before`; a row whose mark is the same keeps its element, so that no click is lost. Returns its element. */
  place(row, top, before, at) {
    const known = this.shown.get(row.key);
    let element = known?.element;
    if (known?.mark !== row.mark) {
      element = this.make(row);
      element.dataset.key = row.key;
      if (known) known.element.replaceWith(element);
    }
    const next = before ? before.nextSibling : this.body.firstChild;
    if (element !== next) this.body.insertBefore(element, next);
    if (known?.top !== top || element !== known.element) element.style.transform = `translateY(${top}px)`;
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-posinset", String(at + 1));
    element.setAttribute("aria-setsize", String(this.rows.length));
    this.shown.set(row.key, { element, mark: row.mark, top });
    if (!known) this.seen(row);
    return element;
  }

  refocus(held) {
    const key = held.closest("[data-key]")?.dataset.key;
    const again = this.shown.get(key)?.element;
    const same = held.dataset.role ? again?.querySelector(`[data-role="${held.dataset.role}"]`) : null;
    (same ?? again?.querySelector("button") ?? this.scroller).focus({ preventScroll: true });
  }
}
