"""Scenes for the training stills: what stands where, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.synth import things as stuff
from models.synth.camera import Camera
from models.synth.look import Thing
from models.synth.mesh import Points, shift, turn
from models.synth.people import PersonRecipe, Pose, person
from models.synth.places import COLD, NEUTRAL, WARM, Place, PlaceRecipe, build
from models.synth.scooter import COLOURS, SHAPES, ScooterRecipe, battery, charge_port, scooter

WIDTH, HEIGHT = 640, 384


@dataclass
class Scene:
    """One arranged scene, before rendering. `fire` is the foot of a fire (3,) in metres, or None."""

    number: int
    place: Place
    camera: Camera
    things: list[Thing]
    fire: Points | None = None
    fire_m: float = 0.6
    notes: dict[str, Any] = field(default_factory=dict)


class _Ground:
    """Free floor: hands out places that keep clear of each other, in metres."""

    def __init__(self, rng: np.random.Generator, place: Place) -> None:
        self.rng, self.place = rng, place
        self.taken: list[tuple[float, float, float]] = []

    def find(self, radius: float, near: float = 2.2, wall: float | None = None) -> tuple[float, float] | None:
        """A free (x, y); with `wall` it lies that far from one of the side walls."""
        half, far = self.place.half_width_m, min(self.place.length_m - 0.8, 7.6)
        for _ in range(40):
            y = float(self.rng.uniform(near, far))
            x = float(self.rng.uniform(-half + 0.3, half - 0.3))
            if wall is not None:
                x = float(self.rng.choice((-1, 1))) * (half - wall)
            if all((x - a) ** 2 + (y - b) ** 2 > (radius + c) ** 2 for a, b, c in self.taken):
                self.taken.append((x, y, radius))
                return x, y
        return None


def place_recipe(rng: np.random.Generator) -> PlaceRecipe:
    """A corridor (half of the time), a lobby or a shed, with its light."""
    kind = str(rng.choice(("corridor", "lobby", "shed"), p=(0.5, 0.25, 0.25)))
    width = {"corridor": (2.0, 3.0), "lobby": (3.6, 4.8), "shed": (3.8, 5.6)}[kind]
    light = (WARM, NEUTRAL, COLD, NEUTRAL)[int(rng.integers(4))]
    low, high = (2.5, 3.0) if kind != "shed" else (2.7, 3.4)
    size = (float(rng.uniform(*width)), float(rng.uniform(7.5, 11.0)), float(rng.uniform(low, high)))
    return PlaceRecipe(kind, int(rng.integers(1 << 30)), *size, light, float(rng.choice((0.4, 0.8, 1.0))))


def _camera(rng: np.random.Generator, half: float, ceiling: float) -> Camera:
    at = np.array(
        (rng.uniform(-1, 1) * (half - 0.25), rng.uniform(-0.3, 0.6), min(rng.uniform(2.1, 2.8), ceiling - 0.12))
    )
    target = np.array((rng.uniform(-0.5, 0.5) * half, rng.uniform(3.6, 5.6), rng.uniform(0.3, 1.0)))
    return Camera(at, target, float(rng.uniform(60, 92)), WIDTH, HEIGHT, float(rng.normal(0, 1.2)))


def arrange(seed: int, number: int) -> Scene:
    """Scene `number` of a world `seed`. Every fourth scene is bare (a negative), a few more have clutter only."""
    rng = np.random.default_rng((seed, number))
    recipe = place_recipe(rng)
    place = build(recipe)
    camera = _camera(rng, place.half_width_m, recipe.height_m)
    scene = Scene(number, place, camera, [], notes={"place": recipe.kind})
    if number % 4 == 3:
        return scene
    ground = _Ground(rng, place)
    machines = _machines(rng, ground, scene)
    _leads(rng, scene, machines)
    _clutter(rng, ground, scene)
    if rng.random() < 0.3 and (spot := ground.find(0.4)) is not None:
        scene.things.append(_passer_by(rng, spot))
    if rng.random() < 0.65:
        _fire(rng, ground, scene, machines)
    return scene


def _machines(rng: np.random.Generator, ground: _Ground, scene: Scene) -> list[Thing]:
    """Parked scooters (1–3) and sometimes a bicycle; they stand along a wall or askew."""
    machines = []
    for k in range(int(rng.choice((0, 1, 2, 3), p=(0.08, 0.40, 0.32, 0.20)))):
        spot = ground.find(0.62, wall=float(rng.uniform(0.4, 0.9)))
        if spot is None:
            continue
        along = float(rng.choice((-np.pi / 2, np.pi / 2))) + float(rng.normal(0, 0.5))
        shape = SHAPES[int(rng.integers(5))]
        extras = {"top_box": bool(rng.random() < 0.5), "basket": shape == "light" or bool(rng.random() < 0.2)}
        recipe = ScooterRecipe(
            shape,
            str(rng.choice(sorted(COLOURS))),
            blanket=bool(rng.random() < 0.12),
            steer=float(rng.normal(0, 0.25)),
            **extras,
        )
        item = scooter(recipe, shift(*spot) @ turn("z", along))
        machines.append(Thing(f"machine {k}", item.kind, item.parts, item.place))
    scene.things += machines
    if rng.random() < 0.22 and (spot := ground.find(0.6, wall=0.4)) is not None:
        along = float(rng.choice((-np.pi / 2, np.pi / 2))) + float(rng.normal(0, 0.3))
        scene.things.append(stuff.bicycle(int(rng.integers(999)), shift(*spot) @ turn("z", along)))
    return machines


def _leads(rng: np.random.Generator, scene: Scene, machines: list[Thing]) -> None:
    """Charging leads from the nearest outlet, hanging free or by way of a strip on the floor."""
    for k, machine in enumerate(machines):
        if rng.random() > 0.8 or not scene.place.outlets:
            continue
        side = int(rng.choice((-1, 1)))
        port = charge_port(machine.place, side)
        start = np.array(min(scene.place.outlets, key=lambda o: float(np.linalg.norm(np.array(o) - port))))
        if np.linalg.norm(start - port) > 4.5:
            start = np.array((np.sign(port[0]) * (scene.place.half_width_m - 0.02), port[1] + rng.normal(0, 0.6), 1.3))
        colour = stuff.LEAD_COLOURS[int(rng.integers(len(stuff.LEAD_COLOURS)))]
        radius, number = float(rng.uniform(0.006, 0.012)), 100 * scene.number + k
        if rng.random() < 0.35:
            strip = np.array((*(0.6 * port[:2] + 0.4 * start[:2] + rng.normal(0, 0.15, 2)), 0.0))
            scene.things.append(stuff.lead_with_strip(number, start, strip, port, radius, colour))
        else:
            scene.things.append(stuff.lead(number, start, port, float(rng.uniform(0.04, 0.35)), radius, colour))


def _clutter(rng: np.random.Generator, ground: _Ground, scene: Scene) -> None:
    """Nothing to three piles of different sorts."""
    makers: tuple[Callable[[int, Points], Thing], ...] = (
        lambda s, m: stuff.carton_pile(s, m, int(rng.integers(2, 8))),
        lambda s, m: stuff.carton_pile(s, m, int(rng.integers(3, 7))),
        stuff.bags,
        stuff.bags,
        stuff.chair,
        stuff.shelf,
    )
    for k in range(int(rng.choice((0, 1, 2, 3), p=(0.3, 0.35, 0.25, 0.1)))):
        spot = ground.find(0.6, wall=float(rng.uniform(0.35, 0.9)))
        if spot is not None:
            place = shift(*spot) @ turn(
                "z", float(rng.choice((0.0, np.pi / 2, -np.pi / 2))) + float(rng.normal(0, 0.2))
            )
            maker = makers[int(rng.integers(len(makers)))]
            scene.things.append(maker(1000 * scene.number + k, place))


def _passer_by(rng: np.random.Generator, spot: tuple[float, float]) -> Thing:
    tints = rng.uniform(0.01, 0.4, (2, 3))
    recipe = PersonRecipe(
        float(rng.uniform(1.55, 1.85)),
        (float(tints[0, 0]), float(tints[0, 1]), float(tints[0, 2])),
        (float(tints[1, 0] / 4), float(tints[1, 1] / 4), float(tints[1, 2] / 4)),
    )
    pose = Pose(float(rng.uniform(0, 6.3)), float(rng.choice((0.05, 0.5, 0.65))), float(rng.uniform(0, 0.15)))
    return person("passer-by", recipe, pose, shift(*spot) @ turn("z", float(rng.uniform(-np.pi, np.pi))))


def _fire(rng: np.random.Generator, ground: _Ground, scene: Scene, machines: list[Thing]) -> None:
    """A fire on a machine's battery, on a pile, or on the floor."""
    piles = [t for t in scene.things if t.kind == "clutter"]
    scene.fire_m = float(np.exp(rng.uniform(np.log(0.18), np.log(1.3))))
    if machines and rng.random() < 0.6:
        scene.fire = battery(machines[int(rng.integers(len(machines)))].place)
    elif piles and rng.random() < 0.7:
        points = piles[int(rng.integers(len(piles)))].points()
        scene.fire = np.array((*points[:, :2].mean(axis=0), 0.6 * points[:, 2].max()))
    elif (spot := ground.find(0.3)) is not None:
        scene.fire = np.array((*spot, 0.02))
