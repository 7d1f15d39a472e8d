"""The user's own pictures: measured once, repeats dropped, shrunk on entry."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.data import Row, Sample, complete, shrunk
from models.folds import ADDED, VECTOR, near, thumbnail
from models.formats import Labelled, Labels
from models.geometry import Floats, Image, box_iou
from streams.errors import StreamError
from streams.folder import printable
from streams.image_file import read_image

SIDE: Final = 640
"""Long side in pixels of what enters the set: the detector sees no more."""
SAME_BOX_IOU: Final = 0.5
COMPARED: Final = 50
"""Pictures that a picture is compared with, box by box: a fixed camera gives thousands that look alike."""


@dataclass(frozen=True, slots=True)
class Added:
    """A user's picture before it is decoded for the set.

    boxes, ignore: (N, 5) float32 [class, x1, y1, x2, y2], corners 0-1 of the picture. digest: of the file's bytes.
    vector: see `folds.thumbnail`.
    """

    row: Row
    file: Path
    boxes: Floats
    ignore: Floats
    digest: str
    vector: Floats

    def image(self) -> Image:
        """The picture as it enters the set. Raises SourceError."""
        return shrunk(read_image(self.file), SIDE)

    def sample(self, teacher: Floats | None) -> Sample:
        """The picture with what may be learnt from it; `teacher` as in `data.complete`. Raises SourceError."""
        image = self.image()
        height, width = image.shape[:2]
        scale = np.asarray([1, width, height, width, height], np.float32)
        boxes, ignore, known = complete(self.row, self.boxes * scale, teacher)
        return Sample(self.row, image, boxes, np.concatenate([self.ignore * scale, ignore]), known)


def scan(labels: Labels, pictures: Iterable[Labelled]) -> Iterator[Added]:
    """Decode every picture once. One that cannot be read, or that its labels do not fit, becomes a line in
    `labels.problems`.
    """
    for picture in pictures:
        try:
            image = read_image(picture.file)
            height, width = image.shape[:2]
            scale = frame_of(picture, width, height)
            boxes, ignore = (within(rows, scale) for rows in (picture.boxes, picture.ignore))
            digest = hashlib.sha256(picture.file.read_bytes()).hexdigest()
        except StreamError as error:
            labels.problems.append(str(error))
        except (OSError, ValueError) as error:
            labels.problems.append(f"{picture.file}: {error}")
        else:
            source = f"{ADDED}{labels.folder.resolve().name}"
            name = printable(f"{source}/{picture.file.relative_to(labels.folder).as_posix()}")
            row = Row(name, "added", printable(source), picture.known, "", labels.format)
            yield Added(row, picture.file, boxes, ignore, digest, thumbnail(image))


def frame_of(picture: Labelled, width: int, height: int) -> tuple[float, float]:
    """Width and height of the frame that the boxes are given in. Raises ValueError where the picture has another
    shape: it was turned or cropped after it was labelled.
    """
    across, down = picture.size or (width, height)
    if picture.size != (1, 1) and abs(across * height - down * width) > 0.02 * max(across * height, down * width):
        raise ValueError(f"is {width}×{height}, its labels are for {across:.0f}×{down:.0f}")
    return across, down


def within(rows: Floats, frame: tuple[float, float]) -> Floats:
    """Corners 0-1, clipped to the picture. Raises ValueError where nothing of a box is inside."""
    across, down = frame
    boxes = np.asarray(rows / np.asarray([1, across, down, across, down], np.float32), np.float32)
    boxes[:, 1:] = boxes[:, 1:].clip(0, 1)
    if not (boxes[:, 3:] > boxes[:, 1:3]).all():
        raise ValueError("a box lies outside the picture")
    return boxes


def without_repeats(pictures: Sequence[Added]) -> list[Added]:
    """Every picture once: the same file, or one that looks alike and is labelled alike (a fixed camera gives pictures
    that look alike and show different things), is dropped.
    """
    kept: list[Added] = []
    keep = np.zeros(len(pictures), bool)
    digests: set[str] = set()
    vectors = np.asarray([picture.vector for picture in pictures], np.float32).reshape(-1, VECTOR)
    for number, found in near([picture.row for picture in pictures], vectors):
        picture = pictures[number]
        alike = (pictures[other] for other in found[keep[found]][:COMPARED])
        if picture.digest in digests or any(labelled_alike(picture, other) for other in alike):
            continue
        keep[number] = True
        digests.add(picture.digest)
        kept.append(picture)
    return kept


def labelled_alike(one: Added, other: Added) -> bool:
    """The same classes were looked for, and every box has one of its class in its place."""
    if one.row.labelled != other.row.labelled or len(one.boxes) != len(other.boxes):
        return False
    same_class = one.boxes[:, None, 0] == other.boxes[None, :, 0]
    fits = same_class & (box_iou(one.boxes[:, 1:], other.boxes[:, 1:]) >= SAME_BOX_IOU)
    return bool(fits.any(axis=0).all() and fits.any(axis=1).all())
