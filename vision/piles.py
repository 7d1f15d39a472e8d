"""Joins what the witnesses see in one look into piles, and keeps each pile's name however it grows.

Two sightings that touch, or nearly do, are one pile, whoever saw them and whether they were seen together or one after
the other. A pile's key is made of the place where it was first seen, so that after a restart a pile that still stands
there gets its old key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vision import geometry
from vision.geometry import Box
from vision.incidents import place_name

NEAR = 0.35
"""Gap, in side lengths of the smaller one (square root of its area), up to which two sightings are one pile."""
HELD_S = 600.0
"""A pile behind somebody is taken to be there for this long."""
FORGET_S = 120.0
"""A pile unseen in plain view keeps its key for this long."""
MAX_PILES = 64


@dataclass(frozen=True, slots=True)
class Sighting:
    """One witness's view of a thing at rest in this look.

    box: 0–1. since_s: when it came to rest. rested_s: for how long it was seen at rest. new: it is not in the clear
    reference. sure: it is a whole thing and not a part of somebody.
    """

    box: Box
    since_s: float
    rested_s: float
    confidence: float
    witness: str
    new: bool
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Pile:
    """Things that stand together. sightings: of the last look in which it was seen; confirmed: once clutter, it stays.

    box: all of it as last seen. hidden: somebody is before it in this look. seen_s: when it was last seen.
    hidden_since_s: since when somebody has been before it without a break. sure_s: for how long it was a whole new
    thing to a witness, less the time for which it was not, seconds.
    """

    key: str
    box: Box
    since_s: float
    seen_s: float
    sightings: tuple[Sighting, ...] = field(default=())
    confirmed: bool = False
    hidden: bool = False
    hidden_since_s: float = 0.0
    sure_s: float = 0.0

    @property
    def rested_s(self) -> float:
        """The longest of its sightings that are new."""
        return max((one.rested_s for one in self.sightings if one.new), default=0.0)

    @property
    def witnesses(self) -> list[str]:
        """Who sees it."""
        return sorted({one.witness for one in self.sightings})

    @property
    def confidence(self) -> float:
        """That of the surest sighting."""
        return max(one.confidence for one in self.sightings)


class Piles:
    """The piles of one camera. Bounded: at most `MAX_PILES`, the longest unseen go first."""

    def __init__(self) -> None:
        self._piles: list[Pile] = []
        self._now_s: float | None = None

    def update(
        self,
        sightings: Sequence[Sighting],
        *,
        is_hidden: Callable[[Box], bool],
        is_clutter: Callable[[Pile], bool],
        aspect: float,
        now_s: float,
    ) -> list[Pile]:
        """The piles seen in this look, and those that somebody is before. aspect: width by height of the picture."""
        passed_s = 0.0 if self._now_s is None else now_s - self._now_s
        self._now_s = now_s
        known = [pile for pile in self._piles if now_s - pile.seen_s <= FORGET_S or pile.hidden]
        groups = _grouped([pile.box for pile in known], [one.box for one in sightings], aspect)
        piles: list[Pile] = []
        for olds, news in groups:
            members = sorted((known[i] for i in olds), key=lambda pile: (not pile.confirmed, pile.since_s))
            seen = [sightings[i] for i in news]
            piles += [self._seen(members, seen, now_s, piles + known)] if seen else _unseen(members, is_hidden, now_s)
        piles = [replace(pile, sure_s=_sure_s(pile, passed_s, now_s)) for pile in piles]
        piles = [replace(pile, confirmed=pile.confirmed or is_clutter(pile)) for pile in piles]
        self._piles = sorted(piles, key=lambda pile: -pile.seen_s)[:MAX_PILES]
        return [pile for pile in self._piles if pile.seen_s == now_s or pile.hidden]

    def seen(self, now_s: float) -> list[Pile]:
        """The piles that were seen in the look at that time."""
        return [pile for pile in self._piles if pile.seen_s == now_s]

    def _seen(self, members: Sequence[Pile], seen: Sequence[Sighting], now_s: float, others: Sequence[Pile]) -> Pile:
        box = geometry.around([one.box for one in seen])
        rest_s = min((one.since_s for one in seen if one.new), default=min(one.since_s for one in seen))
        if not members:
            return Pile(place_name(box, {pile.key for pile in others}), box, rest_s, now_s, tuple(seen))
        first = members[0]
        # Until it is clutter the clock is that of what is seen now: what has stirred has not rested.
        since_s = first.since_s if first.confirmed else rest_s
        sure_s = max(pile.sure_s for pile in members)
        return Pile(first.key, box, since_s, now_s, tuple(seen), first.confirmed, sure_s=sure_s)


def _sure_s(pile: Pile, passed_s: float, now_s: float) -> float:
    if pile.hidden:
        return pile.sure_s
    if pile.seen_s == now_s and any(one.new and one.sure for one in pile.sightings):
        return pile.sure_s + passed_s
    return max(0.0, pile.sure_s - passed_s)


def _unseen(members: Sequence[Pile], is_hidden: Callable[[Box], bool], now_s: float) -> list[Pile]:
    return [_hidden(pile, is_hidden(pile.box), now_s) for pile in members]


def _hidden(pile: Pile, hidden: bool, now_s: float) -> Pile:
    since_s = pile.hidden_since_s if pile.hidden else now_s
    return replace(pile, hidden=hidden and now_s - since_s <= HELD_S, hidden_since_s=since_s)


def _grouped(old: Sequence[Box], new: Sequence[Box], aspect: float) -> list[tuple[list[int], list[int]]]:
    """Which of `old` and of `new` belong together. Old ones are joined only by a new one."""
    boxes = np.array([*old, *new], np.float32).reshape(-1, 4) * np.array([aspect, 1, aspect, 1], np.float32)
    side = np.sqrt(geometry.area(boxes))
    near = geometry.gap(boxes, boxes) <= NEAR * np.minimum(side[:, None], side[None, :])
    near[: len(old), : len(old)] = False
    names = list(range(len(boxes)))
    for a, b in zip(*np.nonzero(np.triu(near, 1)), strict=True):
        keep, drop = sorted((names[a], names[b]))
        names = [keep if name == drop else name for name in names]
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for index, name in enumerate(names):
        ours = groups.setdefault(name, ([], []))
        ours[index >= len(old)].append(index if index < len(old) else index - len(old))
    return list(groups.values())
