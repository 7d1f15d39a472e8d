"""People in a photo that somebody has sent, looked for in a process of its own, by the shipped detector."""

import logging
from pathlib import Path

import pytest

from alerts.evidence.photo_people import PhotoPeople
from tests.alerts.making import jpeg
from tests.shared import shared_file
from vision.blur import NOTHING_PRIVATE, heads
from vision.config import DetectorConfig
from vision.geometry import covered


def test_where_nobody_is_there_is_nothing_to_hide() -> None:
    assert PhotoPeople(DetectorConfig())(jpeg(640, 360)) == NOTHING_PRIVATE


@pytest.mark.parametrize("data", [b"no picture", b""])
def test_what_is_no_picture_hides_itself_from_all(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert PhotoPeople(DetectorConfig())(data) is None
    assert "heads are hidden" in caplog.text


def test_without_a_detector_a_photo_is_kept_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    model = tmp_path / "none.onnx"
    model.write_bytes(b"no model")
    assert PhotoPeople(DetectorConfig(model=model))(jpeg()) is None
    assert "no model" not in caplog.text and "a photo is kept" in caplog.text


@pytest.mark.parametrize("name", ["voc2007_000089.jpg", "voc2007_000101.jpg"])
def test_who_is_in_a_real_photo_is_found(name: str) -> None:
    photo = shared_file(f"images/wheels/{name}").read_bytes()
    label = shared_file(f"labels/wheels/{name}".replace(".jpg", ".txt")).read_text("utf-8")
    [person, *_] = [list(map(float, line.split()[1:])) for line in label.splitlines() if line.startswith("2 ")]
    x, y, width, height = person
    head = (x - width / 8, y - 0.45 * height, x + width / 8, y - 0.3 * height)
    found = PhotoPeople(DetectorConfig())(photo)
    assert found is not None
    assert covered(head, heads(found.people, (1, 1))) > 0.5, "where the head of somebody so large must be"
