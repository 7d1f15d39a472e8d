"""Clips as they are written, read back by a decoder that knows nothing of us."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import pytest

from streams.access_unit import AccessUnit, StreamFormat
from streams.annex_b import nal_units, parameter_sets
from streams.clip import Clip, ClipWriter, SteadyTimes, salvaged
from streams.errors import ClipError
from tests.streams.make_media import make_video
from tests.streams.test_tap import X264, X265, play

Given = list[tuple[StreamFormat, AccessUnit]]
B_PICTURES = {"preset": "medium", "g": "25", "bf": "3"}


def coded(folder: Path, encoder: str = "libx264", options: dict[str, str] | None = None, suffix: str = ".mp4") -> Given:
    """100 pictures, 25 a second, read as by a camera: the monotonic stamps keep their pace."""
    units, _ = play(make_video(folder / f"in{suffix}", codec=encoder, frames=100, options=options or X264))
    return [(told, replace(one, monotonic_s=50 + index / 25)) for index, (told, one) in enumerate(units.given)]


def write(path: Path, given: Given) -> Clip:
    with ClipWriter(path) as writer:
        for told, one in given:
            writer.put(told, one)
        return writer.finish()


def read(path: Path) -> tuple[list[float], str]:
    """Times of the decoded pictures from the first, seconds; the sample entry's name."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert not any(frame.is_corrupt for frame in frames)
        return [float(f.time or 0) - float(frames[0].time or 0) for f in frames], stream.codec_context.codec_tag


def boxes(path: Path) -> list[str]:
    """The names of the file's outermost boxes, in order."""
    data, names, start = path.read_bytes(), [], 0
    while start < len(data):
        names.append(data[start + 4 : start + 8].decode())
        start += int.from_bytes(data[start : start + 4], "big")
    return names


@pytest.mark.parametrize(
    ("encoder", "options", "suffix", "tag"),
    [
        ("libx264", X264, ".mp4", "avc1"),
        ("libx264", X264, ".ts", "avc1"),
        ("libx264", B_PICTURES, ".mp4", "avc1"),
        ("libx265", X265, ".mp4", "hvc1"),
        ("libx265", {"preset": "fast", "x265-params": "log-level=none:keyint=25:bframes=3"}, ".mp4", "hvc1"),
    ],
    ids=["h264", "h264 ts", "h264 with B", "h265", "h265 with B, open groups"],
)
def test_a_clip_is_what_the_camera_sent(
    tmp_path: Path, encoder: str, options: dict[str, str], suffix: str, tag: str
) -> None:
    given = coded(tmp_path, encoder, options, suffix)
    clip = write(tmp_path / "clip.mp4", given)
    times, named = read(clip.path)
    assert times == pytest.approx([index / 25 for index in range(100)], abs=0.002)
    assert named == tag
    assert clip.duration_s == pytest.approx(4.0, abs=0.01)
    assert (clip.size, clip.sha256) == (
        clip.path.stat().st_size,
        hashlib.sha256(clip.path.read_bytes()).hexdigest(),
    )
    assert boxes(clip.path) == ["ftyp", "moov", *["moof", "mdat"] * 4, "mfra"]
    assert sorted(os.listdir(tmp_path)) == ["clip.mp4", f"in{suffix}"]


def test_parameter_sets_that_only_the_description_has_are_put_in(tmp_path: Path) -> None:
    given = coded(tmp_path)
    bare = [
        (
            told,
            replace(one, data=b"".join(b"\0\0\0\1" + nal for nal in nal_units(one.data) if nal[0] & 31 not in (7, 8))),
        )
        for told, one in given
    ]
    assert parameter_sets(given[0][1].data, "h264") and not parameter_sets(bare[0][1].data, "h264")
    assert len(read(write(tmp_path / "clip.mp4", bare).path)[0]) == 100


def _jump(at: int, by_s: float) -> Callable[[int, AccessUnit], AccessUnit]:
    return lambda index, one: replace(one, pts_s=one.pts_s + (by_s if index >= at else 0.0))


@pytest.mark.parametrize("options", [X264, B_PICTURES], ids=["no B", "B"])
@pytest.mark.parametrize(
    "change",
    [
        _jump(30, 3600.0),
        _jump(30, -3600.0),
        _jump(60, 86_400.0 * 400),
        _jump(50, -2.0),
        lambda index, one: replace(one, pts_s=one.pts_s - (one.pts_s if index >= 50 else 0.0)),  # stuck
        lambda index, one: replace(one, pts_s=one.pts_s % 2.0),  # starts anew each two seconds
    ],
    ids=["hour on", "hour back", "year", "two seconds back", "stuck", "loop"],
)
def test_times_go_on_whatever_the_cameras_clock_does(
    tmp_path: Path, change: Callable[[int, AccessUnit], AccessUnit], options: dict[str, str]
) -> None:
    given = [(told, change(index, one)) for index, (told, one) in enumerate(coded(tmp_path, options=options))]
    clip = write(tmp_path / "clip.mp4", given)
    times, _ = read(clip.path)
    assert len(times) == 100
    # Where the clock is set amid pictures that come out of order, a few change places: by a tenth of a second.
    assert all(a <= b + (0.2 if options is B_PICTURES else 0.0) for a, b in pairwise(times))
    assert times[-1] == pytest.approx(3.96, abs=0.3)
    assert clip.duration_s == pytest.approx(4.0, abs=0.3)


def test_a_burst_after_a_stall_keeps_the_streams_own_times() -> None:
    """The network held pictures back for three seconds; they were taken one each 40 ms all the same."""
    steady = SteadyTimes()
    given = [unit(index / 25, index / 25 if index < 25 else max(4.0, index / 25)) for index in range(150)]
    assert [steady.next_s(one, reorders=False) for one in given] == pytest.approx([i / 25 for i in range(150)])


