"""Whether a picture shows what an earlier one showed: the network would answer the same again.

A recorder keeps hours of an empty corridor. Compared are the means of cells, in which sensor noise and coding average
out. What always changes (the clock that the camera writes into its picture, leaves, noise at night) is learnt cell by
cell and counts less; what comes counts at once, and is compared with the picture that was answered, so that nothing
can creep in. What is usual is how much a cell differs from one picture to the next.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision.detections import Detections
from vision.detector import Detecting

HOLDS_S = 30.0
"""An answer is given again for so long, then the network is asked anew, whatever the picture shows."""
DOUBTED_S = 10.0
"""The same where a cell changed, though by no more than it usually does: what stands among moving leaves may be new."""
CELLS = 160
"""Along the picture: at D1 a cell is 4 px wide, less than the smallest flame that was ever found."""
CHANGE = 12.0
"""Of a cell, in grey levels of its most changed colour. Of a quiet corridor with a sensor's noise of 2.5 levels no cell
of 11,000 changed by more than 10 within two seconds, coded at 1 Mbit/s."""
TIMES_USUAL = 4.0
"""A cell that always changes has to change by so many times its usual more."""
FORGETS = 1 / 32
"""Weight of the last comparison in what is usual."""
PART_CELLS = 80
"""Along a part of the picture: a cell is 8 px wide at 1080p, 3 at D1. Second looks find flames of 1.6 % of a picture's
width, which are 31 and 11 px wide."""
PARTS = 12
"""Parts whose answers are known: of the places that glow at one camera."""
GIVEN = 8
"""A part's answer is given again so often, then the network is asked anew."""


class Unchanged:
    """Of one recording. Seconds are the recording's."""

    def __init__(self) -> None:
        self._answered: NDArray[np.int16] | None = None
        self._before: NDArray[np.int16] | None = None
        self._usual = np.zeros(0, np.float32)
        self._seen: Detections | None = None
        self._at_s = float("-inf")

    def answer(self, frame: Frame) -> Detections | None:
        """What was seen in the picture that looked like this one; None: ask the network."""
        if self._seen is None or self._answered is None or abs(frame.pts_s - self._at_s) > HOLDS_S:
            return None
        cells = _cells(frame.image, CELLS)
        if cells.shape != self._answered.shape:
            return None
        before, self._before = self._answered if self._before is None else self._before, cells
        if self._usual.shape != cells.shape[:2]:
            self._usual = np.zeros(cells.shape[:2], np.float32)
        change = _change(self._answered, cells)
        changed = bool((change > CHANGE + TIMES_USUAL * self._usual).any())
        doubted = abs(frame.pts_s - self._at_s) > DOUBTED_S and bool((change > CHANGE).any())
        self._usual += np.float32(FORGETS) * (_change(before, cells) - self._usual)
        return None if changed or doubted else self._seen

    def keep(self, frame: Frame, seen: Detections | None) -> None:
        """What the network has answered. seen None: not to be given again, as it is about what moves."""
        self._seen, self._at_s = seen, frame.pts_s
        self._answered = self._before = None if seen is None else _cells(frame.image, CELLS)


@dataclass(slots=True, eq=False)
class _Part:
    """What was seen in it, and how often that was given again."""

    cells: NDArray[np.int16]
    seen: Detections
    given: int = 0


class KnownParts:
    """A detector that knows parts of the picture which show what they showed. Of one recording.

    moving: ids of classes that are looked at anew however still they stand. A lamp is a glow, and a second look is
    made at it every few seconds all night; a flame that comes there is news.
    """

    def __init__(self, detector: Detecting, moving: Collection[int]) -> None:
        self._detector, self._moving = detector, frozenset(moving)
        self._parts: deque[_Part] = deque(maxlen=PARTS)

    def detect(self, image: NDArray[np.uint8], *, relax: float = 1.0) -> Detections:
        """As `Detector.detect`, in pixels of the part, (H, W, 3)."""
        cells = _cells(image, PART_CELLS)
        for part in self._parts:
            if part.given < GIVEN and part.cells.shape == cells.shape and not _differs(part.cells, cells):
                part.given += 1
                return part.seen
        seen = self._detector.detect(image, relax=relax)
        if not self._moving & set(seen.class_id.tolist()):
            self._parts.appendleft(_Part(cells, seen))
        return seen


def _cells(image: NDArray[np.uint8], across: int) -> NDArray[np.int16]:
    """(rows, across, 3)."""
    height, width = image.shape[:2]
    size = across, max(1, round(across * height / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.int16)


def _differs(before: NDArray[np.int16], now: NDArray[np.int16]) -> bool:
    """Most parts are of another place, which their means tell at once."""
    return bool(np.abs(before.mean() - now.mean()) > CHANGE or (_change(before, now) > CHANGE).any())


def _change(before: NDArray[np.int16], now: NDArray[np.int16]) -> NDArray[np.float32]:
    """(rows, cells), grey levels: of each cell beside what all of the picture did, such as a change of exposure."""
    change = now - before
    change -= np.median(change, axis=(0, 1)).astype(np.int16)
    return np.asarray(np.abs(change).max(axis=2), np.float32)
