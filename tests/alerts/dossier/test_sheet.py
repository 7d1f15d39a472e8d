"""The font of a record, and what is drawn on a page."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import reportlab

from alerts.dossier.sheet import BUILT_IN, Picture, Sheet, font
from tests.alerts.making import at, jpeg

TRUE_TYPE = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def test_without_a_file_every_reader_has_the_font() -> None:
    assert font(None) == BUILT_IN


def test_a_font_of_one_s_own() -> None:
    assert font(TRUE_TYPE) == "Vera.ttf"


@pytest.mark.parametrize("content", [None, b"no font"])
def test_a_font_that_cannot_be_used_keeps_nobody_from_a_record(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "mine.ttf"
    if content is not None:
        file.write_bytes(content)
    assert font(file) == BUILT_IN
    assert "console.pdf_font" in caplog.text


@pytest.mark.parametrize(("size", "shown"), [((320, 180), (160, 90)), ((180, 320), (56.25, 100))])
def test_a_picture_keeps_its_shape(size: tuple[int, int], shown: tuple[float, float]) -> None:
    picture = Picture(jpeg(*size), 160, 100, {})
    assert (picture.width, picture.height) == pytest.approx(shown)


def test_what_is_no_picture_is_said() -> None:
    with pytest.raises(OSError):
        Picture(b"no picture", 160, 100, {})


@pytest.mark.parametrize(
    ("zone", "when", "whose"),
    [("Asia/Shanghai", "2026-03-01 16:00:00", "+08:00"), ("America/New_York", "2026-03-01 03:00:00", "-05:00")],
)
def test_times_are_the_site_s_and_it_is_said_whose(zone: str, when: str, whose: str) -> None:
    sheet = Sheet("en", ZoneInfo(zone), BUILT_IN)
    assert sheet.when(at(0)) == sheet.when(at(0).isoformat()) == when
    assert sheet.whose_clock(at(0)) == f"All times are the site's: {zone} (UTC{whose})"
