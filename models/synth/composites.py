"""The third source: rendered things and fires on real empty pictures that the user has.

Nothing is known about such a picture, so the camera is guessed (an eye at 1.3–2.4 m that looks a little down) and the
light is matched by brightness alone; what makes it worth its place is the real grain and clutter around the thing.
Only the classes of `LABELLED` are boxed exhaustively: the pictures must be free of them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth import things as stuff
from models.synth.album import Album
from models.synth.blaze import Blaze, Layer, fire_seed
from models.synth.camera import Camera, Frame, Linear, tone
from models.synth.codec import round_trip
from models.synth.labels import Box, fire_boxes, silhouette_px, visible_boxes
from models.synth.look import Lamp, Look, Part, Thing, thing
from models.synth.mesh import box, shift, turn
from models.synth.recipe import StillsRecipe
from models.synth.scenes import pick
from models.synth.stage import FAR_M, Shot, Stage
from models.synth.world import SynthError

LABELLED = ("ebike", "bicycle", "flame", "smoke")
SIDE, QUALITY = 640, 88
"""Pixels of the longer side of a composite, and of its JPEG."""
LEAST_SHAPE = 0.2
"""A background's short side over its long one, at least."""
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Pasted:
    """A finished composite (H, W, 3) uint8 RGB and its boxes."""

    frame: Frame
    boxes: list[Box]


@dataclass(frozen=True, slots=True)
class Order:
    """A set of composites to be made: `count` pictures numbered by `seed`, on `backgrounds`, in the folder `out`."""

    out: Path
    count: int
    seed: int
    recipe: StillsRecipe
    backgrounds: tuple[Path, ...]

    @property
    def album(self) -> Album:
        """The folder that holds them."""
        told = self.recipe.digest + "".join(f"\n{path.name}" for path in self.backgrounds)
        return Album(self.out, self.count, self.seed, "c", hashlib.sha256(told.encode()).hexdigest()[:12])


def find_backgrounds(folder: Path) -> list[Path]:
    """The pictures of a folder, but for those of a data set (`index.csv` in it or above it) that are held out, and,
    of a whole data set, for those outside its set "backgrounds". SynthError when there are none."""
    above = next((top for top in (folder, *folder.resolve().parents) if _is_data_set(top)), None)
    if above is None:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    else:
        from models.data import read_holdout

        held, inside = read_holdout(), folder.resolve()
        with (above / "index.csv").open(newline="", encoding="utf-8") as file:
            rows = [row["image"] for row in csv.DictReader(file) if row["set"] == "backgrounds"]
        found = [above / name for name in rows if name not in held and inside in (above / name).resolve().parents]
    if not found:
        raise SynthError(f"{folder}: no pictures")
    return found


def _is_data_set(folder: Path) -> bool:
    """Whether a folder holds pictures as the shared data does, with an `index.csv` that names their sets."""
    try:
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            return {"image", "set"} <= set(next(csv.reader(file), []))
    except (OSError, ValueError):
        return False


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
        blaze = _blaze(rng, fire_seed(seed, number), camera, items, shot, recipe)
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
        if not weights:
            continue
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
    rng: np.random.Generator, own_seed: int, camera: Camera, items: list[Thing], shot: Shot, recipe: StillsRecipe
) -> Blaze:
    """A fire on a thing, or on the guessed floor."""
    sort = pick(rng, recipe.fires)
    foot = np.array((float(rng.uniform(-0.8, 0.8)), float(rng.uniform(2.0, 5.0)), 0.02))
    if items and rng.random() < 0.6:
        foot = items[int(rng.integers(len(items)))].place[:3, 3] + np.array((0, 0, 0.35))
    distance = np.where(shot.index == 0, FAR_M, shot.distance).astype(np.float32)  # nothing hides behind the floor
    return Blaze(sort, own_seed, foot, camera, distance, np.array((0.4, 0, 0)))


def _boxes(stage: Stage, items: list[Thing], camera: Camera, shot: Shot, layer: Layer | None) -> list[Box]:
    own = {item.name: item for item in items}
    kinds = [stage.kind(name) if stage.kind(name) in LABELLED else "" for name in stage.names]
    whole = [silhouette_px(own[name], camera) if name in own else 0 for name in stage.names]
    boxes = visible_boxes(shot.index, kinds, whole, stage.names)
    return boxes + (fire_boxes(layer.flame, layer.smoke) if layer is not None else [])


def make(order: Order, processes: int, on_picture: Callable[[int], None] = lambda done: None) -> int:
    """Make what is missing of an order; see `Album.fill`."""
    return order.album.fill(partial(make_one, order), processes, on_picture)


def make_one(order: Order, number: int, threads: int) -> dict[str, Any]:
    """Render and write one composite; returns its manifest entry. SynthError: the background is no picture."""
    cv2.setNumThreads(threads)
    path = order.backgrounds[int(np.random.default_rng((order.seed, number, 1)).integers(len(order.backgrounds)))]
    picture = cv2.imread(str(path))
    if picture is None:
        raise SynthError(f"{path}: not a picture")
    if min(picture.shape[:2]) < LEAST_SHAPE * max(picture.shape[:2]):
        raise SynthError(f"{path}: too narrow for a scene")
    pasted = compose(np.asarray(picture[..., ::-1], np.uint8), order.seed, number, order.recipe, threads)
    (name,) = order.album.names(number)
    order.album.write(name, pasted.frame, pasted.boxes, truth_of(path.name), QUALITY)
    return {"pictures": {name: {"background": path.name, "boxes": sorted(box.kind for box in pasted.boxes)}}}


def truth_of(background: str) -> dict[str, Any]:
    """The JSON truth of a composite besides its boxes."""
    return {"place": "composite", "light": background, "labelled": list(LABELLED)}
