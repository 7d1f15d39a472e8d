"""Flying-lead charging: a cable at a parked e-bike. Always reported as suspected: a person has to look."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from vision import geometry
from vision.incidents import Incidents
from vision.rule import Finding, HazardParams, HazardRule, Severity
from vision.scene import Scene
from vision.tracker import Track
from vision.zones import ROUTE_TYPES, Zone, ZoneType

CHARGING_FORBIDDEN = ROUTE_TYPES | {ZoneType.FACADE, ZoneType.YARD, ZoneType.UNDER_BALCONY}


class FlyingLeadParams(HazardParams):
    """Settings of the flying-lead rule."""

    dwell_s: float = Field(default=10.0, ge=0.5, description="Bike and cable must stand together this long, seconds.")
    reach: float = Field(
        default=0.25,
        gt=0,
        le=2,
        description="A cable this close to the bike is at the bike, in bike heights.",
    )


class FlyingLeadRule(HazardRule):
    """A `cable` near an e-bike that stands, where charging is not allowed. Sheds are left to the bay rules."""

    kind = "flying_lead"
    needs = frozenset({"ebike", "cable"})
    severity = Severity.VIOLATION
    params_type = FlyingLeadParams

    def __init__(self, params: FlyingLeadParams) -> None:
        self._params = params
        self._incidents = Incidents()

    def update(self, scene: Scene) -> Sequence[Finding]:
        cables = scene.named("cable")
        found = []
        for bike in scene.named("ebike"):
            zone = _zone(scene, bike)
            cable = _nearest(bike, cables, self._params.reach) if zone else None
            if zone and cable:
                found.append(self._finding(scene, bike, cable, zone))
        return found

    def _finding(self, scene: Scene, bike: Track, cable: Track, zone: Zone) -> Finding:
        now_s = scene.monotonic_s
        since_s = max(bike.still_since_s, cable.first_s)
        both = np.concatenate((np.minimum(bike.xyxy[:2], cable.xyxy[:2]), np.maximum(bike.xyxy[2:], cable.xyxy[2:])))
        box = scene.unit_box(both.tolist())
        return self.see(
            scene,
            zone=zone,
            key=self._incidents.key(box, now_s, bike.track_id),
            confirmed=now_s - since_s >= self._params.dwell_s,
            since_s=since_s,
            confidence=min(bike.confidence, cable.confidence),
            box=box,
            evidence={
                "suspected": True,
                "together_s": round(now_s - since_s, 1),
                "dwell_s": self._params.dwell_s,
                "cable_confidence": round(cable.confidence, 3),
                "cable_box": [round(v, 4) for v in scene.unit_box(cable.xyxy.tolist())],
                "ebike_confidence": round(bike.confidence, 3),
            },
        )


RULE = FlyingLeadRule


def _zone(scene: Scene, bike: Track) -> Zone | None:
    x1, _, x2, y2 = bike.xyxy.tolist()
    return next((zone for zone in scene.zones_at((x1 + x2) / 2, y2) if zone.type in CHARGING_FORBIDDEN), None)


def _nearest(bike: Track, cables: Sequence[Track], reach: float) -> Track | None:
    """The cable closest to the bike, if within `reach` bike heights."""
    if not cables:
        return None
    distance = geometry.gap(bike.xyxy[None], np.stack([cable.xyxy for cable in cables]))[0]
    best = int(distance.argmin())
    return cables[best] if distance[best] <= reach * float(bike.xyxy[3] - bike.xyxy[1]) else None
