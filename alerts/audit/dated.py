"""Folders that tell when what lies in them was recorded: they are no part of a camera's name.

A number alone may be a month, a day, an hour or a camera: the archive as a whole decides, as most of what lies in
folders of hours was recorded in just that hour, and of what lies in folders of cameras hardly any.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DATE = re.compile(
    r"(?P<Y>(?:19|20)\d\d)(?:[-_.]?(?P<m>\d\d|(?<=[-_.])\d)(?:[-_.]?(?P<d>\d\d|(?<=[-_.])\d)"
    r"(?:[-_ T]?(?P<H>\d\d)(?:[-_.]?\d\d){0,2})?)?)?(?:[AP]M)?"
)
"""A year, month, day or hour in one folder."""
_NUMBER = re.compile(r"\d\d?")
_DEEPEST = 4
"""Year, month, day, hour."""
NEAR = timedelta(minutes=5)
"""A recorder may open a folder, by its own clock, so long before or after what it writes there began."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Folder:
    """One of a row of folders. under: those above the row; date: what it and the row above it tell: year, month, day,
    hour. whole: it tells the day by itself.
    """

    index: int
    under: tuple[str, ...]
    date: tuple[int, ...]
    whole: bool

    def tells(self, moments: Sequence[datetime]) -> bool:
        """Whether it tells one of these. A whole day may be one on which something was moved there later."""
        year, month, day, hour = (*self.date, *(1, 1, 1, 0)[len(self.date) :])
        try:
            begins = datetime(year, month, day, hour, tzinfo=UTC)
        except ValueError:
            return False
        if self.whole:
            return any(moment < begins + 2 * DAY for moment in moments)
        spans = (timedelta(days=366), timedelta(days=31), DAY, timedelta(hours=1))
        ends = begins + spans[len(self.date) - 1]
        return any(begins - NEAR <= moment < ends + NEAR for moment in moments)


class DatedFolders:
    """Which of an archive's folders tell a time.

    found: of each recording the folders above it, and when it began, as clocks may have shown it there: by its name, by
    the site's clock, in UTC; each of these labelled as UTC.
    """

    def __init__(self, found: Iterable[tuple[Sequence[str], Sequence[datetime]]]) -> None:
        self._said: Counter[object] = Counter()
        for parts, moments in found:
            for folder in _row(parts):
                self._said[_kind(folder)] += 1 if folder.tells(moments) else -1

    def without(self, parts: Sequence[str]) -> list[str]:
        """The folders that are part of a camera's name. What lies below one that tells no time tells none either."""
        dropped: set[int] = set()
        for folder in _row(parts):
            above = folder.index - 1
            begins_row = len(folder.under) == folder.index
            if self._said[_kind(folder)] > 0 and (begins_row or above in dropped):
                dropped.add(folder.index)
        return [part for index, part in enumerate(parts) if index not in dropped]


def _kind(folder: _Folder) -> object:
    """What is decided alike."""
    return folder.under, len(folder.date), folder.date if folder.whole else ()


def _row(parts: Sequence[str]) -> Iterator[_Folder]:
    date: tuple[int, ...] = ()
    under: tuple[str, ...] = ()
    for index, part in enumerate(parts):
        text = re.sub(r"[年月]", "-", part).rstrip("-日时点")
        if (found := _DATE.fullmatch(text)) is not None:
            date, under = tuple(int(one) for one in found.group("Y", "m", "d", "H") if one), tuple(parts[:index])
        elif 0 < len(date) < _DEEPEST and _NUMBER.fullmatch(text):
            date = (*date, int(text))
        else:
            date = ()
            continue
        yield _Folder(index, under, date, found is not None and len(date) >= 3)
