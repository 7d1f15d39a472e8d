"""Which recordings a run looks through, each with a name and a key that hang on no other recording."""

import hashlib
import math
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Literal, TypeVar

from alerts.audit.naming import Named, Naming
from streams.chain import Segment
from streams.folder import natural_key, printable
from streams.image_file import PICTURE_SUFFIXES
from streams.video_file import VIDEO_SUFFIXES

T = TypeVar("T")

KEY_DIGITS = 10
"""Hexadecimal digits of SHA-256: among a million names two alike are less likely than 1 in 2,000,000."""
KEY = re.compile(rf"[\w.-]*-[0-9a-f]{{{KEY_DIGITS}}}")
"""The form of a job's key."""
OF_THE_SYSTEM = frozenset({"lost+found", "System Volume Information", "$RECYCLE.BIN"})
"""Folders that a file system makes for itself, mostly shut."""
OF_A_REPORT = frozenset({"snapshots", "clips", "live"})
"""Folders of a report that hold pictures and films."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to look through, apart from all others.

    path: of its first file. name: its path below what was given, with the folder that it lies in. key: made of the name
    alone, fit for a file name: the same in every run, whatever else is looked through.
    camera, started_at: as names tell them; "" and None where they do not. segments: its files in order of time, where
    it is made of several; names: of each, as `name` of the first. begins_s: of all its files, also of those that are
    left out of `segments`; () where none is. apart: how often it was left aside by another recording, whose time it
    shares and which is of another camera, or of another time; 0: never.
    """

    path: Path
    name: str
    key: str
    camera: str = ""
    started_at: datetime | None = None
    segments: tuple[Segment, ...] = ()
    names: tuple[str, ...] = ()
    begins_s: tuple[float, ...] = ()
    apart: int = 0

    @property
    def source(self) -> str:
        """What events call it: the (first) file's name."""
        return printable(self.path.name)

    @property
    def told(self) -> str:
        """The path as it was given."""
        return printable(str(self.path))

    @property
    def line(self) -> dict[str, Any]:
        """How its files lie in time, as JSON."""
        started_at = self.started_at and self.started_at.isoformat()
        return {"started_at": started_at, "begins_s": [segment.begins_s for segment in self.segments]}

    @property
    def folders(self) -> list[str]:
        """In which its files lie, by name, in order."""
        return sorted({name.rpartition("/")[0] for name in self.names or (self.name,)})

    @property
    def expected_s(self) -> float:
        """About how long it is; 0: not known before it is opened."""
        if len(self.segments) < 2:
            return 0.0
        begins = [segment.begins_s for segment in self.segments]
        return begins[-1] + median(later - earlier for earlier, later in pairwise(begins))

    def beside(self, aside: Sequence[int]) -> "Job":
        """Those of its files alone: a recording of its own. aside: their numbers, in order."""
        assert self.started_at is not None
        began_s = self.segments[aside[0]].begins_s
        segments = [Segment(one.path, round(one.begins_s - began_s, 6)) for one in _taken(self.segments, aside)]
        began_at = self.started_at + timedelta(seconds=began_s)
        made = _made(segments, _taken(self.names, aside), self.camera, began_at)
        return replace(made, apart=self.apart + 1)

    def without(self, aside: Collection[int]) -> "Job":
        """The same recording, but for those of its files."""
        if not aside:
            return self
        left = [index for index in range(len(self.segments)) if index not in aside]
        begins_s = tuple(segment.begins_s for segment in self.segments)
        return replace(self, segments=_taken(self.segments, left), names=_taken(self.names, left), begins_s=begins_s)

    def segment_at(self, at_s: float) -> Segment:
        """The file that shows this second of the recording."""
        if not self.segments:
            return Segment(self.path, 0.0)
        return self.segments[max(0, bisect_right(self.segments, at_s, key=lambda one: one.begins_s) - 1)]

    def next_begins_s(self, segment: Segment) -> float:
        """When the file after this one begins, also one that is left out; infinite after the last."""
        begins_s = self.begins_s or tuple(one.begins_s for one in self.segments)
        return next((one for one in begins_s if one > segment.begins_s), math.inf)


