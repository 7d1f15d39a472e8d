// The page of `xinan zones`: the desk, and where what is drawn on it is saved.
import { getJson, postJson } from "./api.js";
import { byId, el } from "./dom.js";
import { onLanguage, switchLanguage, t, translatePage } from "./i18n.js";
import { loadStill } from "./zones_board.js";
import { openDesk, redrawDesk } from "./zones_desk.js";
import { about, cleaned } from "./zones_draft.js";

const PAUSE_MS = 200;
let timer = 0;
let ended = false;

function edited() {
  byId("save").textContent = t("draw.save", { file: about.out });
  if (ended) byId("hint").textContent = t("draw.ended");
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

async function look() {
  if (ended) return;
  const answer = await postJson("/api/zones/check", cleaned()).catch((error) => ({ toml: "", problems: [error.message] }));
  byId("problems").replaceChildren(...answer.problems.map((problem) => el("li", {}, problem)));
  if (!answer.problems.length) byId("toml").textContent = answer.toml;
  byId("save").disabled = answer.problems.length > 0;
}

async function save() {
  const answer = await postJson("/api/zones/save", cleaned()).catch((error) => ({ error }));
  byId("said").textContent = answer.error ? t("banner.failed", { detail: answer.error.message }) : t("draw.saved", { file: answer.file });
}

async function finish() {
  await look();
  await postJson("/api/zones/finish", {}).catch(() => {}); // the server may be gone before its answer
  ended = true;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  redrawDesk();
}

async function start() {
  translatePage();
  const { draft, ...known } = await getJson("/api/zones");
  byId("name").textContent = known.name;
  byId("save").addEventListener("click", save);
  byId("finish").addEventListener("click", finish);
  byId("language").addEventListener("click", switchLanguage);
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard?.writeText(byId("toml").textContent).catch(() => {}); // it can be selected by hand, too
    byId("said").textContent = t("share.copied");
  });
  onLanguage(redrawDesk);
  const places = {
    root: document.body, board: byId("board"), forms: byId("forms"), hint: byId("hint"), addZone: byId("add-zone"), addMask: byId("add-mask"),
  };
  openDesk(places, await loadStill("/still.jpg"), known, draft, edited);
}

start();
