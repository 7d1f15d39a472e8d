"""Scenes for the training stills: what stands where, from (seed, number, recipe)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from models.synth import things as stuff
from models.synth.camera import Camera, Lens
from models.synth.look import Lamp, Thing
from models.synth.mesh import Points, shift, turn
from models.synth.people import beside_machine, holding, person, random_person, standing, walking
from models.synth.places import build
from models.synth.recipe import StillsRecipe, Weights
from models.synth.things.leads import STYLES, Lead, lead
from models.synth.things.scooter import charge_port
from models.synth.world import Edge, Place, PlaceRecipe

NEAR_M, FAR_M = 1.0, 9.0
"""Things are placed between these distances from the camera."""
CLEAR_M = 0.8
"""So far from the lens stays what is placed: a head right under a lift's camera would be the whole picture."""
TRIES, REPLACED = 40, 10
"""Draws of one spot; spots tried for one thing."""
THROUGH_M = 0.06
"""So far may a thing reach beyond the edge of the floor: a tyre against a skirting board, a strap."""
LONGEST_LEAD_M = 6.0


@dataclass
class Fire:
    """A fire to be laid over the rendering: sort (a key of FIRES), foot (3,), vector along it (3,), metres."""

    sort: str
    foot: Points
    extent: Points


@dataclass
class Scene:
    """One arranged scene, before rendering."""

    seed: int
    number: int
    place: Place
    camera: Camera
    lens: Lens
    things: list[Thing] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    fire: Fire | None = None

    def add(self, item: Thing) -> Thing:
        """Put a thing into the scene under a name of its own; returns it as it stands there."""
        named = Thing(f"{item.name} {len(self.things)}", item.kind, item.parts, item.place)
        self.things.append(named)
        return named


def pick(rng: np.random.Generator, weights: Weights) -> str:
    """One name, drawn by weight."""
    names = sorted(name for name, weight in weights.items() if weight > 0)
    shares = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


class Ground:
    """Free floor that the camera sees: hands out placements that keep clear of each other."""

    def __init__(self, rng: np.random.Generator, place: Place, camera: Camera) -> None:
        self.rng, self.place, self.camera = rng, place, camera
        self.taken: list[tuple[float, float, float, float]] = []

    def on_floor(self, radius: float, tall_m: float = 1.1) -> Points | None:
        """Somewhere on a floor, any heading, for a thing so tall: a 4×4 placement."""
        sizes = np.array([np.ptp(np.array(floor.corners), axis=0).prod() for floor in self.place.floors])
        for _ in range(TRIES):
            floor = self.place.floors[int(self.rng.choice(len(sizes), p=sizes / sizes.sum()))]
            x, y = self.rng.uniform(np.min(floor.corners, axis=0), np.max(floor.corners, axis=0))
            if floor.holds(float(x), float(y), 0.6 * radius) and self._take(
                float(x), float(y), floor.z, radius, tall_m
            ):
                return shift(float(x), float(y), floor.z) @ turn("z", float(self.rng.uniform(-np.pi, np.pi)))
        return None

    def at_wall(self, radius: float, gap: float, across: bool = False) -> Points | None:
        """Against a wall's foot, `gap` metres off it; x along the wall, or away from it with `across`."""
        if not self.place.edges:
            return self.on_floor(radius)
        for _ in range(TRIES):
            edge = self._edge()
            start, end = np.array(edge.start), np.array(edge.end)
            along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
            left = np.array((-along[1], along[0]))
            x, y = start + (end - start) * float(self.rng.uniform(0.03, 0.97)) + left * gap
            if self._take(float(x), float(y), edge.z, radius):
                heading = np.arctan2(along[1], along[0]) + (np.pi / 2 if across else 0.0)
                heading += float(self.rng.choice((0.0, np.pi)) if not across else 0.0) + float(self.rng.normal(0, 0.15))
                return shift(float(x), float(y), edge.z) @ turn("z", float(heading))
        return None

    def in_bay(self, radius: float) -> Points | None:
        """One of the place's usual parking spots, a little askew."""
        for k in self.rng.permutation(len(self.place.bays)):
            bay = self.place.bays[int(k)]
            x, y = np.array(bay.at[:2]) + self.rng.normal(0, 0.08, 2)
            if self._take(float(x), float(y), bay.at[2], radius):
                flip = np.pi if self.rng.random() < 0.4 else 0.0
                return shift(float(x), float(y), bay.at[2]) @ turn(
                    "z", bay.heading + flip + float(self.rng.normal(0, 0.12))
                )
        return None

    def fits(self, item: Thing) -> bool:
        """Whether a thing stands clear of walls and stairs: all of it over some floor, give or take `THROUGH_M`."""
        points = item.points()
        corners = cv2.convexHull(points[:, :2].astype(np.float32))[:, 0, :]
        return all(any(floor.holds(float(x), float(y), -THROUGH_M) for floor in self.place.floors) for x, y in corners)

    def stand(self, make: Callable[[Points], Thing], where: Callable[[], Points | None]) -> Thing | None:
        """A thing made at a spot where it fits, of a few that `where` draws; None when there is none."""
        for _ in range(REPLACED):
            spot = where()
            if spot is None:
                return None
            item = make(spot)
            if self.fits(item):
                return item
            self.taken.pop()
        return None

    def _edge(self) -> Edge:
        lengths = np.array([np.hypot(*np.subtract(e.end, e.start)) for e in self.place.edges])
        return self.place.edges[int(self.rng.choice(len(lengths), p=lengths / lengths.sum()))]

    def _take(self, x: float, y: float, z: float, radius: float, tall_m: float = 1.1) -> bool:
        """Reserve a circle if it is free, in sight, and nothing so tall on it would hang before the lens."""
        if any(abs(z - c) < 0.5 and np.hypot(x - a, y - b) < 0.85 * (radius + r) for a, b, c, r in self.taken):
            return False
        spots, depth = self.camera.project(np.array([(x, y, z + 0.1), (x, y, z + 0.8)]))
        inside = (spots > 0) & (spots < (self.camera.width, self.camera.height))
        away = float(np.linalg.norm(np.array((x, y, z + 0.5)) - self.camera.at))
        if depth.min() < 0.3 or not inside.all(axis=1).any() or not NEAR_M < away < FAR_M:
            return False
        nearest = np.array((x, y, np.clip(self.camera.at[2], z, z + tall_m)))
        if np.linalg.norm(nearest - self.camera.at) < CLEAR_M:
            return False
        self.taken.append((x, y, z, radius))
        return True


