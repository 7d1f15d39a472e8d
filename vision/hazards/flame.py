"""Open flame: believed as fast as the evidence allows (`vision.fires`), one alert for each fire.

Zones do not limit it: a flame anywhere in the picture is a fire. Only a burn site says when a flame is expected
(`vision.burning`), and then it is logged, not muted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from vision import geometry
from vision.burning import ATTENDED, beside
from vision.fires import FIRST_REST_S, LATELY_S, LONGEST_REST_S, Fire, Sight
from vision.geometry import Box
from vision.incidents import MAX_SPOTS, place_name
from vision.rule import HURRY_S, Finding, HazardParams, HazardRule, Severity, Words
from vision.scene import Scene
from vision.tracker import Track
from vision.zones import Zone

NEIGHBOUR = 1.0
"""Flames whose boxes are closer than this share of the larger one's side are one fire."""
FORGET_S = 60.0
"""A place keeps its key this long after the last flame."""
BEFORE_S = 10.0
"""The picture of the look before is kept this long after the last flame, for a flame that jumps."""
WORN_SHARE = 0.7
"""A flame of which this share lies on a person is worn or held."""


SUSPECTED = 0.3
"""Belief from which people are shown a flame that is not confirmed; from there on the pipeline takes it to light the
place, too. One that is seen on and on for `verify_s` is shown whatever is believed of it; a passing glint is not."""


class FlameParams(HazardParams):
    """Settings of the flame rule."""

    verify_s: float = Field(
        default=2.0,
        ge=0.2,
        le=16.0,
        description="A flame that burns on is confirmed within this time, seconds; a plain one sooner.",
    )


@dataclass(slots=True)
class _Tried:
    """A place (0–1) where a flame that lay ahead was followed up, when, and for how long that does."""

    box: Box
    at_s: float
    rest_s: float = FIRST_REST_S


class FlameRule(HazardRule):
    """Sequential evidence, per place."""

    kind = "flame"
    words = Words("明火", "Flame")
    needs = frozenset({"flame"})
    severity = Severity.FIRE
    params_type = FlameParams

    def __init__(self, params: FlameParams) -> None:
        self._params = params
        self._fires: list[Fire] = []
        self._before: NDArray[np.uint8] | None = None
        self._gap_s, self._looked_s = 0.0, 0.0
        self._content = False
        self._tried: list[_Tried] = []

    def update(self, scene: Scene) -> Sequence[Finding]:
        now_s, verify_s = scene.monotonic_s, self._params.verify_s
        self._gap_s, self._looked_s = now_s - self._looked_s, now_s
        loose = self._content and self._gap_s > LATELY_S
        self._fires = [fire for fire in self._fires if now_s - fire.seen_s <= FORGET_S][-MAX_SPOTS:]
        sights: dict[str, Sight] = {}
        for sight, since_s in _sights(scene):
            fire, taken_in = self._fire(scene, sight, since_s)
            parts = [sights.pop(key) for key in (fire.key, *taken_in) if key in sights]
            sights[fire.key] = reduce(_joined, parts, sight)
        findings = []
        for fire in self._fires:
            if fire.key in sights:
                fire.see(scene.image, self._before, sights[fire.key], now_s, verify_s, loose=loose)
                if finding := self._finding(scene, fire, sights[fire.key]):
                    findings.append(finding)
            else:
                fire.miss(now_s, verify_s)
        # Held only while something burns, as pictures are large.
        self._before = scene.image if any(now_s - fire.seen_s <= BEFORE_S for fire in self._fires) else None
        return findings

    def due_s(self, now_s: float) -> float:
        pressing = [fire.presses(now_s, self._params.verify_s) for fire in self._fires]
        self._content = not any(pressing)
        return math.inf if self._content else now_s + HURRY_S

    def passes_over(self, box: Box, size: tuple[int, int], now_s: float) -> bool:
        known = [fire for fire in self._fires if fire.confirmed or fire.rests(now_s, self._params.verify_s)]
        if any(_near(_unit(fire.extent), _unit(box), size) for fire in known):
            return True
        tried = next((one for one in self._tried if _near(_unit(one.box), _unit(box), size)), None)
        if tried is None:
            self._tried = [*self._tried[1 - MAX_SPOTS :], _Tried(box, now_s)]
            return False
        if now_s - tried.at_s <= tried.rest_s:
            return True
        tried.at_s, tried.rest_s = now_s, min(LONGEST_REST_S, 2 * tried.rest_s)
        return False

    def _fire(self, scene: Scene, sight: Sight, since_s: float) -> tuple[Fire, list[str]]:
        """The fire that is seen, the oldest of those near it, and the keys of the others, which it takes in."""
        near = [fire for fire in self._fires if _near(_unit(fire.extent), _unit(sight.box), scene.size)]
        if not near:
            key = place_name(sight.box, {fire.key for fire in self._fires})
            fire = Fire(key, _zone(scene, sight.box), since_s, since_s, sight.box)
            fire.start(since_s)
            self._fires.append(fire)
            return fire, []
        # Of a fire that went out only the place is remembered; an alert that people were told of keeps its key.
        oldest, *others = sorted(
            near, key=lambda fire: (self._out(fire, scene.monotonic_s), not fire.confirmed, fire.since_s)
        )
        if self._out(oldest, scene.monotonic_s):
            oldest.start(since_s)
        for other in others:
            if not self._out(other, scene.monotonic_s):
                oldest.merge(other)
            self._fires.remove(other)
        return oldest, [other.key for other in others]

    def _out(self, fire: Fire, now_s: float) -> bool:
        """Whether it has gone out; however rare looks are, two are needed to know."""
        return now_s - fire.seen_s > max(self._params.clear_s, self._params.verify_s, 2.5 * self._gap_s)

    def _finding(self, scene: Scene, fire: Fire, sight: Sight) -> Finding | None:
        """What people are told of it; None while that is not worth their while."""
        if not fire.told:  # what was seen nearby before, such as a lamp outside the zone, does not say where it burns
            fire.zone = _zone(scene, sight.box)
        burning = _burning(scene, fire)
        fire.decide(allowed=burning == ATTENDED)
        if not (
            fire.confirmed
            or burning == ATTENDED
            or fire.belief >= SUSPECTED
            or fire.in_a_row_s >= self._params.verify_s - 1e-6
        ):
            return None
        fire.told = True
        evidence = dict(fire.evidence(self._params.verify_s, scene.thresholds.get(self.kind, 0.0)))
        if burning:
            evidence["burning"] = burning
        return self.see(
            scene,
            zone=fire.zone,
            key=fire.key,
            confirmed=fire.confirmed,
            since_s=fire.since_s,
            confidence=sight.score,
            box=sight.box,
            evidence=evidence,
            notice="attended burning" if burning == ATTENDED and not fire.confirmed else "",
        )


