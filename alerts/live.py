"""The newest that is known of every camera: its picture, its boxes, its health. Kept for the console only."""

import threading
from collections.abc import Callable, Mapping, Sequence

from streams.clock import Clock
from vision.blur import NOTHING_PRIVATE, Private
from vision.config import CameraConfig
from vision.look import CameraHealth, LiveUnits, Look, Preview

STALE_S = 10.0
"""A picture that has come so long ago says nothing of how the place is now."""


class LiveCameras:
    """Thread-safe: the supervisor's receiver writes, the console reads. Holds one of each per camera, no more."""

    def __init__(self, cameras: Sequence[CameraConfig], clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._configs: dict[str, CameraConfig] = {}
        self._previews: dict[str, Preview] = {}
        self._came_s: dict[str, float] = {}  # monotonic: of the newest picture
        self._looks: dict[str, Look] = {}
        self._health: dict[str, CameraHealth] = {}
        self._units_to: Callable[[LiveUnits], None] = lambda units: None
        self.watch(cameras)

    @property
    def cameras(self) -> Mapping[str, CameraConfig]:
        """The cameras by name, in the order of the configuration."""
        return self._configs

    def watch(self, cameras: Sequence[CameraConfig]) -> None:
        """These are the cameras from now on. Of one that is gone or changed nothing older is kept."""
        with self._lock:
            old, self._configs = self._configs, {camera.name: camera for camera in cameras}
            for name, config in old.items():
                if self._configs.get(name) != config:
                    for newest in (self._previews, self._looks, self._health):
                        newest.pop(name, None)

    def on_units(self, listener: Callable[[LiveUnits], None]) -> None:
        """Who gets the coded pictures, in the thread that puts them. They are not kept here."""
        self._units_to = listener

    def put(self, item: Preview | Look | CameraHealth | LiveUnits) -> None:
        """Keep it in place of the older one; coded pictures are handed on. Of a camera not watched: nothing, nor
        what is of another address or other masks than it has now. (Of coded pictures that is asked where they are
        shown: `alerts.web.live_feed`.)"""
        if isinstance(item, LiveUnits):
            self._units_to(item)
            return
        with self._lock:
            config = self._configs.get(item.camera)
            if config is None or item.sight != config.sight:
                return
            match item:
                case Preview():
                    self._previews[item.camera] = item
                    self._came_s[item.camera] = self._clock.monotonic_s()
                case Look():
                    self._looks[item.camera] = item
                case CameraHealth():
                    self._health[item.camera] = item
                    if item.state != "online":
                        self._previews.pop(item.camera, None)
                        self._looks.pop(item.camera, None)

    def preview(self, camera: str) -> Preview | None:
        """The newest picture; None while the camera is not online, so that nothing stale looks live."""
        with self._lock:
            return self._previews.get(camera)

    def jpeg(self, camera: str) -> bytes | None:
        """The newest picture as JPEG, to be kept as what the place looks like now; None where `preview` has none, and
        where none has come for `STALE_S`.
        """
        with self._lock:
            preview = self._previews.get(camera)
            fresh = self._clock.monotonic_s() - self._came_s.get(camera, float("-inf")) <= STALE_S
        return preview.jpeg if preview is not None and fresh else None

    def private(self, camera: str) -> Private:
        """What was seen in the newest look that must be hidden."""
        look = self.look(camera)
        return NOTHING_PRIVATE if look is None else look.private

    def look(self, camera: str) -> Look | None:
        """The newest look (boxes and findings)."""
        with self._lock:
            return self._looks.get(camera)

    def health(self, camera: str) -> CameraHealth | None:
        """The newest health; None before the first word of the analyzer."""
        with self._lock:
            return self._health.get(camera)
