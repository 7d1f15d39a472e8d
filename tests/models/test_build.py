"""`xinan models data`: what enters a set, on which side, and what is left when it is stopped."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from models import build as building
from models.added import Added, scan, without_repeats
from models.build import BuildError, Order, build, main
from models.classes import BICYCLE, EBIKE, FLAME, PERSON, SMOKE
from models.data import Row, read_holdout
from models.dataset import PICTURES, load_set
from models.files import write_json
from models.folds import ADDED, VECTOR, sides, thumbnail, unit
from models.formats import FormatError, read_folder
from models.geometry import Floats
from models.ledger import SHEET, STATISTICS, Ledger
from tests.models.labelled import coco_folder, draw, picture, voc_folder, yolo_folder
from xinan import app

BOX = (0.25, 0.25, 0.5, 0.75)
CLIPS = [f"{place}_{number:03}" for place in ("hall", "shed", "yard", "lift", "gate", "roof") for number in range(3)]


def mine(folder: Path, names: Sequence[str] = tuple(CLIPS), first: int = 0) -> Path:
    return yolo_folder(folder, ["fire", "smoke"], {name: [("fire", BOX)] for name in names}, first)


def made(order: Order) -> Ledger:
    ledger = Ledger()
    build(order, ledger)
    return ledger


def test_one_command_from_three_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine(tmp_path / "yolo")
    coco_folder(tmp_path / "coco", ["moped", "kite"], {"x": [("moped", BOX), ("kite", BOX)]}, 100)
    voc_folder(tmp_path / "voc", {"y": [("person", BOX)]}, 200)
    folders = [str(tmp_path / name) for name in ("yolo", "coco", "voc")]
    main(["--add", *folders, "--no-teacher", "--out", str(tmp_path / "set")])
    said = capsys.readouterr()
    assert said.err == f"xinan: {folders[1]}: class 'kite' is none of ours: 1 boxes left out\n"
    assert "20 pictures; left out: 0 like held-out ones, 0 repeats, 0 broken" in said.out
    learn, held = (load_set(tmp_path / "set", fold) for fold in ("train", "val"))
    assert Counter(sample.row.source for sample in learn + held) == {
        "added/yolo": 18,
        "added/coco": 1,
        "added/voc": 1,
    }
    (moped,) = [sample for sample in learn if sample.row.source == "added/coco"]
    assert moped.known == {EBIKE}
    np.testing.assert_allclose(moped.boxes, [[EBIKE, 20, 15, 40, 45]], atol=0.01)
    told = json.loads((tmp_path / "set" / STATISTICS).read_text())
    assert told["train"]["added/coco"] == {
        "pictures": 1,
        "classes": {"ebike": {"pictures": 1, "boxes": 1, "small": 1, "medium": 0, "large": 0}},
    }
    sheet = cv2.imread(str(tmp_path / "set" / SHEET))
    assert sheet is not None and sheet.shape == (3 * 192, 6 * 320, 3)


def test_broken_pictures_are_named_and_the_rest_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = mine(tmp_path / "mine")
    whole = (folder / "images" / f"{CLIPS[0]}.jpg").read_bytes()
    (folder / "images" / f"{CLIPS[0]}.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "labels" / f"{CLIPS[1]}.txt").write_text("9 0.5 0.5 0.1 0.1\n")
    with pytest.raises(SystemExit, match="xinan: 2 broken pictures or labels are left out; the set is written"):
        main(["--add", str(folder), "--no-teacher", "--out", str(tmp_path / "set")])
    first, second = sorted(capsys.readouterr().err.splitlines())
    assert first.startswith(f"xinan: {folder}/images/{CLIPS[0]}.jpg: ")
    assert second == f"xinan: {folder}/labels/{CLIPS[1]}.txt: label line 1: class 9 is not one of 0-1"
    assert sum(len(load_set(tmp_path / "set", fold)) for fold in ("train", "val")) == len(CLIPS) - 2


def test_a_picture_that_its_labels_do_not_fit_is_told(tmp_path: Path) -> None:
    folder = voc_folder(tmp_path / "voc", {"a": [("fire", BOX)], "b": [("fire", BOX)], "c": [("fire", BOX)]})
    draw(folder / "JPEGImages" / "a.jpg", 0, (60, 80))
    draw(folder / "JPEGImages" / "b.jpg", 1, (160, 120))
    labels = read_folder(folder)
    kept = list(scan(labels, labels.pictures))
    assert labels.problems == [f"{folder}/JPEGImages/a.jpg: is 60×80, its labels are for 80×60"]
    np.testing.assert_allclose(kept[0].boxes[0, 1:], BOX)


def test_large_pictures_are_shrunk_with_their_boxes(tmp_path: Path) -> None:
    folder = mine(tmp_path / "mine", ["a"])
    draw(folder / "images" / "a.jpg", 0, (1600, 1200))
    made(Order(tmp_path / "set", add=(folder,)))
    (sample,) = load_set(tmp_path / "set", "train")
    assert sample.image.shape == (480, 640, 3)
    np.testing.assert_allclose(sample.boxes, [[FLAME, 160, 120, 320, 360]], atol=0.01)


# -- repeats ---------------------------------------------------------------------------------------------------------


def scanned(*folders: Path) -> list[Added]:
    return [one for labels in map(read_folder, folders) for one in scan(labels, labels.pictures)]


def test_repeats_within_and_between_folders_enter_once(tmp_path: Path) -> None:
    one, two = mine(tmp_path / "one", ["a", "b"]), mine(tmp_path / "two", ["c"], first=50)
    shutil.copy(one / "images" / "a.jpg", one / "images" / "z.jpg")  # the same file, other labels
    lighter = np.clip(picture(1).astype(int) + 9, 0, 255).astype(np.uint8)
    cv2.imwrite(str(two / "images" / "c.jpg"), lighter, [cv2.IMWRITE_JPEG_QUALITY, 60])  # b again
    kept = without_repeats(scanned(one, two))
    assert [Path(one.row.image).name for one in kept] == ["a.jpg", "b.jpg"]
    ledger = made(Order(tmp_path / "set", add=(one, two)))
    assert ledger.repeats == 2


def test_a_fixed_camera_that_shows_something_else_is_no_repeat(tmp_path: Path) -> None:
    folder = yolo_folder(tmp_path / "mine", ["fire"], {"a": [], "b": [("fire", BOX)]})
    still = picture(0)
    cv2.rectangle(still, (20, 30), (24, 34), (0, 120, 255), -1)
    cv2.imwrite(str(folder / "images" / "b.jpg"), still)
    one, two = scanned(folder)
    assert one.vector @ two.vector > 0.97
    assert len(without_repeats([one, two])) == 2


# -- folds -----------------------------------------------------------------------------------------------------------


def added_rows(*names: str) -> list[Row]:
    return [Row(f"{ADDED}mine/{name}", "added", f"{ADDED}mine", frozenset(), "", "") for name in names]


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("cam1_0001.jpg", "cam1_0002.jpg"), True),
        (("images/cam1_1.jpg", "train/images/cam1_2.jpg"), True),
        (("cam1_1.jpg", "cam2_1.jpg"), False),
        (("hall/a.jpg", "hall/b.jpg"), True),
        (("hall/a.jpg", "yard/a.jpg"), False),
        (("fire_mp4-3_jpg.rf.0a1b.jpg", "fire_mp4-17_jpg.rf.99ff.jpg"), True),
    ],
)
def test_units_of_an_added_folder(names: tuple[str, str], same: bool) -> None:
    one, two = map(unit, added_rows(*names))
    assert (one == two) is same


def gathered_rows() -> list[Row]:
    """Rows like those of the gathered pictures, some of which are in holdout.txt."""
    held = [image for image in read_holdout() if "firenet" in image or "furniture" in image]
    numbers = [f"images/flame/firenet_{number:04}.jpg" for number in range(1, 200)]
    rooms = [f"images/furniture/voc2007_{number:06}.jpg" for number in range(1, 60)]
    kinds = {"flame": "fire/firenet", "furniture": "ebike2/furniture"}
    images = sorted({*held, *numbers, *rooms})
    return [Row(image, "", kinds[image.split("/")[1]], frozenset(), "", "") for image in images]


def unlike(count: int, seed: int = 0) -> Floats:
    """(count, VECTOR) float32: vectors of pictures that do not look alike."""
    vectors = np.random.default_rng(seed).normal(size=(count, VECTOR))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_unit_is_held_out_whole_in_exactly_one_fold(folds: int) -> None:
    rows = [*gathered_rows(), *added_rows(*(f"{name}.jpg" for name in CLIPS))]
    vectors = unlike(len(rows))
    holdout = read_holdout()
    by_fold = [sides(rows, vectors, fold, folds) for fold in range(folds)]
    assert [[at == "val" for at in column].count(True) for column in zip(*by_fold, strict=True)] == [1] * len(rows)
    for side in by_fold:
        groups: dict[str, set[str]] = {}
        for row, at in zip(rows, side, strict=True):
            groups.setdefault(unit(row), set()).add(at)
        assert [name for name, found in groups.items() if len(found) > 1] == []
    gathered = zip(rows, by_fold[0], strict=True)
    assert all((at == "val") == (row.image in holdout) for row, at in gathered if not row.source.startswith(ADDED))
    assert sides(rows, vectors, 1, folds) == by_fold[1]


def test_pictures_that_look_alike_are_never_on_both_sides() -> None:
    rows = [*gathered_rows(), *added_rows(*(f"{name}.jpg" for name in CLIPS))]
    vectors = unlike(len(rows))
    rng = np.random.default_rng(3)
    free = [number for number, row in enumerate(rows) if row.image not in read_holdout()]
    for _ in range(40):
        one, two = rng.choice(free, 2, replace=False)
        vectors[one] = vectors[two]
    likeness = vectors @ vectors.T > 0.97
    for fold in range(5):
        side = np.asarray(sides(rows, vectors, fold, 5))
        assert not (likeness & (side == "val")[:, None] & (side == "train")[None]).any()


def test_a_small_folder_is_trained_on_whole_by_default() -> None:
    rows = added_rows(*(f"{place}/{number}.jpg" for place in ("a", "b", "c") for number in range(4)))
    assert set(sides(rows, unlike(len(rows)))) == {"train"}
    assert "val" in sides(rows, unlike(len(rows)), 1)


def test_a_gathered_picture_that_the_holdout_should_name_is_told() -> None:
    rows = gathered_rows()
    holdout = read_holdout()
    held = next(number for number, row in enumerate(rows) if row.image in holdout)
    free = next(number for number, row in enumerate(rows) if row.image not in holdout)
    vectors = unlike(len(rows))
    vectors[held] = vectors[free]
    for fold in (0, 1):
        with pytest.raises(ValueError, match=r"looks like .*, and holdout\.txt names one of them only") as raised:
            sides(rows, vectors, fold)
        assert rows[held].image in str(raised.value)
        assert rows[free].image in str(raised.value)


def test_an_added_picture_like_a_held_out_one_is_left_out() -> None:
    held = next(row for row in gathered_rows() if row.image in read_holdout())
    rows = [held, *added_rows("a_1.jpg", "a_2.jpg")]
    vectors = unlike(3)
    vectors[2] = vectors[0]
    assert sides(rows, vectors) == ["val", "train", "out"]


# -- gathered and rendered pictures ----------------------------------------------------------------------------------


def data_folder(folder: Path) -> Path:
    """Gathered pictures: a held-out one and two others."""
    held = next(image for image in read_holdout() if "backgrounds/voc" in image)
    images = [held, "images/backgrounds/new_1.jpg", "images/backgrounds/new_2.jpg"]
    lines = [f"{image},backgrounds,ebike2/backgrounds,ebike bicycle flame,1,0," for image in images]
    for seed, image in enumerate(images, 10):
        draw(folder / image, seed)
    (folder / "index.csv").write_text("\n".join(["image,set,source,labelled,indoor,boxes,note", *lines]) + "\n")
    return folder


def stills(folder: Path, backgrounds: Sequence[str], first: int = 20) -> Path:
    for name in ("labels", "truth"):
        (folder / name).mkdir(parents=True)
    for seed, background in enumerate(backgrounds, first):
        draw(folder / "images" / f"s{seed}.jpg", seed)
        (folder / "labels" / f"s{seed}.txt").write_text("3 0.5 0.5 0.5 0.5\n")
        told = {"place": "composite" if background else "corridor", "light": background or "day"}
        (folder / "truth" / f"s{seed}.json").write_text(json.dumps(told))
    return folder


def test_no_rendered_picture_shows_what_is_held_out(tmp_path: Path) -> None:
    """Neither a composite on a held-out background, nor one that looks like a held-out picture."""
    data = data_folder(tmp_path / "data")
    held = next(image for image in read_holdout() if (data / image).exists())
    rendered = stills(tmp_path / "stills", ["", Path(held).name, "new_1.jpg"])
    shutil.copy(data / held, rendered / "images" / "s20.jpg")
    order = Order(tmp_path / "set", data=data, rendered=(rendered,))
    ledger = made(order)
    assert ledger.out == {"rendered": 2}
    assert [sample.row.image for sample in load_set(order.out, "train")] == [
        "images/backgrounds/new_1.jpg",
        "images/backgrounds/new_2.jpg",
        "rendered/stills/s22.jpg",
    ]
    assert [sample.row.image for sample in load_set(order.out, "val")] == [held]


def test_the_teacher_completes_what_a_folder_does_not_label(tmp_path: Path) -> None:
    """The file names a picture of the user's by its bytes: it may be renamed, and is looked at again when changed."""
    folder = mine(tmp_path / "mine", ["a"])
    (one,) = scanned(folder)
    write_json(tmp_path / "teacher.json", {one.digest: [[1, 2, 30, 40, 0.9, 0], [5, 5, 20, 20, 0.2, 1]]})
    made(Order(tmp_path / "set", add=(folder,), teacher=tmp_path / "teacher.json"))
    (sample,) = load_set(tmp_path / "set", "train")
    assert sample.boxes[:, 0].tolist() == [FLAME, PERSON]
    assert sample.ignore[:, 0].tolist() == [BICYCLE]
    assert sample.known >= {FLAME, SMOKE, PERSON, BICYCLE, EBIKE}
    draw(folder / "images" / "a.jpg", 9)
    with pytest.raises(BuildError, match="the teacher has not seen 1 pictures: name its weights"):
        made(Order(tmp_path / "set", add=(folder,), teacher=tmp_path / "teacher.json"))


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_stopped_build_leaves_the_set_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = mine(tmp_path / "mine")
    arguments = ["--add", str(folder), "--no-teacher", "--out", str(tmp_path / "set")]
    main(arguments)
    before = (tmp_path / "set" / PICTURES).read_bytes()
    monkeypatch.setattr(building, "real_samples", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 130
    assert capsys.readouterr().err == "xinan: stopped; no set was written; what the teacher saw so far is kept\n"
    assert (tmp_path / "set" / PICTURES).read_bytes() == before
    shutil.rmtree(tmp_path / "set")
    with pytest.raises(SystemExit):
        main(arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def interrupted(*given: object) -> Iterator[object]:
    """One picture, then Ctrl-C."""
    yield next(REAL(*given))  # type: ignore[arg-type]
    raise KeyboardInterrupt


REAL = building.real_samples


def test_a_set_of_nothing_replaces_none(tmp_path: Path) -> None:
    order = Order(tmp_path / "set", add=(mine(tmp_path / "mine"),))
    made(order)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "classes.txt").write_text("fire\n")
    with pytest.raises((BuildError, FormatError)):
        made(Order(order.out, add=(tmp_path / "empty",)))
    (tmp_path / "empty" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(BuildError, match="no usable picture; no set was written"):
        made(Order(order.out, add=(tmp_path / "empty",)))
    assert sum(len(load_set(order.out, fold)) for fold in ("train", "val")) == len(CLIPS)


def test_a_set_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    folder = mine(tmp_path / "mine")
    order = Order(tmp_path / "set", add=(folder,))
    made(order)
    made(Order(order.out, add=(folder,), webp=50))
    assert sum(len(load_set(order.out, fold)) for fold in ("train", "val")) == len(CLIPS)
    (order.out / "notes.txt").write_text("mine")
    with pytest.raises(BuildError, match=r"notes\.txt is no part of a training set; take another folder"):
        made(order)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "no pictures: name some with --data, --rendered or --add"),
        (["--add", "mine", "--fold", "5"], "--fold 5 of --folds 5: at least 2 folds"),
        (["--add", "mine", "--folds", "1"], "--fold 0 of --folds 1: at least 2 folds"),
        (["--data", "mine"], "--data mine: index.csv is missing"),
        (["--rendered", "lost"], "--rendered lost: no images/ in it"),
        (["--add", "mine", "other/mine"], "two folders are called mine; rename one"),
        (["--add", "lost"], "lost: is no folder"),
        (["--add", "mine", "--out", "mine/set"], "--out mine/set: lies in mine, whose pictures it would join"),
        (["--add", "mine", "--weights", "lost.npz"], "--weights lost.npz: no such file"),
        (["--add", "mine", "--teacher", "mine/classes.txt"], "--teacher mine/classes.txt: Expecting value"),
    ],
)
def test_a_wrong_order_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], message: str
) -> None:
    mine(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["--out", "set", *more])
    assert str(stop.value).startswith(f"xinan: {message}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_the_thumbnail_of_a_plain_picture_is_like_nothing() -> None:
    plain = thumbnail(np.full((40, 40, 3), 90, np.uint8))
    assert abs(plain @ thumbnail(picture(1))) < 1e-3


@pytest.mark.parametrize("verb", ["data", "mine", "train"])
def test_the_workshop_is_reached_from_the_command_line(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = CliRunner().invoke(app, ["models", verb, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"usage: xinan models {verb} ")


def test_a_missing_extra_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher is asked and the training stack is not installed."""
    folder = mine(tmp_path / "mine")
    (tmp_path / "weights.npz").write_bytes(b"")
    for name in ("torchvision_cpu", "ultralytics"):
        monkeypatch.setitem(sys.modules, name, None)
    order = ["--add", str(folder), "--weights", str(tmp_path / "weights.npz"), "--out", str(tmp_path / "set")]
    result = CliRunner().invoke(app, ["models", "data", *order])
    assert result.exit_code == 1
    assert result.stderr == "xinan: models data: ultralytics is missing; install it with: pip install 'xinan[train]'\n"
