"""What is left of number plates, and of the two-wheelers that carry them, in pictures that leave the console.

    python -m benchmarks.privacy.plates [--data ../shared/data] [--sheet FILE] [--out FILE] [--seed 7]

Signs of a plate are drawn at the size that they have on a bike of a metre, from rows per bike of 48 to 300, hidden as
every picture is, and read by somebody who knows type and place and has all the pictures of the signs to compare with:
the nearest of 34. Then real pictures: labelled e-bikes, how many the detector finds before and after, and the sheet has
some of them in pairs, to look for plates by eye. The sheet shows what must not leave this machine.
"""

import argparse
import random
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from benchmarks.privacy.heads import pictures
from models.files import write_json
from vision.blur import ROWS, Private, blurred
from vision.detector import Detector
from vision.geometry import Box, iou, unit_box

EBIKE = "0"
OUT = Path(__file__).parent / "results" / "plates.json"
SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SIGN_SHARE = 0.05
"""A sign's height as a share of the bike's: 5 cm of a metre."""
TRIES = 5
FOUND = 0.5
BARELY_PX = 150
"""A bike that is lower than this in the picture has signs of seven pixels at most: nobody reads them anyway."""
CELL, PAIRS = 300, 24


def sign(letter: str, height: float, shift: tuple[float, float], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Drawn large, made as small as a camera would: dark on light, `height` px high, shifted by parts of a pixel."""
    big = np.full((120, 80), 230, np.uint8)
    cv2.putText(big, letter, (8, 110), cv2.FONT_HERSHEY_SIMPLEX, 4.6, 30, 11)
    scale = height / 100
    moved = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    soft = cv2.GaussianBlur(big, (0, 0), 0.4 / scale)
    return np.asarray(cv2.warpAffine(soft, moved, size, flags=cv2.INTER_AREA, borderValue=230), np.uint8)


def read_share(rows: int, rng: np.random.Generator, *, hide: bool) -> float:
    """Of signs on a bike so many rows high those that the nearest picture of a sign names right."""
    known = np.stack([_shown(_bike(one, rows, (0.0, 0.0)), hide) for one in SIGNS])
    right = 0
    for number, one in enumerate(SIGNS):
        for _ in range(TRIES):
            bike = _bike(one, rows, (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5))))
            noisy = np.clip(bike + rng.normal(0, 6, bike.shape), 0, 255).astype(np.uint8)
            right += int(np.square(known - _shown(noisy, hide)).mean(axis=(1, 2)).argmin()) == number
    return right / (len(SIGNS) * TRIES)


def _bike(letter: str, rows: int, shift: tuple[float, float]) -> NDArray[np.uint8]:
    """The whole box of a bike with one sign in it, at a place that its height does not divide evenly."""
    height = SIGN_SHARE * rows
    size = max(3, round(height * 0.9)), max(3, round(height * 1.3))
    image = np.full((rows, rows, 3), 230, np.uint8)
    x, y = int(rows * 0.37), int(rows * 0.61)
    image[y : y + size[1], x : x + size[0]] = sign(letter, height, shift, size)[..., None]
    return image


def _shown(image: NDArray[np.uint8], hide: bool) -> NDArray[np.float32]:
    """The part with the sign, as it goes out, JPEG and all."""
    out = blurred(image, Private(vehicles=((0.0, 0.0, 1.0, 1.0),))) if hide else image
    coded = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_GRAYSCALE)
    rows = len(image)
    return np.asarray(coded, np.float32)[int(rows * 0.57) : int(rows * 0.72), int(rows * 0.33) : int(rows * 0.46)]


def found(image: NDArray[np.uint8], bikes: list[Box], detector: Detector) -> int:
    """How many of them the detector sees as two-wheelers."""
    seen, size = detector.detect(image), (image.shape[1], image.shape[0])
    kinds = [detector.names.index(name) for name in ("ebike", "bicycle")]
    boxes = [unit_box(box.tolist(), size) for box in seen.xyxy[np.isin(seen.class_id, kinds)]]
    if not boxes:
        return 0
    shared = iou(np.array(bikes, np.float32), np.array(boxes, np.float32))
    return int((shared.max(axis=1) >= FOUND).sum())


def in_pictures(data: Path, rng: random.Random) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
    """Counts, and pairs of crops for the sheet."""
    detector = Detector.load()
    counts = {"pictures": 0, "bikes": 0, "high_enough": 0, "found_clear": 0, "found_hidden": 0}
    pairs: list[NDArray[np.uint8]] = []
    for path, bikes in pictures(data, EBIKE):
        image = cv2.imread(str(path))
        if image is None:
            continue
        clear = np.asarray(image, np.uint8)
        hidden = blurred(clear, Private(vehicles=tuple(bikes)))
        counts["pictures"] += 1
        counts["bikes"] += len(bikes)
        counts["found_clear"] += found(clear, bikes, detector)
        counts["found_hidden"] += found(hidden, bikes, detector)
        high = [box for box in bikes if (box[3] - box[1]) * clear.shape[0] >= BARELY_PX]
        counts["high_enough"] += len(high)
        pairs += [np.hstack([_cell(clear, box), _cell(hidden, box)]) for box in high]
    rng.shuffle(pairs)
    return counts, pairs[:PAIRS]


def _cell(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (max(0.0, min(1.0, value)) for value in box)
    part = image[int(y1 * height) : int(y2 * height), int(x1 * width) : int(x2 * width)]
    scale = CELL / max(part.shape[:2])
    large = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)[:CELL, :CELL]
    cell = np.zeros((CELL, CELL, 3), np.uint8)
    cell[: large.shape[0], : large.shape[1]] = large
    return cell


def main() -> None:
    """Print the figures, write file and sheet."""
    parser = argparse.ArgumentParser(description="What is left of plates in pictures that leave the console.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="pictures with labels")
    parser.add_argument("--sheet", type=Path, help="contact sheet of pairs, JPEG")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    noise = np.random.default_rng(given.seed)
    signs = {
        rows: {way: round(read_share(rows, noise, hide=way == "hidden"), 3) for way in ("clear", "hidden")}
        for rows in (ROWS, 100, 150, 200, 300)
    }
    for rows, shares in signs.items():
        print(f"{rows} rows: {shares}", flush=True)
    counts, pairs = in_pictures(given.data, random.Random(given.seed))
    print(counts)
    write_json(given.out, {"machine": describe(), "rows": ROWS, "signs_read": signs, "pictures": counts})
    if given.sheet and pairs:
        pairs += [np.zeros_like(pairs[0])] * (-len(pairs) % 4)
        lines = [np.hstack(pairs[at : at + 4]) for at in range(0, len(pairs), 4)]
        cv2.imwrite(str(given.sheet), np.vstack(lines))


if __name__ == "__main__":
    main()
