// Things that are moved by arrow keys, as well as by dragging.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LONG_STEP = 0.05;

/** How far an arrow key moves a thing, 0–1 of the picture: [dx, dy]; with Shift further; null: it is no arrow key. */
export const arrowStep = ({ key, shiftKey }, step) => WAYS[key]?.map((way) => way * (shiftKey ? LONG_STEP : step)) ?? null;
