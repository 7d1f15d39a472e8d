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
from models.geometry import box_iou
from models.progress import progress
from vision.detector import Detector, find_model

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
    spare(args.out, find_model(args.model))
    detector = Detector.load(args.model, threads=args.threads)
    if missing := [CLASSES[c] for c in MINED if CLASSES[c] not in detector.names]:
        raise WorkshopError(f"{args.model}: knows no {' and no '.join(missing)}; its classes are not ours")
    found = mine(detector, progress(load_set(args.set, "train"), "mine"))
    write_json(args.out, found)
    print(f"{len(found)} hard pictures in {args.out}")


if __name__ == "__main__":
    main()
