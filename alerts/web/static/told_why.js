// Why somebody was told, in the reader's words: the server keeps it as one line for programs and files. What is not known is
// shown as it is.
import { span } from "./format.js";
import { known, t, word } from "./i18n.js";

const WHO = ["on_duty", "handler", "everybody"];
const people = (names) => names.split(", ").map((name) => (WHO.includes(name) ? word("told_who", name) : name)).join(t("list.comma"));
const zone = (type) => (known("zone", type) ? word("zone", type) : type);

/** [how it is kept, what it says]. */
const LINES = [
  [/^rung (\d+), (\S+) s after(, early: .*)?: (.*)$/, (n, s, early, who) => t(early ? "because.rung_early" : "because.rung", { n, after: span(Number(s)), who: people(who) })],
  [/^again after (\S+) s: /, (s) => t("because.again", { after: span(Number(s)) })],
  [/^handler of (\S+) in (\S*)$/, (hazard, type) => t("because.handler", { hazard: word("hazard", hazard), zone: zone(type) })],
  [/^sent by (.*)$/, (who) => t("because.sent_by", { who })],
  [/^sent$/, () => t("because.sent")],
  [/^the dispatch is taken back$/, () => t("ended.recalled")],
  [/^answered, and still there$/, () => t("because.still_there")],
  [/^it came back$/, () => t("because.came_back")],
  [/^told of everything$/, () => t("because.everything")],
  [/^was told of it before$/, () => t("because.before")],
  [/^happened while the call was on its way$/, () => t("because.meanwhile")],
  [/^nobody (?:of any rung|in charge) is there for this place: everybody$/, () => t("because.nobody_there")],
  [/^receiver (\d+) did not get it with the others$/, (n) => t("because.apart", { n })],
];

export function toldWhy(reason) {
  if (WHO.includes(reason)) return word("told_who", reason);
  for (const [line, says] of LINES) {
    const found = line.exec(reason);
    if (found) return says(...found.slice(1));
  }
  return reason;
}
