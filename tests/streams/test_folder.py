"""Folders of pictures and recordings."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from streams.clock import SimulatedClock
from streams.errors import SourceNotFound, SourceUnreadable
from streams.folder import FolderSource, media_files, natural_key
from tests.streams.make_media import make_video, scene


def picture(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, np.full((20, 30, 3), level, np.uint8))
    assert done
    path.write_bytes(data.tobytes())


def source(path: Path, sample_fps: float | None = None, picture_s: float = 1.0) -> FolderSource:
    return FolderSource(path, camera="gate", clock=SimulatedClock(), sample_fps=sample_fps, picture_s=picture_s)


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["10.jpg", "9.jpg", "1.jpg"], ["1.jpg", "9.jpg", "10.jpg"]),
        (["b2.jpg", "B10.jpg", "a.jpg"], ["a.jpg", "b2.jpg", "B10.jpg"]),
        (["cam b.jpg", "cam 1.jpg", "2.jpg"], ["2.jpg", "cam 1.jpg", "cam b.jpg"]),
        (["²x.jpg", "1x.jpg"], ["1x.jpg", "²x.jpg"]),
        (["棚 2.jpg", "棚 10.jpg"], ["棚 2.jpg", "棚 10.jpg"]),
    ],
)
def test_natural_order(names: list[str], ordered: list[str]) -> None:
    assert sorted(names, key=natural_key) == ordered


def test_pictures_and_recordings_follow_one_another(tmp_path: Path) -> None:
    picture(tmp_path / "1.jpg", 10)
    make_video(tmp_path / "2.mp4", frames=25)
    picture(tmp_path / "10.png", 90)
    picture(tmp_path / "11 day" / "1.jpg", 120)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.jpg").write_text("no picture")
    picture(tmp_path / ".thumbs" / "1.jpg", 1)
    opened = source(tmp_path)
    assert [path.name for path in opened.files] == ["1.jpg", "2.mp4", "10.png", "1.jpg"]
    frames = list(opened.frames())
    assert opened.duration_s is None
    assert [frame.index for frame in frames] == list(range(28))
    times = [0.0, *(1 + index / 25 for index in range(25)), 2.0, 3.0]
    assert [frame.pts_s for frame in frames] == pytest.approx(times, abs=2e-3)
    assert (opened.frames_decoded, opened.corrupt, opened.error) == (28, 0, None)
    assert frames[-1].image.shape == (20, 30, 3)


def test_pictures_only_have_a_duration_and_can_be_sampled(tmp_path: Path) -> None:
    for index in range(12):
        picture(tmp_path / f"p{index}.jpg", index * 20)
    opened = source(tmp_path, picture_s=0.5)
    assert opened.duration_s == 6.0
    levels = [int(frame.image.mean()) for frame in opened.frames()]
    assert levels == pytest.approx([index * 20 for index in range(12)], abs=2)
    assert [frame.index for frame in source(tmp_path, sample_fps=0.25).frames()] == [0, 4, 8]


def test_unreadable_files_are_counted_and_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / "1.jpg", 10)
    (tmp_path / "2.jpg").write_text("no picture")
    (tmp_path / "3.mp4").write_text("no video")
    picture(tmp_path / "4.jpg", 40)
    opened = source(tmp_path)
    frames = list(opened.frames())
    assert [frame.index for frame in frames] == [0, 1]
    assert opened.corrupt == 2
    assert opened.error is not None
    assert opened.error.startswith("2.jpg: ")


def test_a_folder_with_nothing_readable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="no picture or video"):
        source(tmp_path)
    (tmp_path / "1.jpg").write_text("no picture")
    (tmp_path / "2.mp4").touch()
    with pytest.raises(SourceUnreadable, match="none of 2 files"):
        list(source(tmp_path).frames())
    with pytest.raises(SourceNotFound):
        source(tmp_path / "none")


def test_one_picture_is_a_folder_of_one(tmp_path: Path) -> None:
    done, data = cv2.imencode(".png", scene(160, 120))
    assert done
    (tmp_path / "a.png").write_bytes(data.tobytes())
    frames = list(source(tmp_path / "a.png").frames())
    assert len(frames) == 1
    np.testing.assert_array_equal(frames[0].image, scene(160, 120))


def test_close_ends_it(tmp_path: Path) -> None:
    for index in range(3):
        picture(tmp_path / f"{index}.jpg", 1)
    with source(tmp_path) as opened:
        frames = opened.frames()
        next(frames)
        opened.close()
        assert list(frames) == []


def test_a_loop_of_links_is_not_followed(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.jpg", 1)
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(media_files(tmp_path)) == 1


def test_refuses_a_picture_of_no_time(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="picture_s"):
        source(tmp_path, picture_s=0.0)
