// Whether word of a new fire could reach this page. Where none can for a while, that is heard and stands in the title: whoever
// looks elsewhere takes the silence for calm.

/** The list comes anew every 5 s where no stream tells of changes, a server is started again within less than this, and an operator
 * may take as long to answer a fire. */
const DEAF_MS = 15_000;

let isLive = false;
let heardAt = performance.now(); // when the list came last, or the line was lost
let hushed = false;

/** now: how the line is from now on, as `events.js` has it. */
export function noteLine(now) {
  if (isLive || now === "live") noteHeard();
  isLive = now === "live";
}

/** The list has come, or the stream tells of changes. */
export function noteHeard() {
  heardAt = performance.now();
  hushed = false;
}

export const isDeaf = () => !isLive && performance.now() - heardAt >= DEAF_MS;

/** Somebody knows: it is not sounded any more until a fire could be heard again. */
export const hush = () => { hushed = true; };
export const isHushed = () => hushed;
