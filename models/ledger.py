"""What went into a training set and what did not: statistics, a table and a contact sheet."""

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.classes import CLASSES
from models.data import Fold, Sample, statistics
from models.files import write_json
from models.geometry import Floats, Image
from models.sheet import COLUMNS, save, tile

STATISTICS: Final = "statistics.json"
SHEET: Final = "sheet.jpg"


@dataclass(slots=True)
class Ledger:
    """Filled while a set is made. out: source -> pictures left out because they look like held-out ones.

    repeats: pictures of added folders that were there already. problems: one line for each broken picture or label.
    """

    problems: list[str] = field(default_factory=list)
    repeats: int = 0
    out: Counter[str] = field(default_factory=Counter)
    boxes: dict[Fold, list[tuple[str, Floats]]] = field(default_factory=lambda: {"train": [], "val": []})
    _tiles: dict[str, list[Image]] = field(default_factory=dict)
    _pictures: Counter[str] = field(default_factory=Counter)
    _chance: random.Random = field(default_factory=lambda: random.Random(0))

    def complain(self, problem: str) -> None:
        """One picture is left out; says so on stderr."""
        self.problems.append(problem)
        print(f"xinan: {problem}", file=sys.stderr)

    def noted(self, samples: Iterable[tuple[Sample, Fold]]) -> Iterator[tuple[Sample, Fold]]:
        """Pass on what belongs into the set, and take note of everything."""
        for sample, fold in samples:
            if fold == "out":
                self.out[sample.row.source] += 1
                continue
            self.boxes[fold].append((sample.row.source, sample.boxes))
            self._show(sample, fold)
            yield sample, fold

    def _show(self, sample: Sample, fold: Fold) -> None:
        """A row of the sheet is a fair draw from all pictures of its source."""
        source = sample.row.source
        tiles = self._tiles.setdefault(source, [])
        self._pictures[source] += 1
        place = len(tiles) if len(tiles) < COLUMNS else self._chance.randrange(self._pictures[source])
        if place < COLUMNS:
            label = f"{fold} {source.encode('ascii', 'replace').decode()}"
            tiles[place : place + 1] = [tile(sample.image, sample.boxes, sample.ignore, label)]

    def write(self, folder: Path, fold: int, folds: int) -> None:
        """STATISTICS and SHEET into the set's folder. Raises OSError."""
        told: dict[str, Any] = {
            "fold": fold,
            "folds": folds,
            "out": dict(self.out),
            "repeats": self.repeats,
            "broken": len(self.problems),
            **{name: statistics(boxes) for name, boxes in self.boxes.items()},
        }
        write_json(folder / STATISTICS, told)
        if self._tiles:
            save([self._tiles[source] for source in sorted(self._tiles)], folder / SHEET)

    def table(self) -> Table:
        """Pictures by source, and boxes by class of both sides together."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("source", overflow="fold", min_width=20)
        for name in ("train", "held", "out", *CLASSES):
            table.add_column(name, justify="right", no_wrap=True)
        train, val = (statistics(self.boxes[fold]) for fold in ("train", "val"))
        for source in sorted({*train, *val, *self.out}):
            both = [side.get(source, {"pictures": 0, "classes": {}}) for side in (train, val)]
            boxes = [sum(side["classes"].get(name, {"boxes": 0})["boxes"] for side in both) for name in CLASSES]
            counts = [*(side["pictures"] for side in both), self.out[source], *boxes]
            table.add_row(Text(source), *(str(count) if count else "–" for count in counts))
        return table

    def tell(self, console: Console) -> None:
        """Print the table and what was left out."""
        console.print(self.table())
        pictures = sum(len(boxes) for boxes in self.boxes.values())
        console.print(
            f"{pictures} pictures; left out: {self.out.total()} like held-out ones, {self.repeats} repeats, "
            f"{len(self.problems)} broken"
        )
