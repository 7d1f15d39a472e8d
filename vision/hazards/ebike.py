"""E-bikes (and mopeds, seat scooters) where they must not be. What is allowed depends on the zone's type."""

import math
from collections import deque
from collections.abc import Sequence

from pydantic import Field

from vision import geometry
from vision.machines import LEAST, Machine, Machines
from vision.rule import SOON_S, Finding, HazardParams, HazardRule, Severity, Words, strongest
from vision.scene import Scene
from vision.tracker import STILL_LOST_S, Track
from vision.zones import ROUTE_TYPES, Zone, ZoneType, foot_share

DOUBT = 0.1
"""What is once believed to be an e-bike stays one until its share of the evidence falls this far below `min_share`."""
SURE_FACTOR = 1.5
"""In a lift, sightings this many times as sure as `clear_score` need not wait for `lift_s`."""
SAME_BOX = 0.7
"""Boxes with this intersection over union are of one thing."""
HIDDEN = 0.5
"""A machine of which people cover this share is still there, though nothing of it is seen."""
JUDGE_S = 1.0
"""The place of a machine in a shed is measured anew this often: it stands there for hours."""
IN_BAY = 0.5
"""A machine that stands with this share of its foot in the bays is in its bay, even if it overhangs the line."""
SETTLED_S = 4.0
"""What has stood this long is looked at as often as everything, until it has stood too long."""
IN_AISLE = 1 / 3
"""One that is not, and stands with this share of its foot in an aisle, blocks it."""


class EbikeParams(HazardParams):
    """Settings of the e-bike rule."""

    parked_s: float = Field(
        default=60.0,
        ge=0.5,
        description="Standing this long on an escape route, or out of place in a shed, is parked; less is passing, "
        "seconds.",
    )
    lift_s: float = Field(
        default=1.0, ge=0, description="In a lift it is a violation once seen for this long, seconds; at once if clear."
    )
    min_share: float = Field(
        default=0.6,
        ge=0.5,
        le=1,
        description="Share of a track's evidence that must say e-bike, not bicycle.",
    )
    clear_score: float = Field(
        default=0.4,
        gt=0,
        lt=1,
        description="A parked e-bike of which the clearer looks are less confident is only suspected.",
    )


