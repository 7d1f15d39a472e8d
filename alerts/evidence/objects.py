"""What is asked of an object store: whole files in under a name, parts of them out, and a proof of either."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alerts.errors import MediaRefused

SHA256 = "sha256"
"""Where an object's metadata say what it holds, hex."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, as far as the store says. sha256: of its metadata, hex; "" where there is none. size: bytes."""

    name: str
    size: int
    sha256: str


class Objects(Protocol):
    """Thread-safe; every call blocks on the network, and has a deadline.

    Each raises MediaAway when the store does not answer or lets nobody in, and never shows a key of it in words.
    """

    place: str
    """For people: where it is."""

    def check(self) -> Sequence[str]:
        """Whether files can be put, read and deleted there; what else a person should know. Raises MediaRefused too."""

    def put(self, files: Sequence[tuple[str, Path]]) -> list[Stored | MediaRefused | OSError]:
        """Copy each file there, in one go or not at all, and see that it arrived; as many results, in their order.

        MediaRefused: this one is not taken. OSError: it cannot be read here.
        """

    def stat(self, name: str) -> Stored | None:
        """None: there is no such object."""

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from start up to, not including, end; fewer where the object ends before. Raises MediaGone."""

    def delete(self, name: str) -> bool:
        """Whether the store says afterwards that it is not there."""

    def names(self) -> Iterator[Stored]:
        """All of them, without their metadata."""


def blocks(objects: Objects, name: str, start: int, end: int, size: int = 1 << 20) -> Iterator[bytes]:
    """`read`, a block of so many bytes at a time."""
    for begin in range(start, end, size):
        yield objects.read(name, begin, min(begin + size, end))
