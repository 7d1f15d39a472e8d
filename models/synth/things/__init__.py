"""Everything that can be put into a place, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import models.synth.things.household as household
import models.synth.things.piles as piles
import models.synth.things.rolling as rolling
from models.synth.look import Thing, thing
from models.synth.mesh import Points, apply
from models.synth.things.bicycle import bicycle
from models.synth.things.leads import charger, power_strip
from models.synth.things.power import battery_case
from models.synth.things.scooter import COVERS, battery, random_scooter
from models.synth.things.shining import SHINING
from models.synth.world import Maker, SynthError

__all__ = ["MAKERS", "SHINING", "fire_bed", "make"]


def _machine(shape: str = "", **fixed: object) -> Maker:
    return Maker(lambda rng, place: random_scooter(rng, place, shape, **fixed), 0.6)


def _covered(rng: np.random.Generator, place: Points) -> Thing:
    covers = sorted(COVERS)
    bare = dict.fromkeys(("top_box", "basket", "blanket", "child_seat", "loaded"), False)
    return random_scooter(rng, place, "", cover=covers[int(rng.integers(len(covers)))], **bare)


def _seeded(make_one: Callable[[int, Points], Thing]) -> Callable[[np.random.Generator, Points], Thing]:
    """A maker that takes a seed, as one that takes a generator; its parts stay in the thing's own frame."""

    def made(rng: np.random.Generator, place: Points) -> Thing:
        return make_one(int(rng.integers(1 << 30)), np.eye(4)).at(place)

    return made


def _cartons(seed: int, place: Points) -> Thing:
    return household.carton_pile(seed, place, int(np.random.default_rng(seed).integers(2, 8)))


def _any_bicycle(rng: np.random.Generator, place: Points) -> Thing:
    sort = int(rng.choice(3, p=(0.6, 0.25, 0.15)))
    return (_seeded(bicycle), rolling.shared_bike, rolling.child_bike)[sort](rng, place)


def _charger(rng: np.random.Generator, place: Points) -> Thing:
    return thing("charger", "", charger(np.eye(4)) + (power_strip(np.eye(4)) if rng.random() < 0.3 else []), place)


MAKERS: dict[str, Maker] = {
    "ebike": _machine(),
    "ebike_light": _machine("light"),
    "ebike_moped": _machine("moped"),
    "ebike_courier": _machine("courier"),
    "ebike_maxi": _machine("maxi"),
    "ebike_covered": Maker(_covered, 0.6),
    "ebike_child_seat": _machine(child_seat=True),
    "ebike_loaded": _machine(loaded=True),
    "bicycle": Maker(_any_bicycle, 0.6),
    "kick_scooter": Maker(rolling.kick_scooter, 0.4),
    "wheelchair": Maker(rolling.wheelchair, 0.5),
    "pram": Maker(rolling.pram, 0.5),
    "trolley": Maker(rolling.trolley, 0.35),
    "battery": Maker(battery_case, 0.2),
    "charger": Maker(_charger, 0.15),
    "cartons": Maker(_seeded(_cartons), 0.6),
    "bags": Maker(_seeded(household.bags), 0.5),
    "chair": Maker(_seeded(household.chair), 0.35),
    "shelf": Maker(_seeded(household.shelf), 0.45),
    "stool": Maker(piles.stool, 0.25),
    "cabinet": Maker(piles.cabinet, 0.5),
    "sofa": Maker(piles.sofa, 0.8),
    "mattress": Maker(piles.mattress, 0.7),
    "planters": Maker(piles.planters, 0.5),
    "bucket_mops": Maker(piles.bucket_mops, 0.3),
    "boards": Maker(piles.boards, 0.5),
    "recyclables": Maker(piles.recyclables, 0.5),
    "foam_boxes": Maker(piles.foam_boxes, 0.4),
    "pile": Maker(piles.pile, 0.8),
    "parcel": Maker(piles.parcel, 0.3),
    "drum": Maker(piles.drum, 0.4),
}
"""Name → how to make it, standing on z = 0 of its placement, x forward."""


def fire_bed(item: Thing) -> tuple[Points, Points]:
    """Foot (3,) of a fire on a thing and the vector (3,) along it: at a machine's battery, in a pile's upper half."""
    if item.kind == "ebike":
        ends = apply(item.place, np.array([(0.55, 0.0, 0.0), (-0.55, 0.0, 0.0)]))
        return battery(item.place), np.asarray(ends[0] - ends[1])
    points = item.points()
    size = np.ptp(points, axis=0)
    foot = np.array((*points[:, :2].mean(axis=0), points[:, 2].min() + 0.6 * size[2]))
    return foot, np.array((0.5 * size[0], 0.5 * size[1], 0.0))


def make(name: str, rng: np.random.Generator, place: Points) -> Thing:
    """A thing by name at a 4×4 placement. SynthError: one line for a name that nothing has."""
    if name not in MAKERS:
        raise SynthError(f"there is no thing {name!r}; known: {', '.join(sorted(MAKERS))}")
    return MAKERS[name].make(rng, place)
