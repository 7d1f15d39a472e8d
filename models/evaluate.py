"""Measure an ONNX file with the run time's own detector on the held-out pictures and the flame clips.

`python -m models.evaluate --data ../shared/data --teacher runs/teacher.json [--baseline runs/coco.onnx]`
writes benchmarks/accuracy/results/v0.json and the table in benchmarks/accuracy/README.md. `--choose FILE`
instead writes the thresholds that the held-out pictures call for.
"""

import argparse
import csv
import json
import math
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.classes import BICYCLE, CABLE, CLASSES, CLUTTER, COCO_AS_OURS, EBIKE, FLAME, PERSON
from models.data import load_fold
from models.geometry import Floats, Image, box_iou, nms
from models.score import (
    Scored,
    average_precision,
    false_share,
    gather,
    picture_recall,
    recall_at,
    select,
)
from models.tables import markdown, update_readme
from models.validate import FLAME_NEGATIVES, choose_thresholds, is_wheelchair
from vision.detector import Detector

RESULTS: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "accuracy"
MIN_SCORE: Final = 0.01
#: Clips not rebuilt from pictures that were trained on.
FOREIGN_CLIPS: Final = ("fireplace", "grass_fire", "kitchen_sink_fire", "nofire_")
Metric = Callable[[Sequence[Scored], dict[str, float]], float]


def detect(detector: Detector, image: Image) -> Floats:
    """(N, 6) rows [x1, y1, x2, y2, score, class]; COCO classes become ours, what has no counterpart is
    dropped.
    """
    found = detector.detect(image, min_score=MIN_SCORE)
    rows = np.column_stack([found.xyxy, found.confidence, found.class_id]).astype(np.float32)
    if detector.names == CLASSES:
        return rows
    return as_ours(rows)


def as_ours(rows: Floats) -> Floats:
    """COCO class numbers to ours; classes that fall together are suppressed once more."""
    ours = np.asarray([COCO_AS_OURS.get(int(c), -1) for c in rows[:, 5]], np.float32)
    kept: list[Floats] = []
    for class_id in np.unique(ours[ours >= 0]):
        part = rows[ours == class_id].copy()
        part[:, 5] = class_id
        kept.append(part[nms(part[:, :4], part[:, 4], 0.6)])
    return np.concatenate(kept) if kept else np.zeros((0, 6), np.float32)


def held_out(detector: Detector, data: Path, teacher: Path) -> list[Scored]:
    """Detections on every held-out picture."""
    return [
        Scored(
            sample.row.image,
            sample.row.source,
            sample.row.indoor,
            sample.row.safe,
            sample.boxes,
            sample.ignore,
            detect(detector, sample.image),
        )
        for sample in load_fold(data, teacher, "val")
    ]


def clip_frames(path: Path, every_s: float = 1.0) -> Iterator[tuple[float, Image]]:
    """(time in seconds, picture) about every `every_s` of a clip."""
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
    step, index = max(1, round(rate * every_s)), 0
    while capture.grab():
        if index % step == 0:
            ok, image = capture.retrieve()
            if ok:
                yield index / rate, np.asarray(image, np.uint8)
        index += 1
    capture.release()


def clips(detector: Detector, data: Path) -> list[Scored]:
    """One `Scored` a second of every foreign flame clip. Burning frames have one box: the whole picture."""
    folder = data / "clips" / "flame"
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith(FOREIGN_CLIPS)]
    none = np.zeros((0, 5), np.float32)
    items = []
    for row in rows:
        for at_s, image in clip_frames(folder / row["file"]):
            height, width = image.shape[:2]
            burning = row["has_fire"] == "1" and float(row["fire_start_s"]) <= at_s <= float(row["fire_end_s"])
            truth = np.asarray([[FLAME, 0, 0, width, height]], np.float32) if burning else none
            name, found = f"{row['file']}@{at_s:.0f}", detect(detector, image)
            items.append(Scored(name, f"clip/{row['file']}", "", frozenset({FLAME}), truth, none, found))
    return items


