"""E-bikes (and mopeds, seat scooters) where they must not be. What is allowed depends on the zone's type."""

from collections.abc import Sequence

from pydantic import Field

from vision.incidents import Incidents
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words, strongest
from vision.scene import Scene
from vision.tracker import Track
from vision.zones import ROUTE_TYPES, Zone, ZoneType


class EbikeParams(HazardParams):
    """Settings of the e-bike rule."""

    parked_s: float = Field(
        default=60.0,
        ge=0.5,
        description="Standing this long on an escape route is parked; less is passing, seconds.",
    )
    lift_s: float = Field(default=1.0, ge=0, description="In a lift it is a violation after this long, seconds.")
    min_share: float = Field(
        default=0.6,
        ge=0.5,
        le=1,
        description="Share of a track's evidence that must say e-bike, not bicycle.",
    )


class EbikeRule(HazardRule):
    """Lift: at once. Escape routes: once parked; before that it is only suspected. Sheds and yards: allowed."""

    kind = "ebike"
    words = Words("电动车", "E-bike")
    needs = frozenset({"ebike"})
    severity = Severity.VIOLATION
    params_type = EbikeParams

    def __init__(self, params: EbikeParams) -> None:
        self._params = params
        self._incidents = Incidents()

    def update(self, scene: Scene) -> Sequence[Finding]:
        return strongest(
            self._finding(scene, track, zone)
            for track in scene.tracks
            if track.share("ebike") >= self._params.min_share and (zone := _forbidden_zone(scene, track))
        )

    def _finding(self, scene: Scene, track: Track, zone: Zone) -> Finding:
        now_s = scene.monotonic_s
        in_lift = zone.type is ZoneType.LIFT
        since_s = track.first_s if in_lift else track.still_since_s
        limit_s = self._params.lift_s if in_lift else self._params.parked_s
        box = scene.unit_box(track.xyxy.tolist())
        return self.see(
            scene,
            zone=zone,
            # A lift car is one place: box, rider and machine seen apart from above are one alert.
            key=zone.name if in_lift else self._incidents.key(box, now_s, track.track_id),
            confirmed=now_s - since_s >= limit_s,
            since_s=since_s,
            confidence=track.confidence,
            box=box,
            evidence={
                "in_picture_s": round(now_s - track.first_s, 2),
                "still_s": round(track.still_s(now_s), 2),
                "limit_s": limit_s,
                "ebike_share": round(track.share("ebike"), 3),
                "sightings": track.hits,
            },
        )


RULE = EbikeRule


def _forbidden_zone(scene: Scene, track: Track) -> Zone | None:
    """The first zone where an e-bike is a violation: at its centre for a lift (seen from above), else at its foot."""
    x1, y1, x2, y2 = track.xyxy.tolist()
    at_foot = [z for z in scene.zones_at((x1 + x2) / 2, y2) if z.type in ROUTE_TYPES]
    at_centre = [z for z in scene.zones_at((x1 + x2) / 2, (y1 + y2) / 2) if z.type is ZoneType.LIFT]
    return next(iter(at_centre + at_foot), None)
