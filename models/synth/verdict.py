"""What must be raised in a scenario and what must not: the type of the zone decides, `allowed` overrules."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np

from models.synth.areas import cut
from models.synth.look import Thing
from models.synth.mesh import Points
from models.synth.timeline import Burning, Hung, Stand, Timeline
from models.synth.world import Floor, Place, Zone

ROUTES = ("corridor", "stairwell", "lobby", "exit")
BAY_M = 0.6
"""A machine this near to the middle of a marked bay stands in it."""
SLAB_M = 0.18
BODY_M = 1.9
"""What hangs above this height narrows no route."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that happens. `hazard` is the one to be raised, or "" where nothing must be raised; `name` is the
    thing's, `enters_s` when it first came into sight, `why` the rule in words."""

    what: str
    name: str
    hazard: str
    zone: str
    start_s: float
    end_s: float
    enters_s: float
    why: str


def judge(place: Place, line: Timeline, length_s: float) -> list[Verdict]:
    """Everything that happens in a clip, in order of time, cut to its length."""
    found = [_still(place, stand) for stand in [*line.gone, *line.stands.values()]]
    found += [_lead(place, hung, line) for hung in line.hung()]
    found += [_fire(place, fire) for fire in line.fires]
    found += [Verdict(move.what, "", "", "", move.start_s, move.end_s, move.start_s, "passes") for move in line.moves]
    found += [
        Verdict(
            f"lamp {name} {switch.how}", name, "", "", switch.at_s, switch.at_s + switch.for_s, switch.at_s, "light"
        )
        for name, switches in line.switches.items()
        for switch in switches
    ]
    found += [
        Verdict(f"camera sees {light}", "", "", "", start_s, start_s, start_s, "light")
        for start_s, light in line.lights[1:]
    ]
    cut = [
        Verdict(v.what, v.name, v.hazard, v.zone, v.start_s, min(v.end_s, length_s), v.enters_s, v.why)
        for v in found
        if v.start_s < length_s
    ]
    return sorted(cut, key=lambda v: (v.start_s, v.name))


def zone_at(place: Place, point: Points) -> Zone | None:
    """The zone on whose polygon a point (3,) stands; of several, the nearest in height, then the smallest."""
    inside = [zone for zone in place.zones if _holds(zone, point)]
    return min(inside, key=lambda zone: (round(abs(_middle_z(zone) - float(point[2])), 1), _area(zone)), default=None)


def _middle_z(zone: Zone) -> float:
    return float(np.mean([corner[2] for corner in zone.polygon]))


def _area(zone: Zone) -> float:
    """Square metres (shoelace formula)."""
    x, y = np.array(zone.polygon, float)[:, :2].T
    return float(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2)


def _holds(zone: Zone, point: Points) -> bool:
    """Even-odd rule on (x, y)."""
    corners = np.array(zone.polygon, float)[:, :2]
    following = np.roll(corners, -1, axis=0)
    x, y = float(point[0]), float(point[1])
    crosses = (corners[:, 1] > y) != (following[:, 1] > y)
    rise = np.where(following[:, 1] == corners[:, 1], 1e-9, following[:, 1] - corners[:, 1])
    at = corners[:, 0] + (y - corners[:, 1]) * (following[:, 0] - corners[:, 0]) / rise
    return bool(np.count_nonzero(crosses & (x < at)) % 2)


def _still(place: Place, stand: Stand) -> Verdict:
    point = stand.thing.foot
    zone = zone_at(place, point)
    kind = zone.type if zone is not None else ""
    hazard, why = _rule(place, stand, kind, point)
    if stand.allowed and hazard:
        hazard, why = "", "allowed by the site"
    start_s = stand.enters_s if kind == "lift" and stand.thing.kind == "ebike" else stand.start_s
    return Verdict(
        stand.what, stand.thing.name, hazard, zone.name if zone else "", start_s, stand.end_s, stand.enters_s, why
    )


def _rule(place: Place, stand: Stand, zone: str, point: Points) -> tuple[str, str]:
    """(hazard or "", why) of a thing that stands in a zone of a type."""
    kind = stand.thing.kind
    if kind == "ebike":
        if zone in (*ROUTES, "lift"):
            return "ebike", f"no e-bike in a {zone}"
        if zone == "shed":
            return ("", "in its bay") if _in_bay(place, point) else ("ebike", "outside the bays")
        return "", f"may park in a {zone or 'place outside every zone'}"
    if kind in ("bicycle", "person") or stand.what in ("tail_light",):
        return "", f"a {stand.what} is no hazard of ours"
    if kind == "clutter" or not stand.at_start:
        return (
            ("clutter", f"nothing may stand in a {zone}") if zone in (*ROUTES, "shed") else ("", f"no rule in a {zone}")
        )
    return "", "belongs there"


