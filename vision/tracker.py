"""Joins detections over time into tracks.

Two passes as in ByteTrack (Zhang et al. 2022): confident detections first, then weak ones may only prolong a track.
Boxes are compared by buffered IoU (Yang et al., C-BIoU, 2023), which survives the low and uneven look rate of a
small box better than a motion model does. Why not a library: docs/design/tracker.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.detections import TWO_WHEELERS, Detections
from vision.standing import Standing

FAMILIES: Mapping[str, str] = dict.fromkeys(TWO_WHEELERS, "two_wheeler")
"""Classes of one family share a track."""

BUFFER = 0.3
"""Each box grows by this share of its size per side before comparison."""
MIN_SIMILARITY = 0.15
LOST_S = 4.0
"""A moving track ends after this long unseen."""
STILL_LOST_S = 20.0
"""A track that stood still may be hidden this long (somebody stands before it) and come back."""
SECOND = 0.8
"""A box of which this share lies in another of its family, or that takes in as much of one, is a second box of one
thing and starts no track; what it is called counts for the thing all the same."""
MIN_HITS = 2
MAX_TRACKS = 200


@dataclass(slots=True)
class Track:
    """One thing over time. Rules read it; only the tracker changes it.

    xyxy: (4,) float32 px, of the last sighting. confidence: of the last sighting. seen_as: its class then.
    strong: whether that sighting alone would have started a track.
    votes: class name → sum of confidences; `name` is the heaviest.
    first_s, last_s: first and last sighting, `monotonic_s`. standing: where and since when it has not moved.
    """

    track_id: int
    xyxy: NDArray[np.float32]
    confidence: float
    seen_as: str
    first_s: float
    last_s: float
    standing: Standing
    hits: int = 1
    strong: bool = True
    votes: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The class that most of the evidence speaks for."""
        return max(self.votes, key=lambda name: self.votes[name])

    @property
    def confirmed(self) -> bool:
        """Seen often enough to be more than a flicker of the detector."""
        return self.hits >= MIN_HITS

    @property
    def still_since_s(self) -> float:
        """Since when it has not moved."""
        return self.standing.since_s

    def still_s(self, now_s: float) -> float:
        """For how long it has not moved, seconds."""
        return now_s - self.still_since_s


class Tracker:
    """Tracks of one camera. Bounded: at most `MAX_TRACKS`, the longest unseen go first."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._family = [FAMILIES.get(name, name) for name in names]
        self._tracks: list[Track] = []
        self._next_id = 1
        self._gap_s, self._looked_s = 0.0, 0.0

    def update(self, detections: Detections, strong: NDArray[np.bool_], now_s: float) -> list[Track]:
        """Take in one look. strong: (N,) which detections may start a track. Returns confirmed tracks seen now."""
        self._gap_s, self._looked_s = now_s - self._looked_s, now_s
        free = set(range(len(self._tracks)))
        born: list[Track] = []
        taken: dict[int, Track] = {}
        for mask, may_start in ((strong, True), (~strong, False)):
            part = np.flatnonzero(mask)
            matched = self._match(detections, part, free, now_s)
            for index, track_index in matched.items():
                self._extend(self._tracks[track_index], detections, index, now_s)
                self._tracks[track_index].strong = may_start
                taken[index] = self._tracks[track_index]
            for index in (int(i) for i in part if int(i) not in matched):
                first = self._second(detections, index, list(taken))
                if first is not None:
                    self._vote(taken[first], detections, index)
                elif may_start:
                    born.append(self._start(detections, index, now_s))
                    taken[index] = born[-1]
        self._tracks = self._alive([*self._tracks, *born], now_s)
        return [track for track in self._tracks if track.last_s == now_s and track.confirmed]

    def standing(self, name: str) -> list[Track]:
        """The confirmed tracks of one class that are not given up yet."""
        return [track for track in self._tracks if track.name == name and track.confirmed]

    def recent(self, name: str, now_s: float, within_s: float) -> list[Track]:
        """The tracks of one class seen within that time, confirmed or not."""
        return [track for track in self._tracks if track.name == name and now_s - track.last_s <= within_s]

    def _match(self, detections: Detections, part: NDArray[np.intp], free: set[int], now_s: float) -> dict[int, int]:
        """Detection index → track index, greedily from the most alike pair. Takes them out of `free`."""
        candidates = sorted(free)
        if not len(part) or not candidates:
            return {}
        boxes = np.stack([self._tracks[i].xyxy for i in candidates])
        similarity = geometry.iou(_buffered(detections.xyxy[part]), _buffered(boxes))
        kin = np.array([[self._kin(int(detections.class_id[d]), self._tracks[i]) for i in candidates] for d in part])
        similarity = np.where(kin, similarity, 0)
        matched: dict[int, int] = {}
        for flat in np.argsort(-similarity, axis=None, kind="stable"):
            row, column = divmod(int(flat), len(candidates))
            if similarity[row, column] < MIN_SIMILARITY:
                break
            detection, track = int(part[row]), candidates[column]
            if detection not in matched and track in free:
                matched[detection] = track
                free.discard(track)
        return matched

    def _second(self, detections: Detections, index: int, taken: Sequence[int]) -> int | None:
        """The taken box of which this one is a second: of the machine, and of it with its rider."""
        family = self._family[detections.class_id[index]]
        kin = [other for other in taken if self._family[detections.class_id[other]] == family]
        if not kin:
            return None
        share = geometry.overlap(detections.xyxy[[index]], detections.xyxy[kin])[0]
        return kin[int(share.argmax())] if share.max() >= SECOND else None

    def _vote(self, track: Track, detections: Detections, index: int) -> None:
        """A second box that calls the thing something else speaks against what the first one says."""
        name = self._names[int(detections.class_id[index])]
        if name != track.seen_as:
            track.votes[name] = track.votes.get(name, 0.0) + float(detections.confidence[index])

    def _kin(self, class_id: int, track: Track) -> bool:
        return FAMILIES.get(track.name, track.name) == self._family[class_id]

    def _start(self, detections: Detections, index: int, now_s: float) -> Track:
        xyxy, confidence = detections.xyxy[index], float(detections.confidence[index])
        name = self._names[int(detections.class_id[index])]
        standing = Standing(xyxy, now_s)
        track = Track(self._next_id, xyxy, confidence, name, now_s, now_s, standing, votes={name: confidence})
        self._next_id += 1
        return track

    def _extend(self, track: Track, detections: Detections, index: int, now_s: float) -> None:
        name = self._names[int(detections.class_id[index])]
        track.xyxy, track.confidence = detections.xyxy[index], float(detections.confidence[index])
        track.seen_as = name
        track.votes[name] = track.votes.get(name, 0.0) + track.confidence
        track.hits += 1
        track.last_s = now_s
        track.standing.see(track.xyxy, now_s)

    def _patience_s(self, track: Track) -> float:
        """How long a track may be unseen; at least two looks, however rare looks are."""
        rare_s = 2.5 * self._gap_s
        if not track.confirmed:
            return max(LOST_S / 2, rare_s)
        return max(STILL_LOST_S if track.still_s(track.last_s) >= LOST_S else LOST_S, rare_s)

    def _alive(self, tracks: list[Track], now_s: float) -> list[Track]:
        kept = [track for track in tracks if now_s - track.last_s <= self._patience_s(track)]
        return sorted(kept, key=lambda track: -track.last_s)[:MAX_TRACKS]


def _buffered(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = (xyxy[:, 2:] - xyxy[:, :2]) * BUFFER
    return np.asarray(np.hstack((xyxy[:, :2] - margin, xyxy[:, 2:] + margin)), np.float32)
