"""Live view inside the analyzer: a camera's own coded pictures where browsers can show them, else one shared encode."""

import logging
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat
from streams.encoder import LIVE, Encoder
from streams.frame import Frame
from streams.group import PictureGroup
from vision.jpeg import PREVIEW_QUALITY, encode_jpeg, shrink
from vision.look import LiveUnits, Preview
from vision.orders import ShowLive
from vision.sight import Sight

log = logging.getLogger(__name__)

MOST_PIXELS = 1920 * 1088
"""A larger picture is shown reduced: a wall of tiles has no use for it, and a browser may fail to decode several."""

PICTURE_EVERY_S = 1.0
"""So often a JPEG picture of a camera is made that nobody fetches: for whoever comes, and for an alert's end."""

Offer = Callable[[LiveUnits | Preview], bool]
"""Send it if there is room; False: it is lost. Must not block."""


def passes(stream: StreamFormat, masked: bool) -> bool:
    """Whether a camera's own pictures may and can be shown in a browser as they come.

    masked: the camera has masks. They are put into decoded pictures, so that what comes coded has none.
    """
    known = 0 < stream.width * stream.height <= MOST_PIXELS
    return stream.codec == "h264" and known and not stream.reorders and not masked


class LiveView:
    """What one camera sends to those who look at it: coded pictures, JPEG pictures. Thread-safe.

    sight: what its pictures are of. fps, width: of the pictures that are made here. `offer` is called with the
    lock held.
    """

    def __init__(self, camera: str, sight: Sight, *, fps: float, width: int, offer: Offer) -> None:
        self._camera, self._sight, self._fps, self._width, self._offer = camera, sight, fps, width, offer
        self._lock = threading.Lock()
        self._coded = self._pictures = False
        self._stream: StreamFormat | None = None
        self._passes = False
        self._group = PictureGroup()
        self._encoder: Encoder | None = None
        self._broken = False
        self._shown: Frame | None = None
        self._pictured_s = float("-inf")
        self._count = 0
        self._fails = False

    @property
    def encodes(self) -> bool:
        """Pictures are coded here: somebody looks, and the camera's own will not do."""
        return self._coded and not self._passes

    def want(self, show: ShowLive) -> None:
        """Who is looked at. Whoever begins to look is given everything since the newest key picture at once."""
        with self._lock:
            begins = self._camera in show.coded and not self._coded
            self._coded, self._pictures = self._camera in show.coded, self._camera in show.pictures
            if not self.encodes:
                self._encoder = None
            if begins and self._passes and self._stream and (units := self._group.units):
                self._broken = not self._offer(LiveUnits(self._camera, self._stream, units, self._sight))

    def on_unit(self, stream: StreamFormat, unit: AccessUnit) -> None:
        """A coded picture of the camera. For the reader's thread."""
        with self._lock:
            if stream != self._stream:
                self._stream, self._passes = stream, passes(stream, bool(self._sight.masks))
                self._group.clear()
                if self._passes:
                    self._encoder = None
            if self._passes and self._group.add(unit) and self._coded:
                self._send(stream, unit)

    def on_frame(self, frame: Frame | None) -> None:
        """The newest frame, masked. To be called `fps` times a second, also while it stays the same.

        Raises nothing: what goes wrong with one camera's pictures is said once, and must not end those of the others.
        """
        with self._lock:
            if frame is None or frame is self._shown:
                return
            self._shown = frame
            try:
                self._show(frame)
                self._fails = False
            except Exception:
                if not self._fails:
                    log.exception("%s: no live picture can be made", self._camera)
                self._fails, self._encoder = True, None

    def _show(self, frame: Frame) -> None:
        pictured = self._pictures or frame.monotonic_s - self._pictured_s >= PICTURE_EVERY_S
        if not pictured and not self.encodes:
            return
        image = shrink(frame.image, self._width)
        if self.encodes:
            self._encode(image, frame)
        if pictured:
            self._pictured_s = frame.monotonic_s
            self._count += 1
            jpeg = encode_jpeg(image, PREVIEW_QUALITY)
            self._offer(Preview(self._camera, self._count, frame.at, jpeg, self._sight))

    def lost(self) -> None:
        """The camera's stream ended: what comes next is another one, which may not be fit to be passed."""
        with self._lock:
            self._stream, self._passes, self._encoder = None, False, None
            self._group.clear()

    def _encode(self, image: NDArray[np.uint8], frame: Frame) -> None:
        size = image.shape[1], image.shape[0]
        if self._encoder is None or (self._encoder.format.width, self._encoder.format.height) != size:
            self._encoder = Encoder(size, self._fps, LIVE)
        stamp_s = frame.monotonic_s
        unit = self._encoder.encode(image, pts_s=stamp_s, at=frame.at, monotonic_s=stamp_s)
        if unit is not None:
            self._send(self._encoder.format, unit)

    def _send(self, stream: StreamFormat, unit: AccessUnit) -> None:
        """Pass it on. After one that was lost, those up to the next key picture are of no use."""
        if self._broken and not unit.key:
            return
        self._broken = not self._offer(LiveUnits(self._camera, stream, (unit,), self._sight))
