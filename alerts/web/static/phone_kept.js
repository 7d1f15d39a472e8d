// What this phone remembers of whoever is logged in, for when there is no line: the first page's parts, and the alerts that were
// looked at last, with their pictures. It is theirs alone, and gone once they log out. What a notice's link leads to is
// remembered as long as this tab is open, as the link needs no log-in.

const PAGE = "xinan.page.";
const PICTURE = "xinan.picture.";
const WHOSE = "xinan.pages";
const FIRST_PAGE = ["xinan.phone", "xinan.duty", "xinan.patrol"];
const MOST = 5; // alerts: some 100 kB each
const storageOf = (way) => (way.home ? localStorage : sessionStorage);

/** {page, seenAt} as `keepPage` had it, or null. */
export const recallPage = (way) => attempt(() => JSON.parse(storageOf(way).getItem(PAGE + way.key))) ?? null;

/** page: of the alert, as heard at seenAt (ms of this phone's clock). */
export function keepPage(way, page, seenAt) {
  attempt(() => {
    const storage = storageOf(way);
    if (way.home && localStorage.getItem(WHOSE) !== page.person) { // somebody else has logged in since
      forgetAlerts();
      localStorage.setItem(WHOSE, page.person);
    }
    if (storage.getItem(PAGE + way.key) === null) makeRoom(storage);
    storage.setItem(PAGE + way.key, JSON.stringify({ page, seenAt }));
  });
}

/** The alert is not there any more, or not theirs. */
export function dropPage(way) {
  attempt(() => { for (const part of [PAGE, PICTURE]) storageOf(way).removeItem(part + way.key); });
}

/** mark: of the picture, which changes with it. */
export async function keepPicture(way, mark, blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const body = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  attempt(() => storageOf(way).setItem(PICTURE + way.key, JSON.stringify({ mark, body })));
}

/** A Blob; null: it is not kept. */
export function recallPicture(way, mark) {
  const kept = attempt(() => JSON.parse(storageOf(way).getItem(PICTURE + way.key)));
  return kept?.mark === mark ? new Blob([Uint8Array.from(atob(kept.body), (one) => one.charCodeAt(0))], { type: "image/jpeg" }) : null;
}

/** now: what the first page heard at seenAt. An alert whose own page was heard of later stands as that says. */
export function withNewer(now, seenAt) {
  const newer = ({ id }) => {
    const kept = recallPage({ key: id, home: true });
    return kept?.seenAt > seenAt ? kept.page : null;
  };
  const row = (alert) => {
    const page = newer(alert);
    return page ? { ...alert, stage: page.stage, said: page.said, going: page.responders.length } : alert;
  };
  return { ...now, alerts: now.alerts.map(row) };
}

/** Somebody is logged in: nothing stays of anybody else. name: theirs; undefined: not known, so nobody's. */
export function forgetOthers(name) {
  const whose = [attempt(() => localStorage.getItem(WHOSE)), attempt(() => JSON.parse(localStorage.getItem(FIRST_PAGE[0])).state.me.name)];
  const known = whose.filter(Boolean);
  if (!known.length || known.some((one) => one !== name)) forgetKept();
}

/** All that was remembered of whoever was logged in; what waits to be sent stays. */
export function forgetKept() {
  attempt(() => { for (const key of FIRST_PAGE) localStorage.removeItem(key); });
  forgetAlerts();
}

function forgetAlerts() {
  attempt(() => {
    localStorage.removeItem(WHOSE);
    for (const key of keysOf(localStorage, PAGE, PICTURE)) localStorage.removeItem(key);
  });
}

/** For one more: those that were not heard of for longest go. */
function makeRoom(storage) {
  const pages = keysOf(storage, PAGE).map((key) => ({ id: key.slice(PAGE.length), seenAt: JSON.parse(storage.getItem(key)).seenAt }));
  for (const { id } of pages.sort((one, other) => other.seenAt - one.seenAt).slice(MOST - 1))
    for (const part of [PAGE, PICTURE]) storage.removeItem(part + id);
}

const keysOf = (storage, ...starts) => Object.keys(storage).filter((key) => starts.some((start) => key.startsWith(start)));

/** Storage may be switched off, or full: nothing is remembered then. */
function attempt(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
