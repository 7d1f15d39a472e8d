"""Orders a clip for every alert that fires, and puts what was cut with the alert. Nothing ever waits for a clip."""

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.errors import AlertNotFound, StoreError
from alerts.evidence.clip_store import ClipStore
from streams.clip import Clip, salvaged
from streams.clock import Clock
from vision.config import EvidenceConfig
from vision.look import ClipCut
from vision.orders import CutClip

log = logging.getLogger(__name__)

PATIENCE_S = 20.0
"""A clip of which no analyzer took the order is given up so long after its end."""
SLOW_S = 600.0
"""So is one that an analyzer is at: encoding a masked one may take its time on a busy machine."""
MOST_BEGAN_S = 60.0
"""A clip reaches back no further, beyond `pre_s`: more is kept nowhere."""
TIDY_S = 30.0
"""The disk is looked after this often, seconds."""

FULL, LOST, SILENT, STOPPED = (
    "the disk is full",
    "the analyzer was lost",
    "the analyzer did not answer",
    "the watch was stopped",
)
"""Troubles told here; the page has words for them, and for those of `vision.clips`."""

Tell = Callable[[str, CutClip], bool]
"""tell(camera, order): to the camera's analyzer; never waits. False: it cannot take it now."""


@dataclass(slots=True)
class _Wanted:
    """A clip that was ordered and is not there yet. taken: the analyzer has the order. lost: and is gone since."""

    alert_id: str
    key: str
    order: CutClip
    taken: bool
    lost: bool = False


class Clips:
    """`fired`, `answered` and `lost` may be called from any thread and do not touch the disk for long; `start`, `tick`
    and `close` may, and are called by one thread.
    """

    def __init__(self, desk: Desk, store: ClipStore, config: EvidenceConfig, tell: Tell, clock: Clock) -> None:
        self._desk, self._store, self._config, self._tell, self._clock = desk, store, config, tell, clock
        self._lock = threading.Lock()
        self._wanted: dict[str, _Wanted] = {}
        self._answers: list[ClipCut] = []
        self._tidied_s = float("-inf")

    def start(self) -> None:
        """Keep what an earlier run had not finished."""
        with _in_nobodys_way():
            for alert_id, key, clip in self._store.left_behind():
                self._attach(alert_id, _kept(key, clip, None, STOPPED))

    def fired(self, alert: Alert, monotonic_s: float, at: datetime, began_s: float = 0.0) -> None:
        """Order the clip of an alert that has just fired. monotonic_s, at: of the look. began_s: so long before it
        began what is to be seen, where that is not plain from the look itself: who covered a camera.
        """
        if not self._config.enabled:
            return
        try:
            if not self._store.room():
                self._attach(alert.id, {"trouble": FULL})
                return
        except StoreError as error:
            log.error("alert %s has no clip: %s", alert.id, error)
            return
        key = self._store.new_key(alert.id, at)
        order = CutClip(
            alert.camera,
            self._store.path(key),
            monotonic_s - min(max(began_s, 0.0), MOST_BEGAN_S) - self._config.pre_s,
            monotonic_s + self._config.post_s,
        )
        with self._lock:
            self._wanted[key] = _Wanted(alert.id, key, order, self._tell(alert.camera, order))

    def answered(self, answer: ClipCut) -> None:
        """An analyzer has finished one."""
        with self._lock:
            self._answers.append(answer)

    def lost(self, cameras: Collection[str]) -> None:
        """These cameras' analyzer is gone, and with it what it had not written. What is ordered from now on is for the
        next one.
        """
        with self._lock:
            for one in self._wanted.values():
                one.lost = one.lost or (one.taken and one.order.camera in cameras)

    def tick(self) -> None:
        """Call it about once a second."""
        with _in_nobodys_way():
            self._take_answers()
            self._give_up_late()
            self._tell_again()
        with _in_nobodys_way():
            self._tidy()

    def close(self) -> None:
        """Once the analyzers have ended: keep what there is of the clips that were being cut."""
        with _in_nobodys_way():
            self._take_answers()
            self._give_up(self._pending(), STOPPED)

    def _take_answers(self) -> None:
        with self._lock:
            answers, self._answers = self._answers, []
        for answer in answers:
            self._settle(answer)
        self._give_up([one for one in self._pending() if one.lost], LOST)

    def _give_up_late(self) -> None:
        now_s = self._clock.monotonic_s()
        for one in self._pending():
            if now_s > one.order.until_s + (SLOW_S if one.taken else PATIENCE_S) and self._forget(one):
                # No word of its file: an analyzer that lives may still write to it.
                self._attach(one.alert_id, {"trouble": SILENT})

    def _tell_again(self) -> None:
        for one in self._pending():
            one.taken = one.taken or self._tell(one.order.camera, one.order)

    def _pending(self) -> list[_Wanted]:
        with self._lock:
            return list(self._wanted.values())

    def _settle(self, answer: ClipCut) -> None:
        with self._lock:
            found = next((one for one in self._wanted.values() if one.order.path == answer.path), None)
            if found is None:
                return
            del self._wanted[found.key]
        if not answer.size:
            self._attach(found.alert_id, {"trouble": answer.trouble})
            return
        clip = Clip(answer.path, answer.duration_s, answer.size, answer.sha256)
        self._attach(found.alert_id, _kept(found.key, clip, answer.begun_at, answer.trouble))

    def _forget(self, one: _Wanted) -> bool:
        """Whether it was still wanted."""
        with self._lock:
            return self._wanted.pop(one.key, None) is not None

    def _give_up(self, wanted: Collection[_Wanted], reason: str) -> None:
        """Their analyzers have ended: what there is of these is kept; the rest is told."""
        for one in wanted:
            if self._forget(one):
                clip = salvaged(one.order.path)
                self._attach(one.alert_id, _kept(one.key, clip, None, reason) if clip else {"trouble": reason})

    def _attach(self, alert_id: str, clip: dict[str, Any]) -> None:
        if clip.get("trouble"):
            log.warning(
                "alert %s: clip %s: %s", alert_id, "incomplete" if "key" in clip else "missing", clip["trouble"]
            )
        try:
            self._desk.attach_clip(alert_id, clip)
        except (AlertNotFound, StoreError) as error:
            log.error("alert %s: its clip is not recorded: %s", alert_id, error)

    def _tidy(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._tidied_s >= TIDY_S:
            self._tidied_s = now_s
            self._store.make_room({alert.id for alert in self._desk.open_alerts()})


@contextlib.contextmanager
def _in_nobodys_way() -> Iterator[None]:
    """Whatever goes wrong with clips is logged, and the watch goes on."""
    try:
        yield
    except Exception:
        log.exception("evidence: clips could not be looked after")


def _kept(key: str, clip: Clip, begun_at: datetime | None, trouble: str) -> dict[str, Any]:
    """As it stands in `alert.evidence["clip"]`; with nothing but `trouble` there is no clip. Plain JSON values."""
    return {
        "key": key,
        "sha256": clip.sha256,
        "size": clip.size,
        "duration_s": round(clip.duration_s, 3),
        "begun_at": time_text(begun_at) if begun_at is not None else None,
        "trouble": trouble,
    }
