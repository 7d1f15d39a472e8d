"""The third source: rendered things and fires on real empty pictures that the user has.

Nothing is known about such a picture, so the camera is guessed (an eye at 1.3–2.4 m that looks a little down) and the
light is matched by brightness alone; what makes it worth its place is the real grain and clutter around the thing.
Only the classes of `LABELLED` are boxed exhaustively: the pictures must be free of them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth import things as stuff
from models.synth.blaze import Blaze, Layer
from models.synth.camera import Camera, Frame, Linear, tone
from models.synth.codec import round_trip
from models.synth.labels import Box, box_of, silhouette_px, visible_boxes, without_specks
from models.synth.look import Lamp, Look, Part, Thing, thing
from models.synth.mesh import box, shift, turn
from models.synth.recipe import StillsRecipe
from models.synth.scenes import pick
from models.synth.stage import FAR_M, Shot, Stage
from models.synth.world import SynthError

LABELLED = ("ebike", "bicycle", "flame", "smoke", "cable")
SIDE = 640
"""Pixels of the longer side of a composite."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A finished composite (H, W, 3) uint8 RGB and its boxes."""

    frame: Frame
    boxes: list[Box]


def find_backgrounds(folder: Path) -> list[Path]:
    """The pictures of a folder; of a data set with `index.csv`, its set "backgrounds" but for what is held out."""
    if (folder / "index.csv").exists():
        from models.data import read_holdout

        held = read_holdout()
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            rows = [row["image"] for row in csv.DictReader(file) if row["set"] == "backgrounds"]
        found = [folder / name for name in rows if name not in held]
    else:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not found:
        raise SynthError(f"{folder}: no pictures")
    return found


