"""Still pictures of every kind."""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.errors import SourceNotFound, SourceUnreadable
from streams.image_file import read_image
from streams.image_header import picture_size
from tests.streams.make_media import scene

# 24×16 CMYK JPEG: left half red, right half white.
CMYK = zlib.decompress(
    base64.b85decode(
        "c-s4a<NrGbKF5^&q*R6!1`zmvo57iZmy?T|i-VV&i<^&+mtR;xR9HwzSY1X=TtQFM&_GX9SI5}O%g)%$&0I&<A>7f;$1f;2$jB}#F)ARzD="
        "^6a{{aRO4h8`R2^MET246vjNI?c~L5BZF7{nMD85tRn0XqW+P+UTQk%1Xa!nOJE|62@vEY1wR43P}p3=H-ReiA&KC+73SJiGuRE-DpTswJhV"
        "bbdH`PL>ly2&oHC{(lnyZjCV<"
    )
)


def encoded(suffix: str, image: NDArray[np.integer[Any]]) -> bytes:
    done, data = cv2.imencode(suffix, image)
    assert done
    return bytes(data.tobytes())


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that says how it was held."""
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x112, 3, 1, orientation, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + jpeg[2:]


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


PICTURE = scene(160, 120)
RED_AT, WHITE_AT = (110, 5), (110, 150)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jpg", encoded(".jpg", PICTURE)),
        ("a.png", encoded(".png", PICTURE)),
        ("a.bmp", encoded(".bmp", PICTURE)),
        ("a.webp", encoded(".webp", PICTURE)),
        ("a.tiff", encoded(".tiff", PICTURE)),
        ("16 bits.png", encoded(".png", PICTURE.astype(np.uint16) * 257)),
        ("16 bits.tif", encoded(".tif", PICTURE.astype(np.uint16) * 257)),
        ("alpha.png", encoded(".png", np.dstack([PICTURE, np.full((120, 160), 9, np.uint8)]))),
        ("a JPEG in truth.png", encoded(".jpg", PICTURE)),
        ("车棚 门口.jpg", encoded(".jpg", PICTURE)),
    ],
)
def test_reads_as_bgr(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    image = read_image(tmp_path / name)
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert image.flags["C_CONTIGUOUS"]
    np.testing.assert_allclose(image[RED_AT], (0, 0, 255), atol=12)
    np.testing.assert_allclose(image[WHITE_AT], (255, 255, 255), atol=12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_becomes_bgr(tmp_path: Path, dtype: type[np.uint8] | type[np.uint16]) -> None:
    level = 128 if dtype is np.uint8 else 128 << 8
    (tmp_path / "grey.png").write_bytes(encoded(".png", np.full((9, 7), level, dtype)))
    image = read_image(tmp_path / "grey.png")
    assert image.shape == (9, 7, 3)
    assert (image == 128).all()


def test_cmyk(tmp_path: Path) -> None:
    (tmp_path / "cmyk.jpg").write_bytes(CMYK)
    image = read_image(tmp_path / "cmyk.jpg")
    np.testing.assert_allclose(image[8, 3], (0, 0, 255), atol=12)
    np.testing.assert_allclose(image[8, 20], (255, 255, 255), atol=12)


@pytest.mark.parametrize(
    ("orientation", "shape", "green_at"),
    [
        (1, (120, 160, 3), (5, 80)),
        (3, (120, 160, 3), (115, 80)),
        (6, (160, 120, 3), (80, 115)),
        (8, (160, 120, 3), (80, 5)),
    ],
)
def test_exif_orientation(tmp_path: Path, orientation: int, shape: tuple[int, ...], green_at: tuple[int, int]) -> None:
    (tmp_path / "held.jpg").write_bytes(with_orientation(encoded(".jpg", PICTURE), orientation))
    image = read_image(tmp_path / "held.jpg")
    assert image.shape == shape
    np.testing.assert_allclose(image[green_at], (0, 200, 0), atol=15)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a text\n" * 50, "not a picture"),
        (encoded(".jpg", PICTURE)[:300], "not a picture"),
        (encoded(".jpg", PICTURE)[:-400], "not a picture"),
        (encoded(".png", PICTURE)[:-60], "cut off"),
        (encoded(".webp", PICTURE)[:-60], "not a picture"),
        (png_header(0, 0), "no size"),
        (png_header(60_000, 60_000), "too large"),
        (png_header(20_000, 10_001), "too large"),
        (b"\x89PNG\r\n\x1a\n", "not a picture"),
        (b"\xff\xd8\xff", "not a picture"),
    ],
)
def test_refuses_in_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "bad.jpg").write_bytes(data)
    with pytest.raises(SourceUnreadable, match=reason) as caught:
        read_image(tmp_path / "bad.jpg")
    assert "\n" not in str(caught.value)


def test_missing_folder_and_nul(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(SourceUnreadable, match="folder"):
        read_image(tmp_path)
    with pytest.raises(SourceUnreadable):
        read_image("a\0b.jpg")


def test_fifty_megapixels(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encoded(".png", np.zeros((5_800, 8_700), np.uint8)))
    assert read_image(path).shape == (5_800, 8_700, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".gif"])
@pytest.mark.parametrize("size", [(161, 119), (1, 1), (300, 2)])
def test_size_from_the_header(suffix: str, size: tuple[int, int]) -> None:
    assert picture_size(encoded(suffix, np.zeros((size[1], size[0], 3), np.uint8))) == size


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".gif"])
def test_no_cut_header_breaks_the_reader(suffix: str) -> None:
    data = encoded(suffix, np.zeros((20, 30, 3), np.uint8))
    assert all(picture_size(data[:length]) in (None, (30, 20)) for length in range(min(len(data), 800)))
