"""What a process on another machine finds, on its way to the one folder in which it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.audit.found import Found
from alerts.audit.parts import Keeper, Parts
from alerts.audit.standing import Head


@dataclass(frozen=True, slots=True)
class Started:
    """A look begins."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the recording. jpeg: its bytes."""

    name: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """The part of the recording, or, where not `last`, what is known of it so far."""

    head: Head
    found: Found
    last: bool


@dataclass(frozen=True, slots=True)
class Renewed:
    """The part of the recording holds, with this head."""

    head: Head


Item = Started | Picture | Written | Renewed
"""What is to be done in the folder, in the order in which it was found."""


class Parcel(Keeper):
    """Keeps nothing for good: what is written waits until it is taken. Of one recording at a time.

    known: what the folder holds of it. size: bytes of pictures that wait.
    """

    def __init__(self) -> None:
        self._known: Head | None = None
        self._items: list[Item] = []
        self.size = 0

    def begin(self, known: Head | None) -> None:
        """The next recording."""
        self._known = known
        self.take()

    def take(self) -> tuple[Item, ...]:
        """What waits, which no longer does then."""
        items, self._items, self.size = tuple(self._items), [], 0
        return items

    def head(self, key: str) -> Head | None:
        """As the folder holds it."""
        return self._known

    def start(self, key: str) -> None:
        """What waits of an earlier look goes. What the folder holds stands until this one takes its place there."""
        self._items, self.size = [Started()], 0

    def write(self, key: str, head: Head, found: Found, *, last: bool) -> None:
        """Nothing here can be refused by a disk."""
        self._items.append(Written(head, found, last))

    def renew(self, key: str, head: Head) -> None:
        """The lines themselves stay where they are."""
        self._items.append(Renewed(head))

    def save(self, key: str, name: str, jpeg: bytes) -> None:
        """A copy travels; nothing is kept here."""
        self._items.append(Picture(name, jpeg))
        self.size += len(jpeg)


def unpack(items: Iterable[Item], key: str, parts: Parts) -> None:
    """Do in the folder what was done to the parcel. Raises AlertsError when it cannot be written."""
    for item in items:
        match item:
            case Started():
                parts.start(key)
            case Picture():
                parts.save(key, item.name, item.jpeg)
            case Written():
                parts.write(key, item.head, item.found, last=item.last)
            case Renewed():
                parts.renew(key, item.head)
