"""A user's folder of labelled pictures: YOLO, COCO or Pascal VOC, recognised by what lies in it.

A folder's list of classes says what was looked for: every class on it is boxed exhaustively in its pictures, also in
those without a box. Names that are none of ours are left out and counted. What is wrong with a picture or its labels is
one line that names file and line or annotation; that picture is left out, and the rest is read.

- YOLO: `data.yaml` with `names`, or `classes.txt` (one name a line, in the folder or in `labels/`); `images/…/x.jpg`
  with `labels/…/x.txt`, or x.txt beside x.jpg. A picture without a label file shows none of the classes.
- Pascal VOC: `x.xml`, as in `Annotations/`, for a picture x. The list of classes is `classes.txt`, or else every name
  that occurs.
- COCO: `*.json` in the folder or one below it, with `images`, `annotations` and `categories`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, Final, NoReturn
from xml.etree import ElementTree

import numpy as np

from models.classes import class_named
from models.data import parse_labels
from models.errors import WorkshopError
from models.geometry import Floats
from streams.folder import media_files
from streams.image_file import PICTURE_SUFFIXES

LIST_FILES: Final = ("classes.txt", "labels/classes.txt")
YAML_FILES: Final = ("data.yaml", "data.yml")
COCO_KEYS: Final = frozenset({"images", "annotations", "categories"})


class FormatError(WorkshopError):
    """A folder from which nothing can be read."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box as a label file gives it: the folder's own name of the class, x1, y1, x2, y2, and whether it is marked as a
    crowd or difficult: nobody knows then what a detector should say there.
    """

    name: str
    corners: tuple[float, float, float, float]
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture file and what its labels say.

    boxes, ignore: (N, 5) float32 [class, x1, y1, x2, y2]. size: width and height of the frame that they are given in:
    (1, 1) for fractions, None where the labels do not tell: pixels of the picture.
    """

    file: Path
    boxes: Floats
    ignore: Floats
    known: frozenset[int]
    size: tuple[float, float] | None


@dataclass(slots=True)
class Labels:
    """What was read of a folder. foreign: names of classes that are none of ours -> boxes left out."""

    folder: Path
    format: str
    pictures: list[Labelled] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    foreign: Counter[str] = field(default_factory=Counter)

    def add(self, file: Path, boxes: Iterable[Box], names: Iterable[str], size: tuple[float, float] | None) -> None:
        """A picture with its boxes; `names` is the list of classes that were looked for in it."""
        classes = {name: class_named(name) for name in names}
        self.foreign.update({name: 0 for name, class_id in classes.items() if class_id is None})
        rows: dict[bool, list[list[float]]] = {False: [], True: []}
        for box in boxes:
            class_id = classes[box.name]
            if class_id is None:
                self.foreign[box.name] += 1
            else:
                rows[box.doubtful].append([class_id, *box.corners])
        sure, doubtful = (np.asarray(rows[kind], np.float32).reshape(-1, 5) for kind in (False, True))
        known = frozenset(class_id for class_id in classes.values() if class_id is not None)
        self.pictures.append(Labelled(file, sure, doubtful, known, size))


def read_folder(folder: Path) -> Labels:
    """Everything in the folder that is labelled. Raises FormatError where that is nothing."""
    if not folder.is_dir():
        raise FormatError(f"{folder}: is no folder")
    pictures = Pictures(folder)
    annotations = sorted(folder.rglob("*.xml"))
    lists = [folder / name for name in (*YAML_FILES, *LIST_FILES) if (folder / name).is_file()]
    if lists and lists[0].suffix != ".txt":
        labels = read_yolo(pictures, yaml_names(lists[0]))
    elif annotations:
        labels = read_voc(pictures, annotations, list_names(lists[0]) if lists else None)
    elif lists:
        labels = read_yolo(pictures, list_names(lists[0]))
    else:
        labels = read_coco(pictures)
    if not labels.pictures:
        raise FormatError(f"{folder}: {labels.problems[0] if labels.problems else 'no picture in it'}")
    if not any(picture.known for picture in labels.pictures):
        raise FormatError(f"{folder}: none of its classes is ours: {', '.join(sorted(labels.foreign)) or 'no class'}")
    return labels