def find_jobs(
    paths: Sequence[Path],
    naming: Naming | None = None,
    cut: Literal["day", "never"] = "day",
    told: Callable[[str, str], str] = lambda camera, name: camera,
) -> list[Job]:
    """Every recording once, in the order of `paths` and, within a folder, in natural order.

    naming: files of one camera that follow each other are one recording, in the place of the first; None: each is its
    own. cut: whether such a one ends at midnight. told: what `naming` has read of a name, and the name → whose settings
    count for the file; files of two cameras are two recordings.
    """
    files = list(_named(paths))
    if naming is None:
        return [Job(path, name, key_of(path, name)) for path, name in files]
    rows: dict[object, list[_File]] = {}
    named = naming.read(name for path, name in files if not os.path.isdir(path))
    for path, name in files:
        said = named.get(name)
        one = _File(path, name, said)
        day = said.at.astimezone(naming.zone).date() if said and cut == "day" else None
        rows.setdefault((told(said.camera, name), day) if said else name, []).append(one)
    order = {name: index for index, (_, name) in enumerate(files)}
    jobs = [job for row in rows.values() for job in _joined(row)]
    return sorted(jobs, key=lambda job: order[job.name])


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    said: Named | None


def _joined(files: Sequence[_File]) -> Iterator[Job]:
    """Of one camera and, where it is cut there, of one day. Of two that begin at once nobody knows which counts: each
    further one is a recording of its own, and so is a picture.
    """
    timed = sorted(((file.said.at, file) for file in files if file.said), key=lambda one: (one[0], one[1].name))
    if not timed:
        yield from (Job(file.path, file.name, key_of(file.path, file.name)) for file in files)
        return
    chain: list[tuple[datetime, _File]] = []
    for at, file in timed:
        if is_picture(file.path) or (chain and chain[-1][0] == at):
            yield _job([(at, file)])
        else:
            chain.append((at, file))
    if chain:
        yield _job(chain)


def _job(chain: Sequence[tuple[datetime, _File]]) -> Job:
    started_at, first = chain[0]
    segments = [Segment(file.path, (at - started_at).total_seconds()) for at, file in chain]
    return _made(segments, [file.name for _, file in chain], first.said.camera if first.said else "", started_at)


def _made(segments: Sequence[Segment], names: Sequence[str], camera: str, started_at: datetime) -> Job:
    path, name = segments[0].path, names[0]
    several = (tuple(segments), tuple(names)) if len(segments) > 1 else ()
    return Job(path, name, key_of(path, name), camera, started_at, *several)


def _taken(row: Sequence[T], indexes: Iterable[int]) -> tuple[T, ...]:
    return tuple(row[index] for index in indexes)


def shut_folders(jobs: Iterable[Job]) -> Iterator[Job]:
    """The folders among them that nobody may list: what lies in them is not known."""
    for job in jobs:
        if job.segments or job.path.suffix.lower() in VIDEO_SUFFIXES:
            continue
        try:
            os.scandir(job.path).close()
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError:
            yield job


def is_picture(path: Path) -> bool:
    """Whether it is called like one."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def _named(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every recording file once, with its name."""
    found: set[str] = set()
    taken: set[str] = set()
    for given in paths:
        above = Path(os.path.abspath(given)).parent
        for path in find_recordings([given]):
            whole = os.path.abspath(path)
            if whole in found:
                continue
            found.add(whole)
            name = _below(Path(whole), above if path != given else above.parent)
            if name in taken:  # two folders of the same name were given
                name = printable(whole)
            taken.add(name)
            yield path, name


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
        folders[:] = [name for name in folders if not name.startswith((".", "@")) and name not in OF_THE_SYSTEM]
        if "events.jsonl" in names:  # an earlier report: its pictures and clips are no recordings
            folders[:] = [name for name in folders if name not in OF_A_REPORT]
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
