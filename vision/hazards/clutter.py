"""Clutter on an escape route: a thing that is new, still, and not a person or a vehicle, for the dwell time."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from vision import geometry
from vision.detections import OWN_RULES
from vision.geometry import Box
from vision.piles import Pile, Piles, Sighting
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words
from vision.scene import Scene
from vision.tracker import STILL_LOST_S
from vision.zones import ROUTE_TYPES, Zone, ZoneType

CLUTTER_TYPES = ROUTE_TYPES | {ZoneType.SHED}
"""In a shed machines may stand, and nothing else."""
REFERENCE_CONFIDENCE = 0.5
"""What the reference alone is worth: it sees that something is there, not what."""
NARROW_CONFIDENCE = 0.25
"""What it adds that the way past the thing is too narrow: then it matters."""
NEW = 0.3
"""A thing of which less than this share differs from the reference was there from the start: only suspected."""
AT_REST_S = 1.0
"""From this age on a thing is followed; it is told of much later."""
SETTLED = 0.6
"""So much of what differs and hangs together must be at rest: less is somebody, or not put down yet."""
SURE = 1 / 3
"""For this share of the dwell time it must have been a whole new thing to a witness (less the time for which it was
not): somebody's legs and what shines in the floor pass for one now and then."""
EXPLAINED = 0.5
"""A still thing that is covered by this much of a person or a two-wheeler is that, not clutter."""
HIDDEN = 0.3
"""A pile of which this much is behind somebody is taken to be there still."""
ALLOWED = 0.5
"""A thing with this much of it, or its foot, within an allowed place may stand there."""


class ClutterParams(HazardParams):
    """Settings of the clutter rule."""

    dwell_s: float = Field(
        default=600.0, ge=1, description="A thing that stands on the route this long is clutter, seconds."
    )
    max_area_frac: float = Field(
        default=0.4,
        gt=0,
        le=1,
        description="What changes more of the picture than this is light, not a thing.",
    )
    min_free_width_m: float = Field(
        default=1.1,
        gt=0,
        le=20,
        description="Where the floor's width is known: a way past the thing that is narrower is marked, metres.",
    )
    clear_s: float = Field(
        default=30.0,
        gt=0,
        description="The alert resolves when the place has been seen clear for this long, seconds.",
    )

    @property
    def anew_s(self) -> float:
        return self.dwell_s


