"""Composites: which pictures are taken, what is laid over them, what the loader believes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classes import CLASSES
from models.data import known_of, load_rendered
from models.synth.composites import LABELLED, Order, _lay, find_backgrounds, truth_of
from models.synth.labels import Box
from models.synth.recipe import StillsRecipe
from models.synth.stage import Shot
from models.synth.world import SynthError


def test_a_folder_without_pictures_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match=r"no pictures$"):
        find_backgrounds(tmp_path)


def test_held_out_pictures_of_a_data_set_are_left_alone(tmp_path: Path) -> None:
    from models.data import read_holdout

    held = next(image for image in read_holdout() if image.startswith("images/backgrounds/"))
    rows = [("images/backgrounds/new.jpg", "backgrounds"), (held, "backgrounds"), ("images/flame/x.jpg", "flame")]
    lines = ["image,set,source,labelled,indoor,boxes,note", *(f"{image},{name},x,,1,0," for image, name in rows)]
    (tmp_path / "index.csv").write_text("\n".join(lines) + "\n")
    assert find_backgrounds(tmp_path) == [tmp_path / "images/backgrounds/new.jpg"]
    (tmp_path / "images" / "backgrounds").mkdir(parents=True)
    inside = tmp_path / "images" / "backgrounds"
    assert [path.name for path in find_backgrounds(inside)] == ["new.jpg"]


def test_a_cut_out_covers_and_takes_the_brightness_of_its_surroundings() -> None:
    scene = np.full((60, 80, 3), 0.2, np.float32)
    light, alpha = np.zeros((60, 80, 3), np.float32), np.zeros((60, 80), np.float32)
    light[20:40, 30:50], alpha[20:40, 30:50] = 5.0, 1.0
    shot = Shot(light, np.full((60, 80), -1, np.int16), np.full((60, 80), 9.0, np.float32))
    laid = _lay(scene, shot, alpha, 1.0, 0.5)
    assert laid[30, 40].mean() == pytest.approx(0.2, rel=0.02)
    assert laid[5, 5].mean() == pytest.approx(0.2)
    assert _lay(scene, shot, alpha, 2.0, 0.5)[30, 40].mean() == pytest.approx(0.4, rel=0.02)


def test_the_loader_believes_what_a_composite_says_it_labels(tmp_path: Path) -> None:
    album = Order(tmp_path, 1, 0, StillsRecipe(), (Path("room.jpg"),)).album
    for name in ("images", "labels", "truth"):
        (tmp_path / name).mkdir()
    boxes = [Box("ebike", (10, 10, 40, 50), 0.9, "bike")]
    album.write("c000_00000", np.zeros((60, 80, 3), np.uint8), boxes, truth_of("room.jpg"), 88)
    (sample,) = load_rendered(tmp_path)
    assert sample.known == frozenset(CLASSES.index(name) for name in LABELLED)
    assert sample.boxes == pytest.approx(np.array([[0, 10, 10, 40, 50]]), abs=0.01)
    assert known_of(tmp_path / "none.json") == frozenset(range(len(CLASSES)))
    picture = cv2.imread(str(tmp_path / "images" / "c000_00000.jpg"))
    assert picture is not None and picture.shape == (60, 80, 3)
