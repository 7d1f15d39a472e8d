"""Photos that people send: what is taken, what is left of it, and what is refused."""

import struct

import cv2
import numpy as np
import pytest

from alerts.errors import PhotoRefused
from alerts.evidence.photo import KEPT_SIDE, MOST_BYTES, MOST_SCANS, MOST_SIDE, checked_photo
from tests.alerts.web.painting import jpeg, paint

SOUND = jpeg(paint(0))
EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0GPS 31.2304N"


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def with_segment(marker: int, content: bytes) -> bytes:
    return SOUND[:2] + segment(marker, content) + SOUND[2:]


def resized(width: int, height: int) -> bytes:
    """The header says so; the picture is as it was."""
    at = SOUND.index(b"\xff\xc0")
    return SOUND[: at + 5] + struct.pack(">HH", height, width) + SOUND[at + 9 :]


def scans(number: int) -> bytes:
    """A second, third … beginning of a scan."""
    at = SOUND.index(b"\xff\xda")
    head = SOUND[at : at + 2 + int.from_bytes(SOUND[at + 2 : at + 4], "big")]
    return SOUND[:-2] + head * number + SOUND[-2:]


def png() -> bytes:
    return cv2.imencode(".png", paint(0))[1].tobytes()


def test_only_the_picture_is_kept_and_it_is_turned_the_right_way() -> None:
    kept = checked_photo(with_segment(0xE1, EXIF) + b"<script>alert(1)</script>")
    assert kept.size == (360, 640), "orientation 6: a quarter turn"
    assert b"Exif" not in kept.jpeg and b"GPS" not in kept.jpeg and b"script" not in kept.jpeg
    assert np.asarray(cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR)).shape == (640, 360, 3)


def test_a_large_one_is_made_smaller() -> None:
    kept = checked_photo(jpeg(paint(0, size=(2048, 1024))))
    assert kept.size == (KEPT_SIDE, KEPT_SIDE // 2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_photo"),
        (b"\xff\xd8", "no_photo"),
        (b"\xff\xd8\xff\xd9", "no_photo"),
        (b"GIF89a" + b"\0" * 100, "no_photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "no_photo"),
        (png(), "no_photo"),
        (SOUND[: len(SOUND) // 2], "no_photo"),
        (SOUND[:200], "no_photo"),
        (SOUND[:-2] + resized(640, 360)[2:], "no_photo"),
        (resized(65_535, 65_535), "wrong_size"),
        (resized(MOST_SIDE + 1, 100), "wrong_size"),
        (resized(0, 0), "wrong_size"),
        (resized(640, 8), "wrong_size"),
        (scans(MOST_SCANS), "no_photo"),
        (SOUND + b"\0" * MOST_BYTES, "too_large"),
        (b"\xff\xd8" + b"\xff" * 1000, "no_photo"),
        (b"\xff\xd8\xff\xe0\xff\xff", "no_photo"),
        (b"\xff\xd8\xff\xe0\0\0" * 50, "no_photo"),
    ],
)
def test_what_is_no_sound_photo_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        checked_photo(data)
    assert refused.value.code == code


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_refused_or_does_no_harm(seed: int) -> None:
    chance = np.random.default_rng(seed)
    damaged = bytearray(SOUND)
    for at in chance.integers(2, len(damaged), 20):
        damaged[at] = chance.integers(256)
    try:
        kept = checked_photo(bytes(damaged))
    except PhotoRefused:
        return
    assert max(kept.size) <= KEPT_SIDE
