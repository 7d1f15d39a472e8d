"""The newest seconds of a camera's coded pictures, kept so that what came before an event can still be cut out."""

import threading
from collections import deque
from dataclasses import dataclass, field, replace

from streams.access_unit import AccessUnit, StreamFormat


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """A coded picture in a ring. number: grows by one with every picture that is kept."""

    number: int
    format: StreamFormat
    unit: AccessUnit


@dataclass(slots=True)
class _Group:
    """A key picture and what follows up to the next one: can be decoded by itself."""

    kept: list[KeptUnit] = field(default_factory=list)
    size: int = 0


class UnitRing:
    """Bounded by time and by bytes; what is thrown away are whole groups, so that it always begins with a key picture.

    Thread-safe: the reader puts, others read. What comes before the first key picture, and after a new connection
    before its first one, is not kept: nothing could decode it. A group that alone is over the bound is thrown away too,
    and the ring is empty until the next key picture.
    keep_s: seconds before the newest picture that are kept at least, if the bytes allow.
    """

    def __init__(self, *, keep_s: float, most_bytes: int) -> None:
        self._keep_s, self._most_bytes = keep_s, most_bytes
        self._lock = threading.Lock()
        self._groups: deque[_Group] = deque()
        self._format: StreamFormat | None = None
        self._open = False
        self._next = 0
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes of the pictures kept."""
        return self._size

    @property
    def newest_s(self) -> float:
        """When the newest picture came, monotonic; -inf if none is kept."""
        with self._lock:
            return self._newest_s if self._groups else float("-inf")

    @property
    def span_s(self) -> float:
        """From the oldest picture kept to the newest, seconds; 0 if none is kept."""
        with self._lock:
            return self._newest_s - self._groups[0].kept[0].unit.monotonic_s if self._groups else 0.0

    def bound(self, *, keep_s: float, most_bytes: int) -> None:
        """Other bounds from now on; what is beyond them goes at once."""
        with self._lock:
            self._keep_s, self._most_bytes = keep_s, most_bytes
            if self._groups:
                self._trim(self._newest_s)

    def take_over(self, other: "UnitRing") -> None:
        """What another one keeps of the same camera, which is opened anew; to be called while this one is empty."""
        with other._lock:
            groups = [_Group(list(group.kept), group.size) for group in other._groups]
            number = other._next
        with self._lock:
            self._groups.extend(groups)
            self._size, self._next = sum(group.size for group in groups), number

    def put(self, stream_format: StreamFormat, unit: AccessUnit) -> None:
        """Keep it as the newest. Fits as `on_unit` of a reader."""
        with self._lock:
            if stream_format is not self._format:
                self._open = self._open and self._format is not None and _goes_on(self._format, stream_format)
                self._format = stream_format
            if unit.key:
                self._groups.append(_Group())
                self._open = True
            if not self._open:
                return
            group = self._groups[-1]
            group.kept.append(KeptUnit(self._next, stream_format, unit))
            group.size += len(unit.data)
            self._size += len(unit.data)
            self._next += 1
            self._trim(unit.monotonic_s)

    def since(self, from_s: float, after: int = -1) -> list[KeptUnit]:
        """In order: from the last key picture at or before `from_s` (monotonic) on; from the oldest kept if all are
        later; nothing of a group that had ended before, as when the camera was away. Only those with a number above
        `after`: so a reader gets on with what is new.
        """
        with self._lock:
            groups = list(self._groups)
            while len(groups) > 1 and groups[1].kept[0].unit.monotonic_s <= from_s:
                del groups[0]
            while groups and groups[0].kept[-1].unit.monotonic_s < from_s:
                del groups[0]
            return [kept for group in groups for kept in group.kept if kept.number > after]

    def begins_s(self, from_s: float) -> float:
        """When the first picture of `since(from_s)` came, monotonic; inf if there is none."""
        return next((kept.unit.monotonic_s for kept in self.since(from_s)), float("inf"))

    @property
    def _newest_s(self) -> float:
        """Of a ring that is not empty."""
        return self._groups[-1].kept[-1].unit.monotonic_s

    def _trim(self, now_s: float) -> None:
        groups = self._groups
        while len(groups) > 1 and (
            self._size > self._most_bytes or groups[1].kept[0].unit.monotonic_s <= now_s - self._keep_s
        ):
            self._size -= groups.popleft().size
        if self._size > self._most_bytes:
            groups.clear()
            self._size, self._open = 0, False


def _goes_on(old: StreamFormat, new: StreamFormat) -> bool:
    """The same stream, of which only more has been learnt. An equal one that is another object is a new connection."""
    return new.reorders and not old.reorders and replace(old, reorders=True) == new
