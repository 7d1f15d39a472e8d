"""The film strip of an alert: some pictures of what led to it, from before it was suspected until it fired. And the
newest picture of a camera that can be shown with heads hidden.

Of every camera a reel of its live pictures is kept in memory, dense at its end and ever thinner towards its
beginning, so that it shows both the second before a fire and who put a sofa down ten minutes ago. Of an alert that
fires some of them are kept, with heads hidden and only so. No alert ever waits for its film.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from alerts.alert import Alert
from alerts.desk import Desk
from alerts.errors import AlertNotFound, StoreError
from alerts.evidence.snapshot import SnapshotStore, veiled
from vision.blur import NOTHING_PRIVATE, Private
from vision.config import CameraConfig
from vision.look import Look, Preview

log = logging.getLogger(__name__)

LONGEST = timedelta(minutes=25)
"""What is older is forgotten."""
EVERY = timedelta(seconds=1)
"""The newest pictures are so far apart, …"""
THINNING = 0.3
"""… older ones this share of their age: about 20 pictures reach back over all of `LONGEST`."""
NEAR = timedelta(seconds=1.5)
"""Whoever is seen in a look this near to a picture may be in the picture: all of them are hidden."""
BEFORE = timedelta(seconds=10)
"""A film begins so long before the first evidence."""
PICTURES = 6
"""Of one film."""
MOST_WAITING = 64
"""Films that wait to be written: in a flood of alerts the newest have none."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A live picture. private: what was seen near this moment that must be hidden. looked_at: there was a look near it;
    else nobody knows who is in it, and it is shown to nobody."""

    at: datetime
    jpeg: bytes
    private: Private = NOTHING_PRIVATE
    looked_at: bool = False

    def near(self, at: datetime) -> bool:
        """Whether who was seen at that time may be in it."""
        return abs(at - self.at) <= NEAR

    def with_seen(self, private: Private) -> "Shot":
        """The same, after one more look near it."""
        return replace(self, private=self.private | private, looked_at=True)


class Reel:
    """One camera's newest pictures, oldest first. Not thread-safe. Bounded by `LONGEST` and `THINNING`."""

    def __init__(self) -> None:
        self._shots: list[Shot] = []
        self._seen: list[tuple[datetime, Private]] = []

    def __len__(self) -> int:
        return len(self._shots)

    def show(self, preview: Preview) -> None:
        """A new picture. One that comes too soon after the last, or out of order, is passed over."""
        if self._shots and preview.at < self._shots[-1].at + EVERY:
            return
        shot = Shot(preview.at, preview.jpeg)
        near = (private for at, private in self._seen if shot.near(at))
        self._shots.append(reduce(Shot.with_seen, near, shot))
        self._shots = _thinned(self._shots, preview.at)

    def see(self, look: Look) -> None:
        """Who and what was seen; also in the pictures just before. One that no look will be near any more goes."""
        self._seen = [one for one in self._seen if look.at - one[0] <= NEAR] + [(look.at, look.private)]
        shots = (shot.with_seen(look.private) if shot.near(look.at) else shot for shot in self._shots)
        self._shots = [shot for shot in shots if shot.looked_at or shot.at > look.at]

    def newest(self) -> Shot | None:
        """The newest picture that was looked at, and at or after which somebody has looked; None: there is none."""
        looked = self._seen[-1][0] if self._seen else None
        shots = reversed(self._shots)
        return next((shot for shot in shots if looked is not None and shot.looked_at and shot.at <= looked), None)

    def of(self, begun: datetime, until: datetime) -> list[Shot]:
        """At most `PICTURES` that were looked at, from a little before `begun` on, spread over what there is."""
        found = [shot for shot in self._shots if shot.looked_at and begun - BEFORE <= shot.at <= until]
        if len(found) <= PICTURES:
            return found
        last = len(found) - 1
        return [found[round(number * last / (PICTURES - 1))] for number in range(PICTURES)]


class Films:
    """`put` and `fired` may be called from any thread, and only move pointers; `tick` writes, and is called by one
    thread."""

    def __init__(self, desk: Desk, snapshots: SnapshotStore) -> None:
        self._desk, self._snapshots = desk, snapshots
        self._lock = threading.Lock()
        self._cameras: dict[str, CameraConfig] = {}
        self._reels: dict[str, Reel] = {}
        self._waiting: list[tuple[Alert, Sequence[Shot]]] = []
        self.watch(desk.settings.cameras)

    def watch(self, cameras: Sequence[CameraConfig]) -> None:
        """These are the cameras from now on. Of one that is gone, or whose pictures are of something else now
        (`Sight`), nothing older is kept."""
        with self._lock:
            old, self._cameras = self._cameras, {camera.name: camera for camera in cameras}
            same = {name for name, camera in self._cameras.items() if name in old and old[name].sight == camera.sight}
            self._reels = {name: reel for name, reel in self._reels.items() if name in same}

    def put(self, message: Look | Preview) -> None:
        """From a camera. Of one that is not watched nothing is kept, nor what was on its way when the camera was given
        another address or other masks."""
        with self._lock:
            camera = self._cameras.get(message.camera)
            if camera is None or message.sight != camera.sight:
                return
            reel = self._reels.setdefault(message.camera, Reel())
            if isinstance(message, Look):
                reel.see(message)
            else:
                reel.show(message)

    def newest(self, camera: str) -> Shot | None:
        """A camera's newest picture of which it is known who is in it, at most some seconds old while it is looked
        at; older where it no longer is."""
        with self._lock:
            reel = self._reels.get(camera)
            return reel.newest() if reel else None

    def fired(self, alert: Alert, at: datetime) -> None:
        """Keep what led to this alert. at: of the look in which it fired."""
        with self._lock:
            reel = self._reels.get(alert.camera)
            shots = reel.of(alert.started_at, at) if reel else []
            if shots and len(self._waiting) < MOST_WAITING:
                self._waiting.append((alert, shots))

    def tick(self) -> None:
        """Call it about once a second. What cannot be written is lost, and said in the log."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for alert, shots in waiting:
            try:
                self._desk.attach_film(alert.id, list(self._written(alert, shots)))
            except (AlertNotFound, StoreError, ValueError) as error:
                log.error("alert %s has no film: %s", alert.id, error)

    def _written(self, alert: Alert, shots: Iterable[Shot]) -> Iterable[dict[str, Any]]:
        for shot in shots:  # no box of the fire is left clear: before it began, a face may have been there
            kept = self._snapshots.save(alert.id, veiled(shot.jpeg, shot.private), taken_at=shot.at)
            yield kept.evidence()


def _thinned(shots: Sequence[Shot], now: datetime) -> list[Shot]:
    """Those that are far enough from the next older one that is kept, for their age; the newest always.

    Gaps are counted from the oldest on, so that a picture once kept stays until it is too old.
    """
    kept: list[Shot] = []
    for shot in shots:
        age = now - shot.at
        if age > LONGEST:
            continue
        if kept and shot is not shots[-1] and shot.at - kept[-1].at < max(EVERY, age * THINNING):
            continue
        kept.append(shot)
    return kept
