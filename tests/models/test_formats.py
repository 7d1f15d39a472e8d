"""A user's labelled folder is read whatever its format; what is broken is named and left out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.classes import CLASSES, FLAME, NAMES, PERSON, SMOKE, class_named
from models.formats import FormatError, Labels, read_folder
from tests.models.labelled import coco_folder, draw, voc_folder, voc_object, yolo_folder

NAMES_THERE = ["Fire", "smoke", "dog"]
BOX = (0.25, 0.25, 0.5, 0.75)
TWO = {"a1": [("Fire", BOX), ("dog", (0.5, 0.5, 1.0, 1.0))], "b1": []}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("E-Bike", "ebike"),
        ("electric_bike", "ebike"),
        ("motor bike", "ebike"),
        ("电动车", "ebike"),
        (" Bicycle ", "bicycle"),
        ("pedestrian", "person"),
        ("FIRE", "flame"),
        ("火", "flame"),
        ("kick scooter", None),
        ("wheelchair", None),
    ],
)
def test_names_of_other_data_sets(name: str, ours: str | None) -> None:
    found = class_named(name)
    assert (None if found is None else CLASSES[found]) == ours


def test_every_class_answers_to_its_own_name_and_no_name_means_two() -> None:
    assert [class_named(name) for name in CLASSES] == list(range(len(CLASSES)))
    every = [name for names in NAMES.values() for name in names]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("kind", ["YOLO", "COCO", "Pascal VOC"])
def test_the_same_boxes_in_three_formats(tmp_path: Path, kind: str) -> None:
    if kind == "YOLO":
        yolo_folder(tmp_path, NAMES_THERE, TWO)
    elif kind == "COCO":
        coco_folder(tmp_path, NAMES_THERE, TWO)
    else:
        voc_folder(tmp_path, TWO)
        (tmp_path / "classes.txt").write_text("\n".join(NAMES_THERE))
    labels = read_folder(tmp_path)
    assert labels.format == kind
    assert labels.problems == []
    assert labels.foreign == {"dog": 1}
    burning, empty = labels.pictures
    assert (burning.file.name, empty.file.name) == ("a1.jpg", "b1.jpg")
    assert burning.known == empty.known == {FLAME, SMOKE}
    across, down = burning.size or (0, 0)
    wanted = [[FLAME, 0.25 * across, 0.25 * down, 0.5 * across, 0.75 * down]]
    np.testing.assert_allclose(burning.boxes, wanted, atol=1e-5)
    assert len(empty.boxes) == len(burning.ignore) == 0


def test_voc_without_a_list_knows_what_it_boxes(tmp_path: Path) -> None:
    voc_folder(tmp_path, {"a": [("fire", BOX)], "b": [("person", BOX)]})
    assert {frozenset(picture.known) for picture in read_folder(tmp_path).pictures} == {frozenset({FLAME, PERSON})}


def test_a_list_of_classes_alone_makes_negatives(tmp_path: Path) -> None:
    draw(tmp_path / "lamp.jpg", 1)
    (tmp_path / "classes.txt").write_text("火焰\n", encoding="utf-8")
    (lamp,) = read_folder(tmp_path).pictures
    assert lamp.known == {FLAME}
    assert len(lamp.boxes) == 0


@pytest.mark.parametrize("names", ["[fire, person]", "{0: fire, 1: person}", "\n- fire\n- person"])
def test_data_yaml(tmp_path: Path, names: str) -> None:
    pytest.importorskip("yaml", reason="the extra `train` is not installed")
    yolo_folder(tmp_path, ["fire", "person"], {"a": [("person", BOX)]})
    (tmp_path / "classes.txt").unlink()
    (tmp_path / "data.yaml").write_text(f"train: images\nnames: {names}\n")
    (only,) = read_folder(tmp_path).pictures
    assert only.known == {FLAME, PERSON}
    assert only.boxes[0, 0] == PERSON


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: [fire", r"data\.yaml: line 2: "),
        ("nc: 1", r"data\.yaml: names must be a list"),
        ("names: {1: fire}", r"data\.yaml: names must be a list"),
        ("!!python/object/apply:os.getcwd []", r"data\.yaml: line 1: could not determine a constructor"),
    ],
)
def test_a_broken_data_yaml_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    pytest.importorskip("yaml", reason="the extra `train` is not installed")
    (tmp_path / "data.yaml").write_text(text + "\n")
    with pytest.raises(FormatError, match=message):
        read_folder(tmp_path)


def test_polygons_become_boxes_and_crowds_are_ignored(tmp_path: Path) -> None:
    yolo = yolo_folder(tmp_path / "yolo", ["fire"], {"a": []})
    (yolo / "labels" / "a.txt").write_text("0 0.2 0.3 0.6 0.3 0.4 0.9\n")
    np.testing.assert_allclose(read_folder(yolo).pictures[0].boxes, [[FLAME, 0.2, 0.3, 0.6, 0.9]], atol=1e-6)
    coco = coco_folder(tmp_path / "coco", ["person"], {"a": [("person", BOX)]})
    change(coco, lambda told: told["annotations"][0].update(iscrowd=1))
    (crowd,) = read_folder(coco).pictures
    assert (len(crowd.boxes), crowd.ignore[0, 0]) == (0, PERSON)
    voc = voc_folder(tmp_path / "voc", {"a": []})
    hard = voc_object("fire", BOX, "<difficult>1</difficult>")
    (voc / "Annotations" / "a.xml").write_text(f"<annotation>{hard}</annotation>")
    (one,) = read_folder(voc).pictures
    assert (len(one.boxes), len(one.ignore), one.size) == (0, 1, None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.5 0.5 0.1", "line 2: expected 5 fields, got 4"),
        ("3 0.5 0.5 0.1 0.1", "line 2: class 3 is not one of 0-2"),
        ("0 x 0.5 0.1 0.1", "line 2: could not convert string to float: 'x'"),
        ("0 40 30 10 10", "line 2: the box has no area inside the picture (numbers must be 0-1)"),
        ("0 nan 0.5 0.1 0.1", "line 2: the box has no area inside the picture (numbers must be 0-1)"),
        ("0 0.5 0.5 0 0.1", "line 2: the box has no area inside the picture (numbers must be 0-1)"),
    ],
)
def test_a_broken_yolo_line_leaves_its_picture_out(tmp_path: Path, line: str, message: str) -> None:
    yolo_folder(tmp_path, NAMES_THERE, {**TWO, "c1": [("Fire", BOX)]})
    with (tmp_path / "labels" / "c1.txt").open("a") as file:
        file.write(line + "\n")
    labels = read_folder(tmp_path)
    assert labels.problems == [f"{tmp_path}/labels/c1.txt: label {message}"]
    assert [picture.file.name for picture in labels.pictures] == ["a1.jpg", "b1.jpg"]


def change(folder: Path, how: Any) -> None:
    file = folder / "annotations" / "instances.json"
    told = json.loads(file.read_text())
    how(told)
    file.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda told: told["annotations"][0].update(bbox=[1, 2, 3]), "image 0: annotation 1: not enough values"),
        (lambda told: told["annotations"][0].pop("bbox"), "image 0: annotation 1: bbox is missing"),
        (lambda told: told["annotations"][0].update(bbox=[1, 2, -3, 4]), "image 0: annotation 1: the box has no area"),
        (lambda told: told["annotations"][0].update(category_id=9), "image 0: annotation 1: no category 9"),
        (lambda told: told["images"][0].update(file_name="lost.jpg"), "image 0: no picture lost.jpg in "),
        (lambda told: told["images"][0].update(file_name="../../etc/a1.png"), "image 0: no picture a1.png in "),
        (lambda told: told["images"][0].pop("file_name"), "image 0: file_name is missing"),
    ],
)
def test_a_broken_coco_entry_leaves_its_picture_out(tmp_path: Path, how: Any, message: str) -> None:
    coco_folder(tmp_path, NAMES_THERE, TWO)
    change(tmp_path, how)
    labels = read_folder(tmp_path)
    (problem,) = labels.problems
    assert problem.startswith(f"{tmp_path}/annotations/instances.json: {message}")
    assert [picture.file.name for picture in labels.pictures] == ["b1.jpg"]


def test_a_coco_annotation_of_no_image_is_told(tmp_path: Path) -> None:
    coco_folder(tmp_path, NAMES_THERE, TWO)
    change(tmp_path, lambda told: told["annotations"][0].update(image_id=77))
    labels = read_folder(tmp_path)
    assert labels.problems == [f"{tmp_path}/annotations/instances.json: annotation 1: no image 77"]
    assert len(labels.pictures) == 2


def broken_xml(tmp_path: Path, data: bytes) -> Labels:
    voc_folder(tmp_path, {"a": [("fire", BOX)], "b": [("fire", BOX)]})
    (tmp_path / "Annotations" / "b.xml").write_bytes(data)
    return read_folder(tmp_path)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><annotation>&b;</annotation>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<annotation>", "no element found: line 1"),
        (BOMB.encode(), "a DOCTYPE is refused"),
        (f'<?xml version="1.0" encoding="utf-16"?>{BOMB}'.encode("utf-16"), "a DOCTYPE is refused"),
        (b'<?xml version="1.0" encoding="klingon"?><annotation/>', "unknown encoding: klingon"),
        (b"<annotations/>", "<annotation> expected, got <annotations>"),
        (b"<annotation><object><name>fire</name></object></annotation>", "object 1: could not convert"),
        (f"<annotation>{voc_object('fire', (0.5, 0.5, 0.5, 0.9))}</annotation>".encode(), "object 1: the box has no "),
    ],
)
def test_a_broken_voc_file_leaves_its_picture_out(tmp_path: Path, data: bytes, message: str) -> None:
    labels = broken_xml(tmp_path, data)
    (problem,) = labels.problems
    assert problem.startswith(f"{tmp_path}/Annotations/b.xml: {message}")
    assert [picture.file.name for picture in labels.pictures] == ["a.jpg"]


def test_a_class_that_the_list_lacks_is_told(tmp_path: Path) -> None:
    voc_folder(tmp_path, {"a": [("fire", BOX)], "b": [("person", BOX)]})
    (tmp_path / "classes.txt").write_text("fire\n")
    labels = read_folder(tmp_path)
    assert labels.problems == [f"{tmp_path}/Annotations/b.xml: person is not in classes.txt"]


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for year in ("2007", "2012"):
        voc_folder(tmp_path / year, {"a": [("fire", BOX)]})
    found = read_folder(tmp_path).pictures
    assert [picture.file.parts[-3] for picture in found] == ["2007", "2012"]
    draw(tmp_path / "2012" / "JPEGImages" / "a.png", 5)
    assert read_folder(tmp_path).problems == [
        f"{tmp_path}/2012/Annotations/a.xml: several pictures a in {tmp_path}",
    ]


def test_folders_from_which_nothing_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="lost: is no folder"):
        read_folder(tmp_path / "lost")
    draw(tmp_path / "a.jpg", 1)
    with pytest.raises(FormatError, match=r"neither data\.yaml or classes\.txt"):
        read_folder(tmp_path)
    (tmp_path / "classes.txt").write_text("dog\ncat\n")
    with pytest.raises(FormatError, match="none of its classes is ours: cat, dog"):
        read_folder(tmp_path)
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FormatError, match=r"classes\.txt: is not UTF-8 text"):
        read_folder(tmp_path)
