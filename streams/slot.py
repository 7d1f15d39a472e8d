"""A place for one item, the newest: how live pictures wait for somebody to look."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Bounded to one. `put` never waits: it replaces what nobody took and counts it as dropped. Thread-safe.

    condition: give several slots one condition to wait for "any of them" (`condition.wait_for(...)`).
    """

    def __init__(self, condition: threading.Condition | None = None) -> None:
        self._condition = condition or threading.Condition()
        self._items: list[T] = []
        self._dropped = 0
        self._closed = False

    @property
    def dropped(self) -> int:
        """Items replaced, or put after closing, before anybody took them."""
        with self._condition:
            return self._dropped

    @property
    def full(self) -> bool:
        """An item waits."""
        with self._condition:
            return bool(self._items)

    @property
    def closed(self) -> bool:
        """Nothing more will come."""
        with self._condition:
            return self._closed

    def put(self, item: T) -> None:
        """Make it the waiting item."""
        with self._condition:
            if self._closed:
                self._dropped += 1
                return
            self._dropped += len(self._items)
            self._items = [item]
            self._condition.notify_all()

    def take(self, timeout_s: float | None = 0.0) -> T | None:
        """The waiting item, which leaves the slot; waits for one up to `timeout_s` (None: until closed).

        None after the time-out, or when the slot is closed and empty.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._items or self._closed, timeout_s)
            return self._items.pop() if self._items else None

    def close(self) -> None:
        """End all waiting. An item that waits can still be taken."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