def by_source(items: Sequence[Scored], thresholds: dict[str, float]) -> dict[str, dict[str, Any]]:
    """source -> class -> figures, for every class labelled exhaustively there."""
    table: dict[str, dict[str, Any]] = {}
    for source in sorted({item.source for item in items}):
        part = select(items, lambda item, source=source: item.source == source)  # type: ignore[misc]
        entry: dict[str, Any] = {"pictures": len(part)}
        for class_id, name in enumerate(CLASSES):
            if any(class_id in item.labelled for item in part):
                figures = class_figures(part, class_id, thresholds[name])
                unboxed = ("ap50", "ap30", "recall") if source.startswith("clip/") else ()
                entry[name] = {key: value for key, value in figures.items() if key not in unboxed}
        table[source] = entry
    return table


def class_figures(part: Sequence[Scored], class_id: int, threshold: float) -> dict[str, float | int]:
    """AP, recall and false pictures of one class in one source; figures that have no truth behind them
    are left out.
    """
    matches = gather(part, class_id, 0.5)
    figures: dict[str, float | int] = {
        "boxes": matches.truths,
        "ap50": average_precision(matches),
        "recall": recall_at(matches, threshold),
        "picture_recall": picture_recall(part, class_id, threshold),
        "false_pictures": false_share(part, class_id, threshold),
    }
    if class_id == FLAME:
        figures["ap30"] = average_precision(gather(part, class_id, 0.3))
    return {name: rounded(value) for name, value in figures.items() if not math.isnan(value)}


def rounded(value: float) -> float:
    return round(value, 4) if math.isfinite(value) else value


def called_ebike(items: Sequence[Scored], threshold: float) -> float:
    """Share of true bicycles on which an e-bike of at least `threshold` lies (IoU 0.5) and no true e-bike
    does.
    """
    called = count = 0
    for item in items:
        if not {EBIKE, BICYCLE} <= item.labelled:
            continue
        bikes = item.truth[item.truth[:, 0] == BICYCLE, 1:]
        found = item.found[(item.found[:, 5] == EBIKE) & (item.found[:, 4] >= threshold), :4]
        real = item.truth[item.truth[:, 0] == EBIKE, 1:]
        if len(real) and len(found):
            found = found[box_iou(found, real).max(axis=1) < 0.5]
        count += len(bikes)
        if len(bikes) and len(found):
            called += int((box_iou(bikes, found).max(axis=1) >= 0.5).sum())
    return called / count if count else float("nan")


def from_source(*prefixes: str, indoor: str | None = None) -> Callable[[Scored], bool]:
    return lambda item: item.source.startswith(prefixes) and indoor in (None, item.indoor)


def _ap(class_id: int, iou: float, wanted: Callable[[Scored], bool]) -> Metric:
    return lambda items, _: average_precision(gather(select(items, wanted), class_id, iou))


def _recall(class_id: int, wanted: Callable[[Scored], bool]) -> Metric:
    return lambda items, limits: recall_at(gather(select(items, wanted), class_id, 0.5), limits[CLASSES[class_id]])


def _seen(class_id: int, wanted: Callable[[Scored], bool]) -> Metric:
    return lambda items, limits: picture_recall(select(items, wanted), class_id, limits[CLASSES[class_id]])


def _false(class_id: int, wanted: Callable[[Scored], bool]) -> Metric:
    return lambda items, limits: false_share(select(items, wanted), class_id, limits[CLASSES[class_id]])


