"""Cameras that keep to RTSP and to little else: their times, their media, where they send us, what they refuse."""

from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import pytest

from streams.clip import SteadyTimes
from streams.clock import SystemClock
from streams.errors import SourceRefused, SourceUnavailable
from streams.rtsp import RtspSource
from tests.streams.make_media import make_video
from tests.streams.test_tap import Units, play
from tests.streams.wire_rtsp import SOUND, VIDEO, wire_camera

TIMES: list[tuple[str, Callable[[int], float]]] = [
    ("the 32 bits wrap", lambda number: 2**32 / 90_000 - 1 + number / 25),
    ("an hour on", lambda number: number / 25 + (3600.0 if number > 50 else 0.0)),
    ("an hour back", lambda number: 7200.0 + number / 25 - (3600.0 if number > 50 else 0.0)),
    ("to and fro", lambda number: 7200.0 + number / 25 + (3600.0 if number // 20 % 2 else 0.0)),
    ("they stand", lambda number: 7.0),
]


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    units, _ = play(make_video(tmp_path_factory.mktemp("wire") / "a.mp4"))
    return [unit.data for unit in units.units]


def opened(port: int, units: Units | None = None) -> RtspSource:
    return RtspSource(
        f"rtsp://u:secret@127.0.0.1:{port}/cam",
        camera="gate",
        clock=SystemClock(),
        open_timeout_s=5.0,
        on_unit=units,
    )


@pytest.mark.parametrize("stamp_s", [row[1] for row in TIMES], ids=[row[0] for row in TIMES])
def test_whatever_times_a_camera_tells_its_pictures_come_and_a_clip_stays_steady(
    coded: list[bytes], stamp_s: Callable[[int], float]
) -> None:
    units = Units()
    with wire_camera(coded, stamp_s) as server, opened(server.port, units) as source:
        frames = list(islice(source.frames(), 100))
    assert all(earlier.pts_s <= later.pts_s for earlier, later in pairwise(frames))
    assert frames[-1].index == 99 and source.corrupt == 0
    steady = SteadyTimes()
    at_s = [steady.next_s(unit, reorders=told.reorders) for told, unit in units.given]
    took_s = units.units[-1].monotonic_s - units.units[0].monotonic_s
    assert all(later - earlier > 0 for earlier, later in pairwise(at_s))
    assert at_s[-1] < took_s + 6.0, "no hour in it"


def test_sound_beside_the_pictures_is_left_alone(coded: list[bytes]) -> None:
    with wire_camera(coded, media=VIDEO + SOUND) as server, opened(server.port) as source:
        assert len(list(islice(source.frames(), 10))) == 10


def test_a_camera_that_sends_sound_only_is_told(coded: list[bytes]) -> None:
    with wire_camera(coded, media=SOUND) as server, pytest.raises(SourceUnavailable, match="no video in the stream"):
        opened(server.port)


def test_a_refused_password_is_one_try(coded: list[bytes]) -> None:
    asks = 'WWW-Authenticate: Digest realm="cam", nonce="n"\r\n'
    with wire_camera(coded, status="401 Unauthorized", more=asks) as server:
        with pytest.raises(SourceRefused):
            opened(server.port)
        tries = [head for head in server.requests if b"\r\nAuthorization:" in head]
    assert len(tries) == 1 and b"secret" not in tries[0]


def test_a_redirection_to_a_file_opens_none(coded: list[bytes], tmp_path: Path) -> None:
    video = make_video(tmp_path / "b.mp4")
    with (
        wire_camera(coded, status="302 Found", more=f"Location: file://{video}\r\n") as server,
        pytest.raises(SourceUnavailable),
    ):
        opened(server.port)