class EbikeRule(HazardRule):
    """Lift: at once. Escape routes: logged while it passes, a violation once parked. Sheds: once parked out of place,
    or where there are more than fit, if the zone says so. Yards: allowed.
    """

    kind = "ebike"
    words = Words("电动车", "E-bike")
    needs = frozenset({"ebike"})
    severity = Severity.VIOLATION
    params_type = EbikeParams

    def __init__(self, params: EbikeParams) -> None:
        self._params = params
        self._machines = Machines()
        self._looks_s: deque[float] = deque(maxlen=LEAST)

    def update(self, scene: Scene) -> Sequence[Finding]:
        now_s = scene.monotonic_s
        self._looks_s.append(now_s)
        tracks = [track for track in scene.tracks if "ebike" in track.votes]
        found: list[Finding | None] = []
        for machine in self._machines.update(tracks, scene.size, now_s, _people(scene, tracks)):
            if self._believed(machine) and (zone := _zone(scene, machine)):
                found.append(self._judge(scene, machine, zone))
        for machine in self._machines.unseen(now_s):
            if machine.confirmed and machine.zone and _hidden(scene, machine):
                found.append(self._judge(scene, machine, machine.zone))
        found += [self._crowded(scene, zone) for zone in scene.zones if zone.capacity is not None]
        return strongest(finding for finding in found if finding)

    def due_s(self, now_s: float) -> float:
        return min((self._wanted_s(machine, now_s) for machine in self._machines.seen(now_s)), default=math.inf)

    def _wanted_s(self, machine: Machine, now_s: float) -> float:
        """Soon while it moves or has just come to stand; then when it will have stood for too long."""
        if machine.zone is None or machine.confirmed:
            return math.inf
        still_s = machine.still_s(now_s)
        if machine.zone.type is ZoneType.LIFT:
            return now_s + SOON_S if now_s - machine.first_s <= max(SETTLED_S, 2 * self._params.lift_s) else math.inf
        if still_s < SETTLED_S:
            return now_s + SOON_S
        wanted = machine.zone.type is not ZoneType.SHED or machine.breach
        return now_s + self._params.parked_s - still_s if wanted and still_s < self._params.parked_s else math.inf

    def _believed(self, machine: Machine) -> bool:
        """Whether the evidence so far speaks for an e-bike and not for a bicycle."""
        machine.believed = machine.share >= self._params.min_share - DOUBT * machine.believed
        return machine.believed

    def _judge(self, scene: Scene, machine: Machine, zone: Zone) -> Finding | None:
        if zone.type is ZoneType.LIFT:
            return self._in_lift(scene, machine, zone)
        if zone.type is ZoneType.SHED:
            if scene.monotonic_s - machine.breach_s >= JUDGE_S:
                machine.breach, machine.breach_s = _breach(machine, zone), scene.monotonic_s
            return self._parked(scene, machine, zone) if machine.breach else None
        return self._parked(scene, machine, zone) or self._passing(scene, machine, zone)

    def _in_lift(self, scene: Scene, machine: Machine, zone: Zone) -> Finding:
        now_s = scene.monotonic_s
        # However rare looks are, the last few are what is judged.
        window_s = max(self._params.lift_s, now_s - self._looks_s[0])
        recent = [score for at_s, score in machine.recent if now_s - at_s <= window_s + 1e-6]
        sure = [score for score in recent if score >= SURE_FACTOR * self._params.clear_score]
        long_enough = now_s - machine.first_s >= self._params.lift_s and len(recent) >= LEAST
        machine.confirmed = machine.confirmed or long_enough or len(sure) >= LEAST
        # A lift car is one place: box, rider and machine seen apart from above are one alert.
        return self._finding(scene, machine, zone, key=zone.name, since_s=machine.first_s, limit_s=self._params.lift_s)

    def _parked(self, scene: Scene, machine: Machine, zone: Zone) -> Finding | None:
        """Only suspected while it was never clearly seen."""
        limit_s = self._params.parked_s
        if machine.still_s(scene.monotonic_s) < limit_s:
            return None
        machine.confirmed = self._clear(machine)
        return self._finding(scene, machine, zone, key=machine.key, since_s=machine.since_s, limit_s=limit_s)

    def _passing(self, scene: Scene, machine: Machine, zone: Zone) -> Finding | None:
        if not self._clear(machine):
            return None
        return self._finding(
            scene,
            machine,
            zone,
            key=machine.key,
            since_s=machine.zone_since_s,
            limit_s=self._params.parked_s,
            notice="passing",
        )

    def _clear(self, machine: Machine) -> bool:
        return machine.certainty >= self._params.clear_score

    def _finding(
        self, scene: Scene, machine: Machine, zone: Zone, *, key: str, since_s: float, limit_s: float, notice: str = ""
    ) -> Finding:
        now_s = scene.monotonic_s
        return self.see(
            scene,
            zone=zone,
            key=key,
            confirmed=machine.confirmed and not notice,
            since_s=since_s,
            confidence=machine.track.confidence,
            box=machine.box,
            evidence={
                "in_picture_s": round(now_s - machine.first_s, 2),
                "still_s": round(machine.still_s(now_s), 2),
                "limit_s": limit_s,
                "ebike_share": round(machine.share, 3),
                "sightings": machine.sightings,
                "clear_score": round(machine.certainty, 3),
                **({"breach": machine.breach} if machine.breach else {}),
            },
            notice=notice,
        )

    def _crowded(self, scene: Scene, zone: Zone) -> Finding | None:
        """More machines than the shed has room for. One that stands out of place has an alert of its own."""
        now_s, limit_s = scene.monotonic_s, self._params.parked_s
        parked = [
            machine
            for machine in self._machines.standing(zone, now_s, STILL_LOST_S)
            if machine.believed and self._clear(machine) and not machine.breach and machine.still_s(now_s) >= limit_s
        ]
        if zone.capacity is None or len(parked) <= zone.capacity:
            return None
        return self.see(
            scene,
            zone=zone,
            key=f"{zone.name} over capacity",
            confirmed=True,
            since_s=max(machine.since_s for machine in parked),
            confidence=min(machine.certainty for machine in parked),
            box=geometry.around([machine.box for machine in parked]),
            evidence={
                "breach": "over_capacity",
                "machines": len(parked),
                "capacity": zone.capacity,
                "limit_s": limit_s,
            },
        )


RULE = EbikeRule


def _zone(scene: Scene, machine: Machine) -> Zone | None:
    """The zone where the machine has to be judged. While it stands it keeps its zone, so that a box which breathes on
    a border is not two alerts.
    """
    if machine.zone is None or not machine.settled:
        zone = _zone_at(scene, machine)
        if zone is not machine.zone:
            machine.zone, machine.zone_since_s = zone, scene.monotonic_s
        machine.settled = True
    return machine.zone


def _zone_at(scene: Scene, machine: Machine) -> Zone | None:
    """The first zone with a rule: at the box's centre for a lift (seen from above), else at its foot."""
    x1, y1, x2, y2 = machine.box
    lifts = [zone for zone in scene.zones_at((x1 + x2) / 2, (y1 + y2) / 2) if zone.type is ZoneType.LIFT]
    there = scene.zones_at((x1 + x2) / 2, y2)
    routes = [zone for zone in there if zone.type in ROUTE_TYPES]
    return next(iter([*lifts, *routes, *(zone for zone in there if zone.ordered)]), None)


def _people(scene: Scene, tracks: Sequence[Track]) -> set[int]:
    """The tracks that may be but a person: one is seen in nearly the same box, and more surely."""
    people = scene.named("person")
    return {
        track.track_id
        for track in tracks
        for person in people
        if person.confidence > track.confidence and geometry.iou(track.xyxy[None], person.xyxy[None])[0, 0] >= SAME_BOX
    }


def _hidden(scene: Scene, machine: Machine) -> bool:
    return geometry.covered(machine.box, scene.boxes_of("person")) >= HIDDEN


def _breach(machine: Machine, zone: Zone) -> str:
    """What is wrong with the place in the shed: "outside_bay", "blocked_aisle", or "" if nothing is."""
    in_bay = foot_share(machine.place, zone.bays)
    if in_bay >= IN_BAY:
        return ""
    if foot_share(machine.place, zone.aisles) >= IN_AISLE:
        return "blocked_aisle"
    return "outside_bay" if zone.bays else ""
