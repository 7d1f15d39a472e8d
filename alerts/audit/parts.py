"""What was found, recording by recording: `parts/KEY.jsonl` in the folder of an audit, pictures in `snapshots/KEY/`."""

import fcntl
import hashlib
import json
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alerts.audit.find import KEY
from alerts.audit.found import Event, Found
from alerts.audit.small import SUFFIX, small_jpeg
from alerts.audit.stage import SUFFIX as STAGED
from alerts.audit.stage import Stage
from alerts.audit.standing import Head, gives_way, marked_by
from alerts.errors import AlertsError
from streams.disk import refused, replacing, sync
from streams.frame import Frame
from vision.jpeg import SNAPSHOT_QUALITY, encode_jpeg
from vision.look import Look
from vision.overlay import annotate
from vision.zones import Zone

_BEGINS = {kind: f'{{"{kind}": ' for kind in ("event", "notice")}
"""Of a line of a part."""
_OLD_PICTURE = re.compile(r"\d+-[a-z_]+-\d{6}(-after)?(\.clean)?\.jpg")
"""As versions before keys named them, in one folder for all recordings."""


class Keeper(ABC):
    """Where that goes which is found in a recording: a folder, or, on another machine, whoever asked for it."""

    @abstractmethod
    def head(self, key: str) -> Head | None:
        """None: nothing is there."""

    @abstractmethod
    def start(self, key: str) -> None:
        """A look begins. What there is of this recording stands until `write` takes its place."""

    @abstractmethod
    def write(self, key: str, head: Head, found: Found, *, last: bool) -> None:
        """Take the place of what there is of this recording, unless that is a finished look and this is none, or this
        is not as far. last: nothing more will come of it.
        """

    @abstractmethod
    def renew(self, key: str, head: Head) -> None:
        """What was found holds; this is what is known of the recording now."""

    @abstractmethod
    def save(self, key: str, name: str, jpeg: bytes) -> None:
        """Keep a picture of a recording."""

    def save_snapshot(self, key: str, name: str, frame: Frame, look: Look, zones: Sequence[Zone]) -> dict[str, Any]:
        """Clean and annotated JPEG, and a small one with heads hidden. Returns what an event says of the large ones."""
        clean = encode_jpeg(frame.image, SNAPSHOT_QUALITY)
        marked = annotate(frame.image, boxes=look.boxes, findings=look.findings, zones=zones)
        annotated = encode_jpeg(marked, SNAPSHOT_QUALITY)
        self.save(key, f"{name}.jpg", annotated)
        self.save(key, f"{name}.clean.jpg", clean)
        self.save(key, f"{name}{SUFFIX}", small_jpeg(frame, look, zones))
        return {
            "snapshot": f"snapshots/{key}/{name}.jpg",
            "snapshot_clean": f"snapshots/{key}/{name}.clean.jpg",
            "snapshot_sha256": hashlib.sha256(annotated).hexdigest(),
            "snapshot_clean_sha256": hashlib.sha256(clean).hexdigest(),
        }


