"""Clutter on an escape route: a thing that is new, still, and not a person or a vehicle, for the dwell time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from vision import geometry
from vision.incidents import Box, Incidents
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words, strongest
from vision.scene import Scene
from vision.zones import ROUTE_TYPES, Zone

REFERENCE_CONFIDENCE = 0.5
"""What the reference alone is worth: it sees that something is there, not what."""
NEW = 0.3
"""A thing of which less than this share differs from the reference was there from the start: only suspected."""
EXPLAINED = 0.5
"""A still thing that is covered by this much of a person or a two-wheeler is that, not clutter."""


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


@dataclass(frozen=True, slots=True)
class _Candidate:
    box: Box
    age_s: float
    confidence: float
    witness: str
    new: bool


class ClutterRule(HazardRule):
    """Two witnesses: the detector's `clutter` tracks, and whatever differs from the clear reference without moving.

    What stood there when the camera started is in the reference: seen by the detector it is suspected, no more.
    """

    kind = "clutter"
    words = Words("楼道堆物", "Clutter")
    needs = frozenset()
    severity = Severity.VIOLATION
    params_type = ClutterParams

    def __init__(self, params: ClutterParams) -> None:
        self._params = params
        self._incidents = Incidents()

    def update(self, scene: Scene) -> Sequence[Finding]:
        taken = [scene.unit_box(t.xyxy.tolist()) for t in scene.tracks if t.name in ("person", "ebike", "bicycle")]
        return strongest(
            self._finding(scene, candidate, zone)
            for candidate in [*self._seen(scene), *self._still(scene)]
            if (zone := _route_zone(scene, candidate.box)) and not _explained(candidate.box, taken)
        )

    def _seen(self, scene: Scene) -> list[_Candidate]:
        now_s = scene.monotonic_s
        found = []
        for track in scene.named("clutter"):
            box = scene.unit_box(track.xyxy.tolist())
            new = scene.still.new_share(box) >= NEW
            found.append(_Candidate(box, track.still_s(now_s), track.confidence, "detector", new))
        return found

    def _still(self, scene: Scene) -> list[_Candidate]:
        # Half the dwell is enough to show it as suspected.
        blobs = scene.still.blobs(self._params.dwell_s / 2)
        return [
            _Candidate(blob.box, blob.age_s, REFERENCE_CONFIDENCE, "reference", True)
            for blob in blobs
            if blob.area_frac <= self._params.max_area_frac
        ]

    def _finding(self, scene: Scene, candidate: _Candidate, zone: Zone) -> Finding:
        now_s = scene.monotonic_s
        since_s = now_s - candidate.age_s
        x1, y1, x2, y2 = candidate.box
        return self.see(
            scene,
            zone=zone,
            key=self._incidents.key(candidate.box, now_s),
            confirmed=candidate.new and candidate.age_s >= self._params.dwell_s,
            since_s=since_s,
            confidence=candidate.confidence,
            box=candidate.box,
            evidence={
                "still_s": round(candidate.age_s, 1),
                "dwell_s": self._params.dwell_s,
                "witness": candidate.witness,
                "new": candidate.new,
                "area_frac": round((x2 - x1) * (y2 - y1), 4),
            },
        )


RULE = ClutterRule


def _route_zone(scene: Scene, box: Box) -> Zone | None:
    """The escape route on which the foot of the box stands."""
    width, height = scene.size
    foot = (box[0] + box[2]) / 2 * width, box[3] * height
    return next((zone for zone in scene.zones_at(*foot) if zone.type in ROUTE_TYPES), None)


def _explained(box: Box, taken: Sequence[Box]) -> bool:
    if not taken:
        return False
    share = geometry.coverage(np.array([box], np.float32), np.array(taken, np.float32))
    return bool(share.max() >= EXPLAINED)
