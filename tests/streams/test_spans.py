"""Spans: the same pictures at the same times as a recording that is decoded whole, whatever is asked for and when."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from streams.clock import SimulatedClock
from streams.errors import SourceUnreadable
from streams.frame import Frame
from streams.spans import LEAST_S, LONGEST_S, Coded, Span, SpanReader
from streams.timeline import EPOCH, Timeline
from streams.video_file import VideoFileSource
from tests.streams.make_media import cut, make_video, turn_mp4

SAMPLE_FPS = 5.0


def source(path: Path) -> VideoFileSource:
    return VideoFileSource(path, camera="gate", clock=SimulatedClock(), sample_fps=SAMPLE_FPS)


def whole(path: Path) -> dict[int, Frame]:
    """What decoding everything gives, by index."""
    with source(path) as opened:
        return {frame.index: frame for frame in opened.frames()}


def by_spans(path: Path) -> tuple[dict[int, Frame], list[Span], VideoFileSource]:
    """Everything asked for, the end before what is between, as a look ahead does."""
    found: dict[int, Frame] = {}
    spans = []
    with source(path) as opened:
        for span in opened.spans():
            spans.append(span)
            frames = [span.end.frame(), *(still.frame() for still in span.between())]
            found |= {frame.index: frame for frame in frames if frame is not None}
    return found, spans, opened


def x264(gop: int, **more: str) -> dict[str, str]:
    return {"preset": "ultrafast", "g": str(gop), "keyint_min": str(gop), "sc_threshold": "0"} | more


X265 = {"preset": "ultrafast", "x265-params": "keyint=50:min-keyint=50:scenecut=0:bframes=3:open-gop=0:log-level=none"}


@pytest.mark.parametrize(
    ("name", "codec", "options", "frames", "left_coded"),
    [
        ("gop50.mp4", "libx264", x264(50), 200, True),
        ("gop10.mp4", "libx264", x264(10), 100, True),
        ("b pictures.mp4", "libx264", x264(50, bf="3", preset="veryfast"), 200, True),
        ("gop50.ts", "libx264", x264(50), 200, True),
        ("gop50.mkv", "libx264", x264(50), 200, True),
        ("hevc.mp4", "libx265", X265, 200, True),
        ("hevc.ts", "libx265", X265, 200, True),
        ("intra.avi", "mjpeg", {}, 100, True),
        ("gop50.mpg", "mpeg2video", {"g": "50"}, 200, True),
        ("one key picture.mp4", "libx264", x264(1000), 300, False),
        ("refresh.mp4", "libx264", x264(50, **{"x264-params": "intra-refresh=1"}), 200, False),
        ("no times.h264", "libx264", x264(50), 200, False),
        ("unknown.mov", "qtrle", {}, 50, False),
    ],
)
def test_the_pictures_are_those_of_the_whole(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], frames: int, left_coded: bool
) -> None:
    pix_fmt = {"mjpeg": "yuvj420p", "qtrle": "argb"}.get(codec, "yuv420p")
    path = make_video(tmp_path / name, codec=codec, pix_fmt=pix_fmt, frames=frames, options=options)
    dense, (found, spans, opened) = whole(path), by_spans(path)
    assert dense.keys() <= found.keys()
    assert (opened.error, opened.corrupt) == (None, 0)
    for index, frame in dense.items():
        assert found[index].pts_s == pytest.approx(frame.pts_s, abs=1e-9)
        assert found[index].at == frame.at
        np.testing.assert_array_equal(found[index].image, frame.image)
    ends = [span.end.pts_s for span in spans]
    assert ends[0] == 0.0
    assert all(LEAST_S <= later - sooner <= LONGEST_S for sooner, later in pairwise(ends[:-1]))
    assert any(span.coded is not None for span in spans) == left_coded


def test_what_nobody_asks_for_is_not_decoded(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=500, options=x264(50))
    with source(path) as opened:
        ends = [span.end.frame() for span in opened.spans()][:-1]
    assert [frame.pts_s for frame in ends if frame] == [2.0 * number for number in range(10)]
    # The last picture is not a key one: its group is decoded.
    assert opened.frames_decoded <= 10 + 50


def test_between_may_be_left_early_and_asked_for_again(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=200, options=x264(50))
    dense = whole(path)
    with source(path) as opened:
        first, second, *_ = spans = list(opened.spans())
    assert first.end.pts_s == 0.0 and len(spans) == 5
    early = next(second.between()).frame()
    again = [still.frame() for still in second.between()]
    assert early is not None and again[0] is not None and second.end.frame() is not None
    np.testing.assert_array_equal(early.image, again[0].image)
    assert [frame.index for frame in again if frame] == [index for index in dense if 0 < index < 50]


def test_two_spans_read_in_turns_are_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=200, options=x264(50))
    with source(path) as opened:
        _, second, third, *_ = list(opened.spans())
    one, other = second.between(), third.between()
    next(one)
    next(other)
    with pytest.raises(RuntimeError, match="in turns"):
        list(one)


def test_a_turned_camera_is_shown_upright(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=(160, 120), frames=100, options=x264(25))
    turn_mp4(path, 1)
    dense, (found, _, _) = whole(path), by_spans(path)
    assert dense[0].size == (120, 160)
    for index, frame in dense.items():
        np.testing.assert_array_equal(found[index].image, frame.image)


def test_uneven_times_and_a_jump(tmp_path: Path) -> None:
    """Pictures come slower in the second half, and 90 s are missing."""

    def pts(index: int) -> int:
        return index if index < 100 else 100 + (index - 100) * 3 + 90 * 25

    path = make_video(tmp_path / "a.mkv", frames=200, options=x264(25), pts=pts)
    dense, (found, _, _) = whole(path), by_spans(path)
    assert dense.keys() <= found.keys()
    assert all(found[index].pts_s == pytest.approx(frame.pts_s, abs=1e-9) for index, frame in dense.items())


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_broken_tail_gives_what_is_there(tmp_path: Path, share: float) -> None:
    path = cut(make_video(tmp_path / "a.ts", frames=300, options=x264(50)), share)
    dense, (found, _, opened) = whole(path), by_spans(path)
    last_s = max(frame.pts_s for frame in dense.values())
    assert max(frame.pts_s for frame in found.values()) == pytest.approx(last_s, abs=0.21)
    assert set(dense) - set(found) <= {max(dense)}
    assert opened.frames_decoded > 0


def test_nothing_to_decode_is_an_error(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.h264", frames=50, options=x264(50))
    path.write_bytes(b"\\x00\\x00\\x00\\x01\\x09\\x10" * 50)
    with pytest.raises(SourceUnreadable):
        by_spans(path)


def test_a_clock_that_is_set_back_between_key_pictures_loses_no_picture(tmp_path: Path) -> None:
    """The times of what follows lie before those of its key picture; some recorders go on without a new one."""

    def taken(step_back_at: int) -> list[float]:
        path = make_video(tmp_path / "a.mkv", frames=300, options=x264(50))
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            reader = SpanReader(
                set_back(container.demux(stream), step_back_at), stream, Timeline(25.0), SAMPLE_FPS, made
            )
            return [
                still.pts_s
                for span in reader.spans()
                for still in (*span.between(), span.end)
                if still.frame() is not None
            ]

    def set_back(packets: Iterator[Coded], at: int) -> Iterator[Coded]:
        for index, packet in enumerate(packets):
            if index >= at and packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts = packet.pts - 1500, packet.dts - 1500
            yield packet

    def made(index: int, pts_s: float, picture: av.VideoFrame) -> Frame:
        return Frame("gate", index, EPOCH, pts_s, pts_s, np.asarray(picture.to_ndarray(format="bgr24"), np.uint8))

    whole_s = taken(300)
    assert taken(120) == pytest.approx(whole_s, abs=0.05) and len(whole_s) == 60
