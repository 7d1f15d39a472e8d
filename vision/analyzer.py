"""The analyzer: a child process that reads a share of the cameras, looks at them in turn, and tells what it saw.

One reader thread per camera keeps only the newest frame; one thread looks, by `vision.schedule`; one makes the live
pictures; one takes orders; one cuts clips. Messages go to the supervisor in order: `Look`, `CameraHealth`, `ClipCut`
and heartbeats always, the live pictures (`Preview`, `LiveUnits`) as far as there is room.
"""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import cv2

from streams import memory
from streams.apart import end_with_parent
from streams.channel import Channel
from streams.clock import Clock, SystemClock, cpu_s
from streams.supervisor import HEARTBEAT_S
from vision.camera_health.config import USUAL_HEALTH, HealthConfig
from vision.clips import ClipCutter, Roll
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, EvidenceConfig, HazardsConfig
from vision.detector import Detector
from vision.orders import CutClip, Order, PushPicture, ShowLive, WatchCameras
from vision.pipeline import lead_network
from vision.schedule import CpuBudget, Schedule
from vision.watched import Equipment, Watched

log = logging.getLogger(__name__)

IDLE_S = 0.005
FAILED_LOOK_PAUSE_S = 1.0
LEAVE_S = 2.0
"""Readers that end with the analyzer are waited for this long: one may just be connecting."""


@dataclass(frozen=True, slots=True)
class AnalyzerTask:
    """How one analyzer works; its cameras come as an order. Picklable.

    cores: processor time that it may use where extra looks are made, in cores.
    """

    hazards: HazardsConfig
    detector: DetectorConfig
    analysis: AnalysisConfig
    evidence: EvidenceConfig
    cores: float
    health: HealthConfig = USUAL_HEALTH


