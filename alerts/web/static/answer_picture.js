// The alert's picture, with heads hidden: fetched once, remembered while the alert is one of the newest. Where it is neither to be had
// nor remembered that is said, in the room that is there before it comes.
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { keepPicture, recallPicture } from "./phone_kept.js";

let shown = ""; // the mark of what is shown, or asked for
let gone = ""; // of what is no longer kept at the server

export async function drawPicture(page, way) {
  const figure = byId("picture");
  figure.hidden = !page.picture || page.picture === gone;
  if (figure.hidden || page.picture === shown) return;
  const mark = (shown = page.picture);
  const blob = recallPicture(way, mark) ?? await fetched(way, mark);
  if (mark !== shown) return;
  figure.hidden = mark === gone;
  if (blob) show(figure.firstElementChild, blob);
  else {
    shown = ""; // with the next look again
    figure.firstElementChild.hidden = true; // one of before is not what is told of
  }
  byId("picture-why").textContent = blob ? "" : t("answer.no_picture");
}

async function fetched(way, mark) {
  const response = await way.picture().catch(() => null);
  if (response?.status === 404) gone = mark;
  const blob = response?.ok ? await response.blob().catch(() => null) : null;
  if (blob) keepPicture(way, mark, blob);
  return blob;
}

function show(image, blob) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  image.hidden = false;
}
