"""The duty calendar over HTTP: when somebody is on duty in the weeks ahead, with whom, and who is on now."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.config import Settings
from alerts.routing.people import People
from alerts.routing.rota import Duty, Rota
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.duty_ics import MEDIA_TYPE, Event, calendar
from streams.clock import Clock

MOST_WEEKS = 12
BACK = timedelta(days=7)
"""So far back the beginning of a duty that lasts is looked for."""
Weeks = Annotated[int, Query(ge=1, le=MOST_WEEKS)]


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
        turn, on = self._rota.turns(now, now + ahead)[0]
        told = (
            on if person or caller.places is None else ()
        )  # who is limited to places and not of the team is not told who is
        return {
            "time_zone": self._zone,
            "rota": bool(self._rota),
            "person": self.people[person].shown if person else "",
            "now": {"who": self._names(told), "until": turn.ends.isoformat(), "me": person in on},
            "mine": [
                {"begins": one.begins.isoformat(), "ends": one.ends.isoformat(), "with": self._names(one.beside)}
                for one in self.mine(caller, now, ahead)
            ],
        }

    def mine(self, caller: Principal, now: datetime, ahead: timedelta) -> list[Duty]:
        """What is not over yet; what has begun with its true beginning, if that is not longer ago than `BACK`."""
        person = self.people.of_account(caller.account)
        if not person:
            return []
        return [one for one in self._rota.duties(person, now - BACK, now + ahead) if one.ends > now]

    def ics(self, caller: Principal, now: datetime, ahead: timedelta, language: str) -> str:
        """As a file for the phone's own calendar."""
        person = self.people.of_account(caller.account)
        name, beside = ("消防值班", "同班：") if language == "zh" else ("Fire duty", "On with: ")
        events = [
            Event(
                f"{one.begins:%Y%m%dT%H%M%z}.{person}",
                one.begins,
                one.ends,
                f"{name} · {self._site}",
                beside + ", ".join(self._names(one.beside)) if one.beside else "",
            )
            for one in self.mine(caller, now, ahead)
        ]
        return calendar(events, now, f"{name} · {self._site}")

    def _names(self, who: tuple[str, ...]) -> list[str]:
        return [self.people[one].shown for one in who]


def duty_router(settings: Callable[[], Settings], clock: Clock) -> APIRouter:
    """settings: those in force now. Who is nobody of the rota sees who is on duty, and no duty of their own."""
    router = APIRouter(prefix="/api", dependencies=[needs(Permission.SEE)])

    @router.get("/duty")
    async def duty(caller: Caller, weeks: Weeks = 4) -> dict[str, Any]:
        """Times with the offset that the site's clock has then."""
        return await asyncio.to_thread(DutyCalendar(settings()).out, caller, clock.now(), timedelta(weeks=weeks))

    @router.get("/duty.ics", **answers_with(MEDIA_TYPE))
    async def ics(caller: Caller, weeks: Weeks = MOST_WEEKS, language: Literal["zh", "en"] = "zh") -> Response:
        """One's own duties, to be taken into a calendar once more whenever the rota has changed."""
        ahead = timedelta(weeks=weeks)
        text = await asyncio.to_thread(DutyCalendar(settings()).ics, caller, clock.now(), ahead, language)
        name = {"content-disposition": 'attachment; filename="duty.ics"'}
        return Response(text.encode(), media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=name)

    return router
