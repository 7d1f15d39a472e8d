"""An analyzer on another machine: the same messages and orders, with clips carried home, as no disk is shared.

A clip is cut on the analyzer's machine, into a folder that goes with the process, and comes up the pipe in pieces, each
no larger than a picture, before it is told that it is there. No heartbeat passes it: each piece is a sign of life.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2

from streams import memory
from streams.clip import PART
from streams.clock import SystemClock
from streams.disk import sync
from streams.far import Invitation, come_in
from vision.analyzer import Analyzer, AnalyzerTask
from vision.look import ClipCut
from vision.orders import CutClip

log = logging.getLogger(__name__)

PIECE_BYTES = 64 << 10
"""So much comes in time over any line that carries pictures: who is silent for seconds is taken for hung."""
ROOM = "xinan-analyzer-"
NOT_WRITTEN = "the clip could not be written"


@dataclass(frozen=True, slots=True)
class ClipPiece:
    """The next bytes of the file `path`, of whose order it is. first: nothing was sent of it before."""

    path: Path
    data: bytes
    first: bool


class AwayConnection(Connection):
    """The analyzer's end. folder: where clips are cut."""

    def __init__(self, handle: int, folder: Path) -> None:
        super().__init__(handle)
        self._folder = folder
        self._ordered: dict[Path, Path] = {}

    def recv(self) -> Any:
        """The next order; a clip is to be cut here."""
        order = super().recv()
        if not isinstance(order, CutClip):
            return order
        here = self._folder / f"{hashlib.sha256(str(order.path).encode()).hexdigest()}.mp4"
        self._ordered[here] = order.path
        return replace(order, path=here)

    def send(self, obj: Any) -> None:
        """Send it, after the file that it tells of."""
        if isinstance(obj, ClipCut):
            here, obj = obj.path, replace(obj, path=self._ordered.pop(obj.path))
            if obj.size:
                for piece in _pieces(here, obj.path):
                    super().send(piece)
            here.unlink(missing_ok=True)
        super().send(obj)


class HomeConnection(Connection):
    """The supervisor's end. end: of a socket, which others may hold, too, to tear it."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end.dup().detach())
        self._end = end

    def close(self) -> None:
        """The other end is told, whoever holds the socket."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        super().close()


class Home:
    """Takes what a supervisor hears of such an analyzer, and tells it on: of a clip once its file is there. However
    slow the disk is here, a supervisor waits for it, and takes no analyzer for hung.
    """

    def __init__(self, tell: Callable[[Any], None]) -> None:
        self._tell = tell
        self._spoilt: set[Path] = set()

    def take(self, message: Any) -> None:
        """The next message."""
        if isinstance(message, ClipPiece):
            self._put(message)
        else:
            self._tell(self._finished(message) if isinstance(message, ClipCut) and message.size else message)

    def _put(self, piece: ClipPiece) -> None:
        """A disk that takes no more spoils the clip, not the pipe."""
        if piece.first:
            self._spoilt.discard(piece.path)
        try:
            piece.path.parent.mkdir(parents=True, exist_ok=True)
            with _part(piece.path).open("wb" if piece.first else "ab") as file:
                file.write(piece.data)
        except OSError:
            self._spoilt.add(piece.path)

    def _finished(self, told: ClipCut) -> ClipCut:
        part = _part(told.path)
        try:
            if told.path not in self._spoilt and part.stat().st_size == told.size:
                sync(part)
                part.replace(told.path)
                sync(told.path.parent)
                return told
            part.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s: %s: %s", told.camera, told.path, error.strerror)
        return ClipCut(told.camera, told.path, trouble=NOT_WRITTEN)


def run_away(invitation: Invitation, task: AnalyzerTask) -> None:
    """Be the analyzer of who sent the invitation, until its end of the pipe closes. Raises OSError: nobody is there."""
    memory.settle()
    cv2.setNumThreads(1)
    end, clock = come_in(invitation, SystemClock())
    with ExitStack() as stack:
        folder = stack.enter_context(cutting_room())
        connection = stack.enter_context(AwayConnection(end.detach(), folder))
        Analyzer(connection, task, clock).run()


@contextmanager
def cutting_room() -> Iterator[Path]:
    """A folder for the clips of this process. What one that was killed has left in its own goes: what people have
    deleted, or what was kept long enough, must not outlive it there.
    """
    with tempfile.TemporaryDirectory(prefix=ROOM) as name:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for other in Path(name).parent.glob(f"{ROOM}*"):
                with suppress(OSError):  # it is in use, is somebody else's, or has just gone
                    _clear(other)
            yield Path(name)
        finally:
            os.close(handle)


def _clear(folder: Path) -> None:
    """Raises OSError. One that is empty may be so new that its process does not hold it yet."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.listdir(handle):
            shutil.rmtree(folder)
    finally:
        os.close(handle)


def _pieces(file: Path, path: Path) -> Iterator[ClipPiece]:
    with file.open("rb") as stream:
        first = True
        while data := stream.read(PIECE_BYTES):
            yield ClipPiece(path, data, first)
            first = False


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)
