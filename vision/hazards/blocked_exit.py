"""A blocked exit: anything but a person stands in an exit zone, whatever it is. Off unless it is switched on.

Sooner and stricter than clutter and e-bike, which let people unload and count a bicycle as nothing: through an exit
nobody may have to climb. It is the fifth hazard, and the proof that one file adds one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from vision import geometry
from vision.detections import TWO_WHEELERS
from vision.geometry import Box
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words, strongest
from vision.scene import Scene
from vision.zones import Zone, ZoneType

THINGS = (*TWO_WHEELERS, "clutter")
"""Classes of the detector that stand in the way."""
STILL_CONFIDENCE = 0.5
"""What the reference alone is worth: it sees that something is there, not what."""
IS_PERSON = 0.5
"""A still thing that is covered by this much of a person is that person."""


class BlockedExitParams(HazardParams):
    """Settings of the blocked-exit rule."""

    enabled: bool = False
    dwell_s: float = Field(
        default=30.0, ge=1, description="What stands in an exit this long blocks it, seconds; less is carried through."
    )

    @property
    def anew_s(self) -> float:
        return self.dwell_s


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that stands. name: as the detector has it; "thing" where only the reference sees it."""

    name: str
    box: Box
    still_s: float
    confidence: float


class BlockedExitRule(HazardRule):
    """One alert an exit, however many things stand in it: the one that has stood longest is told."""

    kind = "blocked_exit"
    words = Words("出口堵塞", "Blocked exit")
    needs = frozenset()
    severity = Severity.VIOLATION
    params_type = BlockedExitParams

    def __init__(self, params: BlockedExitParams) -> None:
        self._params = params
        self._ripe_s: list[float] = []

    def update(self, scene: Scene) -> Sequence[Finding]:
        longest: dict[str, tuple[Zone, _Thing]] = {}
        for thing in self._things(scene):
            zone = scene.zone_under(thing.box, {ZoneType.EXIT})
            if zone and (zone.name not in longest or thing.still_s > longest[zone.name][1].still_s):
                longest[zone.name] = zone, thing
        self._ripe_s = [scene.monotonic_s + self._params.dwell_s - thing.still_s for _, thing in longest.values()]
        return strongest(self._finding(scene, zone, thing) for zone, thing in longest.values())

    def due_s(self, now_s: float) -> float:
        return min((at_s for at_s in self._ripe_s if at_s > now_s), default=math.inf)

    def _things(self, scene: Scene) -> Iterator[_Thing]:
        now_s = scene.monotonic_s
        for track in scene.tracks:
            if track.name in THINGS:
                yield _Thing(track.name, scene.box_of(track), track.still_s(now_s), track.confidence)
        people = scene.boxes_of("person")
        for blob in scene.still.blobs(self._params.dwell_s / 2):  # half the time is enough to suspect it
            if geometry.covered(blob.box, people) < IS_PERSON:
                yield _Thing("thing", blob.box, blob.age_s, STILL_CONFIDENCE)

    def _finding(self, scene: Scene, zone: Zone, thing: _Thing) -> Finding:
        return self.see(
            scene,
            zone=zone,
            key=zone.name,
            confirmed=thing.still_s >= self._params.dwell_s,
            since_s=scene.monotonic_s - thing.still_s,
            confidence=thing.confidence,
            box=thing.box,
            evidence={"by": thing.name, "still_s": round(thing.still_s, 1), "dwell_s": self._params.dwell_s},
        )


RULE = BlockedExitRule
