"""The bundled demo clip: one fixed corridor camera, one evening, all four hazards in 45 seconds.

Only what moves is rendered: the empty corridor once, the arriving scooter and its owner as cropped windows, the lead,
the cartons and the light of the fire as still layers.  The fire, its flicker, smoke, noise, clock and compression are
added in numpy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.synth.camera import Frame, Linear, write_osd
from models.synth.fireplay import Spot, add_fire, ceiling_haze, fire_lamps
from models.synth.flame import Field, Fire, FireFrame
from models.synth.labels import box_of, without_specks
from models.synth.look import Thing
from models.synth.mesh import beside
from models.synth.places import build
from models.synth.scooter import battery
from models.synth.stage import Stage
from models.synth.story import (
    CAMERA,
    FIRE,
    FPS,
    HEIGHT,
    LENS,
    PLACE,
    SENSOR,
    STORY,
    WIDTH,
    clock,
    clutter_things,
    doorway,
    ease,
    fire_power,
    fire_spot,
    lamp_level,
    lens_box,
    machine_at,
    openings,
    owner_at,
    the_lead,
)

Crop = tuple[int, int, int, int]


# -- layers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layers:
    """Everything rendered: stills (H, W, 3), windows {frame: (crop, pixels)}, distances (H, W) metres, boxes (0–1)."""

    stills: dict[str, Linear]
    windows: dict[int, tuple[Crop, Linear]]
    distance: Field
    boxes: dict[str, tuple[float, float, float, float]]


def _crop_of(things: list[Thing], margin: int = 34) -> Crop | None:
    """The window (even pixels) that holds things and their nearer shadows, or None when they are out of sight."""
    spots = []
    for item in things:
        xy, depth = CAMERA.project(item.points())
        spots.append(xy[depth > 0.1])
    points = np.concatenate(spots)
    x1, y1 = np.maximum(points.min(axis=0) - margin, 0)
    x2, y2 = np.minimum(points.max(axis=0) + margin, (WIDTH, HEIGHT))
    if x2 - x1 < 8 or y2 - y1 < 8:
        return None
    return int(x1) // 2 * 2, int(y1) // 2 * 2, min(WIDTH, (int(x2) // 2 + 1) * 2), min(HEIGHT, (int(y2) // 2 + 1) * 2)


def render_layers(say: Callable[[str], None], cache: Path | None = None) -> Layers:
    """Render what the clip is made of (minutes); with `cache` finished layers are kept there and used again."""
    stage = Stage(CAMERA, samples=12)
    place = build(PLACE)
    stage.put(place.things)
    stage.light(place.lamps)
    store = _Store(cache)
    stills = {"empty": store.get("empty", stage.render)}
    for name in ("stairs", "flat"):
        stage.put([doorway(name)])
        stills[name] = store.get(name, stage.render)
        stage.take(f"doorway {name}")
    say("empty corridor done")
    windows = _moving(stage, store, say)
    parked = machine_at(STORY.parked_s)
    boxes = {"ebike": lens_box(parked.points())}
    stage.put([parked])
    stills["parked"] = store.get("parked", stage.render)
    wire = the_lead(place.outlets, parked.place)
    boxes["flying_lead"] = lens_box(wire.points())
    stage.put([wire])
    stills["lead"] = store.get("lead", stage.render)
    heap = clutter_things()
    boxes["clutter"] = lens_box(np.concatenate([item.points() for item in heap]))
    stage.put(heap)
    stills["clutter"] = store.get("clutter", stage.render)
    say("stills done")
    distance = store.get("distance", lambda: np.repeat(stage.who(1)[1][..., None], 3, axis=2))[..., 0]
    for name in ("lamps", "exit sign"):
        stage.take(name)
    stage.set_ambient(0.0)
    for k, offset in enumerate(((-0.12, 0.05), (0.14, -0.05))):
        at = beside(battery(parked.place), *offset)
        stage.light(fire_lamps(at, 0.5))
        stills[f"fire{k}"] = store.get(f"fire{k}", stage.render)
    say("fire light done")
    return Layers(stills, windows, distance, boxes)


class _Store:
    """Rendered layers kept as float16 files in a folder, so that an interrupted run goes on where it stopped."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, name: str, make: Callable[[], Linear]) -> Linear:
        path = self.folder / f"{name}.npy" if self.folder is not None else None
        if path is not None and path.exists():
            return np.asarray(np.load(path), np.float32)
        picture = make()
        if path is not None:
            np.save(path, np.minimum(picture, 6e4).astype(np.float16))
        return picture


