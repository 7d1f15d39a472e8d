// What could not be done, and why, in words of the chosen language.
import { known, t, word } from "./i18n.js";

/** An error of `api.js`, or of the network: by the server's code of it, else by what kind it is, else as the server says it. */
export function failure(error) {
  if (error.status === undefined) return t("refused.unreachable");
  for (const code of [error.body.code, error.body.error]) if (code && known("refused", code)) return word("refused", code, error.body.values);
  return t("banner.failed", { detail: error.message });
}
