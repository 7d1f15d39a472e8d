"""One command from pictures to a training set: `xinan models data --data ../shared/data --out runs/set`."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.data import Fold, Sample, load_fold, load_rendered
from models.dataset import write_set


def gathered(data: Path, teacher: Path, rendered: Sequence[Path]) -> Iterator[tuple[Sample, Fold]]:
    """The gathered pictures by fold, then the rendered ones."""
    folds: tuple[Fold, ...] = ("train", "val")
    for fold in folds:
        for sample in load_fold(data, teacher, fold):
            yield sample, fold
    for folder in rendered:
        for sample in load_rendered(folder):
            yield sample, "train"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="xinan models data", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--rendered", type=Path, nargs="*", default=())
    parser.add_argument("--webp", type=int)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    count = sum(
        1
        for _ in write_set(args.out, gathered(args.data, args.teacher, args.rendered), args.data / "cutouts", args.webp)
    )
    print(f"{count} pictures in {args.out}")


if __name__ == "__main__":
    main()
