"""Hard negatives: pictures on which a detector sees what is not there are drawn more often in the next training.

`xinan models mine --set runs/set --model last.onnx --out runs/hard.json` writes {image: how many times as often}.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.classes import CLASSES, EBIKE, FLAME
from models.command import add_model, add_set, add_threads, command, parser_of
from models.data import Sample
from models.dataset import load_set
from models.errors import WorkshopError
from models.files import read_json, spare, write_json
from models.from_onnx import require_our_classes
from models.geometry import box_iou
from models.progress import progress
from vision.detections import Detections
from vision.detector import Detector, find_model

#: Classes whose false alarms wake people.
MINED: Final = (EBIKE, FLAME)
#: A false score of this share of the threshold is near enough to count; at the threshold the picture counts most.
NEAR, NEAR_TIMES, FALSE_TIMES = 0.6, 3, 6


def worst_false(detector: Detector, sample: Sample, found: Detections, class_id: int) -> float:
    """The best score, as a share of the threshold, of a box of the class that overlaps none (IoU 0.1); 0 for none."""
    limit = detector.thresholds[CLASSES[class_id]]
    mine = (found.class_id == class_id) & (found.confidence >= NEAR * limit)
    boxes, scores = found.xyxy[mine], found.confidence[mine]
    true = np.concatenate([sample.boxes, sample.ignore])
    true = true[true[:, 0] == class_id, 1:]
    if len(true) and len(boxes):
        scores = scores[box_iou(boxes, true).max(axis=1) < 0.1]
    return float(scores.max(initial=0.0)) / limit


def mine(detector: Detector, samples: Iterable[Sample]) -> dict[str, int]:
    """image → times, for the pictures with a false or nearly false box of a mined class."""
    times: dict[str, int] = {}
    faintest = NEAR * min(detector.thresholds[CLASSES[class_id]] for class_id in MINED)
    for sample in samples:
        asked = [class_id for class_id in MINED if class_id in sample.known]
        if not asked:
            continue
        found = detector.detect(sample.image, min_score=faintest)
        worst = max(worst_false(detector, sample, found, class_id) for class_id in asked)
        if worst >= NEAR:
            times[sample.row.image] = FALSE_TIMES if worst >= 1 else NEAR_TIMES
    return times


def hard_pictures(file: Path) -> dict[str, int]:
    """What `mine` wrote. Raises WorkshopError, OSError."""
    times = read_json(file)
    if not isinstance(times, dict) or not all(isinstance(often, int) and often > 0 for often in times.values()):
        raise WorkshopError(f"{file}: wanted is how many times as often, for each picture; see `xinan models mine`")
    return times


@command("nothing was written")
def main(argv: Sequence[str] | None = None) -> None:
    parser = parser_of("mine", __doc__)
    add_set(parser)
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    add_threads(parser)
    args = parser.parse_args(argv)
    file = find_model(args.model)
    spare(args.out, file)
    detector = Detector.load(args.model, threads=args.threads)
    require_our_classes(file.name, detector.names)
    found = mine(detector, progress(load_set(args.set, "train"), "mine"))
    write_json(args.out, found)
    print(f"{len(found)} hard pictures in {args.out}")


if __name__ == "__main__":
    main()