class Pictures:
    """The picture files of a folder and of those in it, and which of them a label file means."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = [path for path in media_files(folder) if path.suffix.lower() in PICTURE_SUFFIXES]
        self._by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        for path in self.files:
            self._by_stem[path.stem].append(path)

    def find(self, stem: str, near: Path, written: tuple[str, ...] = ()) -> Path:
        """The picture of this stem whose path ends most like the one `written`, and then lies nearest to `near`.

        Raises ValueError where there is none, or several fit as well.
        """
        name = written[-1] if written else stem
        found = [path for path in self._by_stem.get(stem, ()) if not written or path.name == name]
        if not found:
            raise ValueError(f"no picture {name} in {self.folder}")
        fit = [(alike(path.parts[::-1], written[::-1]), alike(path.parts, near.parts)) for path in found]
        if fit.count(max(fit)) > 1:
            raise ValueError(f"several pictures {name} in {self.folder}")
        return found[fit.index(max(fit))]


def alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many of the first parts are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


# -- YOLO ------------------------------------------------------------------------------------------------------------


def list_names(file: Path) -> list[str]:
    """The classes of a `classes.txt`, in order."""
    try:
        return [line.strip() for line in file.read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        refuse(file, error)


def yaml_names(file: Path) -> list[str]:
    """The `names` of a `data.yaml`: a list, or numbers from 0 with their names. Needs PyYAML (the `train` extra)."""
    import yaml

    try:
        told = yaml.safe_load(file.read_text("utf-8-sig"))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FormatError(f"{file}: {line}{error.problem}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        refuse(file, error)
    names = told.get("names") if isinstance(told, dict) else None
    if isinstance(names, dict) and sorted(names, key=str) == sorted(range(len(names)), key=str):
        names = [names[number] for number in range(len(names))]
    if not isinstance(names, list) or not names:
        raise FormatError(f"{file}: names must be a list of classes, or numbers from 0 with their names")
    return [str(name) for name in names]


def read_yolo(pictures: Pictures, names: Sequence[str]) -> Labels:
    """Every picture, with the lines of its label file. Where there is a folder `images`, only what lies in one."""
    labels = Labels(pictures.folder, "YOLO")
    depth = len(pictures.folder.parts)
    inside = [file for file in pictures.files if "images" in file.parts[depth:-1]]
    for file in inside or pictures.files:
        text_file = label_file(file, depth)
        try:
            rows = parse_labels(text_file.read_text("utf-8-sig") if text_file.exists() else "", 1, 1, len(names))
        except (OSError, ValueError) as error:
            labels.problems.append(f"{text_file}: {reason(error)}")
            continue
        boxes = (Box(names[int(number)], (x1, y1, x2, y2)) for number, x1, y1, x2, y2 in rows.tolist())
        labels.add(file, boxes, names, (1, 1))
    return labels


def label_file(picture: Path, depth: int) -> Path:
    """…/images/…/x.jpg -> …/labels/…/x.txt, the last "images" after the first `depth` parts; else x.txt beside it."""
    parts = list(picture.parts)
    places = [number for number, part in enumerate(parts[:-1]) if part == "images" and number >= depth]
    if places:
        parts[places[-1]] = "labels"
    return Path(*parts).with_suffix(".txt")


# -- Pascal VOC ------------------------------------------------------------------------------------------------------


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a DOCTYPE before its entities are read: they could expand to gigabytes, or name other files."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise ValueError("a DOCTYPE is refused")


def read_voc(pictures: Pictures, annotations: Sequence[Path], listed: Sequence[str] | None) -> Labels:
    """The pictures that have an annotation file."""
    labels = Labels(pictures.folder, "Pascal VOC")
    read: list[tuple[Path, list[Box], tuple[float, float] | None]] = []
    for file in annotations:
        try:
            boxes, size = parse_voc(file)
            if listed is not None and (missing := {box.name for box in boxes} - set(listed)):
                raise ValueError(f"{', '.join(sorted(missing))} is not in classes.txt")
            read.append((pictures.find(file.stem, file), boxes, size))
        except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
            labels.problems.append(f"{file}: {reason(error)}")
    names = listed if listed is not None else {box.name for _, boxes, _ in read for box in boxes}
    for picture, boxes, size in read:
        labels.add(picture, boxes, names, size)
    return labels


def parse_voc(file: Path) -> tuple[list[Box], tuple[float, float] | None]:
    """Boxes in pixels, and the size of the picture where it is given. Raises ValueError, ParseError."""
    root = ElementTree.fromstring(file.read_bytes(), ElementTree.XMLParser(target=_NoDoctype()))
    if root.tag != "annotation":
        raise ValueError(f"<annotation> expected, got <{root.tag}>")
    boxes = []
    for number, thing in enumerate(root.iter("object"), 1):
        try:
            x1, y1, x2, y2 = (float(thing.findtext(f"bndbox/{key}") or "") for key in ("xmin", "ymin", "xmax", "ymax"))
            doubtful = (thing.findtext("difficult") or "0").strip() == "1"
            boxes.append(Box((thing.findtext("name") or "").strip(), corners_of(x1, y1, x2, y2), doubtful))
        except ValueError as error:
            raise ValueError(f"object {number}: {error}") from None
    width, height = (float(root.findtext(f"size/{key}") or 0) for key in ("width", "height"))
    return boxes, (width, height) if width > 0 and height > 0 else None


# -- COCO ------------------------------------------------------------------------------------------------------------


def read_coco(pictures: Pictures) -> Labels:
    """The pictures of every COCO file. Raises FormatError where there is no such file."""
    labels, found = Labels(pictures.folder, "COCO"), False
    for file in sorted([*pictures.folder.glob("*.json"), *pictures.folder.glob("*/*.json")]):
        try:
            told = json.loads(file.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            labels.problems.append(f"{file}: {reason(error)}")
            continue
        if isinstance(told, dict) and told.keys() >= COCO_KEYS:
            found = True
            read_coco_file(file, told, pictures, labels)
    if not found and not labels.problems:
        raise FormatError(
            f"{pictures.folder}: no labels: neither data.yaml or classes.txt (YOLO), nor *.json with images, "
            "annotations and categories (COCO), nor Annotations/*.xml (Pascal VOC)"
        )
    return labels


def read_coco_file(file: Path, told: dict[str, Any], pictures: Pictures, labels: Labels) -> None:
    """Add the pictures of one COCO file. A damaged list of classes leaves the whole file out."""
    try:
        names = {entry["id"]: str(entry["name"]) for entry in told["categories"]}
        by_image: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        for entry in told["annotations"]:
            by_image[entry["image_id"]].append(entry)
        images = {entry["id"]: entry for entry in told["images"]}
    except (KeyError, TypeError) as error:
        labels.problems.append(f"{file}: images, annotations or categories: {reason(error)}")
        return
    labels.problems += [
        f"{file}: annotation {entry.get('id')}: no image {image_id}"
        for image_id in by_image.keys() - images.keys()
        for entry in by_image[image_id]
    ]
    for image_id, image in images.items():
        try:
            written = PurePosixPath(str(image["file_name"]).replace("\\", "/"))
            size = (float(image["width"]), float(image["height"])) if image.get("width") else None
            picture = pictures.find(written.stem, file, written.parts)
            boxes = [coco_box(entry, names) for entry in by_image[image_id]]
        except (KeyError, TypeError, ValueError) as error:
            labels.problems.append(f"{file}: image {image_id}: {reason(error)}")
            continue
        labels.add(picture, boxes, names.values(), size)


def coco_box(entry: dict[str, Any], names: dict[Any, str]) -> Box:
    """One annotation. Raises ValueError naming it."""
    try:
        if entry["category_id"] not in names:
            raise ValueError(f"no category {entry['category_id']}")
        x, y, width, height = (float(value) for value in entry["bbox"])
        corners = corners_of(x, y, x + width, y + height)
        return Box(names[entry["category_id"]], corners, bool(entry.get("iscrowd", 0)))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"annotation {entry.get('id')}: {reason(error)}") from None


def corners_of(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    """The corners, if they span an area. Raises ValueError."""
    if not (-np.inf < x1 < x2 < np.inf and -np.inf < y1 < y2 < np.inf):
        raise ValueError("the box has no area")
    return x1, y1, x2, y2


def refuse(file: Path, error: Exception) -> NoReturn:
    """The folder cannot be read for this error in one of its files."""
    raise FormatError(f"{file}: {reason(error)}") from None


def reason(error: Exception) -> str:
    """What went wrong, without the file's name."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    return " ".join(str((error.strerror if isinstance(error, OSError) else None) or error).split())