def _in_bay(place: Place, point: Points) -> bool:
    return any(float(np.hypot(*(np.array(bay.at[:2]) - point[:2]))) <= BAY_M for bay in place.bays)


def _lead(place: Place, hung: Hung, line: Timeline) -> Verdict:
    machine = next(s for s in [*line.gone, *line.stands.values()] if s.thing.name == hung.machine)
    zone = zone_at(place, machine.thing.foot)
    kind = zone.type if zone is not None else ""
    hazard, why = ("flying_lead", f"a lead from {hung.outlet} in a {kind or 'place outside every zone'}")
    if kind == "lift":
        hazard, why = "", "no rule in a lift"
    elif hung.outlet == "pile" and kind not in ROUTES:
        hazard, why = "", "charging at a pile"
    elif hung.stand.allowed:
        hazard, why = "", "allowed by the site"
    stand = hung.stand
    name = stand.thing.name
    return Verdict(stand.what, name, hazard, zone.name if zone else "", stand.start_s, stand.end_s, stand.enters_s, why)


def _fire(place: Place, fire: Burning) -> Verdict:
    zone = zone_at(place, fire.foot)
    quiet = fire.allowed and zone is not None and zone.type == "burn_site"
    end_s = fire.out_s + fire.fade_s
    hazard, why = ("", "attended burn at the burn site") if quiet else ("flame", "fire")
    return Verdict(
        f"{fire.sort} fire", fire.name, hazard, zone.name if zone else "", fire.start_s, end_s, fire.start_s, why
    )


# -- the route's free width --------------------------------------------------------------------------------------------


def free_width(place: Place, standing: list[Thing]) -> float:
    """The widest gap at the narrowest station of the walk `through`, metres; never more than the place's own width."""
    if "through" not in place.walks:
        return place.width_m
    corners = np.array(place.walks["through"], float)
    widths = [place.width_m]
    for start, end in itertools.pairwise(corners):
        length = float(np.linalg.norm(end - start))
        for share in np.arange(0.0, 1.0, 0.2 / max(length, 0.2)):
            gap = _gap(place, start + (end - start) * share, (end - start) / max(length, 1e-6), standing)
            if gap is not None:
                widths.append(gap)
    return float(min(widths))


def _gap(place: Place, at: Points, way: Points, standing: list[Thing]) -> float | None:
    """The widest free stretch across the way at a station, or None where things do not narrow it."""
    floors = [Floor(place.route)] if place.route else place.floors
    floor = next((f for f in floors if f.holds(float(at[0]), float(at[1])) and abs(f.z - at[2]) < 0.2), None)
    across = np.array((-way[1], way[0]))
    norm = float(np.linalg.norm(across))
    if floor is None or norm < 0.5:
        return None
    across /= norm
    low, high = _reach(floor, at, across)
    blocked = []
    for item in standing:
        span = _across(item, at, way[:2], across)
        if span is not None:
            blocked.append(span)
    if not blocked:
        return None
    best, free_from = 0.0, low
    for a, b in sorted(blocked):
        best, free_from = max(best, min(a, high) - free_from), max(free_from, b)
    return max(best, high - free_from, 0.0)


def _across(item: Thing, at: Points, way: Points, across: Points) -> tuple[float, float] | None:
    """From where to where a thing's outline lies across the way within `SLAB_M` of a station, or None."""
    points = item.points() - at
    points = points[(points[:, 2] > -0.1) & (points[:, 2] < BODY_M)]
    if len(points) < 3:
        return None
    flat = np.stack([points[:, :2] @ way, points[:, :2] @ across], axis=1).astype(np.float32)
    outline = np.asarray(cv2.convexHull(flat)[:, 0, :], float)
    for sign in (1.0, -1.0):
        outline = cut(outline, SLAB_M - sign * outline[:, 0])
        if not len(outline):
            return None
    return float(outline[:, 1].min()), float(outline[:, 1].max())


def _reach(floor: Floor, at: Points, across: Points) -> tuple[float, float]:
    """How far the convex floor goes from a point along a direction: (negative, positive) metres."""
    corners = np.array(floor.corners, float)
    following = np.roll(corners, -1, axis=0)
    low, high = -np.inf, np.inf
    for a, b in zip(corners, following, strict=True):
        inward = np.array((-(b - a)[1], (b - a)[0]))
        slope, room = float(inward @ across), float(inward @ (at[:2] - a))
        if slope > 1e-9:
            low = max(low, -room / slope)
        elif slope < -1e-9:
            high = min(high, -room / slope)
    return low, high
