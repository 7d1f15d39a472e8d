"""A training set in one folder: every picture with what may be learnt from it, settled once, ready to carry anywhere.

`pictures.jsonl` has one line a picture (source, fold, known classes, boxes and ignore boxes in pixels, and where its
bytes lie); `pictures-000.bin` and so on hold the encoded pictures; `cutouts/` the sprites. Training needs nothing else,
so the folder can be sent in parts to a machine with a GPU.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.data import Fold, Row, Sample
from models.errors import WorkshopError
from models.files import write_text
from models.folds import alike
from models.geometry import Floats, Image

PICTURES: Final = "pictures.jsonl"
PART_BYTES: Final = 32 << 20
Entry = dict[str, Any]
"""A line of `pictures.jsonl`, with its number under "line"."""
ENTRY: Final = frozenset(
    ["image", "set", "source", "indoor", "note", "fold", "labelled", "known", "boxes", "ignore", "part", "at", "bytes"],
)


class SetError(WorkshopError):
    """A training set that cannot be read, or a folder that is none."""


def encoded(image: Image, webp: int | None) -> bytes:
    """JPEG of quality 95, or WebP of quality `webp` for a slow line."""
    kind, options = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])
    if webp is not None:
        kind, options = (".webp", [cv2.IMWRITE_WEBP_QUALITY, webp])
    done, data = cv2.imencode(kind, image, options)
    if not done:
        raise SetError(f"a picture of shape {image.shape} cannot be encoded")
    return data.tobytes()


def row_of(sample: Sample, fold: Fold) -> Entry:
    """The line of `pictures.jsonl`, without the place of the bytes."""
    row = sample.row
    return {
        "image": row.image,
        "set": row.set,
        "source": row.source,
        "indoor": row.indoor,
        "note": row.note,
        "fold": fold,
        "labelled": [CLASSES[c] for c in sorted(row.labelled)],
        "known": [CLASSES[c] for c in sorted(sample.known)],
        "boxes": np.round(sample.boxes.astype(float), 2).tolist(),
        "ignore": np.round(sample.ignore.astype(float), 2).tolist(),
    }


def write_set(
    out: Path, samples: Iterable[tuple[Sample, Fold]], cutouts: Path | None, webp: int | None = None
) -> Iterator[Sample]:
    """Write a set into the empty or new folder `out`, yielding each picture once it is written. The list of pictures
    appears last: a set that was interrupted is no set.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / PICTURES).unlink(missing_ok=True)
    for old in out.glob("pictures-*.bin"):
        old.unlink()
    lines: list[str] = []
    part, size = 0, 0
    file = (out / "pictures-000.bin").open("wb")
    try:
        for sample, fold in samples:
            data = encoded(sample.image, webp)
            if size and size + len(data) > PART_BYTES:
                file.close()
                part, size = part + 1, 0
                file = (out / f"pictures-{part:03}.bin").open("wb")
            file.write(data)
            lines.append(json.dumps({**row_of(sample, fold), "part": part, "at": size, "bytes": len(data)}))
            size += len(data)
            yield sample
    finally:
        file.close()
    if cutouts is not None:
        (out / "cutouts").mkdir(exist_ok=True)
        for sprite in sorted(cutouts.glob("*.png")):
            shutil.copyfile(sprite, out / "cutouts" / sprite.name)
    write_text(out / PICTURES, "\n".join(lines) + "\n")


def boxes_of(rows: Any) -> Floats:
    return np.asarray(rows, np.float32).reshape(-1, 5)


def classes_of(names: list[str]) -> frozenset[int]:
    return frozenset(CLASSES.index(name) for name in names)


def listing_of(folder: Path) -> Path:
    """The list of a set's pictures. Raises SetError where the folder is no set."""
    listing = folder / PICTURES
    if not listing.is_file():
        raise SetError(f"{folder} is no training set: {PICTURES} is missing; make one with `xinan models data`")
    return listing


def load_set(
    folder: Path,
    fold: Fold,
    apart: tuple[str, ...] = (),
    pick: Callable[[list[Entry]], list[Entry]] | None = None,
) -> list[Sample]:
    """All pictures of one fold, decoded into memory (about 0.4 MB each), in the order they were written.

    apart: sources that begin with one of these are held out whole: all their pictures are in "val", and what shows them
    once more (`folds.alike`) is not in "train". pick: chooses and orders what is decoded.
    Raises SetError naming the file and line that cannot be read.
    """
    entries = listed(folder)
    for prefix in apart:
        if not any(entry["source"].startswith(prefix) for entry in entries):
            raise SetError(f"--apart {prefix}: no source of {folder} begins with it")
    side: list[Fold] = ["val" if entry["source"].startswith(apart) else entry["fold"] for entry in entries]
    mine = [entry for entry, at in zip(entries, side, strict=True) if at == fold]
    samples = decoded(folder, pick(mine) if pick else mine)
    if apart and fold == "train":
        held = decoded(folder, [entry for entry in entries if entry["source"].startswith(apart)])
        samples = [sample for sample, out in zip(samples, alike(samples, held), strict=True) if not out]
    return samples


def listed(folder: Path) -> list[Entry]:
    """The lines of `pictures.jsonl`. Raises SetError."""
    listing = listing_of(folder)
    entries = []
    for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = {**json.loads(line), "line": number}
            if lacking := ENTRY - entry.keys():
                raise ValueError(f"{', '.join(sorted(lacking))} is missing")
        except (ValueError, TypeError) as error:
            raise SetError(f"{listing}, line {number}: {error}") from None
        entries.append(entry)
    return entries


def decoded(folder: Path, entries: Sequence[Entry]) -> list[Sample]:
    """The pictures of these lines. Raises SetError."""
    parts: dict[int, bytes] = {}
    samples = []
    for entry in entries:
        try:
            if (part := entry["part"]) not in parts:
                parts[part] = (folder / f"pictures-{part:03}.bin").read_bytes()
            samples.append(sample_of(entry, parts[part]))
        except (OSError, ValueError, TypeError) as error:
            raise SetError(f"{folder / PICTURES}, line {entry['line']}: {error}") from None
    return samples


def sample_of(entry: Entry, part: bytes) -> Sample:
    """One line of `pictures.jsonl` with the bytes of its part. Raises ValueError where they are no picture."""
    data = part[entry["at"] : entry["at"] + entry["bytes"]]
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise ValueError(f"{entry['image']} cannot be decoded")
    labelled = classes_of(entry["labelled"])
    row = Row(entry["image"], entry["set"], entry["source"], labelled, entry["indoor"], entry["note"])
    known = classes_of(entry["known"])
    return Sample(row, np.asarray(image, np.uint8), boxes_of(entry["boxes"]), boxes_of(entry["ignore"]), known)


def set_hash(folder: Path) -> str:
    """sha256 over the list of pictures and their bytes: what a model says it was trained on. Raises SetError."""
    digest = hashlib.sha256(listing_of(folder).read_bytes())
    for part in sorted(folder.glob("pictures-*.bin")):
        digest.update(part.read_bytes())
    return digest.hexdigest()
