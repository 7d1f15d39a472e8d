"""Gather the pictures that leads are painted on, and tell which were left out for measuring.

    python -m models.leads.gather --shared ../shared/data [--stills FOLDER] --out FOLDER

Of each source a fixed number is taken, the rest stays unseen. Rendered stills with a lead in them are left out: the
network learns painted leads alone, so that rendered ones can measure it.
"""

import argparse
import csv
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.classes import CLASSES
from models.errors import WorkshopError
from models.leads.courses import Box

TAKEN: Mapping[str, int] = {
    "ebike/voc2007": 380,
    "fire/voc2007": 100,
    "ebike2/furniture": 120,
    "ebike/wheelchair_kaggle": 40,
    "ebike2/bhavana4790": 60,
    "clutter/ScottHodg/abandoned-luggage-detection": 40,
    "ebike2/backgrounds": 142,
    "ebike2/nervewastaken": 139,
    "fire/pbl5_lamps": 50,
    "ebike2/SYNTHETIC": 0,
    "ebike/lift_photos": 14,
    "ebike2/quan": 11,
    "ebike2/dinhtuan": 5,
    "clutter/lexra/wheelchair (MobilityAids copy)": 10,
    "ebike2/jerryshen0523": 21,
}
"""Source → pictures painted on; more of a source stays unseen."""
MACHINES = (CLASSES.index("ebike"), CLASSES.index("bicycle"))
LEAD = CLASSES.index("cable")
LEAST_MACHINE_PX = 30
MOST_PX = {"real": 400, "rendered": 480, "cut-out": 360}
QUALITY = 78
SEED = 1


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture file and what is labelled in it. boxes: class number and x1, y1, x2, y2 in px."""

    path: Path
    image: NDArray[np.uint8]
    boxes: tuple[tuple[int, Box], ...]

    @property
    def machines(self) -> list[Box]:
        """The two-wheelers that are large enough."""
        return [b for kind, b in self.boxes if kind in MACHINES and max(b[2] - b[0], b[3] - b[1]) > LEAST_MACHINE_PX]


def labelled(image: Path, label: Path) -> Labelled:
    """Raises WorkshopError: the picture cannot be read."""
    pixels = cv2.imread(str(image))
    if pixels is None:
        raise WorkshopError(f"{image}: not a readable picture")
    height, width = pixels.shape[:2]
    rows = label.read_text("utf-8").splitlines() if label.is_file() else []
    boxes = []
    for row in rows:
        if row.strip():
            kind, x, y, w, h = (float(value) for value in row.split())
            box = (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
            boxes.append((int(kind), box))
    return Labelled(image, np.asarray(pixels, np.uint8), tuple(boxes))


def split(shared: Path) -> tuple[list[Path], dict[str, list[Path]]]:
    """Pictures to paint on, and by source those that stay unseen. Raises WorkshopError: no index there."""
    index = shared / "index.csv"
    if not index.is_file():
        raise WorkshopError(f"{index}: no such file; --shared names the folder of gathered pictures")
    with index.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = random.Random(SEED)
    taken: list[Path] = []
    unseen: dict[str, list[Path]] = {}
    for source, count in TAKEN.items():
        pictures = [shared / row["image"] for row in rows if row["source"] == source]
        order.shuffle(pictures)
        taken += pictures[:count]
        unseen[source] = pictures[count:]
    return taken, unseen


def label_of(image: Path) -> Path:
    """labels/SET/NAME.txt beside images/SET/NAME.jpg."""
    folder = image.parent
    while folder.name != "images" and folder != folder.parent:
        folder = folder.parent
    return (folder.parent / "labels" / image.relative_to(folder)).with_suffix(".txt")


def stills(folder: Path) -> Iterator[Labelled]:
    """The rendered stills of a folder in order of their names."""
    for image in sorted((folder / "images").glob("*.jpg")):
        yield labelled(image, folder / "labels" / f"{image.stem}.txt")


def gather(shared: Path, rendered: Path | None, out: Path) -> int:
    """Write `out` as `models.leads.scenes.Bases` reads it; returns the number of pictures. Raises WorkshopError."""
    taken, _ = split(shared)
    (out / "cutouts").mkdir(parents=True, exist_ok=True)
    for cutout in sorted((shared / "cutouts").glob("*.png")):
        shutil.copy(cutout, out / "cutouts" / cutout.name)
    for number, path in enumerate(taken):
        _write(out / f"r{number:04d}", labelled(path, label_of(path)), MOST_PX["real"])
    count = len(taken)
    for still in stills(rendered) if rendered is not None else ():
        if all(kind != LEAD for kind, _ in still.boxes):
            _write(out / f"s{count:04d}", still, MOST_PX["rendered"])
            count += 1
    return count


def _write(stem: Path, picture: Labelled, most_px: int) -> None:
    scale = min(1.0, most_px / max(picture.image.shape[:2]))
    image = cv2.resize(picture.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(stem.with_suffix(".jpg")), image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    lines = [" ".join(f"{scale * value:.1f}" for value in box) for box in picture.machines]
    if lines:
        stem.with_suffix(".txt").write_text("\n".join(lines) + "\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the gathered pictures")
    parser.add_argument("--stills", type=Path, help="rendered stills, of `xinan models synth stills`")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    print(f"{gather(args.shared, args.stills, args.out)} pictures: {args.out}")


if __name__ == "__main__":
    main()
