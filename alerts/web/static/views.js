// Filters that somebody has given a name, in this browser: a desk looks after the same places whoever sits at it.
const KEPT = "xinan.views";
const MOST = 20;

export function keptViews() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.name === "string" && typeof one.filter === "object") : [];
  } catch {
    return []; // storage is switched off, or holds something else
  }
}

/** In place of one of the same name. */
export function keepView(name, filter) {
  keep([...keptViews().filter((one) => one.name !== name), { name, filter }].slice(-MOST));
}

export function dropView(name) {
  keep(keptViews().filter((one) => one.name !== name));
}

function keep(views) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(views));
  } catch {
    // it lasts no longer than it is chosen
  }
}