class Parts(Keeper):
    """A part holds all that a recording gives to the report, and nothing of another recording.

    It is written whole or not at all, and on the disk after its pictures: what is there can be relied on after a power
    cut. Different parts may be written by different processes. Every method that writes raises AlertsError, naming
    the folder, when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with writing(folder):
            self._parts.mkdir(parents=True, exist_ok=True)
            self._snapshots.mkdir(exist_ok=True)

    def start(self, key: str) -> None:
        """What there is stands until `write` takes its place; pictures alone are of no use to anybody."""
        self.settle(key)
        if self.head(key) is None:
            self.drop(key)
            return
        with writing(self.folder):
            self._stage(key).open()

    def settle(self, key: str) -> None:
        """End a look that was killed: what it wrote whole takes its place, all else of it goes."""
        with writing(self.folder):
            self._stage(key).settle()

    def write(self, key: str, head: Head, found: Found, *, last: bool) -> None:
        """After `start` as `Keeper` says; without it whatever is there is replaced."""
        stage = self._stage(key)
        before = self.head(key) if stage.is_open else None
        if before is not None and not gives_way(before, head):
            if last:
                self.renew(key, marked_by(before, head))
            return
        with writing(self.folder):
            pictures, part = (stage.pictures, stage.part) if stage.is_open else (self._snapshots / key, self._part(key))
            for path in [*pictures.iterdir(), pictures, self._snapshots] if last and pictures.is_dir() else []:
                sync(path)
            with replacing(part) as staged:
                with staged.open("w", encoding="utf-8") as file:
                    file.write(_line(head))
                    file.writelines(_line({"event": event}) for event in found.events)
                    file.writelines(_line({"notice": notice}) for notice in found.notices)
                sync(staged)
            sync(self._parts)
            if stage.is_open:
                stage.take_place()

    def head(self, key: str) -> Head | None:
        """None: nothing is there."""
        return next(self._lines(key), None)

    def renew(self, key: str, head: Head) -> None:
        """The lines stay as they are; what a look that began has written goes."""
        self.settle(key)
        self.write(key, head, self.found(key), last=True)

    def events(self, key: str) -> Iterator[tuple[str, Event]]:
        """The lines, each with what it is: "event" or "notice"; in order of time, events first."""
        lines = self._lines(key)
        next(lines, None)
        for line in lines:
            yield from line.items()

    def read(self, key: str) -> tuple[Head, Iterator[tuple[str, str]]] | None:
        """The head, and the lines that belong to it, each as the JSON that was written: to be copied without being
        written anew. Also while another process puts a new part in this one's place. None: nothing is there.
        """
        lines = self._texts(key)
        head = next(lines, None)
        return None if head is None else (json.loads(head), map(_kind_and_text, lines))

    def found(self, key: str) -> Found:
        """All lines at once."""
        lines = list(self.events(key))
        return Found(*(tuple(event for kind, event in lines if kind == wanted) for wanted in ("event", "notice")))

    def present(self) -> set[str]:
        """Of the recordings of which anything is there, also of one of which pictures alone were written."""
        names = {path.stem for path in self._parts.glob("*.jsonl")} | {path.name for path in self._snapshots.iterdir()}
        return {name for name in names if KEY.fullmatch(name)}

    def tidy(self) -> None:
        """Put into place what a kill left whole, and delete what it left half written, and the pictures of a report of
        an earlier version.
        """
        for path in [*self._parts.glob(f"*{STAGED}"), *self._snapshots.glob(f"*{STAGED}")]:
            if KEY.fullmatch(key := path.name.removesuffix(STAGED)):
                self.settle(key)
        with writing(self.folder):
            old = [path for path in self._snapshots.glob("*.jpg") if _OLD_PICTURE.fullmatch(path.name)]
            for left in [*self._parts.glob(".*.part"), *old]:
                left.unlink()

    def drop(self, key: str) -> None:
        """Delete all that is there of a recording. The part goes first: none stands without its pictures."""
        self.settle(key)
        with writing(self.folder):
            self._part(key).unlink(missing_ok=True)
            if (self._snapshots / key).is_dir():
                shutil.rmtree(self._snapshots / key)

    def save(self, key: str, name: str, jpeg: bytes) -> None:
        """It counts once a part names it."""
        stage = self._stage(key)
        folder = stage.pictures if stage.is_open else self._snapshots / key
        with writing(self.folder):
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(jpeg)

    @property
    def _parts(self) -> Path:
        return self.folder / "parts"

    @property
    def _snapshots(self) -> Path:
        return self.folder / "snapshots"

    def _part(self, key: str) -> Path:
        return self._parts / f"{key}.jsonl"

    def _stage(self, key: str) -> Stage:
        return Stage(self._snapshots / key, self._part(key))

    def _lines(self, key: str) -> Iterator[dict[str, Any]]:
        yield from map(json.loads, self._texts(key))

    def _texts(self, key: str) -> Iterator[str]:
        try:
            file = self._part(key).open(encoding="utf-8")
        except FileNotFoundError:
            return
        with file:
            yield from file


@contextmanager
def owning(folder: Path) -> Iterator[None]:
    """Nobody else writes there meanwhile. Raises AlertsError when somebody does, or when it cannot be made."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise AlertsError(f"--out {folder}: another audit is writing there") from None
    finally:
        os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What the disk refuses in the block is told as what cannot be done with `--out`."""
    try:
        yield
    except OSError as error:
        raise AlertsError(f"--out {folder}: cannot be written: {refused(error)}") from None


def sweep(folder: Path, made: Callable[[str], bool], kept: Collection[str] = ()) -> None:
    """Delete what audits have made there and is of no use any more; the folder too, once it is empty.

    made: whether a file of this name is an audit's. All else stays: a folder that is called so may be somebody else's.
    Raises OSError.
    """
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path.name not in kept and made(path.name) and path.is_file():
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


def _kind_and_text(line: str) -> tuple[str, str]:
    kind = "event" if line.startswith(_BEGINS["event"]) else "notice"
    return kind, line[len(_BEGINS[kind]) : -2]


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
