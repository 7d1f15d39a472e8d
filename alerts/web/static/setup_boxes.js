// What stands beside the form of an entry: a camera's still and its rules tried, a test by a channel, the week of the rota.
import { camerasBox, clearRoutesBox, stillBox } from "./setup_camera.js";
import { waysOf } from "./setup_known.js";
import { rotaBox } from "./setup_rota.js";
import { rulesBox } from "./setup_rules.js";
import { trialBox } from "./setup_trial.js";

/** entry: as it stands in the form; key: its name in the file, or null; dirty: something was typed. cameras: of the file.
 * trial(): as for a still. rota(): as it is typed, or null. The others are what a press does. */
export function boxesOf(part, { key, entry, dirty, cameras, trial, rota, approve, openCamera, addCamera, exceptFor }) {
  if (key === null && part !== "cameras") return [];
  const one = () => [trialBox(key, [[key, ""]], dirty)];
  const boxes = {
    cameras: () => [stillBox(trial, key, approve, Boolean(entry.reference)), ...(key === null ? [] : [rulesBox(trial, key)])],
    hazards: () => [clearRoutesBox(cameras, openCamera)],
    channels: one, webhooks: one, people: () => [trialBox(key, waysOf(entry).map((way) => [way, key]), dirty)],
    places: () => [camerasBox(key, cameras, openCamera, addCamera)],
    rota: () => [rotaBox(rota, exceptFor)],
  }[part];
  return boxes?.() ?? [];
}
