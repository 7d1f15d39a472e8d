"""Machines and their places, over broken tracks: who stands where, since when, and how sure it is what it is.

A track ends when somebody stands before the machine for long; the machine does not. Whatever is next seen at its place
goes on with its key, its clock and its evidence.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box, unit_box
from vision.incidents import FORGET_S, SAME_PLACE, place_name
from vision.standing import moved
from vision.tracker import LOST_S, SECOND, STILL_LOST_S, Track
from vision.zones import Zone

MAX_MACHINES = 128
LEAST = 3
"""Fewer looks say nothing: one may be the detector's mood, and two its echo in the next picture."""
RECENT = 64
"""Sightings that are remembered: some 13 s of them; more than the window of any rule at 25 looks a second."""
CLEARER = 0.75
"""How sure it is what it is, is told by this quantile of its sightings. People who walk past spoil the fainter ones;
and a shelf that now and then looks like a machine gains nothing by standing there for long."""


@dataclass(slots=True, eq=False)
class Machine:
    """One machine.

    key: names its incident, of where it was first seen. box: 0–1. first_s: first sighting.
    anchor: (4,) in picture heights, where it came to stand; since_s: when. seen_s: last sighting.
    zone: the one that it was last judged in, since zone_since_s; settled: it has not moved since then.
    breach: what is wrong with its place, "" if nothing is, as of breach_s. confirmed: as it was last told.
    twin_of: the one of which this is a second box. left: anchor, since_s and end of its stay before this one.
    recent: (time, confidence) of sightings as an e-bike above the detector's threshold. scores: of all as an e-bike.
    """

    key: str
    box: Box
    first_s: float
    anchor: NDArray[np.float32]
    since_s: float
    seen_s: float
    track: Track
    zone: Zone | None = None
    zone_since_s: float = 0.0
    settled: bool = False
    breach: str = ""
    breach_s: float = float("-inf")
    sightings: int = 0
    believed: bool = False
    confirmed: bool = False
    recent: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=RECENT))
    boxes: deque[Box] = field(default_factory=lambda: deque(maxlen=RECENT))
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    twin_of: "Machine | None" = None
    left: tuple[NDArray[np.float32], float, float] | None = None
    _carried: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How much of the evidence of all its tracks says e-bike, 0–1."""
        ebike = self._carried.get("ebike", 0.0) + self.track.votes.get("ebike", 0.0)
        return ebike / (sum(self._carried.values()) + sum(self.track.votes.values()))

    @property
    def place(self) -> Box:
        """Where it stands, 0–1: the middle of its last boxes there, so that somebody before it does not shift it."""
        x1, y1, x2, y2 = np.median(self.boxes, axis=0).tolist()
        return x1, y1, x2, y2

    @property
    def certainty(self) -> float:
        """The confidence of the clearer ones of its last sightings; 0 while there were fewer than `LEAST`."""
        if len(self.scores) < LEAST:
            return 0.0
        return sorted(self.scores)[int(CLEARER * (len(self.scores) - 1))]

    def still_s(self, now_s: float) -> float:
        """For how long it has not moved, seconds."""
        return now_s - self.since_s

    def see(self, track: Track, box: Box, anchor: NDArray[np.float32], now_s: float, doubtful: bool) -> None:
        """Take in a sighting; track: perhaps another than before. doubtful: it may be of something else."""
        self._follow(track)
        if moved(self.anchor, anchor):
            self.left = self.anchor, self.since_s, now_s
            self._settle(anchor, track.still_since_s)
        self.box, self.seen_s = box, now_s
        self.boxes.append(box)
        self.sightings += 1
        if track.seen_as == "ebike" and track.strong:
            self.recent.append((now_s, track.confidence))
        if track.seen_as == "ebike" and not doubtful:
            self.scores.append(track.confidence)

    def absorb(self, other: "Machine") -> None:
        """Go on as a second box of this machine, now that the first one is gone."""
        self._follow(other.track)
        self._settle(other.anchor, other.since_s)
        self.boxes.extend(other.boxes)
        self.box, self.seen_s, self.left = other.box, other.seen_s, other.left
        self.first_s = min(self.first_s, other.first_s)
        self.recent.extend(other.recent)
        self.scores.extend(other.scores)

    def come_home(self) -> None:
        """Stand again where it stood before its track went off with somebody."""
        if self.left is not None:
            self._settle(*self.left[:2])
            self.left = None

    def _follow(self, track: Track) -> None:
        if track.track_id != self.track.track_id:
            for name, weight in self.track.votes.items():
                self._carried[name] = self._carried.get(name, 0.0) + weight
            self.track = track

    def _settle(self, anchor: NDArray[np.float32], since_s: float) -> None:
        self.anchor, self.since_s, self.settled, self.confirmed = anchor, since_s, False, False
        self.boxes.clear()


class Machines:
    """Of one rule in one camera. Bounded: forgets what was unseen for `FORGET_S`, keeps at most `MAX_MACHINES`."""

    def __init__(self) -> None:
        self._machines: list[Machine] = []

    def update(
        self, tracks: Sequence[Track], size: tuple[int, int], now_s: float, doubtful: Collection[int] = ()
    ) -> list[Machine]:
        """The machines seen in this look, each once, the longest known first.

        size: (width, height) px. doubtful: ids of tracks whose sighting may be of something else.
        """
        self._machines = [machine for machine in self._machines if now_s - machine.seen_s <= FORGET_S][-MAX_MACHINES:]
        for track in sorted(tracks, key=lambda track: self._of(track) is None):
            box, anchor = unit_box(track.xyxy.tolist(), size), np.asarray(track.standing.anchor / size[1], np.float32)
            machine = self._of(track) or self._home(box, size, now_s) or self._unseen_at(box, now_s)
            if machine is not None:
                machine.see(track, box, anchor, now_s, track.track_id in doubtful)
            elif not self._part(box, size, now_s):
                machine = Machine(self._key(box), box, track.first_s, anchor, track.still_since_s, now_s, track)
                machine.see(track, box, anchor, now_s, track.track_id in doubtful)
                self._machines.append(machine)
        self._join(now_s)
        return self.seen(now_s)

    def seen(self, now_s: float) -> list[Machine]:
        """The machines that this look shows."""
        return [machine for machine in self._machines if machine.seen_s == now_s and machine.twin_of is None]

    def unseen(self, now_s: float) -> list[Machine]:
        """The machines that this look does not show."""
        return [machine for machine in self._machines if machine.seen_s < now_s and machine.twin_of is None]

    def standing(self, zone: Zone, now_s: float, within_s: float) -> list[Machine]:
        """The machines in a zone seen within that time."""
        known = [machine for machine in self._machines if machine.twin_of is None]
        return [machine for machine in known if machine.zone is zone and now_s - machine.seen_s <= within_s]

    def _key(self, box: Box) -> str:
        return place_name(box, {machine.key for machine in self._machines})

    def _of(self, track: Track) -> Machine | None:
        return next((machine for machine in self._machines if machine.track.track_id == track.track_id), None)

    def _home(self, box: Box, size: tuple[int, int], now_s: float) -> Machine | None:
        """The machine whose track has just gone off with somebody, while it still stands here."""
        for machine in self._machines:
            if (
                machine.left
                and now_s - machine.left[2] <= STILL_LOST_S
                and _overlap(box, _place(machine.left[0], size)) >= SECOND
            ):
                machine.come_home()
                return machine
        return None

    def _unseen_at(self, box: Box, now_s: float) -> Machine | None:
        """The machine at this place that is not seen now: what is seen there is that machine."""
        unseen = self.unseen(now_s)
        shares = [_overlap(box, machine.box) for machine in unseen]
        best = max(range(len(unseen)), key=shares.__getitem__, default=None)
        return unseen[best] if best is not None and shares[best] >= SAME_PLACE else None

    def _part(self, box: Box, size: tuple[int, int], now_s: float) -> bool:
        """Whether it is a second box of a machine that is seen, or one of the halves beside somebody before it."""
        seen = [machine for machine in self._machines if machine.seen_s == now_s]
        return any(
            max(_overlap(box, machine.box), _overlap(box, _place(machine.anchor, size))) >= SECOND for machine in seen
        )

    def _join(self, now_s: float) -> None:
        """Two that have become one, such as the machine and it with its rider, are told as the longer known; when that
        one is no longer seen, the other goes on in its name."""
        for index, machine in enumerate(self._machines):
            if machine.seen_s < now_s:
                continue
            first = machine.twin_of
            if first in self._machines and first.seen_s < now_s and _goes_on(first, machine):
                first.absorb(machine)
                continue
            before = [other for other in self._machines[:index] if other.seen_s == now_s and other.twin_of is None]
            machine.twin_of = next((other for other in before if _overlap(machine.box, other.box) >= SECOND), None)
        self._machines = [
            machine
            for machine in self._machines
            if machine.twin_of is None or machine.twin_of.track is not machine.track
        ]


def _goes_on(first: Machine, second: Machine) -> bool:
    """Whether the second box may stand for the first one: not if that one stood, and this one only came past."""
    return first.still_s(first.seen_s) < LOST_S or not moved(first.anchor, second.anchor)


def _place(anchor: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """An anchor as a box of the picture, 0–1."""
    return unit_box((anchor * size[1]).tolist(), size)


def _overlap(a: Box, b: Box) -> float:
    """The share of the smaller of two boxes that lies in the larger."""
    # Plain numbers: a full shed asks this some hundred times a look.
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / smaller if width > 0 and height > 0 and smaller > 0 else 0.0
