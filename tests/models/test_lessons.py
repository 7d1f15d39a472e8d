"""What a verdict says to the network: one class, one place, one picture. Needs no torch."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classes import CLASSES, EBIKE, FLAME, PERSON
from models.geometry import Floats
from models.lessons import Lesson, LessonError, disturbed, lessons_hash, read_lessons, same_place
from models.site_report import Outcome, Report
from models.tune import MOST_SHIFT, shift_for, targets

HEADER = "image,set,source,labelled,indoor,boxes,note\n"


def write_export(folder: Path) -> Path:
    """Two pictures of one camera and one of another: a false flame, a real e-bike, a real flame."""
    for name in ("images", "labels", "false"):
        (folder / name).mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(CLASSES))
    rows = [
        ("a", "shed", 200, "", "3 0.5 0.5 0.2 0.4"),
        ("b", "shed", 400, "0 0.5 0.5 0.5 0.5", ""),
        ("c", "lift", 200, "3 0.5 0.5 0.5 0.5", ""),
    ]
    lines = []
    for name, camera, width, real, false in rows:
        cv2.imwrite(str(folder / f"images/{name}.jpg"), np.zeros((width // 2, width, 3), np.uint8))
        (folder / f"labels/{name}.txt").write_text(real)
        (folder / f"false/{name}.txt").write_text(false)
        lines.append(f"images/{name}.jpg,site,site/{camera},,,1,\n")
    (folder / "index.csv").write_text(HEADER + "".join(lines))
    return folder


def box(*values: float) -> Floats:
    return np.asarray([values], np.float32)


def test_what_is_false_in_one_picture_is_in_doubt_in_the_others_of_the_camera(tmp_path: Path) -> None:
    false, bike, lift = read_lessons(write_export(tmp_path))
    np.testing.assert_allclose(false.false, box(FLAME, 80, 30, 120, 70), atol=1e-3)
    np.testing.assert_allclose(bike.doubt, box(FLAME, 160, 60, 240, 140), atol=1e-3)
    np.testing.assert_allclose(bike.real, box(EBIKE, 100, 50, 300, 150), atol=1e-3)
    assert (len(bike.false), len(lift.doubt), lift.source) == (0, 0, "site/lift")


BREAKS: dict[str, Callable[[Path], object]] = {
    "index.csv is missing": lambda folder: (folder / "index.csv").unlink(),
    "names no picture": lambda folder: (folder / "index.csv").write_text(HEADER),
    "a.jpg: no picture": lambda folder: (folder / "images/a.jpg").write_bytes(b"junk"),
    "a.txt: ": lambda folder: (folder / "false/a.txt").unlink(),
    "b.txt: label line 1": lambda folder: (folder / "labels/b.txt").write_text("9 0 0 1 1"),
    "needed: ebike bicycle": lambda folder: (folder / "classes.txt").write_text("cat dog"),
}


@pytest.mark.parametrize("says", BREAKS)
def test_a_broken_export_is_named_in_one_line(tmp_path: Path, says: str) -> None:
    BREAKS[says](write_export(tmp_path))
    with pytest.raises(LessonError, match=says) as raised:
        read_lessons(tmp_path)
    assert "\n" not in str(raised.value)


def test_the_hash_tells_exports_apart(tmp_path: Path) -> None:
    write_export(tmp_path)
    before = lessons_hash(tmp_path)
    (tmp_path / "false/a.txt").write_text("3 0.5 0.5 0.2 0.5")
    assert lessons_hash(tmp_path) != before


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((10, 10, 30, 30), True),  # itself
        ((0, 0, 100, 100), True),  # it may grow
        ((15, 15, 20, 20), True),  # a part of it
        ((21, 10, 41, 30), False),  # less than half
        ((60, 60, 80, 80), False),
        ((30, 30, 30, 30), False),  # nothing
    ],
)
def test_the_same_place_is_that_of_the_run_time(other: tuple[float, ...], same: bool) -> None:
    assert same_place(box(*other), np.asarray([10, 10, 30, 30], np.float32)).tolist() == [same]


def test_a_disturbed_lesson_keeps_its_box_on_the_thing() -> None:
    image = np.full((120, 200, 3), 40, np.uint8)
    image[40:80, 60:120] = 230
    lesson = Lesson(image, false=box(FLAME, 60, 40, 120, 80))
    rng = np.random.default_rng(3)
    boxes = []
    for _ in range(12):
        seen = disturbed(lesson, rng)
        rows, columns = np.nonzero(cv2.medianBlur(seen.image, 5)[..., 0] > 190)
        shown = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(seen.false[0, 1:], shown, atol=2.5)
        boxes.append(seen.false[0, 1:])
    assert np.ptp(boxes, axis=0).min() > 3


def test_what_the_border_cuts_to_a_sliver_is_in_doubt() -> None:
    edge = np.asarray([[EBIKE, 0, 10, 8, 60], [EBIKE, 60, 40, 120, 80]], np.float32)
    lesson = Lesson(
        np.full((120, 200, 3), 40, np.uint8),
        real=edge,
        false=np.column_stack([np.full(2, FLAME, np.float32), edge[:, 1:]]),
        doubt=box(PERSON, 0, 10, 8, 60),
    )
    rng, cut = np.random.default_rng(3), 0
    for _ in range(150):
        seen = disturbed(lesson, rng)
        kinds = [int(kind) for kind in seen.doubt[:, 0]]
        assert len(seen.real) == len(seen.false) >= 1
        # Either nothing of the box at the edge is left in the picture, or its remains are in doubt.
        assert kinds in ([PERSON] if len(seen.real) == 2 else [PERSON, EBIKE, FLAME], [])
        cut += kinds == [PERSON, EBIKE, FLAME]
    assert cut >= 3


def test_a_verdict_changes_one_class_at_one_place_and_the_rest_is_held() -> None:
    scores = np.full((len(CLASSES), 4), 0.3, np.float32)
    boxes = np.asarray([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60], [80, 80, 99, 99]], np.float32)
    lesson = Lesson(
        np.zeros((99, 99, 3), np.uint8),
        real=box(EBIKE, 50, 50, 60, 61),
        false=box(FLAME, 0, 0, 10, 10),
        doubt=box(FLAME, 79, 79, 99, 99),
    )
    target, mask = targets(scores, boxes, lesson)
    assert (target[FLAME, :2] < 0.05).all()
    assert target[EBIKE, 2] == pytest.approx(10 / 11, abs=1e-3)
    changed = np.zeros_like(mask)
    changed[FLAME, :2] = changed[EBIKE, 2] = True
    assert (target[~changed] == scores[~changed]).all()
    assert np.argwhere(~mask).tolist() == [[FLAME, 3]]


def test_a_verdict_outranks_the_doubt_that_it_casts_itself() -> None:
    scores = np.full((len(CLASSES), 1), 0.3, np.float32)
    here = box(FLAME, 0, 0, 10, 10)
    lesson = Lesson(np.zeros((20, 20, 3), np.uint8), false=here, doubt=here)
    target, mask = targets(scores, here[:, 1:], lesson)
    assert target[FLAME, 0] < 0.05
    assert mask.all()


@pytest.mark.parametrize(
    ("after", "shift"),
    [
        ([0.9, 0.5, 0.1], 0.0),  # as many as before
        ([0.9, 0.9, 0.9], 0.0),  # bolder than before: never made shyer
        ([0.9, 0.3, 0.1], float(np.log(7 / 3))),  # one lost: back to the threshold
        ([0.9, 0.0, 0.0], MOST_SHIFT),
    ],
)
def test_a_class_that_became_shy_is_made_as_bold_as_it_was(after: list[float], shift: float) -> None:
    before = np.asarray([0.9, 0.6, 0.1], np.float32)
    assert shift_for(before, np.asarray(after, np.float32), 0.5) == pytest.approx(shift, abs=1e-5)


def test_a_class_that_was_seen_nowhere_is_left_alone() -> None:
    assert shift_for(np.zeros(3, np.float32), np.zeros(3, np.float32), 0.5) == 0.0


@pytest.mark.parametrize(
    ("real", "before", "after", "word"),
    [
        (True, 0.5, 0.4, "kept"),
        (True, 0.5, 0.2, "LOST"),
        (True, 0.2, 0.4, "found"),
        (False, 0.5, 0.2, "gone"),
        (False, 0.5, 0.4, "still there"),
        (False, 0.2, 0.4, "new"),
        (False, 0.2, 0.1, "unseen"),
        (True, 0.2, 0.1, "unseen"),
    ],
)
def test_every_verdict_is_summed_up_in_a_word(real: bool, before: float, after: float, word: str) -> None:
    assert Outcome("a.jpg", "site/shed", "flame", real, 0.3, before, after).word == word


FIGURES = {"total": 0.8, "ebike_seen": 0.9, "person_seen": 0.9, "flame_seen": float("nan")}


@pytest.mark.parametrize(
    ("after", "demo", "objections"),
    [
        (0.795, (50, 46, 9), 0),
        (0.78, (50, 50, 0), 1),
        (0.78, (50, 44, 0), 2),
        (0.9, (0, 0, 0), 0),
    ],
)
def test_a_model_that_costs_too_much_is_objected_to(after: float, demo: tuple[int, int, int], objections: int) -> None:
    report = Report([], FIGURES, {**FIGURES, "total": after}, demo)
    assert len(report.objections()) == objections
    lost = Report([Outcome("a.jpg", "s", "ebike", True, 0.3, 0.5, 0.1)], {}, {}, (0, 0, 0))
    assert "a.jpg" in lost.objections()[0]
    assert lost.plain()["pictures"][0]["outcome"] == "LOST"
