"""Flying-lead charging: a lead that runs from a parked machine to somewhere else. Always suspected: a person looks.

Two-wheelers that stand are looked at closely: the looks are averaged, the lead network says where a lead may be, and a
line must begin at the machine and lead away from it. What was there before the machine came is no lead.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from vision.before import Before
from vision.closeup import Closeup
from vision.detections import TWO_WHEELERS
from vision.geometry import Box, grown, iou, near_polygon
from vision.incidents import Incidents
from vision.lead_path import MAYBE, LeadPath, find_paths
from vision.leads import LeadNetwork
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words
from vision.scene import Scene
from vision.tracker import Track
from vision.zones import ROUTE_TYPES, Zone, ZoneType

JUDGED = ROUTE_TYPES | {ZoneType.FACADE, ZoneType.YARD, ZoneType.UNDER_BALCONY, ZoneType.SHED}
"""Where leads are looked for. In a shed a lead from a charging pile is as it should be."""
AT_PILE = 0.03
"""A lead that ends this close to a marked pile, share of the picture, comes from it."""
PILE_AT_BAY = 0.7
"""Piles stand at their bays. Where none is marked in a shed, a lead that ends nearer to its machine than this share of
the machine's length (some 1.2 m) is taken for a pile's, and only longer ones are raised."""
SETTLED_S = 2.0
"""A machine that has stood this long is looked at closely."""
ADD_S = 0.4
"""A close-up takes in a look this often, seconds: looks nearer to each other share their compression noise."""
TURN_S, SELDOM_S = 2.0, 5.0
"""The lead network runs this often for a machine, seconds: while something is open, and once nothing changes."""
FRESH_S = 15.0
"""A machine is fresh this long: leads are plugged in soon after parking."""
FORGET_S = 30.0
"""A machine that was unseen this long is watched no more."""
MAX_WATCHES = 12
"""Most machines watched at once in one picture, those seen last."""
GAP_TURNS = 3
"""After so many turns in vain a find is a new one."""
SAME_STAND = 0.5
"""A machine whose box overlaps the one its close-up was begun with by less than this (IoU) gets a new close-up."""
SHARE = 0.6
"""A lead must be found in this share of the turns."""
SPREAD = 7
"""A line of the reference explains lines within half of this many cells."""
SAME_LINE = 0.03
"""Points this close, share of the picture, are on one line; half of the points on it make one lead of two."""
MARGIN = 0.1
"""People reach this share of their size beyond their boxes."""


class FlyingLeadParams(HazardParams):
    """Settings of the flying-lead rule."""

    dwell_s: float = Field(
        default=10.0, ge=0.5, description="A lead must be seen at a parked machine this long, seconds."
    )
    min_score: float = Field(
        default=0.65, gt=0, lt=1, description="Mean probability along a line from which it is a lead."
    )

    @property
    def anew_s(self) -> float:
        return self.dwell_s


@dataclass(slots=True, eq=False)
class _Turn:
    at_s: float
    path: LeadPath | None


@dataclass(slots=True, eq=False)
class _Watch:
    """A machine that stands, and what was found at it."""

    closeup: Closeup
    seen_s: float
    bike: Box
    turns: deque[_Turn] = field(default_factory=lambda: deque(maxlen=120))
    explained: NDArray[np.float32] | None = None
    added_s: float = float("-inf")
    begun_s: float = 0.0


class FlyingLeadRule(HazardRule):
    """A lead at a machine that stands where charging is not allowed."""

    kind = "flying_lead"
    words = Words("飞线充电（疑似）", "Flying lead (suspected)")
    needs = frozenset({"ebike"})
    severity = Severity.VIOLATION
    params_type = FlyingLeadParams

    def __init__(self, params: FlyingLeadParams) -> None:
        self._params = params
        self._incidents = Incidents()
        self._watches: dict[str, _Watch] = {}
        self._before = Before()

    def update(self, scene: Scene) -> Sequence[Finding]:
        now_s = scene.monotonic_s
        self._forget(now_s)
        parked = list(self._parked(scene))
        self._turn(scene, [watch for _, _, _, watch in parked])
        found = [self._finding(scene, key, track, watch, zone) for key, track, zone, watch in parked]
        self._remember(scene)
        return _one_each([finding for finding in found if finding is not None])

    def due_s(self, now_s: float) -> float:
        return min((self._wanted_s(watch, now_s) for watch in self._watches.values()), default=math.inf)

    def _wanted_s(self, watch: _Watch, now_s: float) -> float:
        """Soon while a machine is fresh, and until its close-up is known; then when its lead will have been there for
        long enough.
        """
        if watch.seen_s < now_s:
            return math.inf
        if now_s - watch.begun_s < max(self._params.dwell_s, FRESH_S):
            return watch.added_s + ADD_S
        hits = [turn for turn in _streak(watch.turns) if turn.path is not None]
        due_s = hits[0].at_s + self._params.dwell_s if hits else math.inf
        return due_s if due_s > now_s else math.inf

    def _forget(self, now_s: float) -> None:
        kept = {key: watch for key, watch in self._watches.items() if now_s - watch.seen_s <= FORGET_S}
        newest = sorted(kept, key=lambda key: -kept[key].seen_s)[:MAX_WATCHES]
        self._watches = {key: kept[key] for key in newest}

    def _parked(self, scene: Scene) -> Iterator[tuple[str, Track, Zone, _Watch]]:
        """The machines that stand where leads are judged, each with the watch over it."""
        now_s = scene.monotonic_s
        people = [grown(_box(track), MARGIN) for track in scene.named("person")]
        for track in scene.tracks:
            # A pedal machine with a battery looks like a bicycle, and a bicycle needs no lead.
            zone = scene.zone_under(scene.box_of(track), JUDGED) if track.name in TWO_WHEELERS else None
            if zone is None or track.still_s(now_s) < min(SETTLED_S, self._params.dwell_s / 2):
                continue
            key = self._incidents.key(scene.box_of(track), now_s, track.track_id)
            watch = self._watches.get(key)
            if watch is None or _moved(watch.closeup.box, _box(track)):
                watch = self._watches[key] = _Watch(Closeup(_box(track)), now_s, _box(track), begun_s=now_s)
            watch.seen_s, watch.bike = now_s, _box(track)
            if now_s - watch.added_s >= ADD_S:
                watch.added_s = now_s
                watch.closeup.add(scene.image, people)
            yield key, track, zone, watch

    def _turn(self, scene: Scene, watches: Sequence[_Watch]) -> None:
        """Run the network for the machine that has waited longest beyond its turn; one a look is enough."""
        now_s = scene.monotonic_s
        due = [watch for watch in watches if now_s >= self._due_s(watch) and watch.closeup.known.any()]
        if scene.leads is not None and due:
            watch = min(due, key=self._due_s)
            watch.turns.append(_Turn(now_s, self._lead(scene.leads, watch)))

    def _due_s(self, watch: _Watch) -> float:
        """When this machine's turn comes: often while something is open, seldom once it has been the same for long."""
        if not watch.turns:
            return float("-inf")
        last = watch.turns[-1]
        same = [turn for turn in watch.turns if turn.at_s > last.at_s - max(self._params.dwell_s, SETTLED_S) - TURN_S]
        open_question = last.at_s - watch.turns[0].at_s < max(self._params.dwell_s, FRESH_S) or any(
            (turn.path is None) != (last.path is None) for turn in same
        )
        return last.at_s + (TURN_S if open_question else SELDOM_S)

    def _lead(self, leads: LeadNetwork, watch: _Watch) -> LeadPath | None:
        """The surest line that begins at the machine."""
        closeup = watch.closeup
        if watch.explained is None:
            before = self._before.picture(closeup.frame_box)
            if before is not None:
                there = cv2.dilate(leads.look(closeup.cut(before)), np.ones((SPREAD, SPREAD), np.uint8))
                watch.explained = np.asarray(np.minimum(1, there / MAYBE), np.float32)
        probability = leads.look(closeup.picture)
        known = cv2.resize(closeup.known.astype(np.uint8), probability.shape[::-1], interpolation=cv2.INTER_AREA)
        probability = np.where(known > 0, probability, 0)
        if watch.explained is not None:
            probability = probability * (1 - watch.explained)
        x1, y1, x2, y2 = (value / 2 for value in closeup.inside(watch.bike))
        paths = find_paths(np.asarray(probability, np.float32), (x1, y1, x2, y2))
        return next((path for path in paths if path.score >= self._params.min_score), None)

    def _proper(self, scene: Scene, zone: Zone, watch: _Watch, path: LeadPath) -> bool:
        """Whether the lead comes from a charging pile."""
        width, height = scene.size
        x, y = watch.closeup.to_frame(2 * path.points[-1:])[0].tolist()
        if zone.piles:
            return any(near_polygon((x / width, y / height), pile, AT_PILE) for pile in zone.piles)
        return zone.type is ZoneType.SHED and path.far < PILE_AT_BAY

    def _finding(self, scene: Scene, key: str, track: Track, watch: _Watch, zone: Zone) -> Finding | None:
        now_s = scene.monotonic_s
        recent = _streak(watch.turns)
        hits = [turn for turn in recent if turn.path is not None]
        path = hits[-1].path if hits else None
        if path is None or len(hits) < 2 or len(hits) < SHARE * len(recent) or self._proper(scene, zone, watch, path):
            return None
        since_s = hits[0].at_s
        points = watch.closeup.to_frame(2 * path.points)
        low, high = points.min(axis=0), points.max(axis=0)
        both = np.concatenate((np.minimum(track.xyxy[:2], low), np.maximum(track.xyxy[2:], high)))
        width, height = scene.size
        return self.see(
            scene,
            zone=zone,
            key=key,
            confirmed=now_s - since_s >= self._params.dwell_s,
            since_s=since_s,
            confidence=path.score,
            box=scene.unit_box(both.tolist()),
            evidence={
                "suspected": True,
                "together_s": round(now_s - since_s, 1),
                "dwell_s": self._params.dwell_s,
                "lead_path": [[round(x / width, 4), round(y / height, 4)] for x, y in points.tolist()],
                "lead_score": round(path.score, 3),
                "lead_length": round(path.length, 2),
                "lead_far": round(path.far, 2),
                "turns": len(recent),
                "hits": len(hits),
                "reference": watch.explained is not None,
                "ebike_confidence": round(track.confidence, 3),
            },
        )

    def _remember(self, scene: Scene) -> None:
        """Keep the picture of the place without people, machines, and what is looked at closely."""
        covered = [grown(_box(track), MARGIN) for track in scene.tracks]
        covered += [watch.closeup.frame_box for watch in self._watches.values()]
        self._before.update(scene.image, covered, scene.monotonic_s)


