"""Network cameras, against a real RTSP server on loopback."""

import random
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from streams.clock import SystemClock
from streams.config import StreamConfig
from streams.errors import SourceUnavailable
from streams.reader import CameraReader
from streams.rtsp import RtspSource
from tests.rtsp_server import RtspServer, free_port, missing_reason
from tests.streams.make_media import make_video
from tests.streams.test_tap import Units, decoded

Transport = Literal["tcp", "udp"]
TRANSPORTS: list[Transport] = ["tcp", "udp"]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = missing_reason()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("rtsp")
    return make_video(
        folder / "cam.mp4", size=(320, 240), frames=75, fps=15, options={"preset": "ultrafast", "g": "15"}
    )


@pytest.fixture
def server(video: Path) -> Iterator[RtspServer]:
    with RtspServer(video) as running:
        yield running


def source(url: str, transport: Transport = "tcp", timeout_s: float = 5.0) -> RtspSource:
    return RtspSource(
        url, camera="gate", clock=SystemClock(), transport=transport, open_timeout_s=timeout_s, read_timeout_s=timeout_s
    )


class Watch:
    """A reader and what it reports."""

    def __init__(self, url: str, transport: Transport = "tcp", **more: Any) -> None:
        self._changed = threading.Condition()
        self._states: list[tuple[str, str]] = []
        config = StreamConfig(
            name="gate", url=SecretStr(url), transport=transport, open_timeout_s=3.0, read_timeout_s=2.0
        )
        self.reader = CameraReader(config, clock=SystemClock(), rng=random.Random(2), on_state=self._on_state, **more)

    def _on_state(self, state: str, _at: datetime, detail: str) -> None:
        with self._changed:
            self._states.append((state, detail))
            self._changed.notify_all()

    def wait(self, state: str, timeout_s: float) -> str:
        """Until the newest report is this state; its detail."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._states and self._states[-1][0] == state, timeout_s)
            assert done, f"not {state} within {timeout_s} s: {self._states}"
            return self._states[-1][1]

    @property
    def text(self) -> str:
        return repr(self._states)

    def flows(self) -> bool:
        """Two new frames come."""
        slot = self.reader.slot
        slot.take()
        return slot.take(10.0) is not None and slot.take(10.0) is not None

    def __enter__(self) -> "Watch":
        self.reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.reader.stop()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_frames_come_with_live_stamps(server: RtspServer, transport: Transport) -> None:
    clock = SystemClock()
    with source(server.url, transport) as opened:
        assert opened.live
        before_s = clock.monotonic_s()
        frames = []
        for frame in opened.frames():
            frames.append(frame)
            if len(frames) == 20:
                break
    assert [frame.index for frame in frames] == list(range(20))
    assert all(frame.size == (320, 240) for frame in frames)
    assert all(a.monotonic_s <= b.monotonic_s and a.pts_s <= b.pts_s for a, b in pairwise(frames))
    assert before_s <= frames[0].monotonic_s <= frames[-1].monotonic_s <= clock.monotonic_s()
    assert frames[-1].pts_s == pytest.approx(19 / 15, abs=0.2)
    assert tuple(int(value) for value in frames[0].image[-5, 5]) == pytest.approx((0, 0, 255), abs=12)
    assert opened.corrupt == 0


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_coded_pictures_are_handed_on(video: Path, tmp_path: Path, codec: str) -> None:
    """Also of H.265; a decoder that joins at the second key picture can show what comes."""
    if codec == "h265":
        options = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=15:bframes=0"}
        video = make_video(tmp_path / "cam.mp4", codec="libx265", size=(320, 240), frames=75, fps=15, options=options)
    units = Units()
    with RtspServer(video, codec=codec) as server:
        opened = RtspSource(server.url, camera="gate", clock=SystemClock(), on_unit=units)
        for frame in opened.frames():
            if frame.index == 39:
                break
        opened.close()
    name = "hevc" if codec == "h265" else codec
    (told,) = units.formats()
    assert (told.codec, told.width, told.height, told.reorders) == (name, 320, 240, False)
    assert told.extradata
    assert 40 <= len(units.units) <= 45
    assert all(a.monotonic_s <= b.monotonic_s for a, b in pairwise(units.units))
    steps_s = [b.pts_s - a.pts_s for a, b in pairwise(units.units)]
    assert steps_s[1:] == pytest.approx([1 / 15] * (len(steps_s) - 1), abs=0.01), "the first has no time in RTSP"
    keys = [index for index, unit in enumerate(units.units) if unit.key]
    assert len(keys) >= 2
    rest = units.units[keys[1] :]
    assert len(decoded(rest, name)) == len(rest)


def test_a_reader_of_coded_pictures_only_comes_back_like_any_other(server: RtspServer) -> None:
    """Nothing is decoded: the slot stays empty."""
    units, watch = Units(), Watch(server.url, on_unit=lambda *given: units(*given), decode=False)
    with watch:
        watch.wait("online", 30.0)
        server.kill()
        watch.wait("offline", 10.0)
        before = len(units.units)
        server.start()
        watch.wait("online", 60.0)
    assert 0 < before < len(units.units)
    counters = watch.reader.counters
    assert (counters.frames, counters.reconnects, counters.errors) == (0, 1, 0)


def test_sampling(server: RtspServer) -> None:
    opened = RtspSource(server.url, camera="gate", clock=SystemClock(), sample_fps=3.0)
    taken = []
    for frame in opened.frames():
        taken.append(frame)
        if len(taken) == 4:
            break
    opened.close()
    assert taken[-1].monotonic_s - taken[0].monotonic_s > 0.6
    assert taken[-1].index > 8


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_killed_server_is_noticed_and_comes_back(server: RtspServer, transport: Transport) -> None:
    with Watch(server.url, transport) as watch:
        watch.wait("online", 30.0)
        assert watch.flows()
        server.kill()
        watch.wait("offline", 10.0)
        server.start()
        watch.wait("online", 60.0)
        assert watch.flows()
        assert watch.reader.counters.reconnects == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_frozen_server_is_noticed_within_the_time_out(server: RtspServer, transport: Transport) -> None:
    with Watch(server.url, transport) as watch:
        watch.wait("online", 30.0)
        server.freeze()
        assert watch.wait("offline", 10.0) == "silent for 2 s"
        server.thaw()
        watch.wait("online", 60.0)


def test_credentials(video: Path) -> None:
    with RtspServer(video, user="admin", password="s3cret") as server:
        with source(server.url_as("admin", "s3cret")) as opened:
            assert next(opened.frames()).size == (320, 240)
        for url in (server.url, server.url_as("admin", "wr0ng")):
            with pytest.raises(SourceUnavailable, match="401") as caught:
                source(url)
            assert "wr0ng" not in str(caught.value)
        with Watch(server.url_as("admin", "wr0ng@1")) as watch:
            assert "401" in watch.wait("offline", 30.0)
        assert "wr0ng" not in watch.text
        with pytest.raises(SourceUnavailable, match="404"):
            source(server.url_as("admin", "s3cret").replace("/cam", "/none"))


def test_close_from_another_thread_ends_it(server: RtspServer) -> None:
    opened = source(server.url)
    seen = []
    started = threading.Event()

    def read() -> None:
        for frame in opened.frames():
            seen.append(frame.index)
            started.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(30.0)
    opened.close()
    thread.join(30.0)
    assert not thread.is_alive()


def test_nobody_listens() -> None:
    with Watch(f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/cam") as watch:
        assert watch.wait("offline", 30.0) == "connection refused"
    assert "s3cret" not in watch.text


def test_a_server_that_never_answers_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(SourceUnavailable, match="no answer within 1 s"):
            source(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/cam", timeout_s=1.0)


def test_a_server_that_speaks_something_else() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-none\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SourceUnavailable) as caught:
            source(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/cam", timeout_s=2.0)
        thread.join(30.0)
    assert "\n" not in str(caught.value)
