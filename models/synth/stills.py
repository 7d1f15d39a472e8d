"""Training stills: many small scenes, each rendered once or twice and developed into several labelled pictures.

Every picture is a function of (recipe, seed, scene number, variant number). All seven classes are boxed exhaustively.
The truth of each: boxes with visibility, lead polylines, zones, floor homography, free width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.synth.album import Album
from models.synth.areas import area_in_picture, path_in_picture
from models.synth.blaze import Blaze, fire_seed
from models.synth.develop import Layers, Picture, develop, ground_homography
from models.synth.labels import silhouette_px
from models.synth.recipe import StillsRecipe
from models.synth.scenes import Scene, arrange
from models.synth.stage import Stage, infrared_lamp
from models.synth.verdict import free_width

PASSING = ("person", "cable")
"""Classes that narrow no route: people move on, leads are stepped over."""


@dataclass(frozen=True, slots=True)
class Order:
    """A set of stills to be made: `count` pictures of the world `seed` in the folder `out`."""

    out: Path
    count: int
    seed: int
    recipe: StillsRecipe

    @property
    def album(self) -> Album:
        """The folder that holds them."""
        return Album(self.out, self.count, self.seed, "s", self.recipe.digest, self.recipe.variants)


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
        blaze = Blaze(
            fire.sort, fire_seed(scene.seed, scene.number), fire.foot, scene.camera, room.distance, fire.extent
        )
        stage.darken()
        stage.light(blaze.lamps(60.0))
        lit = [stage.render(seed=scene.number + 1)]
    return Layers(room, tuple(lit), blaze, kinds, names, whole, infrared)


# -- files -----------------------------------------------------------------------------------------------------------


def make(order: Order, processes: int, on_scene: Callable[[int], None] = lambda done: None) -> int:
    """Make what is missing of an order; see `Album.fill`."""
    return order.album.fill(partial(make_scene, order), processes, on_scene)


def make_scene(order: Order, number: int, threads: int) -> dict[str, Any]:
    """Render and write one scene; returns its manifest entry."""
    cv2.setNumThreads(threads)
    scene = arrange(order.seed, number, order.recipe)
    layers = shoot(scene, order.recipe.samples, threads)
    pictures: dict[str, Any] = {}
    for variant, name in enumerate(order.album.names(number)):
        rng = np.random.default_rng((order.seed, number, variant))
        burning = variant > 0 or order.recipe.variants == 1  # the first picture of a scene never burns
        picture = develop(layers, scene.lens, rng, burning, order.recipe.recorded)
        quality = int(rng.integers(60, 94))
        order.album.write(name, picture.frame, picture.boxes, truth_of(scene, picture), quality)
        pictures[name] = {**picture.notes, "boxes": sorted(box.kind for box in picture.boxes)}
    recipe = scene.place.recipe
    return {
        "place": recipe.kind,
        "light": recipe.light,
        "fire": scene.fire.sort if scene.fire else "",
        "things": [item.name for item in scene.things],
        "pictures": pictures,
    }


def truth_of(scene: Scene, picture: Picture) -> dict[str, Any]:
    """The JSON truth of one picture; places in 0–1 of it, lengths in metres."""
    camera, place, view = scene.camera, scene.place, picture.view
    zones = [(zone, area_in_picture(np.array(zone.polygon), camera, view)) for zone in place.zones]
    standing = [item for item in scene.things if item.kind not in PASSING]
    lowest = min((floor.z for floor in place.floors), key=abs)
    homography = ground_homography(camera, view, lowest)
    return {
        "place": place.recipe.kind,
        "light": place.recipe.light,
        "cables": [path_in_picture(hung.path, camera, view) for hung in scene.leads],
        "zones": [{"name": zone.name, "type": zone.type, "polygon": polygon} for zone, polygon in zones if polygon],
        "floor_m_of_picture": homography.tolist() if np.isfinite(homography).all() else None,
        "width_m": round(free_width(place, standing), 3),
    }
