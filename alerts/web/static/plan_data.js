// The plans that the server has, by place.
import { getJson } from "./api.js";
import { changed } from "./state.js";

const POLL_MS = 60000;
let plans = new Map();
let askedAt = -Infinity;

export const planOf = (place) => plans.get(place) ?? null;
export const placesWithPlan = () => [...plans.keys()];

/** Ask anew where what is known is old. */
export async function loadPlans({ now = false } = {}) {
  if (!now && performance.now() - askedAt < POLL_MS) return;
  askedAt = performance.now();
  const answer = await getJson("/api/plans").catch(() => null); // lost for a moment: what is known stands
  if (!answer) return;
  plans = new Map(answer.plans.map((plan) => [plan.place, plan]));
  document.body.classList.toggle("has-plans", plans.size > 0);
  changed();
}

/** What was changed here; null: it was removed. */
export function putPlan(place, plan) {
  if (plan) plans.set(place, plan);
  else plans.delete(place);
  changed();
}
