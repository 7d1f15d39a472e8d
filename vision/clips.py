"""Cuts clips of what cameras sent, in the analyzer: one thread for all its cameras, in no reader's or look's way."""

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from streams.access_unit import AccessUnit, StreamFormat
from streams.clip import CLIPPED, Clip, ClipWriter
from streams.clock import Clock
from streams.errors import ClipError
from streams.ring import KeptUnit, UnitRing
from vision.geometry import Polygon
from vision.look import ClipCut
from vision.orders import CutClip
from vision.recode import Recoder

log = logging.getLogger(__name__)

STEP_S = 0.25
LATE_S = 3.0
"""A camera that has sent nothing of the end by so long after it is not waited for."""
LACKS_S = 2.0
"""A better stream may lack so much more of the beginning than another one."""
MOST_AT_ONCE = 8
"""Alerts' clips cut at a time by one analyzer; beside so many all others are refused, a trial's, too."""
WORK_S = 0.25
"""So long one clip is worked on before the others have their turn: minutes that are encoded anew take far longer."""
_NICE = 10

Rings = Callable[[str], "Roll | None"]


@dataclass(frozen=True, slots=True)
class Roll:
    """What can be cut of one camera. rings: the best first.

    masks: what nobody may see: clips are then made of masked pictures.
    """

    rings: Sequence[UnitRing]
    masks: Sequence[Polygon] = ()

    def best(self, now_s: float, from_s: float) -> UnitRing | None:
        """The ring to cut from: the first to which pictures come and that reaches back to `from_s`, or about as far as
        the others do: a main stream that has just come back has nothing of before. If pictures come to none, the first
        that has any since `from_s`.
        """
        alive = [ring for ring in self.rings if ring.newest_s >= now_s - LATE_S]
        if alive:
            begins_s = [ring.begins_s(from_s) for ring in alive]
            earliest_s = max(from_s, min(begins_s))
            return next(ring for ring, at_s in zip(alive, begins_s, strict=True) if at_s <= earliest_s + LACKS_S)
        return next((ring for ring in self.rings if ring.newest_s >= from_s), None)

    def asked(self, order: CutClip, now_s: float) -> UnitRing | None:
        """The ring that an order is cut from; None if it has no picture of that time."""
        if not order.analysed:
            return self.best(now_s, order.from_s)
        return ring if (ring := self.rings[-1]).newest_s >= order.from_s else None


class ClipCutter:
    """roll_of: what there is of a camera, None if it is not watched here. tell: takes the answers, one for each order;
    may block.

    `order` from any thread, and never waits; `step` and `run` from one.
    """

    def __init__(self, roll_of: Rings, tell: Callable[[ClipCut], object], clock: Clock) -> None:
        self._roll_of, self._tell, self._clock = roll_of, tell, clock
        self._lock = threading.Lock()
        self._ordered: list[CutClip] = []
        self._cuts: list[_Cut] = []

    def order(self, order: CutClip) -> None:
        """Take an order; one that is being worked on already is not begun twice. Of trials the newest counts: nobody
        waits for an earlier one's any more, and none takes an alert's place.
        """
        with self._lock:
            self._ordered.append(order)

    def run(self, stop: threading.Event) -> None:
        """Cut until `stop` is set. What is not finished then ends there: whoever ordered it will find the file."""
        if sys.platform == "linux":  # of this thread alone: re-encoding is to take only what looks leave
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not stop.wait(0.0 if self.step() else STEP_S):
            pass
        for cut in self._cuts:
            self._tried(cut, cut.end)

    def step(self) -> bool:
        """Write what has come; answer what is finished. Whether more has come than could be written at once."""
        with self._lock:
            ordered, self._ordered = self._ordered, []
        for order in ordered:
            if order.analysed:
                self._give_up_trials(order)
            self._begin(order)
        for cut in list(self._cuts):
            answer = self._tried(cut, partial(cut.step, self._clock))
            if answer is not None:
                self._cuts.remove(cut)
                self._tell(answer)
        return any(cut.behind for cut in self._cuts)

    def _tried(self, cut: "_Cut", work: Callable[[], ClipCut | None]) -> ClipCut | None:
        """One clip's trouble must not stop the others."""
        try:
            return work()
        except Exception as error:
            log.exception("%s: a clip cannot be cut", cut.order.camera)
            cut.drop()
            return _refused(cut.order, f"internal error: {type(error).__name__}")

    def _give_up_trials(self, order: CutClip) -> None:
        """All but that of this order."""
        for cut in [cut for cut in self._cuts if cut.order.analysed and cut.order != order]:
            self._cuts.remove(cut)
            cut.drop()
            self._tell(_refused(cut.order, "another trial began"))

    def _begin(self, order: CutClip) -> None:
        if any(cut.order == order for cut in self._cuts):
            return
        roll = self._roll_of(order.camera)
        ring = None if roll is None else roll.asked(order, self._clock.monotonic_s())
        if roll is None or ring is None:
            self._tell(_refused(order, "no coded pictures of this camera"))
        elif sum(not cut.order.analysed for cut in self._cuts) >= MOST_AT_ONCE:
            self._tell(_refused(order, "too many clips at once"))
        else:
            self._cuts.append(_Cut(order, ring, roll.masks))


