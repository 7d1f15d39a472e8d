"""What a channel is: something that takes a notice and says what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alerts.alert import Alert


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is asked to tell.

    id: names this notice for ever; a receiver that sees it twice may ignore the second (idempotency key).
    kind: fired, reopened, resolved, acknowledged or false_alarm. at: when that happened, aware UTC.
    alert: as it was then. attempt: 1 for the first.
    """

    id: str
    kind: str
    at: datetime
    alert: Alert
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has taken it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. reason: one line without secrets. after_s: the receiver's own wish, seconds."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never: the receiver will not take this notice however often it is sent."""

    reason: str


Outcome = Delivered | Retry | Rejected


class Notifier(Protocol):
    """One channel."""

    async def send(self, notice: Notice) -> Outcome:
        """One attempt, bounded in time. Failures of the network are outcomes, not exceptions."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
