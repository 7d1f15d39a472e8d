// A photo of the place, added to a case by whoever is there: kept on the phone first, and sent when there is a line.
import { byId } from "./dom.js";
import { t, word } from "./i18n.js";
import { asBase64, newKey, smallPhoto } from "./photo.js";
import { sayIt } from "./waiting.js";

let said = () => "";
let redraw = () => {};

/** page: as /api/phone/alerts/ID gives it. key: the alert's id. what: in words, for the list of what waits. by(): who adds it; "": not known. */
export function drawPhoto(page, { key, what, by }) {
  redraw = () => drawPhoto(page, { key, what, by });
  byId("add-photo").hidden = typeof page.photos !== "number";
  byId("photo-said").textContent = said() || (page.photos ? t("answer.photos", { n: page.photos }) : "");
  byId("photo").onclick = (event) => {
    if (by()) return;
    event.preventDefault();
    byId("name").focus();
    tell(() => t("answer.need_name"));
  };
  byId("photo").onchange = ({ target }) => add(target, { key, what, by: by() });
}

async function add(input, { key, what, by }) {
  const [file] = input.files;
  if (!file) return;
  const photo = await smallPhoto(file).catch(() => null);
  input.value = ""; // the same file may be chosen again
  if (!photo) return tell(() => t("phone.no_photo"));
  tell(() => t(navigator.onLine ? "answer.photo_sending" : "answer.photo_waits"));
  const id = newKey();
  const body = { photo: await asBase64(photo), by };
  const result = await sayIt({ id, url: `/api/alerts/${key}/photos/${id}`, method: "PUT", body, tell: { kind: "photo", about: key, what } });
  tell(outcome(result));
}

/** What is taken is counted; what was not taken stands in the list, with why. */
function outcome(result) {
  if (!result) return () => t("answer.photo_waits");
  return result.done ? () => "" : () => t("answer.photo_refused", { why: result.body?.code ? word("refusal", result.body.code) : result.status });
}

function tell(text) {
  said = text;
  redraw();
}