def compose(background: Frame, seed: int, number: int, recipe: StillsRecipe, threads: int = 0) -> Pasted:
    """A background (H, W, 3) uint8 RGB with one to three things on its floor and perhaps a fire."""
    rng = np.random.default_rng((seed, number))
    scale = SIDE / max(background.shape[:2])
    width, height = (round(v * scale) // 2 * 2 for v in background.shape[1::-1])
    scene = _linear(np.asarray(cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    camera = _guess(rng, width, height)
    items = _things(rng, camera, recipe)
    stage = Stage(camera, recipe.samples, threads)
    stage.put([thing("floor", "", [Part(box((-30, -30, -0.1), (30, 30, 0)), Look((0.4, 0.4, 0.4)))]), *items])
    side = float(rng.choice((-1, 1)))
    stage.light([Lamp((2.5 * side, 2.0, 3.2), (1.5, 1.5), 130.0), Lamp((-2 * side, 0.0, 3.5), (2, 2), 70.0)])
    stage.set_sky((0.9, 0.95, 1.0), float(rng.uniform(0.2, 0.7)))
    stage.catch_shadows("floor")
    shot, alpha = stage.cut_out(seed=number)
    room = _lay(scene, shot, alpha, float(rng.uniform(0.7, 1.25)), float(rng.uniform(0.3, 0.9)))
    layer: Layer | None = None
    if recipe.fires and rng.random() < recipe.burning:
        blaze = _blaze(rng, number, camera, items, shot, recipe)
        layer = blaze.mature(float(rng.uniform(0.35, 1.0)), number)
        room = blaze.apply(room, (), layer)
    frame = np.asarray(np.clip(tone(room) * 255 + rng.normal(0, 2.0, room.shape), 0, 255), np.uint8)
    if rng.random() < recipe.recorded:
        frame = round_trip(frame, int(rng.integers(24, 38)))
    return Pasted(frame, _boxes(stage, items, camera, shot, layer))


def _linear(frame: Frame) -> Linear:
    """8-bit sRGB to linear light, 1.0 = white."""
    v = frame.astype(np.float32) / 255
    return np.asarray(np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4), np.float32)


def _guess(rng: np.random.Generator, width: int, height: int) -> Camera:
    at = np.array((0.0, 0.0, float(rng.uniform(1.3, 2.4))))
    target = np.array((float(rng.normal(0, 0.2)), 4.0, float(rng.uniform(0.3, 0.9))))
    return Camera(at, target, float(rng.uniform(55, 80)), width, height, float(rng.normal(0, 1)))


def _things(rng: np.random.Generator, camera: Camera, recipe: StillsRecipe) -> list[Thing]:
    """One to three machines or lookalikes, apart from each other."""
    items: list[Thing] = []
    spread = 0.8 * float(np.tan(np.radians(camera.fov_deg) / 2))
    for k in range(int(rng.choice((0, 1, 2, 3), p=(0.15, 0.5, 0.25, 0.1)))):
        y = 2.2 + 1.5 * k + float(rng.uniform(0, 1.2))
        spot = shift(float(rng.uniform(-1, 1)) * spread * y, y) @ turn("z", float(rng.uniform(-np.pi, np.pi)))
        weights = recipe.machines if rng.random() < 0.75 or not recipe.lookalikes else recipe.lookalikes
        made = stuff.make(pick(rng, weights), rng, spot)
        items.append(Thing(f"{made.name} {k}", made.kind, made.parts, made.place))
    return items


def _lay(scene: Linear, shot: Shot, alpha: NDArray[np.float32], bright: float, blur_px: float) -> Linear:
    """The cut-out over the scene, as bright as its surroundings (times `bright`) and as soft."""
    solid = alpha > 0.95
    inside = float(shot.light[solid].mean()) if solid.any() else 1.0
    around = cv2.dilate(solid.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    wanted = float(scene[around].mean()) if around.any() else 1.0
    front = cv2.GaussianBlur(shot.light * (bright * wanted / max(inside, 1e-4)), (0, 0), blur_px)
    cover = cv2.GaussianBlur(alpha, (0, 0), blur_px)[..., None]
    return np.asarray(scene * (1 - cover) + front, np.float32)


def _blaze(
    rng: np.random.Generator, number: int, camera: Camera, items: list[Thing], shot: Shot, recipe: StillsRecipe
) -> Blaze:
    """A fire on a thing, or on the guessed floor."""
    sort = pick(rng, recipe.fires)
    foot = np.array((float(rng.uniform(-0.8, 0.8)), float(rng.uniform(2.0, 5.0)), 0.02))
    if items and rng.random() < 0.6:
        foot = items[int(rng.integers(len(items)))].place[:3, 3] + np.array((0, 0, 0.35))
    distance = np.where(shot.index == 0, FAR_M, shot.distance).astype(np.float32)  # nothing hides behind the floor
    return Blaze(sort, number, foot, camera, distance, np.array((0.4, 0, 0)))


def _boxes(stage: Stage, items: list[Thing], camera: Camera, shot: Shot, layer: Layer | None) -> list[Box]:
    own = {item.name: item for item in items}
    kinds = [stage.kind(name) if stage.kind(name) in LABELLED else "" for name in stage.names]
    whole = [silhouette_px(own[name], camera) if name in own else 0 for name in stage.names]
    boxes = visible_boxes(shot.index, kinds, whole, stage.names, least_visible=0.12)
    for kind, mask, least in () if layer is None else (("flame", layer.flame, 6), ("smoke", layer.smoke, 150)):
        found = box_of(without_specks(mask, least))
        if found is not None:
            boxes.append(Box(kind, found, 1.0, "fire"))
    return boxes


def make(
    out: Path, folder: Path, count: int, seed: int, recipe: StillsRecipe, on_picture: Callable[[int], None]
) -> int:
    """Write `count` composites as stills are written (`images`, `labels`, `truth`); skips finished ones."""
    backgrounds = find_backgrounds(folder)
    for name in ("images", "labels", "truth"):
        (out / name).mkdir(parents=True, exist_ok=True)
    made = 0
    for number in range(count):
        name = f"c{seed:03d}_{number:05d}"
        truth = out / "truth" / f"{name}.json"
        if not truth.exists():
            path = backgrounds[int(np.random.default_rng((seed, number, 1)).integers(len(backgrounds)))]
            picture = cv2.imread(str(path))
            if picture is None:
                raise SynthError(f"{path}: not a picture")
            pasted = compose(np.asarray(picture[..., ::-1], np.uint8), seed, number, recipe)
            _write(out, name, pasted)
            truth.write_text(json.dumps(_truth(pasted, path.name)) + "\n", encoding="utf-8")
            made += 1
        on_picture(number + 1)
    return made


def _write(out: Path, name: str, pasted: Pasted) -> None:
    height, width = pasted.frame.shape[:2]
    data = cv2.imencode(".jpg", pasted.frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    (out / "images" / f"{name}.jpg").write_bytes(data.tobytes())
    lines = "".join(f"{item.line(width, height)}\n" for item in pasted.boxes)
    (out / "labels" / f"{name}.txt").write_text(lines, encoding="utf-8")


def _truth(pasted: Pasted, background: str) -> dict[str, Any]:
    height, width = pasted.frame.shape[:2]
    boxes = [item.entry(width, height) for item in pasted.boxes]
    told = {"width": width, "height": height, "place": "composite", "light": background, "boxes": boxes}
    return {**told, "labelled": list(LABELLED)}
