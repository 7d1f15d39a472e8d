"""Spots of a place by name: "bay 2", "wall 3 at 0.4", "walk in", "zone burn_site", "outlet pile 1", "by bike"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.synth.mesh import Points
from models.synth.world import Place, Point, SynthError

BESIDE_M = 0.85
_FORM = re.compile(r"(?P<sort>bay|wall|walk|zone|outlet|by) (?P<which>.+?)(?: at (?P<share>[0-9]*\.?[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Found:
    """A spot on a floor: metres, the heading that a thing has there, and the way off the wall at a wall's foot."""

    at: Point
    heading: float = 0.0
    off_wall: tuple[float, float] = (0.0, 0.0)


def find_spot(place: Place, spot: str | Sequence[float], names: Mapping[str, Point]) -> Found:
    """Where a spot is. `names`: where the named things stand. SynthError says what is known."""
    if not isinstance(spot, str):
        x, y = float(spot[0]), float(spot[1])
        return Found((x, y, height_at(place, x, y)))
    form = _FORM.fullmatch(spot)
    if form is None:
        raise SynthError(
            f"{spot!r} is no spot; known: [x, y], bay N, wall N, walk NAME, zone TYPE, outlet KIND, by NAME"
        )
    which, share = form["which"], float(form["share"] or 0.5)
    if not 0 <= share <= 1:
        raise SynthError(f"{spot!r}: the share of the way is from 0 to 1")
    match form["sort"]:
        case "bay":
            bay = place.bays[_number(which, len(place.bays), "bay")]
            return Found(bay.at, bay.heading)
        case "wall":
            return _wall(place, _number(which, len(place.edges), "wall"), share)
        case "walk":
            return _walk(place, which, share if form["share"] else 1.0)
        case "zone":
            return _zone(place, which)
        case "outlet":
            return _outlet(place, which)
        case _:
            return _by(place, which, names)


def height_at(place: Place, x: float, y: float) -> float:
    """The height of the lowest floor that holds (x, y); without one, of the floor that is nearest."""
    holding = [floor.z for floor in place.floors if floor.holds(x, y)]
    if holding:
        return min(holding)
    gaps = [(float(np.linalg.norm(np.mean(floor.corners, axis=0) - (x, y))), floor.z) for floor in place.floors]
    return min(gaps)[1] if gaps else 0.0


def _number(text: str, count: int, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= count:
        raise SynthError(f"there is no {what} {text}; known: {f'1 to {count}' if count else 'none'}")
    return int(text) - 1


def _wall(place: Place, number: int, share: float) -> Found:
    edge = place.edges[number]
    start, end = np.array(edge.start), np.array(edge.end)
    way = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    x, y = start + (end - start) * share
    return Found((float(x), float(y), edge.z), float(np.arctan2(way[1], way[0])), (-float(way[1]), float(way[0])))


def _walk(place: Place, name: str, share: float) -> Found:
    if name not in place.walks:
        raise SynthError(f"there is no walk {name}; known: {', '.join(sorted(place.walks))}")
    points = along(np.array(place.walks[name], float), np.array([share - 0.01, share]))
    way = points[1] - points[0]
    return Found(_point(points[1]), float(np.arctan2(way[1], way[0])))


def _zone(place: Place, kind: str) -> Found:
    for zone in place.zones:
        if zone.type == kind:
            return Found(_point(np.mean(np.array(zone.polygon, float), axis=0)))
    raise SynthError(f"there is no zone {kind}; known: {', '.join(sorted({zone.type for zone in place.zones}))}")


def _outlet(place: Place, which: str) -> Found:
    kind, _, number = which.partition(" ")
    here = [outlet for outlet in place.outlets if outlet.kind == kind]
    if not here:
        kinds = sorted({outlet.kind for outlet in place.outlets})
        raise SynthError(f"there is no outlet {kind}; known: {', '.join(kinds) or 'none'}")
    at = here[_number(number or "1", len(here), f"outlet {kind}")].at
    return Found((at[0], at[1], height_at(place, at[0], at[1])))


def _by(place: Place, name: str, names: Mapping[str, Point]) -> Found:
    """Beside a named thing, on the side towards the middle of the floor."""
    if name not in names:
        raise SynthError(f"there is no {name!r}; known: {', '.join(sorted(names)) or 'none'}")
    at = np.array(names[name], float)
    middles = [np.mean(floor.corners, axis=0) for floor in place.floors if abs(floor.z - at[2]) < 0.3]
    middle = min(middles, key=lambda m: float(np.linalg.norm(m - at[:2])), default=at[:2] + np.array((0.0, 1.0)))
    way = middle - at[:2]
    way = way / max(float(np.linalg.norm(way)), 1e-6)
    return Found((float(at[0] + BESIDE_M * way[0]), float(at[1] + BESIDE_M * way[1]), float(at[2])))


def along(path: Points, shares: Points) -> Points:
    """Points (M, 3) at shares (M,) 0–1 of the length of a polyline (N, 3); beyond its ends, the ends."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    ways = np.concatenate([[0.0], np.cumsum(steps)])
    want = np.clip(shares, 0, 1) * ways[-1]
    return np.stack([np.interp(want, ways, path[:, k]) for k in range(3)], axis=1)


def _point(values: Points) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
