"""All that a rule may see of one analysed frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from vision.leads import LeadNetwork
from vision.stillness import StillMap
from vision.tracker import Track
from vision.zones import Zone


@dataclass(frozen=True, slots=True)
class Scene:
    """One camera at one moment.

    at, monotonic_s: the frame's stamps. size: (width, height) px.
    image: (H, W, 3) BGR, the frame itself: rules read it, none writes it.
    tracks: the tracks seen in this frame, boxes in pixels.
    zones: of this camera. still: what differs from the clear reference and does not move.
    leads: finds leads in close-ups; None: there is none, and no lead is found.
    thresholds: class → least confidence that counts, as the detector has it.
    """

    camera: str
    at: datetime
    monotonic_s: float
    size: tuple[int, int]
    image: NDArray[np.uint8]
    tracks: Sequence[Track]
    zones: Sequence[Zone]
    still: StillMap
    leads: LeadNetwork | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def named(self, name: str) -> list[Track]:
        """The tracks of one class."""
        return [track for track in self.tracks if track.name == name]

    def when(self, monotonic_s: float) -> datetime:
        """An earlier moment on the frame's clock, as UTC."""
        return self.at - timedelta(seconds=self.monotonic_s - monotonic_s)

    def zones_at(self, x: float, y: float) -> list[Zone]:
        """The zones that hold the point (pixels)."""
        width, height = self.size
        return [zone for zone in self.zones if zone.contains(x / width, y / height)]

    def unit_box(self, xyxy: Sequence[float]) -> tuple[float, float, float, float]:
        """A pixel box as 0–1 of the picture, clipped to it."""
        width, height = self.size
        x1, y1, x2, y2 = (float(v) for v in xyxy)
        return (
            min(max(x1 / width, 0.0), 1.0),
            min(max(y1 / height, 0.0), 1.0),
            min(max(x2 / width, 0.0), 1.0),
            min(max(y2 / height, 0.0), 1.0),
        )