RULE = FlyingLeadRule


def _streak(turns: Sequence[_Turn]) -> list[_Turn]:
    """The newest turns since the lead was first found, with no long gap between the finds."""
    streak: list[_Turn] = []
    misses = 0
    for turn in reversed(turns):
        misses = misses + 1 if turn.path is None else 0
        if misses >= GAP_TURNS:
            break
        streak.append(turn)
    while streak and streak[-1].path is None:
        streak.pop()
    return streak[::-1]


def _one_each(findings: Sequence[Finding]) -> list[Finding]:
    """A lead between two machines is found at both: the first, then the surer, keeps it."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (one.since_s, -one.confidence)):
        if not any(_same_line(finding, other) for other in kept):
            kept.append(finding)
    return kept


def _same_line(one: Finding, other: Finding) -> bool:
    a, b = (np.array(finding.evidence["lead_path"], np.float32) for finding in (one, other))
    apart = np.linalg.norm(a[:, None] - b[None], axis=-1)
    return bool(max((apart.min(axis=1) < SAME_LINE).mean(), (apart.min(axis=0) < SAME_LINE).mean()) >= 0.5)


def _moved(one: Box, other: Box) -> bool:
    """Whether a machine no longer stands where its close-up was begun: it was still being pushed, or somebody sat on
    it."""
    return bool(iou(np.array([one], np.float32), np.array([other], np.float32))[0, 0] < SAME_STAND)


def _box(track: Track) -> Box:
    """Pixels."""
    x1, y1, x2, y2 = track.xyxy.tolist()
    return x1, y1, x2, y2
