"""Tells a live picture from one that only looks live."""

from alerts.live import LiveCameras
from streams.clock import Clock
from vision.look import Preview

STALE_S = 10.0


class Freshness:
    """Watches whether the pictures of each camera still change. Bounded: one entry a configured camera.

    It goes by the count of pictures, not by their stamps: a recording played as a camera has stamps of its own.
    """

    def __init__(self, live: LiveCameras, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}

    def picture(self, camera: str) -> tuple[Preview | None, str]:
        """The newest picture, or None and why there is none: `offline` or `stalled`."""
        preview = self._live.preview(camera)
        if preview is None:
            self._seen.pop(camera, None)
            return None, "offline"
        now_s = self._clock.monotonic_s()
        index, since_s = self._seen.get(camera, (None, now_s))
        if index != preview.index:
            self._seen[camera] = (preview.index, now_s)
            return preview, ""
        return (None, "stalled") if now_s - since_s > STALE_S else (preview, "")
