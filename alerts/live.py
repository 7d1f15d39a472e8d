"""The newest that is known of every camera: its picture, its boxes, its health. Kept for the console only."""

import threading

from vision.look import CameraHealth, Look, Preview


class LiveCameras:
    """Thread-safe: the supervisor's receiver writes, the console reads. Holds one of each per camera, no more."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._lock = threading.Lock()
        self._names = names
        self._previews: dict[str, Preview] = {}
        self._looks: dict[str, Look] = {}
        self._health: dict[str, CameraHealth] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The cameras, in the order of the configuration."""
        return self._names

    def put(self, item: Preview | Look | CameraHealth) -> None:
        """Keep it in place of the older one."""
        with self._lock:
            match item:
                case Preview():
                    self._previews[item.camera] = item
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
        """The newest picture as JPEG; None where `preview` has none."""
        preview = self.preview(camera)
        return None if preview is None else preview.jpeg

    def look(self, camera: str) -> Look | None:
        """The newest look (boxes and findings)."""
        with self._lock:
            return self._looks.get(camera)

    def health(self, camera: str) -> CameraHealth | None:
        """The newest health; None before the first word of the analyzer."""
        with self._lock:
            return self._health.get(camera)
