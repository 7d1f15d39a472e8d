"""Pictures coded anew: masked, whole, in order."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from streams.access_unit import AccessUnit, StreamFormat
from tests.streams.make_media import make_video
from tests.streams.test_tap import X264, X265, decoded, play
from vision.recode import Recoder

LOWER_LEFT = ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0))
Given = list[tuple[StreamFormat, AccessUnit]]


def recode(given: Given) -> Given:
    recoder = Recoder([LOWER_LEFT])
    made = [one for told, unit in given for one in recoder.put(told, unit)]
    return made + list(recoder.flush())


@pytest.mark.parametrize(
    ("name", "encoder", "pix_fmt", "options"),
    [
        ("a.mp4", "libx264", "yuv420p", X264),
        ("a.mp4", "libx264", "yuv420p", {"preset": "medium", "g": "25", "bf": "3"}),
        ("a.mp4", "libx265", "yuv420p", X265),
        ("a.avi", "mjpeg", "yuvj420p", {}),
    ],
    ids=["h264", "h264 with B", "h265", "mjpeg"],
)
def test_every_picture_is_there_with_its_mask(
    tmp_path: Path, name: str, encoder: str, pix_fmt: str, options: dict[str, str]
) -> None:
    units, _ = play(make_video(tmp_path / name, codec=encoder, pix_fmt=pix_fmt, options=options, frames=60))
    made = recode(units.given)
    (told,) = {told for told, _ in made}
    assert (told.codec, told.width, told.height, told.reorders) == ("h264", 160, 120, False)
    assert [index for index, (_, unit) in enumerate(made) if unit.key] == [0, 50]
    times = [unit.pts_s for _, unit in made]
    assert [time - times[0] for time in times] == pytest.approx([index / 25 for index in range(60)], abs=0.002)
    frames = decoded([unit for _, unit in made], "h264")
    assert len(frames) == 60
    for frame in (frames[0], frames[-1]):
        image = frame.to_ndarray(format="bgr24")
        np.testing.assert_allclose(image[-5, 5], (0, 0, 0), atol=12)  # red, were it not for the mask
        np.testing.assert_allclose(image[-5, -5], (255, 255, 255), atol=12)


def test_a_camera_that_is_set_anew_is_masked_on(tmp_path: Path) -> None:
    small, large = make_video(tmp_path / "a.ts"), make_video(tmp_path / "b.ts", size=(321, 241), pix_fmt="yuv444p")
    made = recode(play(small)[0].given + play(large)[0].given)
    told = list(dict.fromkeys(told for told, _ in made))
    assert [(one.width, one.height) for one in told] == [(160, 120), (320, 240)]
    assert len(made) == 100
    begun = [unit for one, unit in made if one is told[1]]
    assert begun[0].key
    np.testing.assert_allclose(decoded(begun, "h264")[-1].to_ndarray(format="bgr24")[-5, 5], (0, 0, 0), atol=12)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_a_picture_of_one_pixel_is_left_out(size: tuple[int, int]) -> None:
    done, data = cv2.imencode(".jpg", np.zeros((size[1], size[0], 3), np.uint8))
    unit = AccessUnit(data.tobytes(), True, 0.0, 0.0, datetime(2026, 1, 1, tzinfo=UTC), 0.0)
    assert done and recode([(StreamFormat("mjpeg", *size), unit)]) == []


def test_what_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    units, _ = play(make_video(tmp_path / "a.avi", codec="mjpeg", pix_fmt="yuvj420p", options={}))
    told, unit = units.given[0]
    broken = AccessUnit(b"\xff\xd8 no picture", True, 9.0, 9.0, unit.at, 9.0)
    assert len(recode([*units.given[:3], (told, broken), *units.given[3:6]])) == 6
