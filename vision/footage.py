"""The coded pictures kept of one camera: of the stream that is analysed, and of its main one where there is one."""

import logging
import random
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from streams.clock import Clock
from streams.reader import OFFLINE, CameraReader, Opener
from streams.ring import UnitRing
from streams.source import open_source
from vision.clips import Roll
from vision.config import CameraConfig, EvidenceConfig
from vision.masks import blackened
from vision.native import picture_at

log = logging.getLogger(__name__)

_SPARE_S = 10.0
"""Kept beyond the time before the moment: an order takes a while, and a camera's trouble is told of seconds later."""
RECENT_S = 180.0
"""The last minutes, where they are wanted: so long is kept of the analysed stream."""
RECENT_BYTES = 64 << 20
"""Bound of those: what a stream of 3 Mbit/s sends in that time. A larger one is kept for less."""
_MAIN_FRAMES_PER_S = 0.1
"""Of a recording as main stream frames are asked for now and then: it is they that keep its pace."""


def main_stream(camera: CameraConfig) -> CameraConfig | None:
    """The camera as if its main stream were the one that is analysed; None if it has no other."""
    if camera.main_url is None:
        return None
    return camera.model_copy(update={"name": f"{camera.name} (main stream)", "url": camera.main_url})


class Footage:
    """sight: what the analysed stream's pictures are of. `ring.put` is the `on_unit` of its reader. The main stream is
    read here, undecoded, by a reader of its own: what happens to it touches no look.
    """

    def __init__(
        self, config: CameraConfig, evidence: EvidenceConfig, clock: Clock, opener: Opener = open_source
    ) -> None:
        """opener: of the main stream."""

        def ring() -> UnitRing:
            return UnitRing(keep_s=self._keep_s, most_bytes=self._most_bytes)

        self._keep_s, self._most_bytes = evidence.pre_s + _SPARE_S, evidence.ring_mb << 20
        self._name, self.sight = config.name, config.sight
        self._trouble = ""
        self._main: CameraReader | None = None
        self.ring = ring()
        rings = [self.ring]
        if (main := main_stream(config)) is not None:
            rings.insert(0, ring())
            self._main = CameraReader(
                main,
                clock=clock,
                rng=random.Random(),
                on_state=self._on_state,
                sample_fps=_MAIN_FRAMES_PER_S,
                on_unit=rings[0].put,
                decode=False,
                opener=opener,
            )
        self.roll = Roll(rings, config.masks)

    @property
    def trouble(self) -> str:
        """What is wrong with the main stream, one line; "" if nothing is."""
        return self._trouble

    def take_over(self, before: "Footage") -> None:
        """What was kept of this camera before its settings changed, or its reader hung, is still what it has sent. Not
        where its pictures are of something else now: what was behind a mask stays unseen.
        """
        if before.sight == self.sight:
            self.ring.take_over(before.ring)

    def keep_recent(self, wanted: bool) -> None:
        """Keep the last minutes of the analysed stream from now on, or what a clip needs, as usual."""
        keep_s, most_bytes = (RECENT_S + _SPARE_S, RECENT_BYTES) if wanted else (0.0, 0)
        self.ring.bound(keep_s=max(self._keep_s, keep_s), most_bytes=max(self._most_bytes, most_bytes))

    def native(self, at_s: float) -> NDArray[np.uint8] | None:
        """The main stream's picture of a moment (monotonic), (H, W, 3) uint8 BGR, masked; None where there is none that
        is quickly had. Decodes up to a quarter of a second.
        """
        image = picture_at(self.roll.rings[0], at_s) if self._main is not None else None
        return None if image is None else blackened(image, self.roll.masks)

    def start(self) -> None:
        """Begin to read the main stream."""
        if self._main is not None:
            self._main.start()

    def stop(self) -> None:
        """End reading; may wait for a read time-out."""
        if self._main is not None and not self._main.stop():
            log.warning("%s: the reader of its main stream hangs and is left behind", self._name)

    def _on_state(self, state: str, _at: datetime, detail: str) -> None:
        self._trouble = f"main stream: {detail}" if state == OFFLINE else ""
