"""Where a look writes while what an earlier one found stands: `parts/KEY.new`, `snapshots/KEY.new/`.

The new part is whole and on the disk before anything of the earlier one goes; from then on a kill is made good by who
comes next, who puts into place what is not there yet.
"""

import os
import shutil
from pathlib import Path

from streams.disk import sync

SUFFIX = ".new"


class Stage:
    """Of one recording. pictures, part: where they are written; they take the place of those that are given.

    Every method that writes raises OSError.
    """

    def __init__(self, pictures: Path, part: Path) -> None:
        self._pictures, self._part = pictures, part
        self.pictures = pictures.with_name(pictures.name + SUFFIX)
        self.part = part.with_name(part.stem + SUFFIX)

    @property
    def is_open(self) -> bool:
        """Whether a look writes here."""
        return self.pictures.is_dir()

    def open(self) -> None:
        """For a look that begins."""
        self.pictures.mkdir()

    def settle(self) -> None:
        """What a kill left: a whole part takes its place; of less nothing is of use."""
        if self.part.exists():
            self.take_place()
        elif self.is_open:
            shutil.rmtree(self.pictures)

    def take_place(self) -> None:
        """The part is written. Each step may be the last before a kill, and is not done twice."""
        if self.is_open:
            if self._pictures.is_dir():
                shutil.rmtree(self._pictures)
            if any(self.pictures.iterdir()):
                self.pictures.rename(self._pictures)
            else:
                self.pictures.rmdir()
        sync(self._pictures.parent)
        os.replace(self.part, self._part)
        sync(self._part.parent)
