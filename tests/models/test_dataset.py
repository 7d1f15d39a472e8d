"""A training set keeps what it was given, and says what is wrong with it."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classes import FLAME, PERSON
from models.data import Fold, Row, Sample
from models.dataset import PICTURES, SetError, load_set, set_hash, write_set


def sample(name: str, source: str = "fire/firenet") -> Sample:
    rng = np.random.default_rng(len(name))
    image = cv2.resize(rng.integers(0, 255, (6, 8, 3)).astype(np.uint8), (80, 60))
    boxes = np.asarray([[FLAME, 1.25, 2, 30, 40]], np.float32)
    ignore = np.asarray([[PERSON, 5, 5, 9, 9]], np.float32)
    row = Row(f"images/x/{name}.jpg", "x", source, frozenset({FLAME}), "1", "a note")
    return Sample(row, np.asarray(image, np.uint8), boxes, ignore, frozenset({FLAME, PERSON}))


def make(out: Path, webp: int | None = None) -> None:
    folds: list[tuple[Sample, Fold]] = [(sample("a"), "train"), (sample("bb"), "val"), (sample("ccc", "z/q"), "train")]
    assert len(list(write_set(out, folds, None, webp))) == 3


@pytest.mark.parametrize("webp", [None, 80])
def test_a_set_gives_back_what_was_written(tmp_path: Path, webp: int | None) -> None:
    make(tmp_path, webp)
    first, last = load_set(tmp_path, "train")
    wanted = sample("a")
    assert first.row == wanted.row
    assert first.known == wanted.known
    np.testing.assert_array_equal(first.boxes, wanted.boxes)
    np.testing.assert_array_equal(first.ignore, wanted.ignore)
    assert np.abs(first.image.astype(int) - wanted.image).mean() < 8
    assert last.row.source == "z/q"
    assert [item.row.image for item in load_set(tmp_path, "val")] == ["images/x/bb.jpg"]
    assert len(load_set(tmp_path, "val", apart=("z/",))) == 2


def test_what_shows_a_picture_held_apart_once_more_is_not_trained_on(tmp_path: Path) -> None:
    room = sample("room", "ebike2/backgrounds")
    pasted = replace(sample("pasted", "ebike2/SYNTHETIC"), image=room.image.copy())
    pasted.image[10:14, 10:14] = 0
    rendered = sample("rendered", "rendered")
    composite = replace(rendered, row=replace(rendered.row, note="room.jpg"))
    samples = [room, pasted, composite, sample("other")]
    assert len(list(write_set(tmp_path, [(one, "train") for one in samples], None))) == 4
    assert len(load_set(tmp_path, "train")) == 4
    apart = ("ebike2/backgrounds",)
    assert [one.row.image for one in load_set(tmp_path, "train", apart)] == ["images/x/other.jpg"]
    assert [one.row.image for one in load_set(tmp_path, "val", apart)] == ["images/x/room.jpg"]


def test_only_what_is_picked_is_decoded(tmp_path: Path) -> None:
    make(tmp_path)
    bytes_of_first = json.loads((tmp_path / PICTURES).read_text().splitlines()[0])["bytes"]
    part = tmp_path / "pictures-000.bin"
    part.write_bytes(bytes(bytes_of_first) + part.read_bytes()[bytes_of_first:])
    with pytest.raises(SetError, match="line 1"):
        load_set(tmp_path, "train")
    (last,) = load_set(tmp_path, "train", pick=lambda entries: entries[1:])
    assert last.row.source == "z/q"


def test_the_hash_follows_the_pictures(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    make(tmp_path / "c", 50)
    assert set_hash(tmp_path / "a") == set_hash(tmp_path / "b") != set_hash(tmp_path / "c")


def test_an_interrupted_set_is_no_set(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(KeyError):
        for _ in write_set(tmp_path, ((sample("a"), "train") for _ in range(2)), None):
            raise KeyError
    with pytest.raises(SetError, match=r"no training set: pictures\.jsonl is missing"):
        load_set(tmp_path, "train")


def test_a_damaged_set_names_the_line(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "pictures-000.bin").write_bytes(b"")
    with pytest.raises(SetError, match=r"line 1: images/x/a\.jpg cannot be decoded"):
        load_set(tmp_path, "train")
    lines = (tmp_path / PICTURES).read_text().splitlines()
    broken = json.loads(lines[0])
    del broken["boxes"]
    (tmp_path / PICTURES).write_text(json.dumps(broken) + "\n")
    with pytest.raises(SetError, match="line 1"):
        load_set(tmp_path, "train")


def test_what_is_to_be_held_apart_must_be_there(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(SetError, match="--apart nosuch: no source"):
        load_set(tmp_path, "train", apart=("fire/", "nosuch"))
