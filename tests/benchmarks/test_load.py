"""Cameras that benchmarks watch, and the meters that they are read by."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from benchmarks.load import clips, processes
from benchmarks.load.bars import Bar, table
from benchmarks.load.clips import SCENARIOS, Part, made, many
from benchmarks.load.product import Tally
from benchmarks.load.streams import Streams
from streams.clock import SystemClock
from streams.request import Request
from streams.source import open_source
from tests.acceptance.watching import until
from tests.rtsp_server import missing_reason

CLIP = SCENARIOS / "ebike_lift_day.mp4"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where clips are kept meanwhile."""
    monkeypatch.setattr(clips, "KEPT", tmp_path)
    return tmp_path


def test_a_clip_is_what_a_camera_sends() -> None:
    with av.open(str(made(Part(CLIP, seconds=4.2)))) as container:
        (stream,) = container.streams.video
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert (stream.width, stream.height) == clips.D1
    assert stream.average_rate == clips.FPS
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 50, 100]
    assert len(packets) == 105
    assert 0.5e6 < sum(packet.size for packet in packets) * 8 / 4.2 < 1.5e6


def test_a_clip_is_made_once_and_anew_for_another_recipe() -> None:
    small = Part(CLIP, seconds=0.2, size=(64, 48))
    first = made(small).stat().st_mtime_ns
    assert made(small).stat().st_mtime_ns == first
    assert made(Part(CLIP, seconds=0.2, size=(64, 48), seed=1)) != small.file


def test_a_recording_that_ends_begins_anew() -> None:
    with av.open(str(CLIP)) as container:
        ends_s = float((container.duration or 0) / av.time_base)
    part = Part(CLIP, start_s=ends_s - 0.2, seconds=1.0, size=(64, 48))
    with av.open(str(made(part))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 25


def test_cameras_differ() -> None:
    parts = many(16)
    assert len({part.file for part in parts}) == 16
    assert all(part.source.exists() for part in parts)


@pytest.mark.skipif(missing_reason() is not None, reason=str(missing_reason()))
def test_a_camera_plays_what_it_is_told_to() -> None:
    parts = {"small": Part(CLIP, seconds=0.4, size=(64, 48)), "large": Part(CLIP, seconds=0.4, size=(128, 96))}
    with Streams({"one": parts, "other": parts}) as streams:
        assert streams.ports["one"] != streams.ports["other"]
        with open_source(Request(url=streams.url("one"), camera="one", clock=SystemClock())) as source:
            frames = source.frames()
            assert next(frames).size == (64, 48)
            sent_s = streams.order("one", part="large")
            frame = next(frame for frame in frames if frame.size == (128, 96))
            assert frame.monotonic_s > sent_s
            assert processes.connected_to(streams.ports["one"], [os.getpid()]) == os.getpid()
        assert processes.connected_to(streams.ports["other"], [os.getpid()]) is None
        assert streams.order("other", fps=1) > sent_s, "an order to a camera that nobody watches is answered, too"


@pytest.mark.skipif(missing_reason() is not None, reason=str(missing_reason()))
def test_a_server_that_cannot_start_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        streams = Streams({"one": {"small": Part(CLIP, seconds=0.2, size=(64, 48))}})
        streams._plan["one"]["port"] = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match="the RTSP server ended"):
            streams.start()


def test_a_family_is_counted_with_its_children() -> None:
    burn = "import time\nwhile time.process_time() < 0.4: pass\ninput()"
    before = processes.cost(os.getpid())
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE) as child:
        assert child.pid in processes.family(os.getpid())
        assert child.pid in processes.children(os.getpid())
        until(lambda: (known := processes.cost(child.pid)) and known.cpu_s >= 0.3, "its work")
        known = processes.cost(child.pid, with_pss=True)
        assert known is not None and 0 < known.pss <= known.rss and known.fds >= 3 and known.threads == 1
        child.kill()
    after = processes.cost(os.getpid())
    assert processes.cost(child.pid) is None
    assert before is not None and after is not None
    assert after.cpu_s - before.cpu_s >= 0.3, "what an ended child has used counts on"


HEALTH = {"state": "online"}


@pytest.mark.parametrize(
    ("counters", "looks"),
    [
        ([5, 7, 9], 4),
        ([5, 7, 2, 3], 5),  # a new analyzer begins at zero
        ([5, 5], 0),
    ],
)
def test_looks_are_counted_over_restarts(counters: Sequence[int], looks: int) -> None:
    tally = Tally()
    for counter in counters:
        tally.see({**HEALTH, "looks": counter}, None)
    assert tally.looks == looks


def test_gaps_are_between_pictures_looked_at() -> None:
    tally = Tally()
    for second in (0, 1, 1, 4, 5):
        tally.see({**HEALTH, "looks": 0}, (NOW + timedelta(seconds=second)).isoformat())
    first_s = tally.times_s[0]
    assert len(tally.times_s) == 4, "a look that is seen twice by the poll is one"
    assert tally.gap_s(first_s, first_s + 6) == pytest.approx(3, abs=0.1)
    assert tally.gap_s(first_s, first_s + 20) == pytest.approx(15, abs=0.1), "the gap may be at the end"
    assert tally.first_after(first_s + 2) == pytest.approx(first_s + 4, abs=0.1)
    assert tally.first_after(first_s + 9) is None


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [
        (Bar("looks", 2.5, 1, 2), "goal"),
        (Bar("looks", 1.0, 1, 2), "held"),
        (Bar("looks", 0.9, 1, 2), "missed"),
        (Bar("looks", 1.0, 1), "goal"),
        (Bar("seconds", 2.9, 4, 3, more=False), "goal"),
        (Bar("seconds", 3.5, 4, 3, more=False), "held"),
        (Bar("seconds", float("inf"), 4, 3, more=False), "missed"),
    ],
)
def test_bars(bar: Bar, verdict: str) -> None:
    told: Mapping[str, Any] = bar.told()
    assert told["verdict"] == bar.verdict == verdict
    assert told["measured"] is None or told["measured"] == bar.value, "a result file holds no Infinity"
    (line,) = table([bar])
    assert line.strip().startswith(verdict)
