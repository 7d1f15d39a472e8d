"""Recordings as cameras and recorders leave them."""

import errno
import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streams.clock import SimulatedClock
from streams.errors import SourceNotFound, SourceUnreadable
from streams.frame import Frame
from streams.timeline import Playback
from streams.video_file import VideoFileSource
from tests.streams.make_media import cut, make_video, turn_mp4

RED_AT, WHITE_AT, GREEN_AT = (-5, 5), (-5, -5), (5, 5)


def source(path: Path, sample_fps: float | None = None, **more: object) -> VideoFileSource:
    return VideoFileSource(path, camera="gate", clock=SimulatedClock(), sample_fps=sample_fps, **more)  # type: ignore[arg-type]


def read(path: Path) -> tuple[list[Frame], VideoFileSource]:
    with source(path) as opened:
        return list(opened.frames()), opened


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "size"),
    [
        ("a.mp4", "libx264", "yuv420p", (160, 120)),
        ("odd size.mkv", "libx264", "yuv444p", (161, 121)),
        ("odd width.mkv", "libx264", "yuv444p", (163, 120)),
        ("ten bits.mkv", "libx264", "yuv420p10le", (160, 120)),
        ("full range.avi", "mjpeg", "yuvj420p", (160, 120)),
        ("alpha.mov", "qtrle", "argb", (160, 120)),
        ("a.avi", "libx264", "yuv420p", (160, 120)),
        ("a.ts", "libx264", "yuv420p", (160, 120)),
        ("a.mpg", "mpeg2video", "yuv420p", (160, 120)),
        ("车棚.mp4", "libx264", "yuv420p", (160, 120)),
        ("100%d [x] a:b.mp4", "libx264", "yuv420p", (160, 120)),
    ],
)
def test_formats(tmp_path: Path, name: str, codec: str, pix_fmt: str, size: tuple[int, int]) -> None:
    plain = make_video(tmp_path / f"plain{Path(name).suffix}", codec=codec, pix_fmt=pix_fmt, size=size)
    frames, opened = read(plain.rename(tmp_path / name))
    assert len(frames) == opened.frames_decoded == 50
    assert (opened.error, opened.corrupt) == (None, 0)
    assert opened.duration_s == pytest.approx(2.0, abs=0.5 if name.endswith(".mpg") else 0.05)
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.pts_s for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=2e-3)
    for frame in (frames[0], frames[-1]):
        assert frame.size == size
        assert frame.image.dtype == np.uint8
        np.testing.assert_allclose(frame.image[RED_AT], (0, 0, 255), atol=10)
        np.testing.assert_allclose(frame.image[WHITE_AT], (255, 255, 255), atol=10)
        np.testing.assert_allclose(frame.image[GREEN_AT], (0, 200, 0), atol=10)


def test_grey(tmp_path: Path) -> None:
    frames, _ = read(make_video(tmp_path / "grey.mkv", pix_fmt="gray"))
    assert frames[0].image.shape == (120, 160, 3)
    assert np.ptp(frames[0].image, axis=2).max() <= 2


def test_stamps_are_the_recordings_own(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", pts=lambda index: index + 250)
    start = datetime(2026, 5, 1, 8, tzinfo=UTC)
    frames = list(source(path, started_at=start).frames())
    assert frames[0].pts_s == 0.0
    assert all(frame.monotonic_s == frame.pts_s for frame in frames)
    assert frames[10].at == start + timedelta(seconds=frames[10].pts_s)
    assert next(source(path).frames()).at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("fps", "count"), [(5.0, 10), (1.0, 2), (100.0, 50)])
def test_sampling_decodes_all_and_gives_some(tmp_path: Path, fps: float, count: int) -> None:
    opened = source(make_video(tmp_path / "a.mp4"), fps)
    frames = list(opened.frames())
    assert len(frames) == count
    assert opened.frames_decoded == 50


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(tmp_path: Path, threads: int) -> None:
    path = make_video(tmp_path / "a.mp4", options={"preset": "medium", "bf": "2"})
    frames = list(source(path, threads=threads).frames())
    assert [frame.pts_s for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=2e-3)


@pytest.mark.parametrize(("turns", "green_at"), [(1, (60, -5)), (2, (-5, 60)), (3, (60, 5))])
def test_rotation(tmp_path: Path, turns: int, green_at: tuple[int, int]) -> None:
    path = make_video(tmp_path / "a.mp4")
    turn_mp4(path, turns)
    frame = next(source(path).frames())
    assert frame.size == ((160, 120) if turns == 2 else (120, 160))
    np.testing.assert_allclose(frame.image[green_at], (0, 200, 0), atol=10)


