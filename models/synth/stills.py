"""Training stills: many small scenes, each rendered once or twice and developed into several labelled pictures.

Every picture is a function of (recipe, seed, scene number, variant number). All seven classes are boxed exhaustively.

A folder of stills holds `images/NAME.jpg`, `labels/NAME.txt` (YOLO), `truth/NAME.json` (boxes with visibility, lead
polylines, zones, floor homography, free width) and `manifest.jsonl`, one finished scene a line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.synth.blaze import Blaze
from models.synth.develop import Layers, Picture, develop, ground_homography
from models.synth.labels import silhouette_px
from models.synth.mesh import Points
from models.synth.recipe import StillsRecipe
from models.synth.scenes import Scene, arrange
from models.synth.stage import Stage, infrared_lamp
from models.synth.verdict import free_width
from models.synth.workers import spread
from models.synth.world import SynthError

SCENES_A_PROCESS = 24
"""Blender's memory grows from scene to scene: a worker is replaced after this many."""


@dataclass(frozen=True, slots=True)
class Order:
    """A set of stills to be made: `count` pictures of the world `seed` in the folder `out`."""

    out: Path
    count: int
    seed: int
    recipe: StillsRecipe

    @property
    def scenes(self) -> int:
        """Number of scenes behind the pictures."""
        return -(-self.count // self.recipe.variants)

    def names(self, number: int) -> list[str]:
        """File stems of a scene's pictures."""
        first = number * self.recipe.variants
        return [f"s{self.seed:03d}_{number:05d}_{v}" for v in range(min(self.recipe.variants, self.count - first))]

    @property
    def digest(self) -> str:
        """Short hash of the recipe: pictures of different recipes are not mixed in one folder unnoticed."""
        return hashlib.sha256(self.recipe.model_dump_json().encode()).hexdigest()[:12]


# -- rendering -------------------------------------------------------------------------------------------------------


def shoot(scene: Scene, samples: int, threads: int = 0) -> Layers:
    """Render a scene: once by its lamps and, where it burns, once by the fire alone."""
    stage = Stage(scene.camera, samples, threads)
    stage.put([*scene.place.things, *scene.things])
    infrared = scene.place.recipe.light == "ir"
    stage.light([*scene.place.lamps, *scene.lamps, *([infrared_lamp(scene.camera)] if infrared else [])])
    stage.set_sky(*scene.place.sky)
    room = stage.look(seed=scene.number)
    kinds, names = [stage.kind(name) for name in stage.names], list(stage.names)
    own = {item.name: item for item in scene.things}
    whole = [silhouette_px(own[name], scene.camera) if name in own else 0 for name in names]
    blaze, lit = None, []
    if scene.fire is not None:
        fire = scene.fire
        blaze = Blaze(fire.sort, scene.number, fire.foot, scene.camera, room.distance, fire.extent)
        stage.darken()
        stage.light(blaze.lamps(60.0))
        lit = [stage.render(seed=scene.number + 1)]
    return Layers(room, tuple(lit), blaze, kinds, names, whole, infrared)


# -- files -----------------------------------------------------------------------------------------------------------


def make(order: Order, processes: int, on_scene: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Make what is missing of an order, `processes` scenes at a time; returns how many pictures were made now.

    Finished scenes are skipped, so an interrupted order goes on where it stopped. `on_scene(pictures done, all)` is
    called after each scene. SynthError: one line (another recipe's pictures in the folder, a scene that failed).
    """
    for name in ("images", "labels", "truth"):
        (order.out / name).mkdir(parents=True, exist_ok=True)
    finished = _finished(order)
    todo = [number for number in range(order.scenes) if number not in finished]
    done = order.count - sum(len(order.names(number)) for number in todo)
    on_scene(done, order.count)
    made = 0
    with (order.out / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
        for number, entry in spread(partial(make_scene, order), todo, processes, SCENES_A_PROCESS):
            manifest.write(json.dumps(entry) + "\n")
            manifest.flush()
            made += len(order.names(number))
            on_scene(done + made, order.count)
    return made


def _finished(order: Order) -> set[int]:
    """Scenes of this order in the folder's manifest; a torn last line counts for nothing."""
    manifest = order.out / "manifest.jsonl"
    finished: set[int] = set()
    if not manifest.exists():
        return finished
    text = manifest.read_text("utf-8")
    if text and not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        manifest.write_text(text, "utf-8")
    for line in text.splitlines():
        entry = json.loads(line)
        if entry["seed"] != order.seed:
            continue
        if entry["recipe"] != order.digest:
            raise SynthError(f"{order.out}: holds pictures of seed {order.seed} by another recipe; take a new folder")
        if set(order.names(entry["scene"])) <= set(entry["pictures"]):
            finished.add(int(entry["scene"]))
    return finished


def make_scene(order: Order, number: int, threads: int) -> dict[str, Any]:
    """Render and write one scene; returns its manifest entry."""
    cv2.setNumThreads(threads)
    scene = arrange(order.seed, number, order.recipe)
    layers = shoot(scene, order.recipe.samples, threads)
    pictures: dict[str, Any] = {}
    for variant, name in enumerate(order.names(number)):
        rng = np.random.default_rng((order.seed, number, variant))
        burning = variant > 0 or order.recipe.variants == 1  # the first picture of a scene never burns
        picture = develop(layers, scene.lens, rng, burning, order.recipe.recorded)
        pictures[name] = _write(order, name, scene, picture, rng)
    recipe = scene.place.recipe
    return {
        "scene": number,
        "seed": order.seed,
        "recipe": order.digest,
        "place": recipe.kind,
        "light": recipe.light,
        "fire": scene.fire.sort if scene.fire else "",
        "things": [item.name for item in scene.things],
        "pictures": pictures,
    }


def _write(order: Order, name: str, scene: Scene, picture: Picture, rng: np.random.Generator) -> dict[str, Any]:
    """One picture's three files; returns its part of the manifest entry."""
    height, width = picture.frame.shape[:2]
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 94))]
    data = cv2.imencode(".jpg", cv2.cvtColor(picture.frame, cv2.COLOR_RGB2BGR), quality)[1]
    (order.out / "images" / f"{name}.jpg").write_bytes(data.tobytes())
    lines = "".join(f"{box.line(width, height)}\n" for box in picture.boxes)
    (order.out / "labels" / f"{name}.txt").write_text(lines, encoding="utf-8")
    truth = json.dumps(truth_of(scene, picture))
    (order.out / "truth" / f"{name}.json").write_text(truth + "\n", encoding="utf-8")
    return {**picture.notes, "boxes": sorted(box.kind for box in picture.boxes)}


def truth_of(scene: Scene, picture: Picture) -> dict[str, Any]:
    """The JSON truth of one picture; places in 0–1 of it, lengths in metres."""
    height, width = picture.frame.shape[:2]
    camera, place = scene.camera, scene.place

    def placed(points: Points) -> list[list[float]]:
        pixels, depth = camera.project(points)
        seen = picture.view.points(pixels[depth > 0.05]).round(4)
        return [[float(x), float(y)] for x, y in seen]

    lowest = min((floor.z for floor in place.floors), key=abs)
    homography = ground_homography(camera, picture.view, lowest)
    return {
        "width": width,
        "height": height,
        "place": place.recipe.kind,
        "light": place.recipe.light,
        "boxes": [box.entry(width, height) for box in picture.boxes],
        "cables": [placed(hung.path) for hung in scene.leads],
        "zones": [
            {"name": zone.name, "type": zone.type, "polygon": placed(np.array(zone.polygon))} for zone in place.zones
        ],
        "floor_m_of_picture": homography.tolist() if np.isfinite(homography).all() else None,
        "width_m": round(free_width(place, scene.things), 3),
    }
