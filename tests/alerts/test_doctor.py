from importlib import metadata

import pytest

from alerts.doctor import clashes, examine


def test_no_other_distribution_owns_our_names() -> None:
    assert clashes() == {}


def test_a_clash_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"models": ["xinan", "other-models"], "cv2": ["opencv-python"]}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: owners)
    item = next(item for item in examine() if item.name == "package names")
    assert not item.fine
    assert item.detail == "models also belongs to other-models"


def test_the_detector_and_the_libraries_are_examined() -> None:
    items = {item.name: item for item in examine()}
    assert {"python", "onnxruntime", "detector", "disk"} <= items.keys()
    assert items["detector"].fine
