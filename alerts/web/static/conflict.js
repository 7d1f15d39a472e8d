// Why an order about an alert was not taken: somebody else was faster, it may not follow, or there is no line.
import { t, word } from "./i18n.js";
import { failure } from "./refused.js";
import { putAlert, stateWord } from "./state.js";

/** In words; the alert as it is now, which the server sends with a conflict, is kept. */
export function orderFailure(error) {
  const { code, current } = error.body ?? {};
  if (error.status !== 409 || !current) return failure(error);
  putAlert(current);
  return code ? word("refusal", code) : t("banner.conflict", { state: word("state", stateWord(current)) });
}