RULE = FlameRule


def _zone(scene: Scene, box: Box) -> Zone | None:
    """Where a fire is: by its foot, where it burns; else by whatever of it lies in a zone."""
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    points = ((x, y2), (x, y), (x1, y2), (x2, y2), (x1, y1), (x2, y1))
    return next((zone for point in points for zone in scene.zones_at(*point)), None)


def _burning(scene: Scene, fire: Fire) -> str:
    """What a burn site says of a fire; "" where no burning is arranged."""
    if fire.zone is None or fire.zone.burning is None:
        return ""
    now_s = scene.monotonic_s
    return fire.zone.burning.verdict(
        scene.at,
        fire.box,
        fire.zone.polygon,
        burns_s=now_s - fire.since_s,
        alone_s=now_s - fire.attended_s,
        growth=fire.growth,
    )


def _sights(scene: Scene) -> list[tuple[Sight, float]]:
    """What this look shows of each fire, the surest first, and since when: flames that lie close together, joined."""
    threshold = scene.thresholds.get("flame", 1.0)
    smoke = np.array([track.xyxy for track in scene.named("smoke")], np.float32).reshape(-1, 4)
    people = np.array([track.xyxy for track in scene.named("person")], np.float32).reshape(-1, 4)
    found = []
    for xyxy, score, since_s in _groups(scene.named("flame")):
        side = float((xyxy[2:] - xyxy[:2]).max())
        sight = Sight(
            box=scene.unit_box(xyxy.tolist()),
            xyxy=xyxy,
            score=score,
            strength=score / threshold,
            smoke=bool((geometry.gap(xyxy[None], smoke) <= side).any()),
            worn=bool((geometry.coverage(xyxy[None], people) >= WORN_SHARE).any()),
            attended=beside(xyxy, people),
        )
        found.append((sight, since_s))
    return sorted(found, key=lambda one: -one[0].score)


def _joined(one: Sight, other: Sight) -> Sight:
    """Two parts of one fire."""
    both = np.stack([one.xyxy, other.xyxy])
    best = max(one, other, key=lambda sight: sight.score)
    return Sight(
        geometry.around([one.box, other.box]),
        np.concatenate((both[:, :2].min(axis=0), both[:, 2:].max(axis=0))),
        best.score,
        best.strength,
        one.smoke or other.smoke,
        one.worn and other.worn,
        one.attended or other.attended,
    )


def _groups(flames: Sequence[Track]) -> list[tuple[NDArray[np.float32], float, float]]:
    """Flame boxes that lie close together, joined: (box px, best confidence, first sighting)."""
    groups: list[tuple[NDArray[np.float32], float, float]] = []
    for track in sorted(flames, key=lambda track: -track.confidence):
        xyxy, confidence, since_s = track.xyxy, track.confidence, track.first_s
        near = [group for group in groups if _close(group[0], xyxy)]
        for box, score, first_s in near:
            xyxy = np.concatenate((np.minimum(xyxy[:2], box[:2]), np.maximum(xyxy[2:], box[2:])))
            confidence, since_s = max(confidence, score), min(since_s, first_s)
        # `is` on purpose: arrays do not compare as a whole.
        groups = [group for group in groups if not any(group is other for other in near)]
        groups.append((xyxy, confidence, since_s))
    return groups


def _close(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    side = max(float((a[2:] - a[:2]).max()), float((b[2:] - b[:2]).max()))
    return float(geometry.gap(a[None], b[None])[0, 0]) <= NEIGHBOUR * side


def _unit(box: Box) -> NDArray[np.float32]:
    return np.array(box, np.float32)


def _near(a: NDArray[np.float32], b: NDArray[np.float32], size: tuple[int, int]) -> bool:
    scale = np.array([*size, *size], np.float32)
    return _close(a * scale, b * scale)