def test_a_connection_that_was_lost_leaves_a_gap() -> None:
    steady = SteadyTimes()
    assert [steady.next_s(one, reorders=False) for one in (unit(500.0, 10.0), unit(0.0, 17.5), unit(0.04, 17.54))] == (
        pytest.approx([0.0, 7.5, 7.54])
    )


def unit(pts_s: float, monotonic_s: float) -> AccessUnit:
    return AccessUnit(b"", False, pts_s, pts_s, datetime(2026, 1, 1, tzinfo=UTC), monotonic_s)


def test_a_new_format_ends_the_clip_and_what_there_is_can_be_kept(tmp_path: Path) -> None:
    given = coded(tmp_path)
    with ClipWriter(tmp_path / "clip.mp4") as writer:
        for told, one in given[:60]:
            writer.put(told, one)
        with pytest.raises(ClipError, match="changed its format"):
            writer.put(replace(given[0][0], width=1280), given[75][1])
        assert len(read(writer.finish().path)[0]) == 60


@pytest.mark.parametrize(("codec", "index"), [("mjpeg", 0), ("h264", 3)], ids=["codec", "no key picture"])
def test_a_clip_cannot_begin_with_anything(tmp_path: Path, codec: str, index: int) -> None:
    given = coded(tmp_path)
    with ClipWriter(tmp_path / "clip.mp4") as writer, pytest.raises(ClipError, match="cannot begin"):
        writer.put(replace(given[0][0], codec=codec), given[index][1])


def test_without_finish_nothing_is_left(tmp_path: Path) -> None:
    given = coded(tmp_path)
    (tmp_path / "out").mkdir()
    with ClipWriter(tmp_path / "out" / "clip.mp4") as writer:
        for told, one in given:
            writer.put(told, one)
        assert os.listdir(tmp_path / "out") == ["clip.mp4.part"]
    assert os.listdir(tmp_path / "out") == []


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    given = coded(tmp_path)
    with ClipWriter(tmp_path / "in.mp4" / "clip.mp4") as writer, pytest.raises(ClipError, match="cannot be written"):
        for told, one in given:
            writer.put(told, one)


KILLED = """
import os, signal, sys
from pathlib import Path
from streams.clip import ClipWriter
from tests.streams.test_clip import coded
folder = Path(sys.argv[1])
given = coded(folder)
writer = ClipWriter(folder / "clip.mp4")
for told, one in given[: int(sys.argv[2])]:
    writer.put(told, one)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("units", "kept"), [(90, 50), (30, 0)])
def test_a_killed_writer_leaves_what_can_be_shown(tmp_path: Path, units: int, kept: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(units)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    clip = salvaged(tmp_path / "clip.mp4")
    assert sorted(os.listdir(tmp_path)) == (["clip.mp4", "in.mp4"] if kept else ["in.mp4"])
    if kept:
        assert clip is not None
        assert len(read(clip.path)[0]) == kept
        assert clip.duration_s == pytest.approx(kept / 25, abs=0.05)
        assert clip.sha256 == hashlib.sha256(clip.path.read_bytes()).hexdigest()
    else:
        assert clip is None


FULL = """
import resource, sys
from pathlib import Path
from streams.clip import ClipWriter
from streams.errors import ClipError
from tests.streams.test_clip import coded
folder = Path(sys.argv[1])
given = coded(folder, options={"preset": "ultrafast", "g": "25", "qp": "1"})
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
with ClipWriter(folder / "clip.mp4") as writer:
    try:
        for told, one in given:
            writer.put(told, one)
    except ClipError as error:
        print("put:", error)
    try:
        writer.finish()
    except ClipError as error:
        print("finish:", error)
"""


@pytest.mark.parametrize("limit", [500, 10_000, 30_000])
def test_a_disk_that_is_full_ends_the_clip_in_one_line_and_leaves_no_file(tmp_path: Path, limit: int) -> None:
    """Files may not grow beyond the limit: what a full disk looks like to whoever writes."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(limit)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1].startswith("finish: a clip cannot be written: ")
    assert done.stderr == ""
    assert os.listdir(tmp_path) == ["in.mp4"]


def test_a_clip_that_was_finished_by_a_process_that_is_gone_is_taken_as_it_is(tmp_path: Path) -> None:
    assert salvaged(tmp_path / "clip.mp4") is None
    clip = write(tmp_path / "clip.mp4", coded(tmp_path))
    found = salvaged(clip.path)
    assert found is not None
    assert (found.path, found.size, found.sha256) == (clip.path, clip.size, clip.sha256)
    assert found.duration_s == pytest.approx(clip.duration_s, abs=0.05)


@pytest.mark.parametrize("cut_at", ["moov", "moof", "mdat"])
def test_what_is_salvaged_ends_with_a_whole_fragment(tmp_path: Path, cut_at: str) -> None:
    """Wherever the third fragment (or the index) is cut off."""
    whole = write(tmp_path / "whole.mp4", coded(tmp_path))
    data = whole.path.read_bytes()
    at = -1
    for _ in range(1 if cut_at == "moov" else 3):
        at = data.index(cut_at.encode(), at + 1)
    (tmp_path / "clip.mp4.part").write_bytes(data[: at + 60])
    clip = salvaged(tmp_path / "clip.mp4")
    if cut_at == "moov":
        assert clip is None
        assert not (tmp_path / "clip.mp4.part").exists()
    else:
        assert clip is not None
        assert len(read(clip.path)[0]) == 50
        assert clip.duration_s == pytest.approx(2.0, abs=0.05)
        assert boxes(clip.path) == ["ftyp", "moov", *["moof", "mdat"] * 2]
