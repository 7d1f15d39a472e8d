// A question asked again whenever something may have changed.
import { isLoggedOut } from "./banner.js";

/**
 * ask(): gives the answer. take(answer): told of it, unless a later question has been answered meanwhile: it would bring back what
 * is over. Gives now() (throws what ask throws), soon() (once for many changes that come together, soonMs later) and begin(): every
 * everyMs, but while nobody is logged in.
 */
export function asking(ask, take, { soonMs, everyMs }) {
  let [timer, asked, taken] = [0, 0, 0];
  const now = async () => {
    const turn = ++asked;
    const answer = await ask();
    if (turn < taken) return;
    taken = turn;
    take(answer);
  };
  const quietly = () => (isLoggedOut() ? null : now().catch(() => {})); // a lost line says so elsewhere
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(quietly, soonMs);
  };
  return { now, soon, begin: () => { setInterval(quietly, everyMs); } };
}