def run_analyzer(connection: Connection, task: AnalyzerTask) -> None:
    """Entry point of the child process. Ends when the supervisor closes its end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    memory.settle()
    cv2.setNumThreads(1)
    Analyzer(connection, task, SystemClock()).run()


class Analyzer:
    """The threads of one analyzer process."""

    def __init__(self, connection: Connection, task: AnalyzerTask, clock: Clock) -> None:
        self._connection, self._task, self._clock = connection, task, clock
        self._stop = threading.Event()
        self._channel = Channel(connection, "analyzer", self._stop.set)
        detector = Detector.configured(task.detector)
        leads = lead_network(task.hazards, task.detector)
        self._shared = Equipment(
            task.hazards, task.analysis, detector, leads, task.evidence, clock, self._channel.offer, task.health
        )
        self._schedule = Schedule(
            task.analysis.least_looks_per_s, task.analysis.looks_per_s, CpuBudget(task.cores, cpu_s)
        )
        self._cutter = ClipCutter(self._roll_of, self._channel.send, clock)
        self._show = ShowLive()
        # Replaced as a whole, by the thread that takes orders or finds a reader stuck: others iterate over it.
        self._cameras: tuple[Watched, ...] = ()
        # Held while they, or what is shown of them, are set anew.
        self._changing = threading.Lock()

    def run(self) -> None:
        """Until the supervisor is gone."""
        for loop in (self._preview_loop, self._take_orders):
            _in_a_thread(loop, loop.__name__.strip("_"))
        cutting = _in_a_thread(self._cut_clips, "cut_clips")
        try:
            self._look_loop()
        finally:
            self._stop.set()
            self._channel.close()
            self._await([cutting, *(self._leave(camera) for camera in self._cameras)])

    def watch(self, configs: tuple[CameraConfig, ...]) -> None:
        """Watch these cameras: open the new and the changed ones, close the others, leave the rest alone."""
        with self._changing:
            before = {camera.config.name: camera for camera in self._cameras}
            kept = {name: camera for name, camera in before.items() if camera.config in configs}
            made = [self._made(config, before.get(config.name)) for config in configs if config.name not in kept]
            begun = [camera for camera in made if camera is not None]
            ended = [camera for camera in self._cameras if camera.config.name not in kept]
            self._cameras = (*kept.values(), *begun)
        for camera in ended:
            self._leave(camera)
        for camera in begun:
            camera.start()

    def _made(self, config: CameraConfig, before: Watched | None) -> Watched | None:
        """None: it cannot be watched, whatever the reason. Those beside it must not be blinded by it."""
        try:
            camera = Watched(config, self._shared, before)
        except Exception:
            log.exception("%s: cannot be watched", config.name)
            return None
        camera.want(self._show)
        return camera

    def _leave(self, camera: Watched) -> threading.Thread:
        """Closing waits for a read: not here."""
        return _in_a_thread(camera.stop, f"leave-{camera.config.name}")

    def _await(self, threads: Sequence[threading.Thread]) -> None:
        end_s = self._clock.monotonic_s() + LEAVE_S
        for thread in threads:
            thread.join(max(0.0, end_s - self._clock.monotonic_s()))

    def _look_loop(self) -> None:
        told_s = float("-inf")
        while not self._stop.is_set():
            now_s = self._clock.monotonic_s()
            if now_s - told_s >= HEARTBEAT_S / 2:
                told_s = now_s
                self._tell_health()
                self._replace_stuck(now_s)
            camera = self._schedule.next(self._cameras, now_s)
            if camera is None:
                self._stop.wait(IDLE_S)
                continue
            self._schedule.served(camera, now_s)
            self._look(camera)

    def _look(self, camera: Watched) -> None:
        try:
            look = camera.look()
        except Exception as error:  # one camera's odd frame must not stop the others
            log.exception("%s: a look failed", camera.config.name)
            camera.failed(error)
            self._schedule.pause(camera, self._clock.monotonic_s() + FAILED_LOOK_PAUSE_S)
            return
        if look is not None:
            self._channel.send(look)

    def _replace_stuck(self, now_s: float) -> None:
        """A reader whose decoder hangs is left behind, and the camera opened anew."""
        for camera in self._cameras:
            if camera.stuck(now_s):
                log.error("%s: its reader hangs; it is opened anew", camera.config.name)
                with self._changing:
                    if camera not in self._cameras:
                        continue  # just taken out of the settings
                    anew = self._made(camera.config, camera)
                    if anew is None:
                        continue  # told in the log; tried again with the next heartbeat
                    self._cameras = tuple(anew if one is camera else one for one in self._cameras)
                self._leave(camera)
                anew.start()

    def _preview_loop(self) -> None:
        while not self._stop.wait(1 / self._task.analysis.preview_fps):
            for camera in self._cameras:
                camera.live.on_frame(camera.slot.newest)

    def _tell_health(self) -> None:
        self._channel.send(None)
        for camera in self._cameras:
            self._channel.send(camera.health())

    def _take_orders(self) -> None:
        """The supervisor's end of the pipe closing means: end."""
        while not self._stop.is_set():
            try:
                order = self._connection.recv()
            except (EOFError, OSError):
                self._stop.set()
                return
            try:
                self._take(order)
            except Exception:  # an analyzer that hears no orders any more would go on unseen
                log.exception("an order (%s) cannot be carried out", type(order).__name__)

    def _take(self, order: Order) -> None:
        match order:
            case WatchCameras():
                self.watch(order.cameras)
            case ShowLive():
                with self._changing:
                    self._show = order
                    for camera in self._cameras:
                        camera.want(order)
            case CutClip():
                self._cutter.order(order)
            case PushPicture():
                if (phone := self._named(order.camera)) is not None:
                    phone.pushed.put(order.picture)

    def _named(self, name: str) -> Watched | None:
        return next((camera for camera in self._cameras if camera.config.name == name), None)

    def _cut_clips(self) -> None:
        self._cutter.run(self._stop)

    def _roll_of(self, name: str) -> Roll | None:
        found = self._named(name)
        return found.footage.roll if found is not None and found.footage is not None else None


def _in_a_thread(target: Callable[[], None], name: str) -> threading.Thread:
    """Started, and not in the way of the process's end."""
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