def _moving(stage: Stage, store: _Store, say: Callable[[str], None]) -> dict[int, tuple[Crop, Linear]]:
    """One rendered window per frame of the arrival and of the owner's leaving."""
    windows: dict[int, tuple[Crop, Linear]] = {}
    stage.bpy.context.scene.cycles.samples = 6
    first, last = round(STORY.enter_s * FPS), round(STORY.gone_s * FPS)
    for frame in range(first, last):
        time_s = frame / FPS
        actors = [machine_at(time_s)]
        owner = owner_at(time_s)
        if owner is not None:
            actors.append(owner)
        crop = _crop_of(actors)
        if crop is None:
            continue
        for name in ("machine", "owner"):
            stage.take(name)
        for name in ("stairs", "flat"):
            stage.take(f"doorway {name}")
        stage.put([*actors, *(doorway(name) for name in openings(time_s))])
        windows[frame] = (crop, store.get(f"move{frame:04d}", lambda c=crop: stage.render(c)))  # type: ignore[misc]
        if frame % 10 == 0:
            say(f"moving frames: {frame - first + 1} of {last - first}")
    for name in ("machine", "owner", "doorway stairs", "doorway flat"):
        stage.take(name)
    stage.bpy.context.scene.cycles.samples = 12
    return windows


# -- composition -----------------------------------------------------------------------------------------------------


def background(layers: Layers, time_s: float) -> Linear:
    """The room without fire at a time: stills, windows and short cross-fades."""
    s, story = layers.stills, STORY
    frame = round(time_s * FPS)
    if time_s >= story.clear_s:
        return _mix(s["clutter"], s["empty"], (time_s - story.clear_s) / 0.7)
    if time_s >= story.clutter_s:
        return _mix(s["lead"], s["clutter"], (time_s - story.clutter_s) / 0.3)
    if time_s >= story.lead_s:
        return _mix(s["parked"], s["lead"], (time_s - story.lead_s) / 0.3)
    if time_s >= story.gone_s:
        return _with_door(s["parked"], layers, time_s)
    if frame in layers.windows:
        return _paste(
            _with_door(s["parked"] if time_s >= story.leave_s else s["empty"], layers, time_s), *layers.windows[frame]
        )
    return _with_door(s["empty"], layers, time_s)


def _with_door(room: Linear, layers: Layers, time_s: float) -> Linear:
    """The room with the doors that stand open at this time (as a change against the empty corridor)."""
    out = room
    for name in openings(time_s):
        change = layers.stills[name] - layers.stills["empty"]
        out = out + np.where(np.abs(change).max(axis=2, keepdims=True) > 0.03, change, 0)
    return np.maximum(out, 0)


def _mix(a: Linear, b: Linear, share: float) -> Linear:
    k = min(1.0, max(0.0, share))
    return b if k >= 1 else np.asarray(a * (1 - k) + b * k, np.float32)


def _paste(room: Linear, crop: Crop, window: Linear, feather: int = 12) -> Linear:
    """A rendered window laid into the room with a soft edge (hard where it meets the picture's border)."""
    x1, y1, x2, y2 = crop
    height, width = window.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.full((height, width), 1e3, np.float32)
    for gap, free in ((x, x1 > 0), (width - 1 - x, x2 < WIDTH), (y, y1 > 0), (height - 1 - y, y2 < HEIGHT)):
        far = np.minimum(far, gap if free else 1e3)
    alpha = np.clip(far / feather, 0, 1)[..., None]
    out = room.copy()
    target = out[y1 : y1 + height, x1 : x1 + width]
    target[:] = target * (1 - alpha) + window * alpha
    return out


def pictures(layers: Layers, seed: int = 1) -> Iterator[tuple[Frame, tuple[float, float, float, float] | None]]:
    """Every frame (H, W, 3) uint8 RGB and the flame's box (0–1) or None."""
    rng = np.random.default_rng(seed)
    fire, spot = Fire(FIRE), fire_spot()
    level, glow_mean, wobble = 1.0, 0.0, 0.0
    for frame in range(round(STORY.end_s * FPS)):
        time_s = frame / FPS
        room = background(layers, time_s) * lamp_level(time_s)
        power = fire_power(time_s)
        box = None
        if power > 0:
            look = fire.step(power)
            glow_mean = 0.7 * glow_mean + 0.3 * float(look.glow[..., 0].mean())
            room, box = _burning(layers, room, look, spot, time_s, glow_mean)
        wobble = 0.85 * wobble + 0.15 * float(rng.normal(0, 0.012))
        target = (1 + 0.5 * (1 - lamp_level(time_s))) / (1 + 0.18 * power)
        level += 0.12 * (target - level)
        sensor = replace(SENSOR, gain=SENSOR.gain * level * (1 + wobble + 0.004 * (-1) ** frame))
        picture = sensor.develop(LENS.shade(LENS.bend(room)), rng)
        yield write_osd(picture, clock(time_s), "CAM 07  3F CORRIDOR EAST"), box


