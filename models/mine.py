"""Hard negatives: pictures on which a detector sees what is not there are drawn more often in the next training.

`xinan models mine --set runs/set --model last.onnx --out runs/hard.json` writes {image: how many times as often}.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.classes import CLASSES, EBIKE, FLAME
from models.data import Sample
from models.dataset import SetError, load_set
from models.geometry import box_iou
from models.progress import progress
from vision.detector import Detector
from vision.errors import VisionError

#: Classes whose false alarms wake people.
MINED: Final = (EBIKE, FLAME)
#: A false score of this share of the threshold is near enough to count; at the threshold the picture counts most.
NEAR, NEAR_TIMES, FALSE_TIMES = 0.6, 3, 6


def worst_false(detector: Detector, sample: Sample, class_id: int) -> float:
    """The best score, as a share of the threshold, of a box of the class that overlaps none (IoU 0.1); 0 for none."""
    limit = detector.thresholds[CLASSES[class_id]]
    found = detector.detect(sample.image, min_score=NEAR * limit)
    mine = found.class_id == class_id
    boxes, scores = found.xyxy[mine], found.confidence[mine]
    true = np.concatenate([sample.boxes, sample.ignore])
    true = true[true[:, 0] == class_id, 1:]
    if len(true) and len(boxes):
        scores = scores[box_iou(boxes, true).max(axis=1) < 0.1]
    return float(scores.max(initial=0.0)) / limit


def mine(detector: Detector, samples: Iterable[Sample]) -> dict[str, int]:
    """image → times, for the pictures with a false or nearly false box of a mined class."""
    times: dict[str, int] = {}
    for sample in samples:
        worst = max((worst_false(detector, sample, c) for c in MINED if c in sample.known), default=0.0)
        if worst >= NEAR:
            times[sample.row.image] = FALSE_TIMES if worst >= 1 else NEAR_TIMES
    return times


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="xinan models mine", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--set", type=Path, required=True, help="training set made by `xinan models data`")
    parser.add_argument("--model", type=Path, help="ONNX file (default: the shipped model)")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args(argv)
    try:
        found = mine(Detector.load(args.model, threads=2), progress(load_set(args.set, "train"), "mine"))
    except (SetError, VisionError) as error:
        raise SystemExit(f"xinan: {error}") from None
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} hard pictures in {args.out}")


if __name__ == "__main__":
    main()
