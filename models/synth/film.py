"""Shooting a script: its renderings are put together frame by frame, photographed, encoded; the truth lies beside.

Light adds: a frame is the sum of renderings by the room's lamps, by each switched lamp and by each fire alone, weighted
for the moment. Lens, sensor, clock and codec come last.
"""

from __future__ import annotations

import errno
import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.blaze import Blaze, Layer
from models.synth.camera import Frame, Linear, Sensor, metered, monochrome, write_osd
from models.synth.codec import encode
from models.synth.look import Thing
from models.synth.script import CLOCK, ROOM, Cut, Script
from models.synth.takes import Moment, Need, Say, Set, Store, blaze_of, plan, prepare, render
from models.synth.timeline import Burning, Timeline
from models.synth.truth import Witness, truth_of
from models.synth.workers import alone, spread
from models.synth.world import SynthError

# -- composition -----------------------------------------------------------------------------------------------------


class Iris:
    """Automatic exposure: the middle of the picture's light goes to a target, slowly."""

    def __init__(self, target: float, speed: float, widest: float = np.inf) -> None:
        self.target, self.speed, self.widest = target, speed, widest
        self.gain = 0.0

    def __call__(self, light: Linear) -> float:
        """The exposure factor for this frame."""
        want = min(self.target / max(metered(light), 1e-5), self.widest)
        self.gain = want if self.gain == 0 else self.gain * (want / self.gain) ** self.speed
        return self.gain


TARGETS = {"day": 0.30, "sunset": 0.26, "night": 0.22, "dim": 0.17, "ir": 0.22}
NOISES = {"day": 0.005, "sunset": 0.007, "night": 0.008, "dim": 0.011, "ir": 0.010}
GLARE = 1.4
"""So much brighter than its target may a fire make the picture before the iris closes."""


def compose(ready: Set, moments: Sequence[Moment], store: Store, witness: Witness) -> Iterator[Frame]:
    """Every finished frame (H, W, 3) uint8 RGB; `witness` is told what each shows."""
    rng = np.random.default_rng(ready.script.place.seed + 977)
    choice, line = ready.script.camera, ready.line
    iris, lid = Iris(1.0, 1.2 / choice.fps), Iris(1.0, 1.2 / choice.fps, widest=1.0)
    blazes = {fire.name: blaze_of(ready, fire.name, moments, store) for fire in line.fires if _burns(moments, fire)}
    tint = (float(rng.uniform(0.95, 1.03)), 1.0, float(rng.uniform(0.9, 1.02)))
    for moment in moments:
        light = line.light(moment.time_s)
        iris.target, lid.target = TARGETS[light], GLARE * TARGETS[light]
        room, index, lit = _room(ready, moment, store)
        room = np.asarray(room * iris(room), np.float32)
        room, layers = _burnt(line, moment, room, lit, blazes)
        witness.see(moment.time_s, index, layers)
        grey = light == "ir"
        if grey:
            room = monochrome(room)
        wobble = 1 + 0.006 * float(rng.standard_normal())
        sensor = Sensor(wobble, (1.0, 1.0, 1.0) if grey else tint, NOISES[light], 0.5, 0.5, 0.0 if grey else 0.95)
        shown = ready.lens.shade(ready.view.show(np.asarray(room * lid(room), np.float32)))
        yield write_osd(sensor.develop(shown, rng), clock(ready.script, moment.time_s), choice.name)


def _burns(moments: Sequence[Moment], fire: Burning) -> bool:
    return any(fire.power(moment.time_s) > 0 for moment in moments)


def _room(ready: Set, moment: Moment, store: Store) -> tuple[Linear, NDArray[np.int16], dict[str, NDArray[np.float32]]]:
    """The light without fires, thing numbers (H, W), and by fire its light alone with the distances (H, W, 4)."""
    line, time_s = ready.line, moment.time_s
    layers = {source.name: _joined(store, need, moment.windows.get(source)) for source, need in moment.stills.items()}
    room = layers.pop(ROOM)
    dark = 0.05 + 0.95 * line.level(ROOM, time_s)  # some light always comes from elsewhere
    summed = np.asarray(dark * room[..., :3], np.float32)
    for name in line.fixtures:
        if name in layers:
            summed = summed + line.level(name, time_s) * layers.pop(name)
    lit = {name: np.dstack([layer, room[..., 4]]) for name, layer in layers.items()}
    return summed, np.asarray(room[..., 3].round(), np.int16), lit


def _burnt(
    line: Timeline,
    moment: Moment,
    room: Linear,
    lit: dict[str, NDArray[np.float32]],
    blazes: dict[str, Blaze],
) -> tuple[Linear, dict[str, Layer]]:
    """The exposed room with its fires in it, and the layers of the fires by name."""
    burning: dict[str, Layer] = {}
    for fire in line.fires:
        if fire.name in lit:
            blaze = blazes[fire.name]
            blaze.distance = lit[fire.name][..., 3]
            burning[fire.name] = blaze.frame(moment.time_s - fire.start_s, fire.power(moment.time_s))
            room = blaze.apply(room, (lit[fire.name][..., :3],), burning[fire.name])
    return room, burning


