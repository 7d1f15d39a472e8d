"""Which pictures are kept out of training: whole sources, videos and photos, never a random sample.

Fold 0 is holdout.txt; `python -m models.folds --data D` rewrites it from the rules below. A picture that looks like a
held-out one (the same photo in another set, the next frame of the same video) follows it: near-duplicates
never straddle. `sides` divides everything else among further folds, and the user's own pictures among all.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data import HOLDOUT, Fold, Row, Sample, read_holdout, read_index
from models.files import write_text
from models.geometry import Floats, Image

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
THUMB: Final = 12
VECTOR: Final = 3 * THUMB**2
PASTED: Final = "ebike2/SYNTHETIC"
ADDED: Final = "added/"
#: Folder names that a format asks for: they say nothing about where the pictures come from.
LAYOUT: Final = frozenset({"images", "jpegimages", "train", "val", "valid", "test"})

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


def unit(row: Row) -> str:
    """What is held out whole: a video, a block of photos that may be of one fire, one photo in all its sets, or a whole
    source where nothing finer is known.

    The frames of pbl5 between two held-out videos are one unit: where the videos between them begin is not known.
    """
    source, path = row.source, PurePosixPath(row.image)
    name = path.stem
    digits = re.findall(r"\d+", name)
    number = int(digits[-1]) if digits else 0
    if source.startswith(ADDED):
        return added_unit(source, path.relative_to(source))
    if re.fullmatch(r"voc2007_\d{6}", name):
        return name
    match source:
        case "fire/firenet" | "fire/pbl5_lamps":
            return f"{source} {number // 10}"
        case "fire/pbl5":
            inside = [low for low, high in PBL5_VIDEOS if low <= number <= high]
            return f"{source} {inside[0] if inside else f'after {sum(number > high for _, high in PBL5_VIDEOS)}'}"
        case "fire/voc2007" | "ebike/lift_photos" | "ebike2/backgrounds" | "ebike2/jerryshen0523" | "ebike2/SYNTHETIC":
            return row.image
        case "ebike2/nervewastaken":
            return f"{source} {'garages' if row.indoor == '1' else number >= 200}"
    if source.startswith(("clutter/ScottHodg", "clutter/m4nh")):
        return re.sub(r"_t\d+.*|_\d+$", "", name)
    return source


def added_unit(source: str, path: PurePosixPath) -> str:
    """A sub-folder of an added folder, or a video: the name without the digits at its end.

    path: relative to the folder. Folders that only say what the format wants them to say do not count, nor does what
    Roboflow appends to the name of an augmented copy.
    """
    inside = [part for part in path.parts[:-1] if part.casefold() not in LAYOUT]
    if inside:
        return f"{source} {'/'.join(inside)}/"
    name = re.sub(r"(_(jpe?g|png|bmp|webp))?\.rf\.[0-9A-Za-z]+$", "", path.stem)
    return f"{source} {name.rstrip('0123456789')}"


def thumbnail(image: Image) -> Floats:
    """A unit vector of `VECTOR` numbers; the inner product of two is the likeness of their pictures."""
    small = cv2.resize(image, (THUMB, THUMB), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return np.asarray(small / (np.linalg.norm(small) + 1e-6), np.float32)


def thumbnails(data: Path, rows: Sequence[Row]) -> Floats:
    """(N, VECTOR) float32, see `thumbnail`."""
    vectors = []
    for row in rows:
        image = cv2.imread(str(data / row.image))
        if image is None:
            raise ValueError(f"{data / row.image} cannot be read")
        vectors.append(thumbnail(np.asarray(image, np.uint8)))
    return np.asarray(vectors, np.float32).reshape(-1, VECTOR)


def near(rows: Sequence[Row], vectors: Floats, block: int = 512) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Every picture's number with those of the earlier pictures that look like it, likest first."""
    frames = np.asarray([row.source == "fire/pbl5" for row in rows], bool)
    for start in range(0, len(rows), block):
        likeness = vectors[start : start + block] @ vectors[: start + block].T
        for number, line in enumerate(likeness, start):
            earlier = line[:number]
            found = np.flatnonzero(earlier > np.where(frames[:number] & frames[number], NEAR_FRAME, NEAR))
            yield number, found[np.argsort(-earlier[found], kind="stable")]


