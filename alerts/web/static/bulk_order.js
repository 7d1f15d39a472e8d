// One order about several alerts, as the server takes it: each is judged by itself.
import { postJson } from "./api.js";
import { putAlert } from "./state.js";

/** So many in one request: the server takes 200, and a slow disk has these done well within what a request waits for. */
export const AT_ONCE = 50;

/** What became of each, in their order: `alert` as it is now, or `code` and perhaps `current`; both are kept. */
export async function orderSome(action, alerts, more = {}) {
  const { results } = await postJson("/api/bulk", { action, alerts: alerts.map(({ id, version }) => ({ id, version })), ...more });
  for (const { alert, current } of results) if (alert ?? current) putAlert(alert ?? current);
  return results;
}