def test_recordings_joined_end_to_end_go_on(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.ts")
    path.write_bytes(path.read_bytes() * 2)
    frames, _ = read(path)
    assert [frame.pts_s for frame in frames] == pytest.approx([index / 25 for index in range(100)], abs=2e-3)


def test_raw_h264_without_times_follows_the_frame_rate(tmp_path: Path) -> None:
    frames, opened = read(make_video(tmp_path / "a.h264"))
    assert opened.duration_s is None
    assert [frame.pts_s for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=2e-3)


@pytest.mark.parametrize("lost", [range(10, 20), range(50)], ids=["some", "all"])
def test_missing_times_are_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: range) -> None:
    indexes = iter(range(50))

    def time_of(frame: av.VideoFrame) -> float | None:
        return None if next(indexes) in lost else float((frame.pts or 0) * (frame.time_base or Fraction(1)))

    monkeypatch.setattr("streams.video_file.time_of", time_of)
    frames, _ = read(make_video(tmp_path / "a.mp4"))
    assert [frame.pts_s for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=2e-3)


@pytest.mark.parametrize(("name", "mux"), [("a.mp4", {"movflags": "faststart"}), ("a.mkv", {})])
def test_a_cut_recording_gives_what_it_has_and_says_so(tmp_path: Path, name: str, mux: dict[str, str]) -> None:
    path = cut(make_video(tmp_path / name, frames=150, mux=mux), 0.5)
    frames, opened = read(path)
    assert 40 < len(frames) < 110
    assert opened.error is not None
    assert opened.error.startswith("truncated: ")
    assert "of 6.0 s" in opened.error


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".avi", ".mkv"])
def test_damage_in_the_middle_is_passed_over(tmp_path: Path, suffix: str) -> None:
    path = make_video(tmp_path / f"a{suffix}", frames=150)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 800] = np.random.default_rng(3).bytes(800)
    path.write_bytes(data)
    frames, opened = read(path)
    assert len(frames) > 75
    assert frames[-1].pts_s > 2.5
    assert all(a.pts_s <= b.pts_s for a, b in pairwise(frames))
    assert opened.corrupt == 0 or opened.error is not None


def _cut_without_index(path: Path) -> None:
    cut(make_video(path), 0.6)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.touch(), "empty"),
        (lambda path: path.write_text("I am a text\n" * 200), "not a video"),
        (lambda path: path.write_bytes(np.random.default_rng(1).bytes(50_000)), "not a video|no video"),
        (lambda path: path.write_bytes(b"\0\0\0\x20ftypisom"), "no video|not a video|cut off"),
        (lambda path: path.write_text("#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"), "not a video|no video"),
        (lambda path: path.mkdir(), "not a file"),
        (_cut_without_index, "cut off"),
    ],
    ids=["empty", "text", "noise", "a few bytes", "playlist", "folder", "no index"],
)
def test_refuses_in_one_line(tmp_path: Path, make: object, reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.mp4"
    assert callable(make)
    make(path)
    capfd.readouterr()
    with pytest.raises(SourceUnreadable, match=reason) as caught:
        list(source(path).frames())
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", ""), "libav is to be silent"


def test_pictures_all_damaged(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", mux={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    path.write_bytes(data)
    with pytest.raises(SourceUnreadable, match="no picture"):
        list(source(path).frames())


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        source(tmp_path / "none.mp4")


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_disk_that_goes_while_it_is_asked_for_a_file(
    asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole, times = make_video(tmp_path / "v.mp4"), Path.stat, count()

    def going(path: Path, **more: Any) -> Any:
        if next(times) >= asked:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return whole(path, **more)

    with monkeypatch.context() as patched, pytest.raises(SourceUnreadable, match=r"v\.mp4: input/output error$"):
        patched.setattr(Path, "stat", going)
        source(path)


def test_a_disk_that_goes_while_it_is_asked_why_a_file_is_no_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"no video" * 100)

    def going(path: Path, *_: Any) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patched, pytest.raises(SourceUnreadable, match=r"v\.mp4: input/output error$"):
        patched.setattr(Path, "open", going)
        source(path)


def test_is_read_once_and_closes_early(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    opened = source(path)
    frames = opened.frames()
    next(frames)
    opened.close()
    assert list(frames) == []
    opened.close()
    with pytest.raises(RuntimeError, match="once"):
        list(opened.frames())
    with source(path):
        pass


def test_paced_playback_is_stamped_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimulatedClock()
    clock.step(1000.0)

    def wait(_self: object, seconds: float | None = None) -> bool:
        clock.step(seconds or 0.0)
        return False

    path = make_video(tmp_path / "a.mp4")
    opened = VideoFileSource(path, camera="gate", clock=clock, paced=True)
    assert isinstance(opened._playback, Playback)
    monkeypatch.setattr("threading.Event.wait", wait)
    frames = list(opened.frames())
    assert len(frames) == 50
    assert [frame.monotonic_s for frame in frames] == pytest.approx([1000 + i / 25 for i in range(50)], abs=2e-3)
    assert frames[-1].at - frames[0].at == pytest.approx(timedelta(seconds=1.96), abs=timedelta(milliseconds=5))
