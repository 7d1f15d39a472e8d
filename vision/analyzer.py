"""The analyzer: a child process that reads a share of the cameras, looks at them in turn, and tells what it saw.

One reader thread per camera keeps only the newest frame; one thread infers and serves the camera that has waited
longest; one thread makes the live pictures. Messages go to the supervisor in order: `Look`, `Preview`, `CameraHealth`.
"""

import ctypes
import logging
import random
import signal
import sys
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.clock import Clock, SystemClock
from streams.frame import Frame
from streams.reader import CameraReader
from streams.slot import NewestSlot
from streams.supervisor import HEARTBEAT_S
from vision.clear_route import ClearRoute, load_clear_route
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, HazardsConfig
from vision.detector import Detector
from vision.errors import ConfigError
from vision.leads import LeadNetwork
from vision.look import CameraHealth, Look, Preview
from vision.masks import Masks
from vision.pipeline import Pipeline, lead_network

log = logging.getLogger(__name__)

SNAPSHOT_QUALITY = 92
PREVIEW_QUALITY = 72
IDLE_S = 0.005
PR_SET_PDEATHSIG = 1
"""prctl(2)."""
FAILED_LOOK_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class AnalyzerTask:
    """What one analyzer has to do. Picklable."""

    cameras: tuple[CameraConfig, ...]
    hazards: HazardsConfig
    detector: DetectorConfig
    analysis: AnalysisConfig


def run_analyzer(connection: Connection, task: AnalyzerTask) -> None:
    """Entry point of the child process. Ends when the supervisor closes its end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    cv2.setNumThreads(1)
    Analyzer(connection, task, SystemClock()).run()


def end_with_parent() -> None:
    """Ask Linux to kill this process when the supervisor dies, also while this one is stopped. Elsewhere: nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class _Watching(NewestSlot[Frame]):
    """The slot that looks are taken from; it also remembers the newest frame for the live picture.

    Every frame passes here and leaves with the masks in it.
    """

    def __init__(self, masks: Masks) -> None:
        super().__init__()
        self._masks = masks
        self.newest: Frame | None = None

    def put(self, item: Frame) -> None:
        """Make it the waiting frame."""
        item = self.newest = self._masks(item)
        super().put(item)


class _Watched:
    """One camera inside the analyzer."""

    def __init__(
        self,
        config: CameraConfig,
        task: AnalyzerTask,
        detector: Detector,
        leads: LeadNetwork | None,
        clock: Clock,
    ) -> None:
        self.config = config
        self.slot = _Watching(Masks(config.masks))
        self.previewed: Frame | None = None
        self.reader = CameraReader(
            config,
            clock=clock,
            rng=random.Random(),
            on_state=self._on_state,
            sample_fps=max(task.analysis.looks_per_s, task.analysis.preview_fps),
            slot=self.slot,
        )
        self._no_reference = ""
        zones = [zone.zone() for zone in config.zones]
        self.pipeline = Pipeline(zones, task.hazards, detector.info, leads, self._clear_route())
        self.served_s = float("-inf")
        self.looks = 0
        self.previews = 0
        self.trouble = self._no_reference
        self._told: set[tuple[str, str, bool, bool]] = set()
        self._state = CameraHealth(config.name, "connecting", clock.now())

    def _clear_route(self) -> ClearRoute | None:
        """The approved picture. One that cannot be read must not blind this camera, nor those beside it."""
        try:
            return load_clear_route(self.config.reference)
        except ConfigError as error:
            self._no_reference = str(error)
            log.warning("%s: %s; the clear route is learnt instead", self.config.name, error)
            return None

    def looked(self) -> None:
        """Count a look that went well; what is left to complain of is the reference."""
        self.looks += 1
        self.trouble = self._no_reference or self.pipeline.trouble

    def _on_state(self, state: str, at: datetime, detail: str) -> None:
        self._state = CameraHealth(self.config.name, state, at, detail)

    def health(self) -> CameraHealth:
        """State and counters of now."""
        counters = self.reader.counters
        detail = self._state.detail or " ".join(self.trouble.split())[:200]
        return replace(
            self._state, detail=detail, looks=self.looks, dropped=counters.dropped, reconnects=counters.reconnects
        )

    def with_picture(self, look: Look, frame: Frame) -> Look:
        """The look, with the frame as JPEG if it shows something not told of before."""
        now = {(found.hazard, found.key, found.confirmed, bool(found.notice)) for found in look.findings}
        news = now - self._told
        self._told = now
        return replace(look, picture=encode_jpeg(frame.image, SNAPSHOT_QUALITY)) if news else look