def arrange(seed: int, number: int, recipe: StillsRecipe) -> Scene:
    """Scene `number` of the world `seed`."""
    rng = np.random.default_rng((seed, number))
    place = build(PlaceRecipe(pick(rng, recipe.places), int(rng.integers(1 << 30)), pick(rng, recipe.lights)))
    camera, lens = _camera(rng, place, recipe)
    scene = Scene(seed, number, place, camera, lens)
    ground = Ground(rng, place, camera)
    if recipe.shining and rng.random() < 0.35:
        _shine(rng, ground, scene, recipe)
    if rng.random() < recipe.bare:
        _background(rng, ground, scene)
        return scene
    machines = _machines(rng, ground, scene, recipe)
    _leads(rng, scene, machines, recipe)
    piles = _clutter(rng, ground, scene, recipe)
    if rng.random() < recipe.people:
        _people(rng, ground, scene, machines)
    if rng.random() < recipe.burning and recipe.fires:
        scene.fire = _fire(rng, ground, scene, recipe, machines, piles)
    return scene


def _camera(rng: np.random.Generator, place: Place, recipe: StillsRecipe) -> tuple[Camera, Lens]:
    """One of the place's mounts, hung and aimed a little differently every time."""
    mount = place.mounts[int(rng.integers(len(place.mounts)))]
    at = np.array(mount.at) + rng.uniform(-0.06, 0.06, 3)
    aim = np.array(mount.target) - at
    target = at + aim + rng.normal(0, 0.07, 3) * float(np.linalg.norm(aim))
    fov = float(np.clip(mount.fov_deg * rng.uniform(0.85, 1.1), 45, 118))
    camera = Camera(at, target, fov, recipe.width, recipe.height, float(rng.normal(0, 1.2)))
    if rng.random() < recipe.fisheye and fov > 85:
        return camera, Lens(0.0, float(rng.uniform(0.3, 0.7)), fov)
    return camera, Lens(float(rng.uniform(0.0, 0.16)), float(rng.uniform(0.1, 0.5)))


def _shine(rng: np.random.Generator, ground: Ground, scene: Scene, recipe: StillsRecipe) -> None:
    spot = ground.at_wall(0.2, 0.2)
    if spot is not None:
        fixture = stuff.SHINING[pick(rng, recipe.shining)](rng, spot)
        scene.add(fixture.thing)
        scene.lamps += fixture.lamps


def _background(rng: np.random.Generator, ground: Ground, scene: Scene) -> None:
    """What may stand in a scene without boxes: wheelchairs, kick scooters."""
    for name in ("wheelchair", "kick_scooter"):
        if rng.random() < 0.3:
            _set(rng, ground, scene, name, lambda: ground.at_wall(0.5, 0.5))


def _set(
    rng: np.random.Generator, ground: Ground, scene: Scene, name: str, where: Callable[[], Points | None]
) -> Thing | None:
    """Put a thing by name into the scene where it fits, if it fits anywhere."""
    item = ground.stand(lambda spot: stuff.make(name, rng, spot), where)
    return scene.add(item) if item is not None else None


