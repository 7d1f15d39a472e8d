"""What becomes of an upload: a picture drawn anew, or a refusal that says why."""

import cv2
import numpy as np
import pytest

from alerts.errors import PlanRefused
from alerts.plans.header import Header, header_of
from alerts.plans.picture import KEPT_SIDE, MOST_BYTES, MOST_SIDE, prepared, redrawn
from tests.alerts.plans.pictures import coded, png_that_says, sheet

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
@pytest.mark.parametrize("size", [(640, 400), (65, 1000)])
def test_the_header_says_kind_and_size(kind: str, size: tuple[int, int]) -> None:
    assert header_of(coded(sheet(*size), kind)) == Header(kind.replace("jpg", "jpeg"), *size)


def test_the_header_of_lossless_webp() -> None:
    data = cv2.imencode(".webp", sheet(channels=4), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    assert header_of(data) == Header("webp", 640, 400)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_picture"),
        (SVG, "no_picture"),
        (b"GIF89a" + bytes(100), "no_picture"),
        (b"%PDF-1.7" + bytes(100), "no_picture"),
        (b"\x00\x00\x00\x1cftypavif" + bytes(100), "no_picture"),
        (b"<!doctype html>" + coded(sheet()), "no_picture"),
        (b"\x89PNG\r\n\x1a\n", "no_picture"),
        (coded(sheet())[:20], "broken"),
        (b"\xff\xd8\xff", "broken"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 1000, "broken"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X", "broken"),
        (b"RIFF\x00\x00\x00\x00WEBPEVIL" + bytes(100), "broken"),
        (png_that_says(100_000, 100_000), "too_many_pixels"),
        (png_that_says(MOST_SIDE + 1, 100), "too_many_pixels"),
        (png_that_says(2**31 - 1, 2**31 - 1), "too_many_pixels"),
        (png_that_says(0, 0), "too_small"),
        (coded(sheet(63, 400)), "too_small"),
        (png_that_says(2000, 2000)[:60], "broken"),
        (coded(sheet(), "jpg")[:300], "broken"),
        (coded(sheet())[:100] + bytes(MOST_BYTES), "too_large"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        redrawn(data)
    assert refused.value.code == code
    assert "\n" not in str(refused.value)


def test_nothing_that_is_refused_by_its_header_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    for data in (png_that_says(100_000, 100_000), SVG):
        with pytest.raises(PlanRefused):
            redrawn(data)


def decoded(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return np.asarray(image)


@pytest.mark.parametrize(
    "image",
    [
        sheet(),
        sheet(channels=4),
        sheet()[:, :, 0],
        sheet().astype(np.uint16) * 257,
        sheet(channels=4).astype(np.uint16) * 257,
    ],
)
def test_every_png_becomes_black_on_white(image: np.ndarray) -> None:
    made = redrawn(coded(image))
    shown = decoded(made.data)
    assert (made.width, made.height) == (640, 400) == shown.shape[1::-1]
    assert shown[200, 320].max() < 40 and shown[200, 40].min() > 215


def test_what_is_behind_and_within_the_file_is_not_kept() -> None:
    for kind in ("png", "jpg", "webp"):
        made = redrawn(coded(sheet(), kind) + SVG)
        assert b"script" not in made.data and made.data[8:12] == b"WEBP"


def test_a_large_sheet_is_kept_as_large_as_a_screen_needs() -> None:
    made = redrawn(coded(sheet(6000, 3000)))
    assert (made.width, made.height) == (KEPT_SIDE, KEPT_SIDE // 2)


def test_it_is_read_in_a_process_of_its_own() -> None:
    assert prepared(coded(sheet())).width == 640
    with pytest.raises(PlanRefused, match="cannot be read"):
        prepared(png_that_says(2000, 2000)[:60])
