"""Tells a live picture from one that only looks live."""

from datetime import datetime

from alerts.live import STALE_S, LiveCameras
from streams.clock import Clock
from vision.look import Preview


class Freshness:
    """Watches whether the pictures of each camera still change. Bounded: one entry a configured camera.

    It goes by the count of pictures, not by their stamps: a recording played as a camera has stamps of its own.
    """

    def __init__(self, live: LiveCameras, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._seen: dict[str, tuple[int, float, datetime]] = {}

    def picture(self, camera: str) -> tuple[Preview | None, str]:
        """The newest picture, or None and why there is none: `offline` or `stalled`."""
        preview = self._live.preview(camera)
        if preview is None:
            self._seen.pop(camera, None)
            return None, "offline"
        now_s = self._clock.monotonic_s()
        seen = self._seen.get(camera)
        if seen is None or seen[0] != preview.index:
            self._seen[camera] = (preview.index, now_s, self._clock.now())
            return preview, ""
        return (None, "stalled") if now_s - seen[1] > STALE_S else (preview, "")

    def stalled_since(self, camera: str) -> datetime | None:
        """Since when its picture has stood still, aware UTC; None: it has not, or there is none."""
        return self._seen[camera][2] if self.picture(camera)[1] == "stalled" else None
