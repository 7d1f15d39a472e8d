"""Folders of pictures and recordings, one after the other."""

import os
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from streams.clock import Clock
from streams.closing import Closing
from streams.errors import SourceError, SourceNotFound, SourceUnreadable, redact
from streams.frame import Frame
from streams.image_file import PICTURE_SUFFIXES, read_image
from streams.timeline import Image, Picture, Playback
from streams.video_file import VIDEO_SUFFIXES, VideoFileSource

_DIGITS = re.compile(r"(\d+)")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "cam 9" before "cam 10", whatever the case."""
    parts = _DIGITS.split(text.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def printable(name: str) -> str:
    """A file name as valid Unicode: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def media_files(folder: Path) -> list[Path]:
    """Pictures and recordings (regular files) in the folder and those in it, in natural order, without hidden ones."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "@"))]
        found += [
            Path(here, name)
            for name in names
            if not name.startswith(".")
            and Path(name).suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES
            and Path(here, name).is_file()
        ]
    return sorted(found, key=lambda path: tuple(map(natural_key, path.relative_to(folder).parts)))


class FolderSource(Closing):
    """The pictures and recordings of a folder as one recording; time goes on from one to the next.

    recursive: also what lies in the folders in it. picture_s: how long a still picture counts, seconds. A single
    picture file is taken as a folder of one.
    Unreadable files are counted in `corrupt` and passed over; if none is readable, `frames()` raises
    SourceUnreadable. Otherwise as VideoFileSource.
    """

    live = False
    remark = ""

    def __init__(
        self,
        path: Path | str,
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        paced: bool = False,
        started_at: datetime | None = None,
        picture_s: float = 1.0,
        threads: int = 1,
        recursive: bool = True,
    ) -> None:
        if picture_s <= 0:
            raise ValueError(f"picture_s must be above 0, not {picture_s}")
        self.source = redact(str(path))
        self._playback = Playback(camera, clock, sample_fps, paced, started_at)
        self._clock = clock
        self._picture_s = picture_s
        self._threads = threads
        self._closed = threading.Event()
        self._files = self._list(Path(path), recursive)
        self._base_s = 0.0
        self._unreadable = 0
        self.frames_decoded = 0
        self.corrupt = 0
        self.error: str | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """What is played, in order."""
        return tuple(self._files)

    @property
    def duration_s(self) -> float | None:
        """Seconds; None where recordings are among the files (theirs is not known before they are read)."""
        if any(path.suffix.lower() in VIDEO_SUFFIXES for path in self._files):
            return None
        return len(self._files) * self._picture_s

    def frames(self) -> Iterator[Frame]:
        """The sampled frames of all files. Raises SourceUnreadable if no file is readable."""
        return self._playback.frames(self._pictures(), self._closed)

    def close(self) -> None:
        """End the iteration."""
        self._closed.set()

    def _list(self, path: Path, recursive: bool) -> list[Path]:
        if path.is_file():
            return [path]
        if not path.is_dir():
            reason = "is neither a file nor a folder" if path.exists() else "no such file or folder"
            raise SourceNotFound(self.source, reason)
        try:
            os.listdir(path)
        except OSError as error:
            raise SourceUnreadable(self.source, error.strerror or "cannot be listed") from error
        files = [file for file in media_files(path) if recursive or file.parent == path]
        if not files:
            raise SourceUnreadable(self.source, "no picture or video in this folder")
        return files

    def _pictures(self) -> Iterator[Picture]:
        for path in self._files:
            if path.suffix.lower() in VIDEO_SUFFIXES:
                yield from self._video(path)
            else:
                yield self._still(path)
        if self._unreadable == len(self._files):
            raise SourceUnreadable(self.source, f"none of {self._unreadable} files can be read: {self.error}")

    def _still(self, path: Path) -> Picture:
        index, pts_s = self.frames_decoded, self._base_s
        self.frames_decoded += 1
        self._base_s += self._picture_s
        return Picture(index, pts_s, lambda: self._image(path))

    def _image(self, path: Path) -> Image | None:
        try:
            return read_image(path)
        except SourceError as error:
            self._miss(path, error)
            self.frames_decoded -= 1
            return None

    def _video(self, path: Path) -> Iterator[Picture]:
        base_s, base_index, end_s = self._base_s, self.frames_decoded, self._base_s
        try:
            with VideoFileSource(path, camera="", clock=self._clock, threads=self._threads) as video:
                step_s = 1.0 / 25
                for picture in video.pictures():
                    pts_s = base_s + picture.pts_s
                    step_s = pts_s - end_s if pts_s > end_s else step_s
                    end_s = pts_s
                    self.frames_decoded += 1
                    yield Picture(base_index + picture.index, pts_s, picture.convert)
                self.corrupt += video.corrupt
                self.error = self.error or (f"{path.name}: {video.error}" if video.error else None)
                self._base_s = end_s + step_s
        except SourceError as error:
            self._miss(path, error)

    def _miss(self, path: Path, error: SourceError) -> None:
        self._unreadable += 1
        self.corrupt += 1
        self.error = self.error or f"{path.name}: {error.reason}"
