"""Whether a picture shows what an earlier one showed: the network would answer the same again.

A recorder keeps hours of an empty corridor. Compared are the means of cells, in which sensor noise and coding average
out. What always changes (the clock that the camera writes into its picture, leaves, noise at night) is learnt cell by
cell and counts less; what comes counts at once, and is compared with the picture that was answered, so that nothing
can creep in. What is usual is how much a cell differs from one picture to the next.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision.detections import Detections

HOLDS_S = 10.0
"""An answer is given again for so long, then the network is asked anew, whatever the picture shows."""
CELLS = 160
"""Along the picture: at D1 a cell is 4 px wide, less than the smallest flame that was ever found."""
CHANGE = 12.0
"""Of a cell, in grey levels of its most changed colour. Of a quiet corridor with a sensor's noise of 2.5 levels no cell
of 11,000 changed by more than 10 within two seconds, coded at 1 Mbit/s."""
TIMES_USUAL = 4.0
"""A cell that always changes has to change by so many times its usual more."""
FORGETS = 1 / 32
"""Weight of the last comparison in what is usual."""


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
        cells = _cells(frame)
        if cells.shape != self._answered.shape:
            return None
        before, self._before = self._answered if self._before is None else self._before, cells
        if self._usual.shape != cells.shape[:2]:
            self._usual = np.zeros(cells.shape[:2], np.float32)
        changed = bool((_change(self._answered, cells) > CHANGE + TIMES_USUAL * self._usual).any())
        self._usual += np.float32(FORGETS) * (_change(before, cells) - self._usual)
        return None if changed else self._seen

    def keep(self, frame: Frame, seen: Detections | None) -> None:
        """What the network has answered. seen None: not to be given again, as it is about what moves."""
        self._seen, self._at_s = seen, frame.pts_s
        self._answered = self._before = None if seen is None else _cells(frame)


def _cells(frame: Frame) -> NDArray[np.int16]:
    """(rows, CELLS, 3)."""
    width, height = frame.size
    size = CELLS, max(1, round(CELLS * height / width))
    return np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.int16)


def _change(before: NDArray[np.int16], now: NDArray[np.int16]) -> NDArray[np.float32]:
    """(rows, CELLS), grey levels: of each cell beside what all of the picture did, such as a change of exposure."""
    change = now - before
    change -= np.median(change, axis=(0, 1)).astype(np.int16)
    return np.asarray(np.abs(change).max(axis=2), np.float32)
