"""All that a rule may see of one analysed frame."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.geometry import Box
from vision.leads import LeadNetwork
from vision.stillness import StillMap
from vision.tracker import Track
from vision.zones import Zone, ZoneType


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
        """The zones that hold the point (0–1)."""
        return [zone for zone in self.zones if zone.contains(x, y)]

    def zone_under(self, box: Box, kinds: Collection[ZoneType]) -> Zone | None:
        """The first zone of one of these kinds that holds the foot (middle of the lower edge) of a box (0–1)."""
        x1, _, x2, y2 = box
        return next((zone for zone in self.zones_at((x1 + x2) / 2, y2) if zone.type in kinds), None)

    def unit_box(self, xyxy: Sequence[float]) -> Box:
        """A pixel box as 0–1 of the picture, clipped to it."""
        return geometry.unit_box(xyxy, self.size)

    def box_of(self, track: Track) -> Box:
        """Where a track was last seen, 0–1."""
        return self.unit_box(track.xyxy.tolist())

    def boxes_of(self, *names: str) -> list[Box]:
        """Where the tracks of these classes are seen, 0–1."""
        return [self.box_of(track) for track in self.tracks if track.name in names]
