"""Files of the workshop: each is the old one or the new one, whenever the work ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import WorkshopError


def spare(out: Path, *sources: Path | None) -> None:
    """Raises WorkshopError where `out` is one of the files that the work reads. None: no file."""
    if out.exists() and any(source is not None and source.exists() and out.samefile(source) for source in sources):
        raise WorkshopError(f"{out}: is a file that the work starts from; choose another file")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write instead of `path`; at the end of the block that file takes its place.

    After an error or Ctrl-C the old file stands and nothing else is left. Makes the folder. An OSError names a file.
    """
    staged = path.with_name(f"{path.stem}.part{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield staged
        staged.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk names none
        raise
    finally:
        staged.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace the file by this text, in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file by these bytes."""
    with replacing(path) as staged:
        staged.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Replace the file by this value, for people to read too."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in the file. Raises WorkshopError where it holds none, OSError."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WorkshopError(f"{path}: no JSON: {error}") from None
