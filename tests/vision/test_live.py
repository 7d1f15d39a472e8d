"""What the analyzer sends of a camera to those who look at it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
from pydantic import SecretStr

from streams.access_unit import StreamFormat
from streams.clock import SystemClock
from streams.frame import Frame
from tests.streams.make_media import scene
from tests.streams.units import unit
from tests.vision.script import MODEL
from vision.config import AnalysisConfig, CameraConfig, EvidenceConfig, HazardsConfig
from vision.detector import Detector
from vision.live import LiveView, passes
from vision.look import LiveUnits, Preview
from vision.orders import ShowLive
from vision.sight import Sight
from vision.watched import Equipment, Watched

D1 = StreamFormat("h264", 704, 576)
MASKS = (((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)),)
CODED, PICTURES = ShowLive(coded=frozenset({"gate"})), ShowLive(pictures=frozenset({"gate"}))


class Sent:
    """A channel with or without room."""

    def __init__(self) -> None:
        self.messages: list[LiveUnits | Preview] = []
        self.full = False

    def __call__(self, message: LiveUnits | Preview) -> bool:
        if not self.full:
            self.messages.append(message)
        return not self.full

    @property
    def numbers(self) -> list[int]:
        """Of the camera's own units that were sent."""
        units = [one for message in self.messages if isinstance(message, LiveUnits) for one in message.units]
        return [int.from_bytes(one.data[5:7], "big") for one in units]

    def coded(self) -> list[LiveUnits]:
        return [message for message in self.messages if isinstance(message, LiveUnits)]

    def pictures(self) -> list[Preview]:
        return [message for message in self.messages if isinstance(message, Preview)]


def view(sent: Sent, *, masked: bool = False) -> LiveView:
    return LiveView("gate", Sight(SecretStr("0"), MASKS if masked else ()), fps=8.0, width=320, offer=sent)


def frame(number: int, size: tuple[int, int] = (640, 480)) -> Frame:
    at_s = number / 8
    return Frame("gate", number, datetime(2026, 1, 1, tzinfo=UTC), at_s, at_s, scene(*size, number))


@pytest.mark.parametrize(
    ("change", "masked", "expected"),
    [
        ({}, False, True),
        ({"width": 1920, "height": 1080}, False, True),
        ({"width": 3840, "height": 2160}, False, False),
        ({"width": 0, "height": 0}, False, False),
        ({"codec": "hevc"}, False, False),
        ({"codec": "mjpeg"}, False, False),
        ({"reorders": True}, False, False),
        ({}, True, False),
    ],
)
def test_which_cameras_are_passed_through(change: dict[str, object], masked: bool, expected: bool) -> None:
    stream = StreamFormat(**{"codec": "h264", "width": 704, "height": 576, **change})  # type: ignore[arg-type]
    assert passes(stream, masked) is expected
    sent = Sent()
    live = view(sent, masked=masked)
    live.want(CODED)
    live.on_unit(stream, unit(0, key=True))
    assert bool(sent.coded()) is expected
    live.on_frame(frame(0))
    assert (len(sent.coded()) == 1) and (live.encodes is not expected), "one or the other, never both"


def test_nothing_is_sent_that_nobody_looks_at_and_whoever_comes_gets_the_whole_group() -> None:
    sent = Sent()
    live = view(sent)
    for number in range(7):
        live.on_unit(D1, unit(number, key=number in (0, 4)))
    assert not sent.messages
    live.want(CODED)
    assert sent.numbers == [4, 5, 6]
    live.on_unit(D1, unit(7))
    live.want(CODED)
    assert sent.numbers == [4, 5, 6, 7], "an order that is repeated does no harm"
    live.want(ShowLive())
    live.on_unit(D1, unit(8))
    assert sent.numbers == [4, 5, 6, 7]


def test_after_a_picture_that_found_no_room_the_next_key_picture_is_waited_for() -> None:
    sent = Sent()
    live = view(sent)
    live.want(CODED)
    for number in range(10):
        sent.full = number == 3
        live.on_unit(D1, unit(number, key=number in (0, 6)))
    assert sent.numbers == [0, 1, 2, 6, 7, 8, 9]


