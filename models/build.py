"""From pictures to a training set: `xinan models data --data ../shared/data --out runs/set`.

Takes the gathered pictures (--data), rendered ones (--rendered, from `xinan models synth`) and the user's own labelled
folders (--add: YOLO, COCO or Pascal VOC). OUT then holds all that `xinan models train` needs, `statistics.json`, and
`sheet.jpg` with a few pictures of each source.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console

from models.added import Added, scan, without_repeats
from models.command import command, natural, parser_of, positive
from models.data import Fold, Row, Sample, load_rendered, load_sample, read_index, read_teacher
from models.dataset import PICTURES, write_set
from models.errors import WorkshopError
from models.folds import NEAR, VECTOR, sides, thumbnail, thumbnails
from models.formats import read_folder
from models.geometry import Floats, Image
from models.ledger import SHEET, STATISTICS, Ledger
from models.progress import progress
from models.teacher import look
from streams.image_file import read_image

OURS: Final = (PICTURES, "pictures-*.bin", "cutouts", STATISTICS, SHEET)
WEIGHTS: Final = Path("weights", "yolo11n_coco.npz")
"""Of the COCO network, in the folder of the gathered data."""


class BuildError(WorkshopError):
    """An order that cannot be carried out."""


@dataclass(frozen=True, slots=True)
class Order:
    """What goes into a set. teacher: file that keeps what the COCO network saw; None: it is not asked.
    fold: the one of `folds` that is held out.
    """

    out: Path
    data: Path | None = None
    rendered: tuple[Path, ...] = ()
    add: tuple[Path, ...] = ()
    teacher: Path | None = None
    weights: Path | None = None
    fold: int = 0
    folds: int = 5
    webp: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A real picture before it is decoded for the set. key: its name in the teacher's file."""

    row: Row
    key: str
    vector: Floats
    image: Callable[[], Image]
    sample: Callable[[Floats | None], Sample]


def build(order: Order, ledger: Ledger) -> None:
    """Make the set. The folder `order.out` appears, or is replaced, once the set is whole.

    Raises BuildError, FormatError, StreamError, OSError. What is wrong with single pictures goes to the ledger.
    """
    check(order)
    entries = [*gathered(order.data), *added(order.add, ledger)]
    vectors = np.asarray([entry.vector for entry in entries], np.float32).reshape(-1, VECTOR)
    try:
        side = sides([entry.row for entry in entries], vectors, order.fold, order.folds)
    except ValueError as error:
        raise BuildError(str(error)) from None
    seen = taught(entries, order.teacher, order.weights) if order.teacher else None
    held = np.asarray([at == "val" for at in side], bool)
    backgrounds = {Path(entry.row.image).name for entry, out in zip(entries, held, strict=True) if out}
    samples = chain(real_samples(entries, side, seen), rendered_samples(order.rendered, vectors[held], backgrounds))
    total = len(entries) + sum(1 for folder in order.rendered for _ in (folder / "images").iterdir())
    cutouts = order.data / "cutouts" if order.data and (order.data / "cutouts").is_dir() else None
    order.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=order.out.parent, prefix=f".{order.out.name}-") as scratch:
        made = Path(scratch, "set")
        if not sum(1 for _ in write_set(made, ledger.noted(progress(samples, "set", total)), cutouts, order.webp)):
            raise BuildError("no usable picture; no set was written")
        ledger.write(made, order.fold, order.folds)
        if order.out.exists():
            order.out.replace(Path(scratch, "old"))
        made.replace(order.out)


def check(order: Order) -> None:
    """Raises BuildError where it is plain from the start that the order cannot be carried out."""
    if not (order.data or order.rendered or order.add):
        raise BuildError("no pictures: name some with --data, --rendered or --add")
    if order.folds < 2 or not 0 <= order.fold < order.folds:
        raise BuildError(f"--fold {order.fold} of --folds {order.folds}: at least 2 folds, numbered from 0")
    if order.data and not (order.data / "index.csv").is_file():
        raise BuildError(f"--data {order.data}: index.csv is missing; the user's own folders go to --add")
    for folder in order.rendered:
        if not (folder / "images").is_dir():
            raise BuildError(f"--rendered {folder}: no images/ in it; make some with `xinan models synth`")
    for folders in (order.rendered, order.add):
        names = [folder.resolve().name for folder in folders]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise BuildError(f"two folders are called {twice[0]}; rename one: the name stands for the source")
    for folder in order.add:
        if order.out.resolve().is_relative_to(folder.resolve()):
            raise BuildError(f"--out {order.out}: lies in {folder}, whose pictures it would join; take another folder")
    if order.out.exists():
        own = {path for pattern in OURS for path in order.out.glob(pattern)} if order.out.is_dir() else set()
        others = sorted(set(order.out.iterdir()) - own) if order.out.is_dir() else [order.out]
        if others:
            raise BuildError(f"--out {order.out}: {others[0].name} is no part of a training set; take another folder")


def gathered(data: Path | None) -> list[Entry]:
    """The gathered pictures. Raises BuildError naming what is wrong with the index or a picture."""
    if data is None:
        return []
    try:
        rows = read_index(data)
        vectors = thumbnails(data, rows)
    except KeyError as error:
        raise BuildError(f"{data / 'index.csv'}: the column {error} is missing") from None
    except ValueError as error:
        raise BuildError(f"{data / 'index.csv'}: {error}") from None
    return [
        Entry(row, row.image, vector, partial(read_image, data / row.image), partial(load_sample, data, row))
        for row, vector in zip(rows, vectors, strict=True)
    ]


