"""What a channel is: something that takes a notice and says what became of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self, runtime_checkable

from alerts.alert import Alert
from alerts.registry.registry import Place, Registry
from alerts.routing.recipient import EVERYBODY, Recipient

LONGEST_FIRE_WISH_S = 15.0
"""How long a receiver's wish to be left alone is kept where it is about a fire, seconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Somebody is sent there, or is not any more. to: who, in words. by: who said so. note: a remark."""

    to: str = ""
    by: str = ""
    note: str = ""

    @classmethod
    def of(cls, kept: object) -> Self | None:
        """As the row of a notice keeps it; None: it is about no dispatch."""
        if not isinstance(kept, Mapping):
            return None
        return cls(*(str(kept.get(name, "")) for name in ("to", "by", "note")))


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is asked to tell.

    id: names this notice for ever; a receiver that sees it twice may ignore the second (idempotency key).
    kind: fired, reopened, resolved, acknowledged, false_alarm, dispatched or recalled. at: when that happened,
    aware UTC.
    alert: as it was then. attempt: 1 for the first.
    also: further alerts of the same site, zone and hazard that are told together with it.
    rung: step of the ladder, 0 for what is told at once. reason: why this notice exists, one line.
    exercise: a drill; the notice must say so before anything else.
    where: the alert's registered place, or the site, with what is at hand there and whom to call; None: not known.
    sent: of a dispatch or its end.
    answers: what may be answered → the link that says it, in the order of the buttons; empty: nothing can be.
    """

    id: str
    kind: str
    at: datetime
    alert: Alert
    attempt: int = 1
    recipient: Recipient = EVERYBODY
    also: tuple[Alert, ...] = ()
    rung: int = 0
    reason: str = ""
    exercise: bool = False
    where: Place | None = None
    sent: Sent | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missed:
    """One of several receivers that did not get it. reason: one line without secrets. for_good: it never will."""

    reason: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has taken it. missed: number of a receiver (`Recipient.one_of`) → why that one has not; each is
    told by a notice of its own."""

    missed: Mapping[int, Missed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. reason: one line without secrets. after_s: the receiver's own wish, seconds."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """Not tried: as many notices as the receiver takes were sent. after_s: when there is room again, seconds.

    It says nothing against the channel or the notice, which keeps its turn.
    """

    reason: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never: the receiver will not take this notice however often it is sent."""

    reason: str


Outcome = Delivered | Retry | Full | Rejected


class Notifier(Protocol):
    """One channel."""

    async def send(self, notice: Notice) -> Outcome:
        """One attempt, bounded in time. Failures of the network are outcomes, not exceptions."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Standing(Protocol):
    """A channel that keeps a connection and shows the state of the cameras, beside taking notices."""

    def start(self) -> None:
        """Begin. Called in the event loop, before the first notice; `close` ends it."""
        ...

    def watch(self, registry: Registry) -> None:
        """These are the cameras and places from now on. Thread-safe."""
        ...

    def leave(self, others: Collection["Notifier"]) -> None:
        """It is no longer in the settings, or another one stands in its place: at `close`, take away what it left for
        whoever comes later, but for what one of these channels keeps. Called in the event loop, before `close`."""
        ...
