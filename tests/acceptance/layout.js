// What is wrong with how a page lies on its screen: a line each. least: px of type. Used by layout.py.
(least) => {
  const root = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  const all = [...root.querySelectorAll("*")].filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !one.closest(".skip, .visually-hidden, .print-only, svg, canvas") && getComputedStyle(one).clipPath === "none");
  const name = (one) => `${one.tagName.toLowerCase()}${one.id ? `#${one.id}` : ""}.${one.className} “${(one.textContent || "").trim().slice(0, 40)}”`;
  const style = (one) => getComputedStyle(one);
  const clips = (one) => style(one).overflowX !== "visible" || style(one).overflowY !== "visible";
  const within = (one) => {
    const box = one.getBoundingClientRect();
    const seen = { one, left: box.left, right: box.right, top: box.top, bottom: box.bottom };
    for (let at = one.parentElement; at && root.contains(at); at = at.parentElement) {
      if (!clips(at)) continue;
      const view = at.getBoundingClientRect();
      seen.left = Math.max(seen.left, view.left); seen.right = Math.min(seen.right, view.right);
      seen.top = Math.max(seen.top, view.top); seen.bottom = Math.min(seen.bottom, view.bottom);
    }
    return seen;
  };
  const said = [];
  if (document.documentElement.scrollWidth > innerWidth) said.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} px`);
  const own = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  for (const one of all) {
    const box = within(one);
    if (box.right <= box.left || box.bottom <= box.top) continue;
    if (box.left < -0.5 || box.right > innerWidth + 0.5) said.push(`sticks out at the side: ${name(one)}`);
    const { overflowX, overflowY, textOverflow, fontSize } = style(one);
    const press = one.matches("button, a.button, summary");
    const shortened = one.closest(".tile-alarm, .tile-note, .card") || textOverflow === "ellipsis"; // meant: the rest is told elsewhere
    if ((press || (overflowX === "hidden" && own(one))) && !shortened && one.scrollWidth > one.clientWidth + 1) said.push(`cut at its side: ${name(one)}`);
    if ((press || (overflowY === "hidden" && own(one))) && !shortened && one.clientHeight && one.scrollHeight > one.clientHeight + 2)
      said.push(`cut below: ${name(one)} ${one.scrollHeight} > ${one.clientHeight}`);
    if (own(one) && parseFloat(fontSize) < least) said.push(`${fontSize} is too small: ${name(one)}`);
  }
  const controls = all.filter((one) => one.matches("button, input, select, textarea, a[href]") && !one.closest(".tile, .plan-spots, .toast, .week"))
    .map(within).filter(({ left, right, top, bottom }) => right > left && bottom > top);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const nested = (a, b) => a.one.contains(b.one) || b.one.contains(a.one) || a.one.closest("label")?.contains(b.one);
  const stuck = ({ one }) => { for (let at = one; at; at = at.parentElement) if (["sticky", "fixed"].includes(style(at).position)) return true; return false; };
  controls.forEach((a, at) => controls.slice(at + 1).forEach((b) => {
    if (!nested(a, b) && meet(a, b) && stuck(a) === stuck(b)) said.push(`one over the other: ${name(a.one)} / ${name(b.one)}`);
  }));
  return [...new Set(said)];
}