def added(folders: Sequence[Path], ledger: Ledger) -> list[Entry]:
    """The user's pictures, each once. Raises FormatError for a folder from which nothing can be read."""
    found: list[Added] = []
    for folder in folders:
        labels = read_folder(folder)
        for name, boxes in sorted(labels.foreign.items()):
            print(f"xinan: {folder}: class {name!r} is none of ours: {boxes} boxes left out", file=sys.stderr)
        found += scan(labels, progress(labels.pictures, folder.name))
        for problem in labels.problems:
            ledger.complain(problem)
    kept = without_repeats(found)
    ledger.repeats = len(found) - len(kept)
    return [Entry(one.row, one.digest, one.vector, one.image, one.sample) for one in kept]


def taught(entries: Sequence[Entry], teacher: Path, weights: Path | None) -> dict[str, Floats]:
    """What the COCO network saw in every picture: from the teacher's file; at what is not in it, it looks now (needs
    the `train` extra).
    """
    try:
        seen = read_teacher(teacher) if teacher.exists() else {}
    except (ValueError, AttributeError) as error:
        raise BuildError(f"--teacher {teacher}: {error}") from None
    new = {entry.key: entry for entry in entries if entry.key not in seen}
    if not new:
        return seen
    if weights is not None and not weights.is_file():
        raise BuildError(f"--weights {weights}: no such file; the teacher has not seen {len(new)} pictures")
    if weights is None:
        raise BuildError(
            f"the teacher has not seen {len(new)} pictures: name its weights (COCO YOLO11n as .npz) with --weights, or "
            "leave it out with --no-teacher"
        )
    look(weights, ((key, entry.image()) for key, entry in progress(new.items(), "teacher")), teacher)
    return read_teacher(teacher)


def real_samples(
    entries: Sequence[Entry], side: Sequence[Fold], seen: dict[str, Floats] | None
) -> Iterator[tuple[Sample, Fold]]:
    """The real pictures, decoded one after the other."""
    for entry, at in zip(entries, side, strict=True):
        try:
            sample = entry.sample(None if seen is None else seen[entry.key])
        except ValueError as error:
            raise BuildError(str(error)) from None
        yield sample, at


def rendered_samples(folders: Sequence[Path], held: Floats, backgrounds: set[str]) -> Iterator[tuple[Sample, Fold]]:
    """Rendered pictures are trained on, but for those on a held-out background, or like a held-out picture.

    held: (N, VECTOR) float32, thumbnails of the held-out pictures. backgrounds: their file names.
    """
    try:
        for sample in chain.from_iterable(map(load_rendered, folders)):
            like = (held @ thumbnail(sample.image)).max(initial=0.0) > NEAR
            yield sample, "out" if like or sample.row.note in backgrounds else "train"
    except ValueError as error:
        raise BuildError(str(error)) from None


def parse(argv: Sequence[str] | None) -> Order:
    """The command line."""
    parser = parser_of("data", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the set: a new one, or a set to replace")
    parser.add_argument("--data", type=Path, help="the gathered pictures: a folder with index.csv")
    folders: dict[str, Any] = {"type": Path, "nargs": "+", "action": "extend", "default": [], "metavar": "FOLDER"}
    parser.add_argument("--rendered", **folders, help="made by `xinan models synth`")
    parser.add_argument("--add", **folders, help="your own pictures with YOLO, COCO or Pascal VOC labels")
    parser.add_argument("--teacher", type=Path, metavar="FILE", help="what the COCO network saw (OUT/../teacher.json)")
    parser.add_argument("--no-teacher", action="store_true", help="leave classes that nobody labelled out of the loss")
    parser.add_argument("--weights", type=Path, help=f"of the COCO network, .npz (DATA/{WEIGHTS})")
    parser.add_argument(
        "--fold", type=natural, default=0, metavar="K", help="the fold that is held out (0: models/holdout.txt)"
    )
    parser.add_argument("--folds", type=positive, default=5, metavar="N", help="how many there are (5)")
    parser.add_argument("--webp", type=int, choices=range(1, 101), metavar="1-100", help="WebP of this quality (JPEG)")
    args = parser.parse_args(argv)
    return Order(
        out=args.out,
        data=args.data,
        rendered=tuple(args.rendered),
        add=tuple(args.add),
        teacher=None if args.no_teacher else args.teacher or args.out.parent / "teacher.json",
        weights=args.weights or (args.data / WEIGHTS if args.data else None),
        fold=args.fold,
        folds=args.folds,
        webp=args.webp,
    )


@command("no set was written; what the teacher saw so far is kept")
def main(argv: Sequence[str] | None = None) -> None:
    order, ledger = parse(argv), Ledger()
    build(order, ledger)
    console = Console()
    ledger.tell(console if console.is_terminal else Console(width=120))
    print(f"{order.out}: fold {order.fold} of {order.folds} is held out; see {STATISTICS} and {SHEET} in it")
    if ledger.problems:
        raise SystemExit(f"xinan: {len(ledger.problems)} broken pictures or labels are left out; the set is written")


if __name__ == "__main__":
    main()
