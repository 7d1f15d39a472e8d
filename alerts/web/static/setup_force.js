// From a change that was written to one that counts.
import { t } from "./i18n.js";
import { tellOfPicture } from "./setup_camera.js";
import { isSaid, say } from "./setup_said.js";
import { drawState, learnState } from "./setup_state.js";

const AGAIN_MS = 1000;
const TRIES = 8;

/** The watch looks at the file once a second. shown(): {sheet, part, camera: its name, or null}. written: what is said until then; then
 * that it counts, if nothing else is; of a camera also that it is tried, and what came. */
export async function untilInForce(shown, written) {
  for (let tries = 0; tries < TRIES && !shown().sheet.in_force && !shown().sheet.problem; tries += 1) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    await learnState(shown().sheet);
    drawState(shown().sheet);
  }
  const { sheet, part, camera } = shown();
  if (!isSaid(written) || !sheet.in_force || sheet.restart.includes(part)) return;
  let picture = () => "";
  const inForce = () => [written(), t("setup.in_force_now"), picture()].filter(Boolean).join(" ");
  const tell = (words, fine) => {
    picture = words;
    say(inForce, fine);
  };
  tell(picture, true);
  if (camera !== null) await tellOfPicture(camera, () => isSaid(inForce), tell);
}