def _machines(rng: np.random.Generator, ground: Ground, scene: Scene, recipe: StillsRecipe) -> list[Thing]:
    """Parked machines: in bays, along a wall, or askew; then perhaps a lookalike."""
    machines = []
    row = scene.place.recipe.kind in ("shed", "yard")
    count = int(rng.integers(1, 6)) if row and rng.random() < 0.6 else int(rng.choice(4, p=(0.15, 0.4, 0.3, 0.15)))

    def parked() -> Points | None:
        spot = ground.in_bay(0.45) if rng.random() < (0.75 if row else 0.4) else None
        if spot is None:
            wall = rng.random() < 0.7
            spot = ground.at_wall(0.6, float(rng.uniform(0.35, 0.6))) if wall else ground.on_floor(0.6)
        return spot

    for _ in range(count if recipe.machines else 0):
        machine = _set(rng, ground, scene, pick(rng, recipe.machines), parked)
        if machine is not None:
            machines.append(machine)
    if recipe.lookalikes and rng.random() < 0.45:
        name = pick(rng, recipe.lookalikes)
        radius = stuff.MAKERS[name].radius_m
        _set(rng, ground, scene, name, lambda: ground.at_wall(radius, float(rng.uniform(0.3, 0.7))))
    if recipe.loose and rng.random() < 0.2:
        _set(rng, ground, scene, pick(rng, recipe.loose), lambda: ground.at_wall(0.25, 0.25))
    return machines


def _leads(rng: np.random.Generator, scene: Scene, machines: list[Thing], recipe: StillsRecipe) -> None:
    """Leads from the nearest outlets to the machines."""
    if not scene.place.outlets:
        return
    points = np.array([outlet.at for outlet in scene.place.outlets])
    for machine in machines:
        if rng.random() > recipe.charging:
            continue
        port = charge_port(machine.place, int(rng.choice((-1, 1))))
        reach = np.linalg.norm(points - port, axis=1)
        near = np.flatnonzero(reach < LONGEST_LEAD_M)
        if len(near):
            k = int(near[np.argsort(reach[near])[int(rng.integers(min(3, len(near))))]])
            style = str(rng.choice(STYLES))
            hung = lead(rng, points[k], port, style, float(machine.place[2, 3]))
            scene.leads.append(Lead(scene.add(hung.thing), hung.path))


def _clutter(rng: np.random.Generator, ground: Ground, scene: Scene, recipe: StillsRecipe) -> list[Thing]:
    """Nothing to four piles of different sorts, mostly at walls."""
    piles = []
    for _ in range(int(rng.choice(5, p=(0.25, 0.3, 0.25, 0.13, 0.07))) if recipe.clutter else 0):
        name = pick(rng, recipe.clutter)
        radius = stuff.MAKERS[name].radius_m

        def left(radius: float = radius) -> Points | None:
            return ground.at_wall(radius, 0.6 * radius) if rng.random() < 0.8 else ground.on_floor(radius)

        pile = _set(rng, ground, scene, name, left)
        if pile is not None:
            piles.append(pile)
    return piles


def _people(rng: np.random.Generator, ground: Ground, scene: Scene, machines: list[Thing]) -> None:
    """One or two people: about their own business, or, in a third of the scenes with a machine, one wheeling it."""
    if machines and rng.random() < 0.35:
        _leader(rng, ground, scene, machines[int(rng.integers(len(machines)))])
    for _ in range(int(rng.integers(1, 3))):
        phase, walks = float(rng.uniform(0, 2 * np.pi)), rng.random() < 0.7
        pose, who = walking(phase, 1.2) if walks else standing(), random_person(rng)
        item = ground.stand(partial(person, "person", who, pose), lambda: ground.on_floor(0.35, tall_m=1.8))
        if item is not None:
            scene.add(item)


def _leader(rng: np.random.Generator, ground: Ground, scene: Scene, machine: Thing) -> None:
    """A person who holds a machine by its handlebar, on a side where there is room."""
    who = random_person(rng)
    for side in (-1, 1):
        pose = holding("ebike", side, float(rng.uniform(0, 2 * np.pi)), float(rng.choice((0.0, 1.0))))
        item = person("person", who, pose, machine.place @ beside_machine("ebike", side))
        head = item.points().mean(axis=0) + np.array((0, 0, 0.7))
        if ground.fits(item) and np.linalg.norm(head - scene.camera.at) > CLEAR_M:
            scene.add(item)
            return


FIRE_ON_MACHINE, FIRE_ON_PILE = ("battery", "bike"), ("bag", "cartons")


def _fire(
    rng: np.random.Generator,
    ground: Ground,
    scene: Scene,
    recipe: StillsRecipe,
    machines: list[Thing],
    piles: list[Thing],
) -> Fire | None:
    """A fire where its sort belongs: on a machine, on a pile, in a drum, or on the floor."""
    sort = pick(rng, recipe.fires)
    if sort in FIRE_ON_MACHINE and machines:
        return Fire(sort, *stuff.fire_bed(machines[int(rng.integers(len(machines)))]))
    if sort in FIRE_ON_PILE and piles:
        return Fire(sort, *stuff.fire_bed(piles[int(rng.integers(len(piles)))]))
    spot = ground.on_floor(0.3)
    if spot is None:
        return None
    foot = np.array(spot[:3, 3])
    if sort == "joss":
        foot[2] = 0.85 * float(scene.add(stuff.make("drum", rng, spot)).points()[:, 2].max())
    elif sort == "lighter":
        foot[2] += float(rng.uniform(0.7, 1.3))
    return Fire(sort, foot, np.zeros(3))
