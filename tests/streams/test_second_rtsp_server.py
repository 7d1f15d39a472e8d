"""Network cameras against a second kind of server: it knows UDP alone, and pictures are pushed to it."""

from pathlib import Path

import pytest

from streams.clock import SystemClock
from streams.errors import SourceUnavailable
from streams.rtsp import RtspSource
from tests.streams.make_media import make_video
from tests.streams.perl_rtsp import PerlRtspServer, missing_reason


def test_another_server(tmp_path: Path) -> None:
    if (reason := missing_reason()) is not None:
        pytest.skip(reason)
    options = {"preset": "ultrafast", "g": "15", "bf": "0"}
    video = make_video(tmp_path / "cam.mp4", size=(320, 240), frames=75, fps=25, options=options)
    with PerlRtspServer(video) as server:
        with pytest.raises(SourceUnavailable, match="the other transport"):
            opened(server.url, "tcp")
        frames = []
        source = opened(server.url, "udp")
        for frame in source.frames():
            frames.append(frame)
            if len(frames) == 30:
                break
        source.close()
    assert {frame.size for frame in frames} == {(320, 240)}
    assert tuple(int(value) for value in frames[0].image[-5, 5]) == pytest.approx((0, 0, 255), abs=12)


def opened(url: str, transport: str) -> RtspSource:
    """Tries again while the stream is not yet there (404)."""
    clock = SystemClock()
    end_s = clock.monotonic_s() + 30.0
    while True:
        try:
            return RtspSource(url, camera="gate", clock=clock, transport="udp" if transport == "udp" else "tcp")
        except SourceUnavailable as error:
            if "404" not in error.reason or clock.monotonic_s() > end_s:
                raise