def test_the_shared_encode_runs_only_while_somebody_looks() -> None:
    sent = Sent()
    live = view(sent)
    for number in range(8):
        live.on_frame(frame(number))
    assert not live.encodes and not sent.coded()
    live.want(CODED)
    for number in range(8, 12):
        live.on_frame(frame(number))
    first, *rest = sent.coded()
    assert (first.format.width, first.format.height) == (320, 240)
    assert first.units[0].key and len(rest) == 3 and not any(one.units[0].key for one in rest)
    live.want(ShowLive())
    live.on_frame(frame(12))
    assert not live.encodes and len(sent.coded()) == 4
    live.want(CODED)
    live.on_frame(frame(13))
    assert sent.coded()[-1].units[0].key, "whoever comes later can start at once"


@pytest.mark.parametrize(("show", "expected"), [(ShowLive(), 3), (CODED, 3), (PICTURES, 20)])
def test_jpeg_pictures_come_at_full_rate_only_while_they_are_fetched(show: ShowLive, expected: int) -> None:
    sent = Sent()
    live = view(sent)
    live.want(show)
    for number in range(20):
        live.on_frame(frame(number))
        live.on_frame(None)
    pictures = sent.pictures()
    assert len(pictures) == expected
    assert [picture.index for picture in pictures] == list(range(1, expected + 1))
    image = cv2.imdecode(np.frombuffer(pictures[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape == (240, 320, 3)


def test_a_frame_that_stays_the_same_is_no_news() -> None:
    sent = Sent()
    live = view(sent)
    live.want(replace(CODED, pictures=frozenset({"gate"})))
    same = frame(0)
    for _ in range(5):
        live.on_frame(same)
    assert len(sent.coded()) == len(sent.pictures()) == 1


def test_one_camera_s_trouble_ends_no_other_s_pictures_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("cannot be stored as JPEG")

    sent = Sent()
    live = view(sent)
    live.want(PICTURES)
    with monkeypatch.context() as patch:
        patch.setattr("vision.live.encode_jpeg", fail)
        for number in range(5):
            live.on_frame(frame(number))
    assert len(caplog.records) == 1 and "gate" in caplog.text
    live.on_frame(frame(5))
    assert len(sent.pictures()) == 1


def test_a_stream_that_comes_back_otherwise_is_judged_anew() -> None:
    sent = Sent()
    live = view(sent)
    live.want(CODED)
    live.on_unit(D1, unit(0, key=True))
    live.lost()
    assert live.encodes
    live.on_unit(D1, unit(1))
    assert sent.numbers == [0], "the old group is gone: without its key picture nothing can be shown"
    live.on_unit(replace(D1, reorders=True), unit(2, key=True))
    assert live.encodes and sent.numbers == [0]


def test_what_lies_behind_a_mask_never_leaves_the_analyzer(tmp_path: Path) -> None:
    """A camera whose stream could be passed through, but for its masks."""
    mask = [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]
    config = CameraConfig.model_validate({"name": "gate", "url": str(tmp_path), "masks": [mask]})
    sent = Sent()

    class NoDetector:
        info = MODEL

    detector = cast("Detector", NoDetector())
    evidence = EvidenceConfig(enabled=False)
    camera = Watched(
        config, Equipment(HazardsConfig(), AnalysisConfig(), detector, None, evidence, SystemClock(), sent)
    )
    camera.live.want(replace(CODED, pictures=frozenset({"gate"})))
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    for number in range(3):
        camera.live.on_unit(D1, unit(number, key=True))
        camera.slot.put(frame(number))
        camera.live.on_frame(camera.slot.newest)
    pictures = [cv2.imdecode(np.frombuffer(p.jpeg, np.uint8), cv2.IMREAD_COLOR) for p in sent.pictures()]
    for message in sent.coded():
        (one,) = message.units
        pictures += [shown.to_ndarray(format="bgr24") for shown in decoder.decode(av.Packet(one.data))]
    assert len(pictures) == 6
    said = {one.sight for one in sent.pictures()} | {one.sight for one in sent.coded()}
    assert said == {config.sight}, "each says where it is from and what is black in it"
    for picture in pictures:
        assert picture is not None
        height, width = picture.shape[:2]
        assert picture[height // 2 + 10 :, : width // 2 - 10].max() < 40
        assert picture[: height // 4, : width // 2].mean() > 40, "the rest is shown"