def _burning(
    layers: Layers, room: Linear, look: FireFrame, spot: Spot, time_s: float, glow_mean: float
) -> tuple[Linear, tuple[float, float, float, float] | None]:
    """The room lit by the fire, with the fire and its smoke in it."""
    gain = 2.4 * glow_mean**0.8
    columns = look.glow[..., 0].sum(axis=0)
    centre = float((columns * np.arange(columns.size)).sum() / max(columns.sum(), 1e-6)) / columns.size
    right = float(np.clip((centre - 0.5) * 4 + 0.5, 0, 1))
    lit = room + gain * (layers.stills["fire0"] * (1 - right) + layers.stills["fire1"] * right)
    grown = ease((time_s - STORY.flame_s - 1) / 14)
    haze = ceiling_haze((HEIGHT, WIDTH), time_s, 0.75 * grown, 5)[..., None]
    lit = lit * (1 - haze) + haze * (0.10 * room.mean() + 0.05 * np.array((1.0, 0.75, 0.55)))
    lit, glow, _ = add_fire(lit.astype(np.float32), look, spot, layers.distance)
    bent = LENS.bend(glow)
    found = box_of(without_specks(bent > 0.9, 8))
    if found is None:
        return lit, None
    return lit, (found[0] / WIDTH, found[1] / HEIGHT, found[2] / WIDTH, found[3] / HEIGHT)


# -- files -----------------------------------------------------------------------------------------------------------


def encode(frames: Iterator[Frame], path: Path, crf: int = 28) -> None:
    """H.264 yuv420p, 10 frames a second, one keyframe every 2 s."""
    import av

    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        options = {"crf": str(crf), "preset": "slow", "g": "20", "bf": "0"}
        stream: Any = container.add_stream("libx264", rate=Fraction(FPS), options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def truth(
    boxes: dict[str, tuple[float, float, float, float]], flame: list[tuple[float, float, float, float]]
) -> dict[str, Any]:
    """The clip's truth: events with hazard, start and end in seconds, box x1, y1, x2, y2 in 0–1 of the picture."""
    grown = np.array(flame[len(flame) // 3 :])
    box = (*np.median(grown[:, :2], axis=0), *np.median(grown[:, 2:], axis=0))
    boxes = {**boxes, "flame": (float(box[0]), float(box[1]), float(box[2]), float(box[3]))}
    starts = {"ebike": STORY.parked_s, "flying_lead": STORY.lead_s, "clutter": STORY.clutter_s, "flame": STORY.flame_s}
    events = [
        {"hazard": name, "start_s": start, "end_s": STORY.clear_s, "box": [round(v, 4) for v in boxes[name]]}
        for name, start in starts.items()
    ]
    note = "ebike: parked from start_s, in sight from enters_s; flame: median box once grown"
    return {
        "video": "corridor.mp4", "fps": FPS, "width": WIDTH, "height": HEIGHT, "duration_s": STORY.end_s,
        "enters_s": STORY.enter_s, "events": events, "note": note,
    }  # fmt: skip


def make(out: Path, cache: Path | None = None, say: Callable[[str], None] = print) -> None:
    """Render, compose and write the clip and, beside it, its truth (`corridor.mp4` → `corridor.truth.json`)."""
    cv2.setNumThreads(2)
    layers = render_layers(say, cache)
    flame: list[tuple[float, float, float, float]] = []

    def frames() -> Iterator[Frame]:
        for picture, box in pictures(layers):
            if box is not None:
                flame.append(box)
            yield picture

    out.parent.mkdir(parents=True, exist_ok=True)
    encode(frames(), out)
    text = json.dumps(truth(layers.boxes, flame), indent=1)
    out.with_suffix(".truth.json").write_text(text + "\n", encoding="utf-8")
    say(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB")
