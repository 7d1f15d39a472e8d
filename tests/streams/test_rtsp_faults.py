"""Network cameras gone wrong: a relay before a real server loses, damages and forges; another server is hostile."""

import random
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat
from streams.clock import SystemClock
from streams.errors import SourceUnavailable
from streams.frame import Frame
from streams.rtsp import RtspSource
from streams.video_file import VideoFileSource
from tests.rtsp_server import RtspServer, missing_reason
from tests.streams.make_media import make_video
from tests.streams.meddler import Meddler, Spoil
from tests.streams.wire import WireServer

Transport = Literal["tcp", "udp"]
FPS = 30
DAMAGE = 30
"""Grey levels by which a place of a smeared picture is off; sound ones are within 8."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if (reason := missing_reason()) is not None:
        pytest.skip(reason)
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RtspServer]:
    """Plays `made(folder)`; what is done to a stream is done in a relay."""
    with RtspServer(made(folder), fps=FPS) as running:
        yield running


def made(folder: Path, bframes: int = 0, size: tuple[int, int] = (320, 240), suffix: str = ".mp4") -> Path:
    path = folder / f"b{bframes}-{size[0]}{suffix}"
    options = {"preset": "veryfast", "g": "15", "bf": str(bframes), "crf": "18"}
    return path if path.exists() else make_video(path, size=size, frames=60, fps=FPS, options=options)


def source(url: str, transport: Transport = "tcp", timeout_s: float = 5.0, **more: Any) -> RtspSource:
    return RtspSource(
        url,
        camera="gate",
        clock=SystemClock(),
        transport=transport,
        open_timeout_s=timeout_s,
        read_timeout_s=timeout_s,
        **more,
    )


def small(image: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(cv2.resize(image, (80, 60), interpolation=cv2.INTER_AREA), np.int16)


def pictures_of(video: Path) -> NDArray[np.int16]:
    """(N, 60, 80, 3) of all its pictures."""
    with VideoFileSource(video, camera="", clock=SystemClock()) as opened:
        return np.stack([small(frame.image) for frame in opened.frames()])


def smeared(frame: Frame, originals: NDArray[np.int16]) -> bool:
    """It resembles none of the pictures that were sent."""
    return bool(np.abs(originals - small(frame.image)).max(axis=(1, 2, 3)).min() > DAMAGE)


def take(opened: RtspSource, count: int) -> list[Frame]:
    frames = []
    for frame in opened.frames():
        frames.append(frame)
        if len(frames) == count:
            break
    opened.close()
    return frames


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_no_smeared_picture_passes_when_packets_are_lost(
    folder: Path, server: RtspServer, transport: Transport
) -> None:
    chance = random.Random(5)

    def lossy(index: int, packet: bytes) -> bytes | None:
        return packet if index < 60 or chance.random() > 0.02 else None

    with Meddler(server.port, lossy) as relay:
        opened = source(relay.url, transport)
        frames = take(opened, 80)
    assert relay.lost >= 3, "nothing was lost: the test shows nothing"
    assert opened.corrupt > relay.lost, "what is predicted from damage counts as damaged"
    originals = pictures_of(made(folder))
    assert not [frame.index for frame in frames if smeared(frame, originals)]


def test_b_pictures_come_in_order(folder: Path) -> None:
    with RtspServer(made(folder, bframes=2), fps=FPS) as server:
        frames = take(source(server.url), 60)
    assert all(frame.pts_s >= before.pts_s for before, frame in pairwise(frames))
    assert frames[-1].pts_s == pytest.approx(59 / FPS, abs=0.3)


def shifted(by: Callable[[int], int]) -> Spoil:
    """RTP time stamps (90 kHz) moved by so many ticks from a packet on."""

    def spoil(index: int, packet: bytes) -> bytes | None:
        ticks = (int.from_bytes(packet[4:8], "big") + by(index)) % 2**32
        return packet[:4] + ticks.to_bytes(4, "big") + packet[8:]

    return spoil


@pytest.mark.parametrize(
    "by",
    [
        lambda index: 3600 * 90_000 if index > 40 else 0,
        lambda index: -3600 * 90_000 if index > 40 else 0,
        lambda index: (index // 20) * 7 * 90_000,
    ],
    ids=["an hour on", "an hour back", "again and again"],
)
def test_the_cameras_clock_may_jump(server: RtspServer, by: Callable[[int], int]) -> None:
    with Meddler(server.port, shifted(by)) as relay:
        frames = take(source(relay.url), 45)
    assert [frame.index for frame in frames] == list(range(45)), "no picture is missing"
    assert all(frame.pts_s >= before.pts_s for before, frame in pairwise(frames))
    assert frames[-1].monotonic_s - frames[0].monotonic_s < 20.0


def test_the_time_stamp_may_wrap(server: RtspServer) -> None:
    first: list[int] = []

    def near_the_end(index: int, packet: bytes) -> bytes | None:
        first.append(int.from_bytes(packet[4:8], "big"))
        return shifted(lambda _: 2**32 - 90_000 - first[0])(index, packet)

    with Meddler(server.port, near_the_end) as relay:
        frames = take(source(relay.url), 45)
    assert frames[-1].pts_s - frames[0].pts_s == pytest.approx(44 / FPS, abs=0.5)


def lost(relay: Meddler, spoil: Callable[[Meddler], object], transport: Transport = "tcp") -> str:
    """Why a stream is lost that flows first and then is spoilt."""
    opened = source(relay.url, transport, timeout_s=1.0)
    with pytest.raises(SourceUnavailable) as caught:
        for frame in opened.frames():
            if frame.index == 10:
                spoil(relay)
    return caught.value.reason


def fill_with(data: bytes) -> Callable[[Meddler], object]:
    def spoil(relay: Meddler) -> None:
        relay.spoil = lambda _index, packet: packet[:12] + data

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda relay: relay.stall(), "silent for 1 s"),
        (lambda relay: setattr(relay, "spoil", lambda _index, _packet: None), "silent for 1 s"),
        (lambda relay: setattr(relay, "spoil", lambda _index, packet: packet[:3]), "silent for 1 s"),
        (fill_with(b"\x00" * 900), "silent for 1 s"),
    ],
    ids=["half a packet", "nothing", "stumps", "zeros"],
)
def test_what_stops_is_lost_within_the_time_out(
    server: RtspServer, spoil: Callable[[Meddler], object], reason: str
) -> None:
    with Meddler(server.port) as relay:
        assert lost(relay, spoil) == reason


def test_garbage_between_the_packets_is_passed_over_or_a_loss(folder: Path, server: RtspServer) -> None:
    garbage = random.Random(1).randbytes(20_000).replace(b"$", b"#")
    with Meddler(server.port) as relay:
        opened = source(relay.url, timeout_s=2.0)
        frames = []
        try:
            for frame in opened.frames():
                frames.append(frame)
                if frame.index == 10:
                    relay.inject(garbage)
                if len(frames) == 40:
                    break
        except SourceUnavailable as error:
            assert "\n" not in error.reason
        opened.close()
    originals = pictures_of(made(folder))
    assert len(frames) > 10
    assert not any(smeared(frame, originals) for frame in frames)


def test_the_size_may_change_in_the_middle_of_the_stream(folder: Path) -> None:
    parts = [made(folder, size=size, suffix=".h264") for size in ((320, 240), (1280, 720))]
    both = folder / "both.h264"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    formats: list[StreamFormat] = []

    def on_unit(form: StreamFormat, _unit: AccessUnit) -> None:
        if not formats or formats[-1] is not form:
            formats.append(form)

    with RtspServer(both, fps=FPS) as server:
        frames = take(source(server.url, on_unit=on_unit), 75)
    sizes = [frame.size for frame in frames]
    assert set(sizes) == {(320, 240), (1280, 720)}
    assert (formats[-1].width, formats[-1].height) == sizes[-1]


def without_parameter_sets(_index: int, packet: bytes) -> bytes | None:
    """SPS (7) and PPS (8) are lost, alone or together in one packet (24: STAP-A)."""
    return None if packet[12] & 0x1F in (7, 8, 24) else packet


def test_a_stream_that_never_tells_its_parameter_sets(server: RtspServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.rtsp._NO_PICTURE_S", 1.0)
    lost_sets = Meddler(server.port, without_parameter_sets, lambda line: line.replace(b"sprop-", b"spoil-"))
    with lost_sets as relay, pytest.raises(SourceUnavailable) as caught:
        take(source(relay.url, timeout_s=3.0), 1)
    assert relay.packets > 10
    assert caught.value.reason in ("data, but no picture for 3 s", "no answer within 3 s")


def test_of_a_stream_that_is_too_large_only_key_pictures_are_decoded(
    server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """320×240 at 30 a second is 2.3 Mpx/s; a key picture comes every half second."""
    monkeypatch.setattr("streams.sound.DecodeBudget.WINDOW_S", 0.3)
    opened = source(server.url, decode_mpx_per_s=1.0)
    stamps = []
    for frame in opened.frames():
        if opened.remark:
            stamps.append(frame.pts_s)
        if len(stamps) == 4:
            break
    opened.close()
    assert opened.remark.startswith("too large to be decoded in full")
    assert [later - earlier for earlier, later in pairwise(stamps)] == pytest.approx([0.5] * 3, abs=0.1)
    assert opened.skipped >= 3 * 14


SDP = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
)


def cseq(head: bytes) -> bytes:
    return next(line for line in head.split(b"\r\n") if line.lower().startswith(b"cseq"))


def answers(status: bytes, header: bytes = b"", body: bytes = b"") -> Callable[[socket.socket, bytes], None]:
    def script(connection: socket.socket, head: bytes) -> None:
        if head.startswith(b"OPTIONS"):
            connection.sendall(b"RTSP/1.0 200 OK\r\n" + cseq(head) + b"\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n")
        else:
            connection.sendall(b"RTSP/1.0 " + status + b"\r\n" + cseq(head) + b"\r\n" + header + b"\r\n" + body)

    return script


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (lambda server: lambda c, _: server.flood(c, b"X-Filler: " + b"a" * 1000 + b"\r\n"), ""),
        (lambda server: lambda c, _: server.flood(c, b"R", every_s=0.05), "no answer within 1 s"),
        (lambda server: lambda c, _: server.flood(c, b"\x00\xff" * 512), ""),
        (lambda _: answers(b"200 OK", b"Content-Length: 2147483000\r\n", SDP), ""),
        (lambda _: answers(b"200 OK", b"Content-Length: 5\r\n", b"hello"), ""),
        (lambda _: answers(b"453 Not Enough Bandwidth"), ""),
        (lambda _: answers(b"404 Not Found"), "404"),
        (lambda _: answers(b"403 Forbidden"), "403"),
        (
            lambda server: answers(b"302 Moved", b"Location: rtsp://127.0.0.1:%d/again\r\n" % server.port),
            "",
        ),
    ],
    ids=["endless header", "drip", "noise", "huge body", "no SDP", "453", "404", "403", "redirected in a circle"],
)
def test_a_hostile_server_is_an_error_in_words_and_in_time(
    script: Callable[[WireServer], Callable[[socket.socket, bytes], None]], reason: str
) -> None:
    hostile = WireServer(lambda connection, head: script(hostile)(connection, head))
    process, clock = psutil.Process(), SystemClock()
    before, begun_s = process.memory_info().rss, clock.monotonic_s()
    with hostile, pytest.raises(SourceUnavailable) as caught:
        source(f"rtsp://user:s3cret@127.0.0.1:{hostile.port}/cam", timeout_s=1.0)
    text = str(caught.value)
    assert reason in text
    assert "\n" not in text
    assert "s3cret" not in text
    assert clock.monotonic_s() - begun_s < 30.0, "it hung"
    assert process.memory_info().rss - before < 200 * 2**20


def test_a_redirection_is_followed(server: RtspServer) -> None:
    with WireServer(answers(b"302 Moved", b"Location: " + server.url.encode() + b"\r\n")) as first:
        assert len(take(source(f"rtsp://127.0.0.1:{first.port}/cam"), 5)) == 5
