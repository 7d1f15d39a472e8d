"""What a fire drill came to: who had been told, who had answered, who was there, at 60, 180 and 300 s. Pure.

The marks are those of the team norm in practice, as secondary sources quote it: one minute to act, three to be there,
five to be joined by others. Here that is: within 60 s somebody goes, within 180 s somebody is there, within 300 s two.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.db.codec import time_text
from alerts.db.rows import Delivery
from alerts.routing.plan import CALLS
from alerts.track.step import PROGRESS, Step, StepKind

MARKS_S = (60, 180, 300)
_GO = frozenset(PROGRESS)
_ARE_THERE = frozenset({StepKind.THERE, StepKind.DEALT_WITH})
_ANSWER = frozenset({StepKind.ACKNOWLEDGED, StepKind.FALSE_ALARM, *PROGRESS})


def score_of(
    begun_at: datetime,
    until: datetime,
    notices: Iterable[Delivery],
    steps: Iterable[Step],
    name_of: Callable[[str], str] = lambda person: person,
) -> dict[str, Any]:
    """Plain JSON values. until: the end of the drill, or now. name_of: id of a person → what they are called.

    A mark that the drill did not last for counts what was done until its end.
    """
    told = _first(((_whom(one, name_of), one.delivered_at) for one in notices if one.kind in CALLS), begun_at)
    said = sorted(steps, key=lambda step: step.seq)
    answered, going, there = (
        _first(((step.by, step.at) for step in said if step.kind in kinds), begun_at)
        for kinds in (_ANSWER, _GO, _ARE_THERE)
    )
    lasted_s = (until - begun_at).total_seconds()
    marks = [
        {
            "after_s": mark_s,
            "reached": lasted_s >= mark_s,
            "told": _by(told, mark_s),
            "answered": _by(answered, mark_s),
            "there": _by(there, mark_s),
            "met": met,
        }
        for mark_s, met in zip(MARKS_S, _met(going, there), strict=True)
    ]
    return {
        "until": time_text(until),
        "marks": marks,
        "met": sum(mark["met"] for mark in marks),
        "first_told_s": min(told.values(), default=None),
        "first_answer_s": min(answered.values(), default=None),
        "first_there_s": min(there.values(), default=None),
    }


def _met(going: Mapping[str, float], there: Mapping[str, float]) -> tuple[bool, bool, bool]:
    """Somebody goes; somebody is there; two are."""
    first, second, third = MARKS_S
    return bool(_by(going, first)), bool(_by(there, second)), len(_by(there, third)) >= 2


def _first(each: Iterable[tuple[str, datetime | None]], begun_at: datetime) -> dict[str, float]:
    """Name → seconds after the begin at which it first happened, in that order."""
    found: dict[str, float] = {}
    for name, at in each:
        if at is not None:
            after_s = max(0.0, round((at - begun_at).total_seconds(), 1))
            found[name] = min(after_s, found.get(name, after_s))
    return dict(sorted(found.items(), key=lambda both: (both[1], both[0])))


def _by(found: Mapping[str, float], mark_s: float) -> list[dict[str, Any]]:
    return [{"name": name, "after_s": after_s} for name, after_s in found.items() if after_s <= mark_s]


def _whom(notice: Delivery, name_of: Callable[[str], str]) -> str:
    """The person, else the channel; one of several receivers of a channel is that channel."""
    return name_of(notice.person) if notice.person and not notice.person.startswith("#") else notice.channel