_LIFT, _VOC = from_source("ebike/lift_photos"), from_source("ebike/voc2007")
_GARAGE, _STREET = from_source("ebike2/nerve", indoor="1"), from_source("ebike2/nerve", indoor="0")
_STREETS = from_source("ebike/voc2007", "ebike2/nerve")
#: What the model is judged by: name -> figure. "recall" and "false" are at the shipped thresholds.
HEADLINES: Final[dict[str, Metric]] = {
    "flame recall per picture, FireNET blocks": _seen(FLAME, from_source("fire/firenet")),
    "flame recall per picture, pbl5 videos": _seen(FLAME, from_source("fire/pbl5")),
    "flame recall per frame, foreign clips": _seen(FLAME, from_source("clip/")),
    "flame AP at IoU 0.3, FireNET blocks": _ap(FLAME, 0.3, from_source("fire/firenet")),
    "flame AP at IoU 0.3, pbl5 videos": _ap(FLAME, 0.3, from_source("fire/pbl5")),
    "flame false, lamps": _false(FLAME, from_source("fire/pbl5_lamps")),
    "flame false, fire-coloured photos": _false(FLAME, from_source("fire/voc2007")),
    "flame false, rooms and garages": _false(FLAME, from_source(FLAME_NEGATIVES[2])),
    "flame false, streets and wheels": _false(FLAME, _STREETS),
    "flame false per frame, foreign clips": _false(FLAME, from_source("clip/nofire")),
    "e-bike AP50, VOC motorbikes": _ap(EBIKE, 0.5, _VOC),
    "e-bike AP50, garages": _ap(EBIKE, 0.5, _GARAGE),
    "e-bike AP50, streets": _ap(EBIKE, 0.5, _STREET),
    "e-bike AP50, lift photos": _ap(EBIKE, 0.5, _LIFT),
    "e-bike recall, lift photos": _recall(EBIKE, _LIFT),
    "e-bike recall, garages": _recall(EBIKE, _GARAGE),
    "e-bike false, wheelchair pictures": lambda items, limits: false_share(
        select(items, is_wheelchair), EBIKE, limits["ebike"]
    ),
    "e-bike false, kick scooters": _false(EBIKE, from_source("ebike2/jerryshen0523")),
    "bicycles called e-bike": lambda items, limits: called_ebike(items, limits["ebike"]),
    "bicycle AP50, VOC": _ap(BICYCLE, 0.5, _VOC),
    "person AP50, VOC": _ap(PERSON, 0.5, _VOC),
    "person AP50, lift photos": _ap(PERSON, 0.5, _LIFT),
    "person recall, lift photos": _recall(PERSON, _LIFT),
    "clutter AP50, furnished rooms": _ap(CLUTTER, 0.5, from_source("ebike2/furniture")),
    "clutter AP50, bags in halls (unseen videos)": _ap(CLUTTER, 0.5, from_source("clutter/ScottHodg")),
    "cable AP50, cables on tables": _ap(CABLE, 0.5, from_source("clutter/m4nh")),
}


def assess(detector: Detector, data: Path, teacher: Path) -> tuple[dict[str, Any], list[Scored]]:
    """Headlines and figures by source of one detector, and the detections behind them."""
    items = held_out(detector, data, teacher) + clips(detector, data)
    limits = {name: detector.thresholds.get(name, 0.25) for name in CLASSES}
    if detector.names != CLASSES:
        limits = dict.fromkeys(CLASSES, 0.25)
    headlines = {name: rounded(metric(items, limits)) for name, metric in HEADLINES.items()}
    headlines = {name: value for name, value in headlines.items() if not math.isnan(value)}
    return {"thresholds": limits, "headlines": headlines, "by_source": by_source(items, limits)}, items


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="default: the shipped model")
    parser.add_argument("--baseline", type=Path, help="COCO YOLO11n, written by models.export --coco")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--size", type=int, help="another input size than the model's own")
    parser.add_argument("--choose", type=Path, help="write thresholds chosen on the held-out pictures and stop")
    parser.add_argument("--out", type=Path, default=RESULTS / "results" / "v0.json")
    args = parser.parse_args()
    detector = Detector.load(args.model, threads=2, input_size=args.size)
    if args.choose:
        chosen = choose_thresholds(held_out(detector, args.data, args.teacher))
        args.choose.write_text(json.dumps(chosen, indent=1) + "\n")
        return
    result: dict[str, Any] = {"machine": f"{platform.machine()}, {platform.system()}", "min_score": MIN_SCORE}
    result["v0"], _ = assess(detector, args.data, args.teacher)
    result["version"] = detector.info.version
    result["input_size"] = args.size or detector.info.input_size
    if args.baseline:
        baseline = Detector.load(args.baseline, threads=2, input_size=args.size)
        result["zero_shot_coco"], _ = assess(baseline, args.data, args.teacher)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.out.is_relative_to(RESULTS):
        update_readme(RESULTS / "README.md", markdown(result))


if __name__ == "__main__":
    main()
