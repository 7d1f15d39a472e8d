"""What a recording's files hold, as a fingerprint: of the whole, or of samples, which is enough for terabytes.

A recorder writes a file once and from then on it grows, is cut off, is written over or goes: each changes its size, its
head, its tail or what lies between. Bits that rot in between are not seen by the samples; `whole` sees them.
"""

import hashlib
import io
import os
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from alerts.audit.find import Job, is_picture
from streams.disk import refused

T = TypeVar("T")
R = TypeVar("R")

BLOCK = 64 << 10
"""Bytes read at once."""
SAMPLES = 8
"""Blocks of a file that count: the first, the last, and six evenly between."""

Signature = list[list[object]]
"""Of each file its name, its size and when it and its entry were last changed, as JSON keeps it."""


def files_of(job: Job) -> tuple[Path, ...]:
    """The files of a recording: one, several in order of time, or the pictures in a folder. Raises OSError."""
    if job.segments:
        return tuple(segment.path for segment in job.segments)
    if not job.path.is_dir():
        return (job.path,)
    return tuple(sorted(Path(job.path, name) for name in os.listdir(job.path) if _is_picture(name)))


def is_bare(job: Job) -> bool:
    """Whether nothing is there: no such file, no recording in the folder, or nobody may list it."""
    try:
        return not files_of(job) or not os.path.exists(job.path)
    except OSError:
        return True


def identity_of(job: Job, files: Signature, content: Mapping[str, str], stamp: Mapping[str, str]) -> dict[str, Any]:
    """What the head of a part says of the recording itself, and of how it is judged."""
    said = {"name": job.name, "folders": job.folders, "line": job.line}
    return {**said, "files": files, "content": dict(content), "stamp": dict(stamp)}


def signature_of(files: Sequence[Path]) -> Signature:
    """Asks only the file system: as long as it is the same, nobody has touched the files.

    Raises OSError where a single file cannot be asked for; of several, one that cannot be is part of what they are.
    """
    return finished(signed(files, None))


def signed(files: Sequence[Path], beat: T) -> Generator[T, None, Signature]:
    """`signature_of`. Yields `beat` after each file, as a month of them on a disk far away takes its time."""
    found: Signature = []
    for path in files:
        found.append(_signature(path, alone=len(files) == 1))
        yield beat
    return found


def _signature(path: Path, *, alone: bool) -> list[object]:
    try:
        said = path.stat()
    except OSError:
        if alone:
            raise
        return [path.name, 0, 0, 0]
    return [path.name, said.st_size, said.st_mtime_ns, said.st_ctime_ns]


def shut(files: Sequence[Path], beat: T) -> Generator[T, None, list[tuple[int, str]]]:
    """Number and reason of those that cannot be read now. Yields `beat` after each. What memory still holds of a file
    says nothing of its disk.
    """
    found = []
    for index, path in enumerate(files):
        try:
            with path.open("rb", buffering=0) as file:
                if hasattr(os, "posix_fadvise"):
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                file.read(1)
        except OSError as error:
            found.append((index, refused(error)))
        yield beat
    return found


def sampled(files: Sequence[Path], beat: T) -> Generator[T, None, str]:
    """SHA-256 over sizes and samples: half a megabyte of each file is read, however large. Yields `beat` after each
    file. Raises OSError as above.
    """
    digest = hashlib.sha256()
    for path in files:
        with _opened(path, files) as file:
            size = file.seek(0, os.SEEK_END)
            digest.update(f"{_told(path, files)}\0{size}\0".encode(errors="surrogateescape"))
            last = max(0, size - BLOCK)
            for start in sorted({last * index // (SAMPLES - 1) for index in range(SAMPLES)}):
                file.seek(start)
                digest.update(file.read(BLOCK))
        yield beat
    return digest.hexdigest()


def whole(files: Sequence[Path], beat: T) -> Generator[T, None, str]:
    """SHA-256 over all bytes. Yields `beat` after each block, as this takes its time. Raises OSError as above."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{_told(path, files)}\0".encode(errors="surrogateescape"))
        with _opened(path, files) as file:
            while block := file.read(16 * BLOCK):
                digest.update(block)
                yield beat
    return digest.hexdigest()


def finished(work: Generator[object, None, R]) -> R:
    """What comes of it, for who has nobody to give a sign of life to."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: R = end.value
            return value


def _opened(path: Path, files: Sequence[Path]) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError:
        if len(files) == 1:
            raise
        return io.BytesIO()


def _told(path: Path, files: Sequence[Path]) -> str:
    """Names count where they give the order; a single file may be called as it likes."""
    return path.name if len(files) > 1 else ""


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and is_picture(Path(name))
