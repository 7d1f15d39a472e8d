"""Files that are whole or not there, and what it takes to have them outlive a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write instead of `path`, beside it; at the end of the block that file takes its place.

    After an error or Ctrl-C what was there stands, and nothing else is left. Raises OSError.
    """
    staged = path.with_name(f".{path.name}.part")
    try:
        yield staged
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Replace the file by this text, in UTF-8. Raises OSError."""
    with replacing(path) as staged:
        staged.write_text(text, "utf-8")


def sync(path: Path) -> None:
    """Bring a file's content, or the names in a folder, to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refused(error: OSError) -> str:
    """What the system says, in a few words, without the path."""
    return (error.strerror or str(error)).lower()
