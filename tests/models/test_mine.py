"""Hard negatives: what a detector sees that is not there."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from models.classes import CLASSES, EBIKE, FLAME, PERSON
from models.data import Row, Sample
from models.from_onnx import ForeignModel, require_our_classes
from models.mine import FALSE_TIMES, NEAR_TIMES, main, mine
from vision.detections import Detections
from vision.detector import Detector


class Seeing:
    """Sees one box of a class, with a score, in every picture."""

    thresholds = dict.fromkeys(CLASSES, 0.5)

    def __init__(self, class_id: int, score: float) -> None:
        self.found = Detections(
            np.asarray([[10, 10, 40, 40]], np.float32), np.asarray([score], np.float32), np.asarray([class_id])
        )

    def detect(self, image: object, *, min_score: float) -> Detections:
        return self.found


def sample(boxes: list[list[float]], known: set[int]) -> Sample:
    row = Row("images/x/a.jpg", "x", "fire/voc2007", frozenset(known), "1", "")
    none = np.zeros((0, 5), np.float32)
    return Sample(
        row, np.zeros((60, 80, 3), np.uint8), np.asarray(boxes, np.float32).reshape(-1, 5), none, frozenset(known)
    )


@pytest.mark.parametrize(
    ("class_id", "score", "boxes", "known", "times"),
    [
        (FLAME, 0.6, [], {FLAME}, FALSE_TIMES),
        (FLAME, 0.4, [], {FLAME}, NEAR_TIMES),
        (FLAME, 0.2, [], {FLAME}, None),
        (FLAME, 0.6, [[FLAME, 12, 12, 40, 40]], {FLAME}, None),
        (FLAME, 0.6, [[EBIKE, 12, 12, 40, 40]], {FLAME}, FALSE_TIMES),
        (FLAME, 0.6, [], {PERSON}, None),
        (PERSON, 0.9, [], {PERSON}, None),
    ],
)
def test_what_counts_as_hard(
    class_id: int, score: float, boxes: list[list[float]], known: set[int], times: int | None
) -> None:
    found = mine(cast(Detector, Seeing(class_id, score)), [sample(boxes, known)])
    assert found == ({} if times is None else {"images/x/a.jpg": times})


def test_no_set_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"xinan: .* is no training set: pictures\.jsonl is missing"):
        main(["--set", str(tmp_path), "--out", str(tmp_path / "hard.json")])


def test_a_detector_of_other_classes_or_another_order_is_refused() -> None:
    require_our_classes("a.onnx", CLASSES)
    with pytest.raises(ForeignModel, match=r"^a\.onnx: its classes are cable, .*; needed: ebike, "):
        require_our_classes("a.onnx", CLASSES[::-1])
