"""A random sample of what a run found, for people to judge; and what their verdicts say of the whole.

The sample is drawn within each hazard, so that a rare one is judged as well as a frequent one, and without replacement.
Which events are drawn hangs on the events alone, so the same recordings give the same sample; a recording more changes
few of it. What is told of a hazard's precision is exact: of the numbers of true events that the whole could hold, those
under which what was seen in the sample is not too unlikely (hypergeometric, both tails; Cochran, *Sampling Techniques*,
3rd ed., 3.6).
"""

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, lgamma

from alerts.audit.found import Event
from alerts.audit.judged import Verdict

PER_HAZARD = 30
"""Drawn of each hazard: 30 right ones of 1,000 say 89–100 %, and a person looks at them in five minutes."""
TAIL = 0.025
"""Of either side of a 95 % interval."""
ROUNDING = 1e-9
"""A chance of just `TAIL` is not too unlikely."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Of one hazard. events: all that were found; judged, right: of the sample. unclear: judged, and not to be told.

    low, high: bounds of the share that is right among all, 95 %.
    """

    events: int
    judged: int
    right: int
    unclear: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """Of the judged that were right; None while nothing is judged."""
        return self.right / self.judged if self.judged else None


class Sampler:
    """Takes in events in any order, keeps a few. Bounded: `per_hazard` of each."""

    def __init__(self, per_hazard: int = PER_HAZARD) -> None:
        self._most = per_hazard
        self._kept: dict[str, list[tuple[int, str, Event]]] = defaultdict(list)

    def add(self, event: Event) -> None:
        """Draw it, perhaps."""
        # The lots are drawn by a hash: the largest ones are put out first, as heapq keeps the smallest at hand.
        lot = -int.from_bytes(sha256(event_id(event).encode()).digest()[:8])
        kept = self._kept[event["hazard"]]
        heapq.heappush(kept, (lot, event_id(event), event))
        if len(kept) > self._most:
            heapq.heappop(kept)

    @property
    def sample(self) -> list[Event]:
        """What was drawn, hazard after hazard, in the order of the lots: the first of them are a smaller sample."""
        return [event for hazard in sorted(self._kept) for _, _, event in sorted(self._kept[hazard], reverse=True)]


def event_id(event: Event) -> str:
    """By which a verdict speaks of an event: where it lies, and what the picture is that was judged. Where a recording
    is looked through anew another event may lie there."""
    name = str(event["snapshot"]).removeprefix("snapshots/").removesuffix(".jpg")
    return f"{name}-{event['snapshot_sha256'][:8]}"


def precision(
    events: Mapping[str, int], sample: Sequence[Event], verdicts: Mapping[str, Verdict]
) -> dict[str, Precision]:
    """Of each hazard. events: how many of it there are. verdicts: by event id; of events that are not in the sample
    they are left out: whoever picks what to judge picks what is plain to see.
    """
    said: dict[str, list[str]] = defaultdict(list)
    for event in sample:
        if (verdict := verdicts.get(event_id(event))) and verdict.word:
            said[event["hazard"]].append(verdict.word)
    return {hazard: _precision(number, said[hazard]) for hazard, number in events.items()}


def _precision(events: int, said: Sequence[str]) -> Precision:
    right, judged = said.count("right"), len(said) - said.count("unclear")
    low, high = bounds(events, judged, right)
    return Precision(events, judged, right, said.count("unclear"), low, high)


def bounds(events: int, judged: int, right: int) -> tuple[float, float]:
    """The least and the largest share of true ones among all `events` that goes with `right` of `judged`, 95 %.

    (0, 1) while nothing is judged.
    """
    if not judged:
        return 0.0, 1.0
    wrong = judged - right

    def too_few(true: int) -> bool:  # with so few true ones, so many right ones are too unlikely
        return _chance(events, true, judged, range(right, judged + 1)) < TAIL - ROUNDING

    def fine(true: int) -> bool:  # with so many, so few right ones are not too unlikely
        return _chance(events, true, judged, range(right + 1)) >= TAIL - ROUNDING

    low = _first(range(right, events - wrong + 1), lambda true: not too_few(true))
    high = _first(range(right, events - wrong + 1), lambda true: not fine(true)) - 1
    return low / events, max(low, high) / events


def _chance(events: int, true: int, judged: int, right: range) -> float:
    """That so many of the judged are right, drawn from all events of which so many are true."""
    least, most = max(0, judged - (events - true)), min(true, judged)
    ways = _log_choose(events, judged)
    return sum(
        exp(_log_choose(true, number) + _log_choose(events - true, judged - number) - ways)
        for number in right
        if least <= number <= most
    )


def _log_choose(of: int, number: int) -> float:
    return lgamma(of + 1) - lgamma(number + 1) - lgamma(of - number + 1)


def _first(numbers: range, holds: Callable[[int], bool]) -> int:
    """The first for which it holds, if it holds for all that follow; the range's end if for none."""
    return numbers[0] + bisect_left(numbers, True, key=holds) if numbers else 0
