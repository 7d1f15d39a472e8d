"""The analyzer: what is wrong with one camera's settings must not blind it, nor those beside it."""

import multiprocessing
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from streams.clock import Clock, SimulatedClock, SystemClock
from streams.errors import SourceUnavailable
from streams.frame import Frame
from streams.request import Request
from tests.vision.script import MODEL
from vision import analyzer
from vision.analyzer import Analyzer, AnalyzerTask
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, EvidenceConfig, HazardsConfig
from vision.detections import Detections
from vision.detector import Detector
from vision.orders import ShowLive, WatchCameras
from vision.watched import Equipment, Watched


class BlindDetector:
    """Knows the classes, and sees nothing."""

    info = MODEL

    def detect(self, image: object, *, relax: float = 1.0) -> Detections:
        return Detections.empty()


def blank() -> Frame:
    return Frame("c", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, np.zeros((90, 160, 3), np.uint8))


@pytest.mark.parametrize(("content", "reason"), [(None, "no such file"), (b"x", "not a picture")])
def test_a_reference_that_cannot_be_read_is_told_and_all_cameras_are_watched(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "clear.png"
    if content is not None:
        file.write_bytes(content)
    cameras = tuple(
        CameraConfig.model_validate({"name": name, "url": str(tmp_path), "reference": reference})
        for name, reference in (("one", file), ("two", None))
    )
    shared = Equipment(
        HazardsConfig(), AnalysisConfig(), cast("Detector", BlindDetector()), None, EvidenceConfig(), SystemClock()
    )
    one, two = (Watched(camera, shared) for camera in cameras)
    for _ in range(2):
        assert reason in one.health().detail
        assert not two.health().detail
        one.slot.put(blank())
        one.look()  # a look that goes well does not hide it
    assert one.health().looks == 2


@pytest.mark.parametrize(
    ("size", "looked_at"),
    [
        ((640, 360), True),
        ((16, 16), True),
        ((1280, 160), True),
        ((1, 1), False),
        ((15, 100), False),
        ((1, 5000), False),
        ((3840, 400), False),
    ],
)
def test_pictures_of_an_absurd_shape_cost_no_look_and_are_told(size: tuple[int, int], looked_at: bool) -> None:
    shared = Equipment(
        HazardsConfig(), AnalysisConfig(), cast("Detector", BlindDetector()), None, EvidenceConfig(), SystemClock()
    )
    camera = Watched(CameraConfig.model_validate({"name": "one", "url": "none"}), shared)
    camera.slot.put(Frame("one", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, np.zeros((*size[::-1], 3), np.uint8)))
    assert (camera.look() is not None) is looked_at
    told = f"too small or too narrow to be looked at ({size[0]}×{size[1]})"
    assert (told in camera.health().detail) is not looked_at
    camera.slot.put(blank())
    assert camera.look() is not None
    assert not camera.health().detail


def equipment(clock: Clock) -> Equipment:
    return Equipment(
        HazardsConfig(), AnalysisConfig(), cast("Detector", BlindDetector()), None, EvidenceConfig(), clock
    )


def watched(clock: Clock, **more: object) -> Watched:
    return Watched(CameraConfig.model_validate({"name": "one", "url": "rtsp://a:b@camera/1", **more}), equipment(clock))


@pytest.mark.parametrize(
    ("changed", "goes_on"),
    [
        ({}, True),
        ({"place": "elsewhere"}, True),
        ({"url": "rtsp://a:b@camera/2"}, False),
        ({"masks": [[[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]]}, False),
        ({"zones": [{"name": "hall", "type": "lobby"}]}, False),
    ],
    ids=["its reader hung", "place", "address", "mask", "zone"],
)
def test_rules_go_on_where_what_the_camera_shows_is_the_same(changed: dict[str, Any], goes_on: bool) -> None:
    """What they know of the clear route must not be learnt anew with a thing on it."""
    clock = SimulatedClock()
    before = watched(clock)
    before.slot.put(blank())
    first = before.look()
    clock.step(60.0)
    after = Watched(before.config.model_validate({**before.config.model_dump(), **changed}), equipment(clock), before)
    after.slot.put(blank())
    second = after.look()
    assert first is not None and second is not None
    assert (second.rules_since_s == first.rules_since_s) is goes_on
    assert (after._pipeline is before._pipeline) is goes_on


def test_rules_that_fail_begin_anew_with_the_camera() -> None:
    clock = SimulatedClock()
    before = watched(clock)
    before.failed(ValueError("an odd frame"))
    after = Watched(before.config, equipment(clock), before)
    assert after._pipeline is not before._pipeline


def test_the_rate_is_counted_from_when_it_came_online() -> None:
    """Also where it was away for less than a heartbeat. The reader's thread says so, and touches nothing more."""
    clock = SimulatedClock()
    camera = watched(clock)

    def told(seconds: int) -> list[float | None]:
        rates = []
        for _ in range(seconds):
            clock.step(1.0)
            camera._units += 25
            rates.append(camera.health().fps)
        return rates

    camera._on_state("online", clock.now(), "")
    assert told(10)[-1] == 25.0
    camera._on_state("offline", clock.now(), "silent for 5 s")
    assert len(camera._rate._counts) > 5, "the look thread may just be reading it"
    camera._on_state("online", clock.now(), "")
    assert told(10) == [None] * 8 + [25.0] * 2
    camera._on_state("online", clock.now() - timedelta(seconds=10), "too large")
    assert told(1) == [25.0]
    camera._on_state("offline", clock.now(), "silent for 5 s")
    assert told(1) == [None]


def test_the_main_stream_is_not_tried_while_the_password_is_refused() -> None:
    """Both count as tries of one account."""
    camera = watched(SimulatedClock(), main_url="rtsp://a:b@127.0.0.1:1/main")
    request = Request(url="rtsp://a:b@127.0.0.1:1/main", camera="one", clock=SystemClock())
    with pytest.raises(SourceUnavailable, match="opened after the other one"):
        camera._open_main(request)
    camera.reader._state = "offline"
    with pytest.raises(SourceUnavailable, match="connection refused"):
        camera._open_main(request)
    camera.reader._refused = True
    with pytest.raises(SourceUnavailable, match="not tried while the password is refused"):
        camera._open_main(request)


class ToyCamera:
    """Stands for a `Watched`. made: called when one is made; all: those that were."""

    all: list["ToyCamera"]
    made: Callable[[CameraConfig], None]

    def __init__(self, config: CameraConfig, _shared: object, before: "ToyCamera | None") -> None:
        self.config, self.before = config, before
        self.shown = ShowLive()
        self.begun, self.hangs = False, False
        self.stopped = threading.Event()
        type(self).made(config)
        type(self).all.append(self)

    def start(self) -> None:
        self.begun = True

    def stop(self) -> None:
        self.stopped.set()

    def want(self, show: ShowLive) -> None:
        self.shown = show

    def stuck(self, _now_s: float) -> bool:
        return self.hangs


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> tuple[Analyzer, Any]:
    """An analyzer whose threads are not started, and the supervisor's end of its pipe."""
    ToyCamera.all, ToyCamera.made = [], staticmethod(lambda _: None)
    monkeypatch.setattr(analyzer, "Watched", ToyCamera)
    monkeypatch.setattr(Detector, "configured", lambda _: BlindDetector())
    monkeypatch.setattr(analyzer, "lead_network", lambda *_: None)
    ours, theirs = multiprocessing.Pipe()
    task = AnalyzerTask(HazardsConfig(), DetectorConfig(), AnalysisConfig(), EvidenceConfig(), cores=1.0)
    return Analyzer(theirs, task, SystemClock()), ours


def cameras(*names: str) -> tuple[CameraConfig, ...]:
    return tuple(CameraConfig.model_validate({"name": name, "url": f"rtsp://camera/{name}"}) for name in names)


def test_a_camera_that_cannot_be_watched_blinds_no_other_and_ends_no_orders(rig: tuple[Analyzer, Any]) -> None:
    made, supervisor = rig

    def fail(config: CameraConfig) -> None:
        if config.name == "b":
            raise PermissionError(13, "no thread for you")

    ToyCamera.made = staticmethod(fail)
    for order in (WatchCameras(cameras("a", "b", "c")), ShowLive(frozenset("a"))):
        supervisor.send(order)
    supervisor.close()
    made._take_orders()  # returns when the pipe is closed
    assert [(toy.config.name, toy.begun) for toy in ToyCamera.all] == [("a", True), ("c", True)]
    assert all(toy.shown == ShowLive(frozenset("a")) for toy in ToyCamera.all)
    assert made._stop.is_set()


def test_a_stuck_reader_is_left_and_its_camera_opened_anew(rig: tuple[Analyzer, Any]) -> None:
    made, _ = rig
    made.watch(cameras("a", "b"))
    made._take(ShowLive(frozenset("a")))
    ToyCamera.all[0].hangs = True
    made._replace_stuck(0.0)
    assert [(toy.config.name, toy.begun) for toy in ToyCamera.all] == [("a", True), ("b", True), ("a", True)]
    assert ToyCamera.all[2].shown == ShowLive(frozenset("a"))
    assert [toy.before for toy in ToyCamera.all] == [None, None, ToyCamera.all[0]]
    assert ToyCamera.all[0].stopped.wait(10)


def test_a_stuck_camera_that_is_just_taken_out_is_not_opened_anew(rig: tuple[Analyzer, Any]) -> None:
    made, _ = rig
    made.watch(cameras("a"))
    (toy,) = ToyCamera.all

    def hangs(_now_s: float) -> bool:
        made.watch(())  # the order comes while the look thread is about to replace it
        return True

    toy.stuck = hangs  # type: ignore[method-assign]
    made._replace_stuck(0.0)
    assert ToyCamera.all == [toy]
    assert toy.stopped.wait(10)
