"""How many heads are hidden in real pictures that the detector was not trained on.

    python -m benchmarks.privacy.heads [--data ../shared/data] [--sheet FILE] [--seed 7]

Counts the labelled persons whose upper middle (the top 15 % of the box, the middle 40 % of its width) is hidden for
nine tenths, and writes a contact sheet of 40 pictures, to count by eye: a label says where a person is, not where the
head is. The sheet shows people: it stays on this machine.
"""

import argparse
import csv
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data import read_holdout
from vision.blur import Private, blurred, heads
from vision.detector import Detector
from vision.geometry import Box, unit_box

PERSON = "2"
CELL, ACROSS, DOWN = 300, 8, 5
SIZES = ((0.1, "under a tenth of the picture's height"), (0.3, "a tenth to three tenths"), (1.1, "more"))
WEAK_SHARE = 0.5


def pictures(data: Path, kind: str) -> Iterator[tuple[Path, list[Box]]]:
    """Held out, with their labelled boxes of one class, 0–1. kind: its number in the label files."""
    held = read_holdout()
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            labels = (data / row["image"].replace("images/", "labels/", 1)).with_suffix(".txt")
            if row["image"] in held and labels.is_file():
                lines = [line.split() for line in labels.read_text("utf-8").splitlines()]
                if boxes := [_box(*map(float, line[1:])) for line in lines if line[0] == kind]:
                    yield data / row["image"], boxes


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def people_in(image: NDArray[np.uint8], detector: Detector) -> list[Box]:
    """As the pipeline tells of them."""
    seen = detector.detect(image, relax=WEAK_SHARE)
    persons = seen.xyxy[seen.class_id == detector.names.index("person")]
    return [unit_box(box.tolist(), (image.shape[1], image.shape[0])) for box in persons]


def hidden(person: Box, places: list[Box]) -> bool:
    """Whether the upper middle of a person is hidden."""
    x1, y1, x2, y2 = person
    xs = np.linspace(x1 + 0.3 * (x2 - x1), x1 + 0.7 * (x2 - x1), 9)
    ys = np.linspace(y1, y1 + 0.15 * (y2 - y1), 9)
    points = [(x, y) for x in xs for y in ys]
    return sum(any(a <= x <= c and b <= y <= d for a, b, c, d in places) for x, y in points) >= 0.9 * len(points)


def sheet(chosen: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Numbered cells."""
    canvas = np.zeros((DOWN * CELL, ACROSS * CELL, 3), np.uint8)
    for number, image in enumerate(chosen):
        scale = CELL / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale)[:CELL, :CELL]
        y, x = number // ACROSS * CELL, number % ACROSS * CELL
        canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
        cv2.putText(canvas, str(number + 1), (x + 4, y + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 255, 255), 2)
    return canvas


def main() -> None:
    """Print the counts, write the sheet."""
    parser = argparse.ArgumentParser(description="How many heads are hidden in pictures that leave the console.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="pictures with labels")
    parser.add_argument("--sheet", type=Path, help="contact sheet of 40, JPEG")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    found = list(pictures(given.data, PERSON))
    chosen = set(random.Random(given.seed).sample(range(len(found)), min(len(found), ACROSS * DOWN)))
    detector = Detector.load()
    counts: Counter[tuple[str, bool]] = Counter()
    shown: list[NDArray[np.uint8]] = []
    for number, (path, persons) in enumerate(found):
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        people = people_in(image, detector)
        places = heads(people, (image.shape[1], image.shape[0]))
        for person in persons:
            name = next(name for most, name in SIZES if person[3] - person[1] < most)
            counts[name, hidden(person, places)] += 1
        if number in chosen:
            shown.append(blurred(image, Private(tuple(people))))
    print(f"{len(found)} pictures held out of training")
    for _, name in SIZES:
        yes, no = counts[name, True], counts[name, False]
        print(f"labelled persons of {name}: {yes} of {yes + no} heads hidden")
    if given.sheet:
        cv2.imwrite(str(given.sheet), sheet(shown), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