def alike(samples: Sequence[Sample], held: Sequence[Sample]) -> list[bool]:
    """Which of the samples show a held picture once more: they look like it, or are a composite on it (the note names
    its file).
    """
    names = {PurePosixPath(sample.row.image).name for sample in held}
    vectors = np.asarray([thumbnail(sample.image) for sample in held], np.float32).reshape(-1, VECTOR)
    return [
        sample.row.note in names or bool((vectors @ thumbnail(sample.image)).max(initial=0.0) > NEAR)
        for sample in samples
    ]


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
    """image -> "val" or "out" for everything that is not trained on in fold 0."""
    rows = read_index(data)
    pairs = [(int(a), b) for b, found in near(rows, thumbnails(data, rows)) for a in found]
    pasted = [row.source == PASTED for row in rows]
    real = [(a, b) for a, b in pairs if not (pasted[a] or pasted[b])]
    held = spread([held_out(row) for row in rows], real)
    folds: dict[str, Fold] = {row.image: "val" for row, out in zip(rows, held, strict=True) if out}
    for a, b in pairs:
        for mine, other in ((a, b), (b, a)):
            if pasted[mine] and not pasted[other] and held[other]:
                folds[rows[mine].image] = "out"
    return folds


def rank(row: Row) -> int:
    """0: a gathered picture. 1: one with pasted scooters. 2: the user's. A picture gives way to those of lower rank."""
    return 2 if row.source.startswith(ADDED) else int(row.source == PASTED)


def sides(rows: Sequence[Row], vectors: Floats, fold: int = 0, folds: int = 5) -> list[Fold]:
    """The side of every picture when `fold` (of `folds`) is held out: "val", else "train".

    "out": a pasted or added picture that looks like a picture of lower rank, where one of the two is held out.
    Raises ValueError where a gathered picture looks like one of the other side: holdout.txt does not know it yet.
    """
    ranks, holdout = np.asarray([rank(row) for row in rows], np.int64), read_holdout()
    fixed = np.asarray([holdout.get(row.image) == "val" for row in rows], bool)
    settled = fixed | (ranks == 1)
    first: dict[str, int] = {}
    keys = (row.image if alone else unit(row) for row, alone in zip(rows, settled, strict=True))
    group = np.asarray([first.setdefault(key, number) for number, key in enumerate(keys)], np.int64)
    follows: list[tuple[int, int]] = []
    for number, found in near(rows, vectors):
        same = ranks[found] == ranks[number]
        if (split := found[same & (settled[found] != settled[number])]).size:
            both = f"{rows[number].image} looks like {rows[split[0]].image}, and holdout.txt names one of them only"
            raise ValueError(f"{both}; `python -m models.folds` rewrites it")
        joined = np.unique(group[found[same & ~settled[found]]]) if not settled[number] else group[:0]
        group[np.isin(group, joined)] = group[number]
        pairs = ((number, int(other)) for other in found[~same])
        follows += [(a, b) if ranks[a] > ranks[b] else (b, a) for a, b in pairs]
    held = divide(rows, group, settled, folds)
    side: list[Fold] = ["val" if at == fold and kind != 1 else "train" for at, kind in zip(held, ranks, strict=True)]
    for follower, leader in sorted(follows, key=lambda pair: int(ranks[pair[0]])):
        if "val" in (side[follower], side[leader]):
            side[follower] = "out"
    return side


def divide(rows: Sequence[Row], group: NDArray[np.int64], settled: NDArray[np.bool_], folds: int) -> list[int]:
    """The fold that each picture is held out in: 0 for the settled ones; every other group goes whole to the fold that
    has least of its source, big groups first. Only the user's pictures may come into fold 0, and last: a folder of
    fewer than `folds` groups is trained on whole by default.
    """
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number, name in enumerate(group.tolist()):
        if not settled[number]:
            members[name].append(number)
    held = [0] * len(rows)
    by_source: Counter[tuple[str, int]] = Counter()
    total: Counter[int] = Counter()
    for numbers in sorted(members.values(), key=lambda some: (-len(some), rows[some[0]].image)):
        source = Counter(rows[number].source for number in numbers).most_common(1)[0][0]
        open_to = range(folds) if source.startswith(ADDED) else range(1, folds)
        best = min(open_to, key=lambda at: (by_source[source, at], at == 0, total[at], at))
        by_source[source, best] += len(numbers)
        total[best] += len(numbers)
        for number in numbers:
            held[number] = best
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    folds = assign(args.data)
    lines = [f"{fold} {image}" for image, fold in sorted(folds.items())]
    write_text(HOLDOUT, HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