class _Cut:
    """One clip in the making."""

    def __init__(self, order: CutClip, ring: UnitRing, masks: Sequence[Polygon]) -> None:
        self.order = order
        self._ring, self._masks = ring, masks
        self._writer = ClipWriter(order.path)
        self._recoder: Recoder | None = None
        self._begun: AccessUnit | None = None
        self._come: deque[KeptUnit] = deque()
        self._over = False
        self._after = -1

    @property
    def behind(self) -> bool:
        """Something has come that is not written yet."""
        return bool(self._come)

    def step(self, clock: Clock) -> ClipCut | None:
        """Write what is new of it, for a while. The answer, once it is finished."""
        now_s = clock.monotonic_s()
        self._take(now_s)
        try:
            while self._come and clock.monotonic_s() - now_s < WORK_S:
                kept = self._come.popleft()
                self._begun = self._begun or kept.unit
                self._put(kept.format, kept.unit)
        except ClipError as error:
            self._come.clear()
            return self._finish(str(error))
        return self._finish("") if self._over and not self._come else None

    def end(self) -> ClipCut:
        """End it now, with what there is."""
        return self._finish("")

    def drop(self) -> None:
        """Give it up and leave no file."""
        self._writer.close()

    def _take(self, now_s: float) -> None:
        """What is new, out of the ring at once: it would be gone from there before a slow encoder has come to it."""
        for kept in self._ring.since(self.order.from_s, self._after):
            self._after = kept.number
            if kept.unit.monotonic_s > self.order.until_s:
                self._over = True
                return
            self._come.append(kept)
        self._over = self._over or now_s > self.order.until_s + LATE_S

    def _put(self, stream_format: StreamFormat, unit: AccessUnit) -> None:
        if self._recoder is None and (self._masks or stream_format.codec not in CLIPPED):
            self._recoder = Recoder(self._masks)
        if self._recoder is None:
            self._writer.put(stream_format, unit)
        else:
            self._write(self._recoder.put(stream_format, unit))

    def _write(self, units: Iterator[tuple[StreamFormat, AccessUnit]]) -> None:
        for stream_format, unit in units:
            self._writer.put(stream_format, unit)

    def _finish(self, trouble: str) -> ClipCut:
        if self._begun is None:
            self.drop()
            return _refused(self.order, "the camera sent nothing")
        try:
            if self._recoder is not None and not trouble:
                self._write(self._recoder.flush())
        except ClipError as error:
            trouble = str(error)
        try:
            clip = self._writer.finish()
        except ClipError as error:
            log.warning("%s: %s", self.order.camera, error)
            return _refused(self.order, str(error))
        return self._answer(clip, trouble)

    def _answer(self, clip: Clip, trouble: str) -> ClipCut:
        assert self._begun is not None
        short = self._begun.monotonic_s + clip.duration_s < self.order.until_s - LATE_S
        return ClipCut(
            self.order.camera,
            self.order.path,
            self._begun.at,
            clip.duration_s,
            clip.size,
            clip.sha256,
            trouble or ("the camera fell silent" if short else ""),
        )


def _refused(order: CutClip, trouble: str) -> ClipCut:
    return ClipCut(order.camera, order.path, trouble=trouble)
