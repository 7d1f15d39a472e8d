"""What every channel that people read is given beside its own settings."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from alerts.alert import Alert
from alerts.notifiers.base import Notice
from alerts.notifiers.message import TEST, UPDATES, Frame, Going, Message, word
from streams.clock import Clock

PICTURED = frozenset({"fired", "reopened", "dispatched", TEST})
"""Kinds of notices that a picture goes with: somebody is to look."""

PictureOf = Callable[[Alert], bytes | None]
"""The JPEG that may leave the console, heads hidden. May block: it is called in a thread."""


GoingOf = Callable[[Alert], Going | None]
"""Who goes there as of now; None: it cannot be told. May block: it is called in a thread."""


def nobody_known(alert: Alert) -> Going | None:
    """Where nothing is kept of it."""
    return None


def no_picture(alert: Alert) -> bytes | None:
    """Where no pictures are kept."""
    return None


@dataclass(frozen=True, slots=True)
class TextContext:
    """site: its name. console_url: without a slash at the end. zone: of the times shown; None: the machine's.

    cold: a run just before this one may have used up the rates of the bots.
    """

    site: str
    console_url: str
    clock: Clock
    zone: tzinfo | None = None
    picture_of: PictureOf = no_picture
    going_of: GoingOf = nobody_known
    cold: bool = True

    async def word(self, notice: Notice, language: str) -> Message:
        """The notice in words, as of now."""
        going = None if notice.kind in UPDATES else await asyncio.to_thread(self.going_of, notice.alert)
        return word(notice, Frame(language, self.site, self.console_url, self.clock.now(), self.zone, going))

    def pictured(self, notice: Notice, *, wanted: bool) -> bool:
        """Whether a picture goes with such a notice, if there is one."""
        return wanted and notice.kind in PICTURED

    async def picture(self, notice: Notice, *, wanted: bool) -> bytes | None:
        """The picture that goes with a notice, if one does."""
        if not self.pictured(notice, wanted=wanted):
            return None
        return await asyncio.to_thread(self.picture_of, notice.alert)
