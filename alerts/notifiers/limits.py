"""How many messages a bot may send: sliding windows, with places kept free for fire. Pure; not thread-safe.

A message counts from when its sending began until a whole window after it **ended**: the other side counts when it
arrives, which is in between. So the other side never counts more than is allowed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

TOLERANCE_S = 1e-6
"""Who waited as long as told is not told to wait for the rounding."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many messages in any `span_s` seconds; `reserved` of them for fire alone."""

    most: int
    span_s: float
    reserved: int = 0


@dataclass(slots=True)
class Slot:
    """A message's place. ended_s: None while it is being sent."""

    ended_s: float | None = None


class RateLimit:
    """Takes places and gives them back when their time is over.

    monotonic: seconds, never going back. cold: the run before may have used up what is not reserved, a moment ago.
    """

    def __init__(self, windows: Sequence[Window], monotonic: Callable[[], float], *, cold: bool = False) -> None:
        self._windows = tuple(windows)
        self._monotonic = monotonic
        self._slots: list[Slot] = []
        self._shut_until_s = self._mute_until_s = float("-inf")
        if cold:
            widest = max(self._windows, key=lambda window: window.span_s)
            self._slots = [Slot(monotonic()) for _ in range(widest.most - widest.reserved)]

    def take(self, count: int = 1, *, urgent: bool = False, spare: int = 0) -> list[Slot] | float:
        """Places for so many messages, all or none; or the seconds until there may be room. End each with `end`.

        urgent: may use what is reserved. spare: of all that it may use, so many are to stay free.
        """
        now = self._monotonic()
        longest = max(window.span_s for window in self._windows)
        self._slots = [slot for slot in self._slots if slot.ended_s is None or now - slot.ended_s < longest]
        wait_s = max(self._wait_s(window, count + spare, now, urgent=urgent) for window in self._windows)
        wait_s = max(wait_s, self._mute_until_s - now)
        if not urgent or spare:
            wait_s = max(wait_s, self._shut_until_s - now)
        if wait_s > TOLERANCE_S:
            return wait_s
        taken = [Slot() for _ in range(count)]
        self._slots += taken
        return taken

    def end(self, slots: Sequence[Slot]) -> None:
        """Their sending is over, whatever came of it."""
        now = self._monotonic()
        for slot in slots:
            slot.ended_s = now

    def drop(self, slots: Sequence[Slot]) -> None:
        """They were not used: nothing was sent."""
        self._slots = [slot for slot in self._slots if not any(slot is given for given in slots)]

    def shut(self, seconds: float, *, mute: bool = False) -> None:
        """The other side has said that it is too much: nothing but fire for so long. mute: no fire either."""
        self._shut_until_s = max(self._shut_until_s, self._monotonic() + seconds)
        if mute:
            self._mute_until_s = self._shut_until_s

    def _wait_s(self, window: Window, count: int, now: float, *, urgent: bool) -> float:
        room = window.most - (0 if urgent else window.reserved)
        ends = sorted(
            now if slot.ended_s is None else slot.ended_s
            for slot in self._slots
            if slot.ended_s is None or now - slot.ended_s < window.span_s
        )
        over = len(ends) + count - room
        if over <= 0:
            return 0.0
        if over > len(ends):  # more at once than ever fit: when all is quiet is the best there is
            return ends[-1] + window.span_s - now if ends else 0.0
        return ends[over - 1] + window.span_s - now
