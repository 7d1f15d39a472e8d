"""What `audit` and `replay` work with: the one view of the camera that took the recording."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from alerts.chosen import chosen_view
from alerts.config import Settings, load_settings

CAMERA = """
[[cameras]]
name = "{name}"
url = "x"
reference = "{reference}"
masks = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]
zones = [{{ name = "门厅", type = "lobby" }}]
"""


def settings_of(folder: Path, names: Sequence[str] = ("hall",), reference: str = "clear.png") -> Settings:
    cv2.imwrite(str(folder / "clear.png"), np.full((40, 60, 3), 200, np.uint8))
    file = folder / "xinan.toml"
    file.write_text("".join(CAMERA.format(name=name, reference=folder / reference) for name in names), "utf-8")
    return load_settings(file, [])


@pytest.mark.parametrize(("names", "chosen"), [(["hall"], None), (["hall", "lane"], "lane")])
def test_a_camera_brings_its_zones_its_masks_and_its_approved_picture(
    tmp_path: Path, names: list[str], chosen: str | None
) -> None:
    view = chosen_view(settings_of(tmp_path, names), None, chosen)
    assert [zone.name for zone in view.zones] == ["门厅"]
    assert len(view.masks) == 1
    assert view.clear is not None
    assert view.clear.picture[:, :29].max() == 0, "masked, as the looks are"


def test_with_a_type_the_only_camera_keeps_its_masks(tmp_path: Path) -> None:
    view = chosen_view(settings_of(tmp_path), "stairwell", None)
    assert [zone.type for zone in view.zones] == ["stairwell"]
    assert (len(view.masks), view.clear) == (1, None)


def test_of_several_cameras_none_is_masked_with_a_type(tmp_path: Path) -> None:
    assert chosen_view(settings_of(tmp_path, ["hall", "lane"]), "stairwell", None).masks == ()


def test_without_a_camera_the_whole_picture_is_a_corridor() -> None:
    view = chosen_view(load_settings(None, []), None, None)
    assert [(zone.name, zone.type) for zone in view.zones] == [("corridor", "corridor")]
    assert (view.masks, view.clear) == ((), None)