def _joined(store: Store, still: Need, moving: Need | None, feather: float = 10.0) -> NDArray[np.float32]:
    """A still rendering with the moving window laid in: soft edges in the light, hard ones in the rest."""
    room = store.get(still.key)
    if moving is None or moving.shape.crop is None:
        return room
    x1, y1, x2, y2 = moving.shape.crop
    part = store.get(moving.key)
    height, width = room.shape[:2]
    y, x = np.mgrid[0 : y2 - y1, 0 : x2 - x1].astype(np.float32)
    edge = np.full(x.shape, 1e3, np.float32)
    sides = ((x, x1 > 0), (x2 - x1 - 1 - x, x2 < width), (y, y1 > 0), (y2 - y1 - 1 - y, y2 < height))
    for gap, inside in sides:
        edge = np.minimum(edge, gap if inside else 1e3)
    share = np.clip(edge / feather, 0, 1)[..., None]
    out = room.copy()
    target = out[y1:y2, x1:x2]
    target[..., :3] = target[..., :3] * (1 - share) + part[..., :3] * share
    target[..., 3:] = part[..., 3:]
    return out


def clock(script: Script, time_s: float) -> str:
    """The recorder's clock; it jumps where the recording was cut."""
    start = datetime.strptime(script.camera.clock, CLOCK).replace(tzinfo=UTC)
    skipped = sum(step.skip_s for step in script.steps if isinstance(step, Cut) and step.at_s <= time_s)
    return (start + timedelta(seconds=int(time_s) + skipped)).strftime("%Y-%m-%d %a %H:%M:%S").upper()


# -- files -----------------------------------------------------------------------------------------------------------


def shoot(script: Script, out: Path, cache: Path | None = None, say: Say = print, threads: int = 0) -> Path:
    """Render, compose and write `NAME.mp4` and `NAME.truth.json`; returns the clip's path.

    A clip that is there with the truth of the same script is left alone. With `cache`, layers are kept below it;
    without, they live in a hidden folder below `out` until the clip is done. SynthError: one line.
    """
    video, told = out / f"{script.name}.mp4", out / f"{script.name}.truth.json"
    if video.exists() and _told(told) == script.digest:
        return video
    folder = (cache or out / ".layers") / script.name
    try:
        out.mkdir(parents=True, exist_ok=True)
        store = Store(folder)
        with alone(folder, script.name):
            _shoot(script, video, told, store, say, threads)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise SynthError(f"{script.name}: no space left on the disk of {out}; run it again to go on") from error
        raise
    if cache is None:
        shutil.rmtree(folder)
    return video


def _told(truth: Path) -> str:
    """Digest of the script that a truth file was written for; "" without one that can be read."""
    try:
        return str(json.loads(truth.read_text("utf-8"))["script"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _shoot(script: Script, video: Path, told: Path, store: Store, say: Say, threads: int) -> None:
    ready = prepare(script)
    moments = plan(ready)
    render(ready, moments, store, threads, say)
    witness = Witness(ready.view, ready.camera, ready.numbers, ready.kinds, _there(ready))
    half = video.with_name(f".{video.name}.part")
    try:
        write(compose(ready, moments, store, witness), half, script)
        text = json.dumps(truth_of(script, ready.place, ready.line, witness), indent=1, ensure_ascii=False)
        part = told.with_name(f".{told.name}.part")
        part.write_text(text + "\n", encoding="utf-8")
        told.unlink(missing_ok=True)  # a clip counts only with its truth: that comes last
        half.rename(video)
        part.rename(told)
    finally:
        half.unlink(missing_ok=True)
    say(f"{video.name}: {video.stat().st_size / 1e6:.2f} MB")


def _there(ready: Set) -> Callable[[float], dict[str, Thing]]:
    """What is on the set at a time, by name."""

    def there(time_s: float) -> dict[str, Thing]:
        own = [item for item in ready.place.things if item.kind]
        return {item.name: item for item in [*own, *ready.line.still(time_s), *ready.line.moving(time_s)]}

    return there


def write(frames: Iterator[Frame], path: Path, script: Script) -> None:
    """The clip as H.264; a script that asks for `h265` has been through that first."""
    choice = script.camera
    if choice.codec == "h264":
        encode(frames, str(path), choice.fps, choice.crf)
        return
    held = io.BytesIO()
    encode(frames, held, choice.fps, choice.crf, "h265")
    held.seek(0)
    with av.open(held, "r") as container:
        decoded = (np.asarray(picture.to_ndarray(format="rgb24"), np.uint8) for picture in container.decode(video=0))
        encode(decoded, str(path), choice.fps, choice.crf)


def shoot_all(scripts: Sequence[Script], out: Path, cache: Path | None, processes: int, done: Say) -> None:
    """Shoot scripts, `processes` at a time; `done(name)` after each."""
    for script, _ in spread(partial(_job, out, cache), scripts, processes, 1):
        done(script.name)


def _job(out: Path, cache: Path | None, script: Script, threads: int) -> None:
    cv2.setNumThreads(threads)
    shoot(script, out, cache, lambda line: None, threads)
