"""Which pictures are kept out of training: whole sources, videos and photos, never a random sample.

`python -m models.folds --data D` rewrites holdout.txt from the rules below. A picture that looks like a
held-out one (the same photo in another set, the next frame of the same video) follows it: near-duplicates
never straddle.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from models.data import HOLDOUT, Fold, Row, read_index
from models.geometry import Floats

#: Index ranges of whole pbl5 videos: a red room, a sofa, a laboratory flame, a shop's CCTV.
PBL5_VIDEOS = ((112, 156), (338, 350), (384, 388), (402, 442), (522, 538), (666, 668), (684, 690))
LIFT_PHOTOS = (
    "2024-01-01_12-08-32",
    "2024-01-01_12-09-25",
    "2024-01-02_10-33-21",
    "2024-01-02_10-33-51",
    "2024-01-02_10-36-45",
)
CLUTTER_VIDEOS = ("aboda_video8", "aboda_video10", "luggage2")
NEAR, NEAR_FRAME = 0.97, 0.93

HEADER = """# Pictures kept out of training, written by `python -m models.folds`.
# val: measured after every epoch.  out: neither trained on nor measured (pasted onto a held-out background).
"""


def held_out(row: Row) -> bool:
    """The rule for one picture, by source; near-duplicates are settled afterwards."""
    name = Path(row.image).stem
    digits = re.findall(r"\d+", name)
    number = int(digits[-1]) if digits else 0
    match row.source:
        case "fire/firenet":
            return number // 10 % 5 == 3
        case "fire/pbl5":
            return any(low <= number <= high for low, high in PBL5_VIDEOS)
        case "fire/pbl5_lamps":
            return number // 10 % 3 == 1
        case "fire/voc2007":
            return number % 4 == 0
        case "ebike/voc2007" | "ebike2/furniture" | "ebike2/backgrounds":
            return number % 5 == 0
        case "ebike/wheelchair_roboflow" | "ebike/wheelchair_wheelchair":
            return True
        case "ebike/lift_photos":
            return name.endswith(LIFT_PHOTOS)
        case "ebike2/nervewastaken":
            return row.indoor == "1" or number >= 200
        case "ebike2/jerryshen0523":
            return name[-1] in "01234"
    return name.startswith(CLUTTER_VIDEOS) or name.startswith("m4nh_hard")


def thumbnails(data: Path, rows: Sequence[Row], side: int = 12) -> Floats:
    """(N, 3 * side²) unit vectors; their inner product is the likeness of two pictures."""
    vectors = []
    for row in rows:
        image = cv2.imread(str(data / row.image))
        if image is None:
            raise ValueError(f"{row.image} cannot be read")
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        small -= small.mean()
        vectors.append(small / (np.linalg.norm(small) + 1e-6))
    return np.asarray(vectors, np.float32)


def spread(held: Sequence[bool], pairs: Sequence[tuple[int, int]]) -> list[bool]:
    """Let being held out run along the pairs until nothing changes."""
    out = list(held)
    changed = True
    while changed:
        changed = False
        for a, b in pairs:
            if out[a] != out[b]:
                out[a] = out[b] = changed = True
    return out


def assign(data: Path) -> dict[str, Fold]:
    """image -> "val" or "out" for everything that is not trained on."""
    rows = read_index(data)
    vectors = thumbnails(data, rows)
    likeness = np.triu(vectors @ vectors.T, 1)
    frames = np.asarray([row.source == "fire/pbl5" for row in rows])
    pasted = [row.source == "ebike2/SYNTHETIC" for row in rows]
    alike = (likeness > NEAR) | ((likeness > NEAR_FRAME) & frames[:, None] & frames[None, :])
    pairs = [(int(a), int(b)) for a, b in np.argwhere(alike)]
    real = [(a, b) for a, b in pairs if not (pasted[a] or pasted[b])]
    held = spread([held_out(row) for row in rows], real)
    folds: dict[str, Fold] = {row.image: "val" for row, out in zip(rows, held, strict=True) if out}
    for a, b in pairs:
        for mine, other in ((a, b), (b, a)):
            if pasted[mine] and not pasted[other] and held[other]:
                folds[rows[mine].image] = "out"
    return folds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    folds = assign(args.data)
    lines = [f"{fold} {image}" for image, fold in sorted(folds.items())]
    HOLDOUT.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