class Analyzer:
    """The threads of one analyzer process."""

    def __init__(self, connection: Connection, task: AnalyzerTask, clock: Clock) -> None:
        self._connection, self._task, self._clock = connection, task, clock
        self._send_lock = threading.Lock()
        self._stop = threading.Event()
        self._detector = Detector.configured(task.detector)
        leads = lead_network(task.hazards, task.detector)
        self._cameras = [_Watched(camera, task, self._detector, leads, clock) for camera in task.cameras]

    def run(self) -> None:
        """Until the supervisor is gone."""
        threads = [
            threading.Thread(target=self._preview_loop, name="previews", daemon=True),
            threading.Thread(target=self._listen, name="listen", daemon=True),
        ]
        for camera in self._cameras:
            camera.reader.start()
        for thread in threads:
            thread.start()
        try:
            self._look_loop()
        finally:
            self._stop.set()
            for camera in self._cameras:
                camera.reader.stop()

    def _look_loop(self) -> None:
        told_s = float("-inf")
        while not self._stop.is_set():
            now_s = self._clock.monotonic_s()
            if now_s - told_s >= HEARTBEAT_S / 2:
                told_s = now_s
                self._tell_health()
            camera = self._next(now_s)
            frame = camera.slot.take(0) if camera else None
            if camera is None or frame is None:
                self._stop.wait(IDLE_S)
                continue
            camera.served_s = now_s
            self._look(camera, frame)

    def _next(self, now_s: float) -> _Watched | None:
        """The camera with a fresh frame that has waited longest, no camera oftener than `looks_per_s`."""
        due = [
            camera
            for camera in self._cameras
            if camera.slot.full and now_s - camera.served_s >= 1 / self._task.analysis.looks_per_s
        ]
        return min(due, key=lambda camera: camera.served_s, default=None)

    def _look(self, camera: _Watched, frame: Frame) -> None:
        try:
            look = camera.pipeline.look(frame, self._detector)
        except Exception as error:  # one camera's odd frame must not stop the others
            log.exception("%s: a look failed", camera.config.name)
            camera.trouble = f"looks fail: {type(error).__name__}: {error}"
            camera.served_s += FAILED_LOOK_PAUSE_S
            return
        camera.looked()
        self._send(camera.with_picture(look, frame))

    def _preview_loop(self) -> None:
        pause_s = 1 / self._task.analysis.preview_fps
        while not self._stop.wait(pause_s):
            for camera in self._cameras:
                self._preview(camera)

    def _preview(self, camera: _Watched) -> None:
        frame = camera.slot.newest
        if frame is None or frame is camera.previewed:
            return
        camera.previewed = frame
        camera.previews += 1
        small = shrink(frame.image, self._task.analysis.preview_width)
        self._send(Preview(frame.camera, camera.previews, frame.at, encode_jpeg(small, PREVIEW_QUALITY)))

    def _tell_health(self) -> None:
        self._send(None)
        for camera in self._cameras:
            self._send(camera.health())

    def _listen(self) -> None:
        """The supervisor says nothing; its end of the pipe closing means: end."""
        try:
            self._connection.recv()
        except (EOFError, OSError):
            self._stop.set()

    def _send(self, message: Look | Preview | CameraHealth | None) -> None:
        # A pipe that nobody reads blocks here: that bounds the channel, and the slots drop frames meanwhile.
        try:
            with self._send_lock:
                self._connection.send(message)
        except (BrokenPipeError, OSError):
            self._stop.set()


def encode_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """(H, W, 3) BGR → JPEG file."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be stored as JPEG")
    return data.tobytes()


def shrink(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The picture at this width, sides even; never enlarged."""
    height_now, width_now = image.shape[:2]
    ratio = min(1.0, width / width_now)
    size = max(2, int(width_now * ratio) // 2 * 2), max(2, int(height_now * ratio) // 2 * 2)
    return image if size == (width_now, height_now) else np.asarray(cv2.resize(image, size), np.uint8)
