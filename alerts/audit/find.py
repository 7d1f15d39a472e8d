"""Which recordings a run looks through, each with a name and a key that hang on no other recording."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.folder import natural_key, printable
from streams.image_file import PICTURE_SUFFIXES
from streams.video_file import VIDEO_SUFFIXES

KEY_DIGITS = 10
"""Hexadecimal digits of SHA-256: among a million names two alike are less likely than 1 in 2,000,000."""
KEY = re.compile(rf"[\w.-]*-[0-9a-f]{{{KEY_DIGITS}}}")
"""The form of a job's key."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to look through, apart from all others.

    name: its path below what was given, with the folder that it lies in. key: made of the name alone, fit for a file
    name: the same in every run, whatever else is looked through.
    """

    path: Path
    name: str
    key: str

    @property
    def source(self) -> str:
        """What events call it: the file's name."""
        return printable(self.path.name)

    @property
    def told(self) -> str:
        """The path as it was given."""
        return printable(str(self.path))


def find_jobs(paths: Sequence[Path]) -> list[Job]:
    """Every recording once, in the order of `paths` and, within a folder, in natural order."""
    jobs: dict[str, Job] = {}
    taken: set[str] = set()
    for given in paths:
        above = Path(os.path.abspath(given)).parent
        for path in find_recordings([given]):
            whole = os.path.abspath(path)
            if whole in jobs:
                continue
            name = _below(Path(whole), above if path != given else above.parent)
            if name in taken:  # two folders of the same name were given
                name = printable(whole)
            taken.add(name)
            jobs[whole] = Job(path, name, key_of(path, name))
    return list(jobs.values())


def key_of(path: Path, name: str) -> str:
    """For the files that are written of it."""
    return f"{_safe(path.stem)}-{hashlib.sha256(name.encode()).hexdigest()[:KEY_DIGITS]}"


def find_recordings(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as given; of a folder every video below it, and each folder of pictures alone as one recording.

    Also what cannot be read is a recording: a link that leads nowhere, a folder that may not be listed. What was found
    is told of it then.
    """
    for path in paths:
        # Opening a folder without recordings says why there is nothing to see.
        yield from (_in_folder(path) or [path]) if os.path.isdir(path) else [path]


def _in_folder(top: Path) -> list[Path]:
    videos: list[Path] = []
    with_pictures: list[Path] = []
    for here, folders, names in os.walk(top, onerror=lambda error: with_pictures.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith((".", "@"))]
        if "events.jsonl" in names:  # an earlier report: its pictures are no recording
            folders[:] = [name for name in folders if name != "snapshots"]
        suffixes = {name: Path(name).suffix.lower() for name in names if not name.startswith(".")}
        found = [Path(here, name) for name, suffix in suffixes.items() if suffix in VIDEO_SUFFIXES]
        videos += found
        if not found and any(suffix in PICTURE_SUFFIXES for suffix in suffixes.values()):
            with_pictures.append(Path(here))
    return sorted(videos + with_pictures, key=lambda path: tuple(map(natural_key, path.relative_to(top).parts)))


def _below(path: Path, above: Path) -> str:
    return printable(path.relative_to(above).as_posix())


def _safe(name: str) -> str:
    """Fit for a file name everywhere; at most 80 bytes, as some file systems allow 255 in all."""
    return re.sub(r"[^\w.-]+", "_", printable(name)).encode()[:80].decode("utf-8", "ignore")
