"""A bar on stderr while something long goes on, where stderr is a terminal."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """The items, with a bar of how many are done; `total` where they have no length."""
    console = Console(stderr=True)
    return track(items, what, total, console=console, disable=not console.is_terminal)
