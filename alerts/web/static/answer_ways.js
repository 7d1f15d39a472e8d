// The two ways to the page of one alert: by the token of a notice, which needs no log-in, and by the session of whoever is signed in.

/** A way: {key, look(name), picture(), still()?, answer(kind, round, reason, name), wanted?, home?}; look, picture and still, the scene as
 * it is now, give a Response. By a notice's link there is no still. */
export function wayOf(hash) {
  const alert = /^#alert=([0-9A-Za-z_-]{1,64})$/.exec(hash)?.[1];
  if (alert) return byAlert(alert);
  const [token, wanted] = hash.slice(1).split(".");
  return token ? byToken(token, wanted) : null;
}

function byToken(token, wanted) {
  return {
    key: token,
    wanted,
    look: (name) => post("/answer/show", { token, name }),
    picture: () => post("/answer/picture", { token }, PICTURE_MS),
    answer: (kind, round, reason, name) => ({ url: "/answer", body: { token, name: name ?? "", answer: kind, round, reason } }),
  };
}

function byAlert(id) {
  const path = `/api/phone/alerts/${id}`;
  return {
    key: id,
    home: true,
    look: () => get(path),
    picture: () => get(`${path}/picture`, PICTURE_MS),
    still: () => get(`${path}/live`, PICTURE_MS),
    answer: (kind, round, reason, name) => ({ url: `${path}/answer`, body: { by: name, answer: kind, round, reason } }),
  };
}

const HEADERS = { "X-Xinan": "answer" };
/** A line may die without a word; a look every few seconds would take all connections, and the answer would wait behind them. */
const LOOK_MS = 10_000;
const PICTURE_MS = 30_000;

const get = (path, ms = LOOK_MS) => fetch(path, { headers: HEADERS, cache: "no-store", signal: self.xinanUnsent.within(ms) });
const post = (path, body, ms = LOOK_MS) => fetch(path, {
  method: "POST",
  headers: { ...HEADERS, "Content-Type": "application/json" },
  cache: "no-store",
  body: JSON.stringify(body),
  signal: self.xinanUnsent.within(ms),
});
