// Words of marks that hang close together: below the mark, else above it, else folded until the mark is pointed at. What is
// wrong goes first, and an alarm's words are never folded.
const RANK = { fire: 0, violation: 1, fault: 2, down: 3, well: 4 };
const SIDES = ["", "above", "folded"];

/** spots: the marks, in the page and laid out. */
export function untangle(spots) {
  const shapes = spots.map((spot) => [spot, spot.querySelector(".spot-shape").getBoundingClientRect()]);
  const placed = [];
  const rank = (spot) => (spot.dataset.current ? -1 : RANK[spot.dataset.level] ?? 4);
  for (const spot of [...spots].sort((one, other) => rank(one) - rank(other))) {
    const words = spot.querySelector(".spot-words");
    const free = (rect) => ![...placed, ...shapes.filter(([of]) => of !== spot).map(([, shape]) => shape)].some((other) => meet(rect, other));
    const sides = rank(spot) < RANK.down ? SIDES.slice(0, 2) : SIDES;
    const found = sides.find((side) => {
      spot.dataset.side = side;
      return side === "folded" || free(words.getBoundingClientRect());
    });
    spot.dataset.side = found ?? "";
    if (spot.dataset.side !== "folded") placed.push(words.getBoundingClientRect());
  }
}

const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