class ClutterRule(HazardRule):
    """Two witnesses: the detector's `clutter` tracks, and whatever differs from the clear reference without moving.

    What both see is joined into piles before anything is judged. What stood there when the camera started is in a
    learnt reference (not in an approved one): seen by the detector it is suspected, no more.
    """

    kind = "clutter"
    words = Words("楼道堆物", "Clutter")
    needs = frozenset()
    severity = Severity.VIOLATION
    pictured_after = True
    params_type = ClutterParams

    def __init__(self, params: ClutterParams) -> None:
        self._params = params
        self._new, self._old = Piles(), Piles()
        self._new_spans_s: dict[int, tuple[float, float]] = {}

    def update(self, scene: Scene) -> Sequence[Finding]:
        seen = [one for one in [*self._seen(scene), *self._still(scene)] if self._counts(scene, one.box)]
        new = self._piles(scene, self._new, [one for one in seen if one.new])
        old = self._piles(scene, self._old, [one for one in seen if not one.new])
        old = [pile for pile in old if geometry.covered(pile.box, [other.box for other in new]) < EXPLAINED]
        told = [pile for pile in [*new, *old] if pile.confirmed or self._is_suspect(scene, pile)]
        return [self._finding(scene, pile, [p.box for p in new if p is not pile and p.confirmed]) for pile in told]

    def due_s(self, now_s: float) -> float:
        """When a new thing will have stood for long enough."""
        rests_s = [pile.rested_s for pile in self._new.seen(now_s) if not pile.confirmed]
        ripe_s = [now_s + self._params.dwell_s - rest_s for rest_s in rests_s if 0 < rest_s < self._params.dwell_s]
        return min(ripe_s, default=math.inf)

    def _seen(self, scene: Scene) -> list[Sighting]:
        now_s = scene.monotonic_s
        tracks = [(track, scene.box_of(track)) for track in scene.named("clutter")]
        fresh = {track.track_id for track, box in tracks if scene.still.new_share(box) >= NEW}
        # A shelf that stood there has not been new for as long as it has been standing.
        known = {i: span for i, span in self._new_spans_s.items() if now_s - span[1] <= STILL_LOST_S}
        self._new_spans_s = known | {i: (known.get(i, (now_s, now_s))[0], now_s) for i in fresh}
        found = []
        for track, box in tracks:
            since_s = max(track.still_since_s, self._new_spans_s.get(track.track_id, (0.0, 0.0))[0])
            new = track.track_id in fresh
            found.append(Sighting(box, since_s, now_s - since_s, track.confidence, "detector", new))
        return found

    def _still(self, scene: Scene) -> list[Sighting]:
        now_s = scene.monotonic_s
        return [
            Sighting(
                blob.box,
                now_s - blob.age_s,
                blob.age_s,
                REFERENCE_CONFIDENCE,
                "reference",
                True,
                blob.settled >= SETTLED,
            )
            for blob in scene.still.blobs(AT_REST_S)
            if blob.area_frac <= self._params.max_area_frac
        ]

    def _counts(self, scene: Scene, box: Box) -> bool:
        zone = _zone(scene, box)
        if zone is None or _allowed(box, zone):
            return False
        return geometry.covered(box, scene.boxes_of(*OWN_RULES)) < EXPLAINED

    def _piles(self, scene: Scene, piles: Piles, seen: Sequence[Sighting]) -> list[Pile]:
        return piles.update(
            seen,
            is_hidden=lambda box: scene.still.hidden_share(box) >= HIDDEN,
            is_clutter=lambda pile: self._is_clutter(scene, pile),
            aspect=scene.size[0] / scene.size[1],
            now_s=scene.monotonic_s,
        )

    def _is_clutter(self, scene: Scene, pile: Pile) -> bool:
        return pile.sure_s >= SURE * self._params.dwell_s and any(self._counted(scene, one) for one in pile.sightings)

    def _counted(self, scene: Scene, one: Sighting) -> bool:
        zone = _zone(scene, one.box)
        # Machines come and go in a shed, and the detector misses some: there the reference alone does not do.
        known = one.witness == "detector" or (zone is not None and zone.type is not ZoneType.SHED)
        return one.new and one.sure and known and one.rested_s >= self._params.dwell_s

    def _is_suspect(self, scene: Scene, pile: Pile) -> bool:
        # Half the dwell is enough to show it as suspected.
        return not pile.hidden and scene.monotonic_s - pile.since_s >= self._params.dwell_s / 2

    def _finding(self, scene: Scene, pile: Pile, others: Sequence[Box]) -> Finding:
        zone = _zone(scene, pile.box)
        x1, y1, x2, y2 = pile.box
        width = self._width(pile.box, others, zone)
        confidence = pile.confidence + (NARROW_CONFIDENCE * (1 - pile.confidence) if width.get("narrow") else 0)
        return self.see(
            scene,
            zone=zone,
            key=pile.key,
            confirmed=pile.confirmed,
            since_s=pile.since_s,
            confidence=confidence,
            box=pile.box,
            evidence={
                "still_s": round(scene.monotonic_s - pile.since_s, 1),
                "dwell_s": self._params.dwell_s,
                "witness": "+".join(pile.witnesses),
                "new": any(one.new for one in pile.sightings),
                "hidden": pile.hidden,
                "area_frac": round((x2 - x1) * (y2 - y1), 4),
                **width,
            },
        )

    def _width(self, box: Box, others: Sequence[Box], zone: Zone | None) -> dict[str, Any]:
        """The way left past the thing, as evidence; empty where the floor is not known."""
        if zone is None or zone.floor is None:
            return {}
        free_m = zone.floor.free_width_m(box, others, zone.polygon)
        if free_m is None:
            return {}
        limit_m = self._params.min_free_width_m
        return {"free_width_m": round(free_m, 2), "limit_m": limit_m, "narrow": free_m < limit_m}


RULE = ClutterRule


def _zone(scene: Scene, box: Box) -> Zone | None:
    """The escape route (or shed) on which the foot of the box stands."""
    return scene.zone_under(box, CLUTTER_TYPES)


def _allowed(box: Box, zone: Zone) -> bool:
    """Whether the thing's foot, or most of it, lies in a place where something may stand."""
    if not zone.allowed:
        return False
    x1, y1, x2, y2 = box
    across, down = np.meshgrid(np.linspace(x1, x2, 9), np.linspace(y1, y2, 9))
    points = np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)
    foot = np.array([[(x1 + x2) / 2, y2 - 1e-4]], np.float32)
    within, on_foot = (geometry.inside_any(where, zone.allowed) for where in (points, foot))
    return bool(within.mean() >= ALLOWED or on_foot.all())
