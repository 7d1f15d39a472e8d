// What could not be done, and why, in words of the chosen language.
import { known, t, word } from "./i18n.js";

/** The same order still waits for its answer: it is not sent a second time. */
export class StillSending extends Error {}

/** An error of `api.js`, or of the network: by the server's code of it, among the words of `group` first, else by what kind
 * it is, else as the server says it. */
export function failure(error, group = "refused") {
  if (error instanceof StillSending) return t("action.still");
  if (error.status === undefined) return t("refused.unreachable");
  const { code, error: kind, values } = error.body;
  for (const [among, said] of [[group, code], ["refused", code], ["refused", kind]]) if (said && known(among, said)) return word(among, said, values);
  return t("banner.failed", { detail: error.message });
}
