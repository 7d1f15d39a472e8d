"""The duty calendar over HTTP: when somebody is on duty in the weeks ahead, with whom, and who is on now."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.config import Settings
from alerts.routing.people import People
from alerts.routing.rota import Rota
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.duty_ics import MEDIA_TYPE, Event, calendar
from streams.clock import Clock

MOST_WEEKS = 12
MARGIN = timedelta(days=7)
"""So far before now, and beyond the weeks that are asked for, the bounds of a duty are looked for. One that has none
there is told as having none: the edge of what was looked at is no change of duty."""
Weeks = Annotated[int, Query(ge=1, le=MOST_WEEKS)]


@dataclass(frozen=True, slots=True)
class OwnDuty:
    """begins, ends: None where it goes on beyond `MARGIN`; both None: round the clock. beside: ids of who else is."""

    begins: datetime | None
    ends: datetime | None
    beside: tuple[str, ...]


class DutyCalendar:
    """The rota as one person sees it. Immutable; settings: those in force."""

    def __init__(self, settings: Settings) -> None:
        self.people = People(settings.people, settings.groups)
        self._rota: Rota = settings.duty()
        self._zone = settings.site.time_zone
        self._site = settings.site.name

    def out(self, caller: Principal, now: datetime, ahead: timedelta) -> dict[str, Any]:
        """person: "" for somebody who is nobody of the rota. now: who is on duty, and until when that stays so."""
        person = self.people.of_account(caller.account)
        last = now + ahead + MARGIN
        turn, on = self._rota.turns(now, last)[0]
        told = (
            on if person or caller.places is None else ()
        )  # who is limited to places and not of the team is not told who is
        until = turn.ends if turn.ends < last else None
        return {
            "time_zone": self._zone,
            "rota": bool(self._rota),
            "person": self.people[person].shown if person else "",
            "now": {"who": self._names(told), "until": _text(until), "me": person in on},
            "mine": [
                {"begins": _text(one.begins), "ends": _text(one.ends), "with": self._names(one.beside)}
                for one in self.mine(caller, now, ahead)
            ],
        }

    def mine(self, caller: Principal, now: datetime, ahead: timedelta) -> list[OwnDuty]:
        """What is not over yet and begins within that time, each with its true bounds."""
        person = self.people.of_account(caller.account)
        if not person:
            return []
        first, last = now - MARGIN, now + ahead + MARGIN
        return [
            OwnDuty(one.begins if one.begins > first else None, one.ends if one.ends < last else None, one.beside)
            for one in self._rota.duties(person, first, last)
            if one.ends > now and one.begins < now + ahead
        ]

    def ics(self, caller: Principal, now: datetime, ahead: timedelta, language: str) -> str:
        """As a file for the phone's own calendar."""
        person = self.people.of_account(caller.account)
        name, always, beside = _WORDS[language]
        days = [
            at.astimezone(ZoneInfo(self._zone)).replace(hour=0, minute=0, second=0, microsecond=0)
            for at in (now, now + ahead)
        ]
        events = [
            Event(
                f"{one.begins:%Y%m%dT%H%M%z}.{person}" if one.begins else f"since.{person}",
                one.begins or days[0],
                one.ends or days[1],
                f"{name}{'' if one.begins and one.ends else always} · {self._site}",
                beside + ", ".join(self._names(one.beside)) if one.beside else "",
                whole_days=one.begins is None and one.ends is None,
            )
            for one in self.mine(caller, now, ahead)
        ]
        return calendar(events, now, f"{name} · {self._site}")

    def _names(self, who: tuple[str, ...]) -> list[str]:
        return [self.people[one].shown for one in who]


_WORDS = {"zh": ("消防值班", "（全天）", "同班："), "en": ("Fire duty", " (round the clock)", "On with: ")}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def duty_router(settings: Callable[[], Settings], clock: Clock) -> APIRouter:
    """settings: those in force now. Who is nobody of the rota sees who is on duty, and no duty of their own."""
    router = APIRouter(prefix="/api", dependencies=[needs(Permission.SEE)])

    @router.get("/duty")
    async def duty(caller: Caller, weeks: Weeks = 4) -> dict[str, Any]:
        """Times with the offset that the site's clock has then; null: it goes on for longer than a week beyond."""
        return await asyncio.to_thread(DutyCalendar(settings()).out, caller, clock.now(), timedelta(weeks=weeks))

    @router.get("/duty.ics", **answers_with(MEDIA_TYPE))
    async def ics(caller: Caller, weeks: Weeks = MOST_WEEKS, language: Literal["zh", "en"] = "zh") -> Response:
        """One's own duties, to be taken into a calendar once more whenever the rota has changed."""
        ahead = timedelta(weeks=weeks)
        text = await asyncio.to_thread(DutyCalendar(settings()).ics, caller, clock.now(), ahead, language)
        name = {"content-disposition": 'attachment; filename="duty.ics"'}
        return Response(text.encode(), media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=name)

    return router
