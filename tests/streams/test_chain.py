"""Recordings that follow each other, read as one: real files, in the containers and codecs of cameras and recorders."""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest

from streams.chain import ChainSource, Fault, Segment
from streams.clock import SimulatedClock
from streams.errors import SourceUnreadable
from streams.frame import Frame
from tests.streams.dav import write_dav

FPS = 5


def write(
    path: Path,
    seconds: float,
    *,
    grey: int = 128,
    greys: Sequence[int] = (),
    codec: str = "libx264",
    container: str = "",
    leaps: tuple[float, float] = (math.inf, 0.0),
    gop: int = 0,
) -> Path:
    """One shade, so that a picture tells its file; or `greys`, so that it tells its time. leaps: after so many seconds
    the clock is put forward by so many. gop: pictures from one key picture to the next.
    """
    after_s, by_s = leaps
    if container == "dhav":
        pictures = [np.full((48, 64, 3), grey, np.uint8)] * round(seconds * FPS)
        return write_dav(path, pictures, fps=FPS, codec=codec)
    with av.open(str(path), "w", format=container or None) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(FPS))
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.width, stream.height = 64, 48
        if gop:
            stream.gop_size = gop
        if path.suffix == ".avi":
            stream.options = {"bf": "0"}  # as cameras code; AVI knows one order only
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none:bframes=0"}
        for number in range(round(seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), greys[number] if greys else grey, np.uint8), format="bgr24"
            )
            frame.time_base = Fraction(1, FPS)
            frame.pts = number + round(by_s * FPS) * (number >= after_s * FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def played(*segments: Segment) -> tuple[ChainSource, list[Frame]]:
    source = ChainSource(segments, camera="c", clock=SimulatedClock())
    with source:
        return source, list(source.frames())


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("x.mp4", "libx264", ""),
        ("x.mp4", "libx265", ""),
        ("x.mkv", "libx264", ""),
        ("x.mkv", "libx265", ""),
        ("x.mkv", "mjpeg", ""),
        ("x.avi", "libx264", ""),
        ("x.avi", "mjpeg", ""),
        ("x.ts", "libx264", ""),
        ("x.ts", "libx265", ""),
        ("x.flv", "libx264", ""),
        ("x.mpg", "libx264", "vob"),
        ("x.ps", "libx264", "vob"),
        ("x.dav", "libx264", "vob"),
        ("x.dav", "libx264", "dhav"),
        ("x.dav", "libx265", "dhav"),
        ("x.mov", "mjpeg", ""),
    ],
)
def test_what_recorders_write_is_one_time_line(name: str, codec: str, container: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a" / name, 2, grey=60, codec=codec, container=container)
    second = write(tmp_path / "b" / name, 2, grey=200, codec=codec, container=container)
    source, frames = played(Segment(first, 0.0), Segment(second, 2.0))
    assert source.error is None
    assert source.gaps == []
    assert len(frames) == source.frames_decoded == 20
    assert [frame.pts_s for frame in frames] == pytest.approx([index / FPS for index in range(20)], abs=0.05)
    assert [frame.index for frame in frames] == list(range(20))
    assert [float(frame.image.mean()) < 130 for frame in frames] == [True] * 10 + [False] * 10


def test_spans_are_the_same_pictures_at_the_same_times(tmp_path: Path) -> None:
    """Over three files, of which the third shows a second of the one before once more."""
    paths = [write(tmp_path / f"{number}.mp4", 4, grey=60 * number + 30) for number in range(3)]
    segments = [Segment(path, begins_s) for path, begins_s in zip(paths, (0.0, 30.0, 33.0), strict=True)]
    whole, frames = played(*segments)
    with ChainSource(segments, camera="c", clock=SimulatedClock()) as source:
        found: dict[float, Frame] = {}
        for span in source.spans():
            ahead = span.end.frame()
            for frame in (*(still.frame() for still in span.between()), ahead):
                assert frame is not None
                found[frame.pts_s] = frame
    assert list(found) == pytest.approx([frame.pts_s for frame in frames])
    assert source.gaps == [pytest.approx(gap) for gap in whole.gaps] != []
    for one, other in zip(found.values(), frames, strict=True):
        assert (one.camera, one.at) == (other.camera, other.at)
        assert np.array_equal(one.image, other.image)


def test_time_passes_where_nothing_was_recorded(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.mp4", 2), write(tmp_path / "2.mp4", 2)
    source, frames = played(Segment(one, 0.0), Segment(two, 60.0))
    assert [frame.pts_s for frame in frames[9:11]] == pytest.approx([1.8, 60.0])
    assert source.gaps == [pytest.approx((1.8, 60.0))]
    assert source.error is None


def test_what_is_shown_twice_is_looked_at_once(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.mp4", 4, grey=60), write(tmp_path / "2.mp4", 4, grey=200)
    _, frames = played(Segment(one, 0.0), Segment(two, 3.0))
    times = [frame.pts_s for frame in frames]
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(6.8)
    assert sum(float(frame.image.mean()) < 130 for frame in frames) == 20


@pytest.mark.parametrize("spans", [False, True])
def test_a_clock_that_leaps_hides_no_later_file(spans: bool, tmp_path: Path) -> None:
    first = write(tmp_path / "1.mkv", 10, grey=60, leaps=(4.0, 7200.0))
    segments = [Segment(first, 0.0), Segment(write(tmp_path / "2.mkv", 4, grey=200), 10.0)]
    with ChainSource(segments, camera="c", clock=SimulatedClock()) as source:
        if spans:
            stills = (still for span in source.spans() for still in (*span.between(), span.end))
            shown = [frame for still in stills if (frame := still.frame()) is not None]
        else:
            shown = list(source.frames())
    assert [frame.pts_s for frame in shown] == pytest.approx([index / FPS for index in range(70)], abs=0.02)
    assert sum(float(frame.image.mean()) > 130 for frame in shown) == 20
    assert source.gaps == []


@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize(
    ("begins_s", "greys", "aside", "passed_over_s"),
    [
        ((0.0, 1.0), [60], [1], 0.0),  # all of it
        ((0.0, 2.0, 10.0, 12.0), [60, 180], [1, 3], 0.0),  # of two cameras by turns
        ((0.0, 9.0), [60, 120], [], 0.8),
        ((0.0, 6.0), [60, 120], [], 3.8),
    ],
)
def test_a_file_that_lies_under_another_is_left_aside_and_not_passed_over(
    spans: bool,
    begins_s: tuple[float, ...],
    greys: list[int],
    aside: list[int],
    passed_over_s: float,
    tmp_path: Path,
) -> None:
    paths = [write(tmp_path / f"{number}.mp4", 10, grey=60 + 60 * number) for number in range(len(begins_s))]
    source = ChainSource(list(map(Segment, paths, begins_s)), camera="c", clock=SimulatedClock())
    with source:
        frames = list(source.frames()) if not spans else [
            frame for span in source.spans() for still in (*span.between(), span.end) if (frame := still.frame())
        ]  # fmt: skip
    assert source.aside == aside
    assert source.passed_over_s == pytest.approx(passed_over_s)
    shown = [round(float(frame.image.mean()) / 60) * 60 for frame in frames]
    assert [grey for index, grey in enumerate(shown) if index == 0 or grey != shown[index - 1]] == greys
    faults = [(fault.index, fault.overlap) for fault in source.faults]
    assert faults == ([(1, True)] if passed_over_s > 2.5 else [])
    if faults:
        assert source.error == (
            "1 of 2 files overlap others: 1.mp4: 3.8 s lie before the end of 0.mp4 and were not looked at"
        )


@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize(("suffix", "codec"), [("h264", "libx264"), ("h265", "libx265"), ("mjpg", "mjpeg")])
def test_a_file_without_times_that_seems_too_long_hides_nothing_of_the_next(
    suffix: str, codec: str, spans: bool, tmp_path: Path
) -> None:
    """Its rate is guessed: 150 pictures of 5 s seem to be 6 s long."""
    paths = [write(tmp_path / f"{number}.{suffix}", 30, grey=60 * number + 30, codec=codec) for number in range(3)]
    segments = [Segment(path, 5.0 * number) for number, path in enumerate(paths)]
    with ChainSource(segments, camera="c", clock=SimulatedClock()) as source:
        stills = (still for span in source.spans() for still in (*span.between(), span.end)) if spans else ()
        frames = [frame for still in stills if (frame := still.frame())] if spans else list(source.frames())
    assert source.error is None
    assert (source.aside, source.gaps, source.passed_over_s) == ([], [], 0.0)
    assert len(frames) == 450
    times = [frame.pts_s for frame in frames]
    assert times == sorted(set(times))
    assert times[150] == 5.0 and times[300] == 10.0


def test_a_damaged_file_is_a_fault_and_a_gap_and_the_rest_is_played(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{number}.ts", 10) for number in range(5)]
    files[1].write_bytes(b"")
    files[2].write_text("no film")
    files[3].write_bytes(files[3].read_bytes()[: files[3].stat().st_size // 2 // 188 * 188])
    source, frames = played(*(Segment(path, 10.0 * number) for number, path in enumerate(files)))
    assert [(fault.index, fault.lost) for fault in source.faults][:2] == [(1, True), (2, True)]
    assert source.faults[0] == Fault(1, "the file is empty", lost=True)
    assert source.gaps[0] == pytest.approx((9.8, 30.0))
    assert frames[-1].pts_s == pytest.approx(49.8)
    assert source.error is not None
    assert "of 5 files are damaged: 1.ts: the file is empty" in source.error


def test_a_broken_tail_is_told(tmp_path: Path) -> None:
    one = write(tmp_path / "1.mkv", 20)
    one.write_bytes(one.read_bytes()[:-200])
    two = write(tmp_path / "2.mkv", 2)
    source, frames = played(Segment(one, 0.0), Segment(two, 20.0))
    assert frames[-1].pts_s == pytest.approx(21.8)
    assert [(fault.index, fault.lost) for fault in source.faults] == [(0, False)]


def test_without_any_readable_file_it_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "1.mp4").write_bytes(b"")
    with pytest.raises(SourceUnreadable, match="none of 2 files"):
        played(Segment(tmp_path / "1.mp4", 0.0), Segment(tmp_path / "2.mp4", 60.0))
