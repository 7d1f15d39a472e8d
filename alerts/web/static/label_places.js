// Where the words of boxes in a picture go, so that none is printed over another. Pure.

const STEPS = 4; // so many lines above its box a word may be moved

/**
 * wanted: [{x1, y1, x2, y2, width, height}]: a box and the size of its words, the most important first. area: {x, y, width, height},
 * which no word leaves. taken: [{x, y, width, height}], where something stands already. Gives for each its left upper corner, or null:
 * there is no room, and the box says it alone. The first finds its place in any case.
 */
export function labelPlaces(wanted, area, taken = []) {
  const filled = [...taken];
  return wanted.map((one, at) => {
    const tries = corners(one).map(([x, y]) => inside({ x, y, width: one.width, height: one.height }, area));
    const found = tries.find((rect) => !filled.some((other) => meet(rect, other))) ?? (at === 0 ? tries[0] : null);
    if (found) filled.push(found);
    return found && { x: found.x, y: found.y };
  });
}

/** Above the box, within it, below it, then further up. */
function corners({ x1, y1, x2, y2, width, height }) {
  const up = Array.from({ length: STEPS }, (_, step) => [x1, y1 - height * (step + 2)]);
  return [[x1, y1 - height], [x2 - width, y1 - height], [x1, y2], [x2 - width, y2], [x2, y1], [x1 - width, y1], ...up, [x1, y1], [x2 - width, y2 - height]];
}

const inside = (rect, { x, y, width, height }) => ({ ...rect,
  x: Math.max(x, Math.min(rect.x, x + width - rect.width)), y: Math.max(y, Math.min(rect.y, y + height - rect.height)) });

const meet = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width
  && one.y < other.y + other.height && other.y < one.y + one.height;
