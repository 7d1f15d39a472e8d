"""The pages for a phone, and what they ask for: what burns now, one alert, an answer to it.

The pages and their files are open to all: they hold nothing of the site, and a phone keeps them to begin without a
line. What they show is asked for here, by the session, or by the token of a notice (`alerts.web.answers_api`).
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import Field

from alerts.access.principal import Area, Principal
from alerts.access.roles import Permission
from alerts.alert import Alert, AlertState
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.desk.photos import photos_of
from alerts.errors import StaleAlert
from alerts.mute.rules import Muted, muted_out
from alerts.record.records import Kind
from alerts.routing.people import People
from alerts.track.fold import Track
from alerts.track.rules import may_call_false
from alerts.track.step import ANSWERS, STEPS_OF, StepKind
from alerts.web.alert_page import (
    OLDEST_S,
    Conflict,
    alert_page,
    answer_detail,
    heading,
    not_taken,
    small_picture,
)
from alerts.web.answered import answers_with
from alerts.web.caller import OPEN, Caller, needs
from alerts.web.dispatch_api import people_of, sent_out
from alerts.web.evidence_api import Evidence
from alerts.web.files import PHONE_FILES, PHONE_PAGES, file_of, shell
from alerts.web.named import OWN_WORD, Named, name_of
from alerts.web.own import Own
from alerts.web.phone_still import Stills
from streams.clock import Clock
from vision.rule import Severity

MOST_SHOWN = 30
"""Alerts on a phone's first page, and suspicions; of more of either the number is told."""
_ORDER = list(Severity)


class PhoneAnswer(Named):
    """round: of the page that was answered. reason: of a false alarm. age_s: so long ago it was said."""

    answer: StepKind
    round: int = Field(ge=0)
    reason: str = Field(default="", max_length=200)
    age_s: float = Field(default=0.0, ge=0, le=OLDEST_S)


def pages_router() -> APIRouter:
    """GET /phone and /answer, their files, and the list of what a phone keeps of them."""
    router = APIRouter()

    @router.get("/phone", **answers_with("text/html"), dependencies=[OPEN])
    @router.get("/answer", **answers_with("text/html"), dependencies=[OPEN])
    async def page(request: Request) -> FileResponse:
        return FileResponse(PHONE_PAGES[request.url.path], media_type="text/html")

    @router.get("/phone/shell.js", **answers_with("text/javascript"), dependencies=[OPEN])
    async def kept() -> Response:
        """For the service worker: it changes with any of the files, and the worker is then set up anew."""
        version, files = await asyncio.to_thread(shell)
        text = f"self.XINAN_SHELL = {json.dumps({'version': version, 'files': files})};\n"
        return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})

    @router.get("/phone/{name}", response_class=FileResponse, dependencies=[OPEN])
    async def file(request: Request, name: str) -> Response:
        return await file_of(request, name, PHONE_FILES)

    return router


def phone_router(
    own: Own, desk: Desk, evidence: Evidence, clock: Clock, site: Callable[[], str], stills: Stills
) -> APIRouter:
    """Below /api/phone: little for one request, as the line may be bad."""
    router = APIRouter(prefix="/api/phone")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    def first_page(area: Area | None, caller: Principal) -> dict[str, Any]:
        found = {alert.id: alert for alert in desk.unended_alerts(area=area) + desk.open_alerts(area)}
        asking, suspected = _asking(found.values()), _suspected(found.values())
        people = people_of(desk)
        shown = (desk.track(one.id) for one in asking[:MOST_SHOWN])
        return {
            "site": site(),
            "now": time_text(clock.now()),
            "time_zone": desk.settings.site.time_zone,
            "alerts": [_brief(alert, track, desk, people, caller) for alert, track in shown],
            "more": max(0, len(asking) - MOST_SHOWN),
            "suspected": [_suspicion(one, desk) for one in suspected[:MOST_SHOWN]],
            "more_suspected": max(0, len(suspected) - MOST_SHOWN),
        }

    def out(alert: Alert, track: Track, caller: Principal) -> dict[str, Any]:
        allowed = [kind for kind in ANSWERS if may_say(caller, kind, alert, track)]
        sent = sent_out(track, people_of(desk), caller.name, caller.account)
        page = alert_page(alert, track, caller.name, allowed, desk.where(alert), site(), clock.now(), sent)
        not_there = StepKind.FALSE_ALARM not in allowed and caller.may(Permission.ANSWER)
        zone = desk.settings.site.time_zone
        said = {"person": caller.name, "expires_at": None, "false_when_there": not_there}
        more = {"live": stills.sight(alert, caller), "photos": _photos(alert, track, caller)}
        more["muted"] = _muted(alert, desk)
        return {**page, "time_zone": zone, **said, **more}

    @router.get("/now", dependencies=[needs(Permission.SEE)])
    async def first(area: OwnArea, caller: Caller) -> dict[str, Any]:
        """What burns now, or what else waits for somebody. muted, of a fire: why nobody is told of it now, who said so
        and until when; null: people are. suspected: what nothing has confirmed yet, and nobody is called for. more,
        more_suspected: so many that are not listed."""
        return await asyncio.to_thread(first_page, area, caller)

    @router.get("/alerts/{alert_id}", dependencies=[needs(Permission.SEE)])
    async def alert(found: OwnAlert, caller: Caller) -> dict[str, Any]:
        """All that somebody on the way needs. offered: what may be answered, of what they may say. live: how its
        camera does, for whoever may see it live. photos: how many people have added; null: they may add none.
        muted: as in the list."""
        return out(*await asyncio.to_thread(desk.track, found.id), caller)

    @router.get("/alerts/{alert_id}/picture", **answers_with("image/jpeg"), dependencies=[needs(Permission.SEE)])
    async def picture(found: OwnAlert, caller: Caller) -> Response:
        """Small, with people's heads hidden."""
        answer = await small_picture(evidence.media, found)
        evidence.saw(Kind.SAW_PICTURE, found.id, caller)
        return answer

    @router.post("/alerts/{alert_id}/answer", dependencies=[OWN_WORD, needs(Permission.ANSWER)])
    async def answer(found: OwnAlert, given: PhoneAnswer, caller: Caller) -> JSONResponse:
        """Sent again it changes nothing. 409: it was not taken, with the reason's code and the page as it is now."""
        if given.answer not in ANSWERS:
            raise HTTPException(422, f"answer: one of {', '.join(ANSWERS)}")
        _, seen = await asyncio.to_thread(desk.track, found.id)
        if not may_say(caller, given.answer, found, seen):
            raise HTTPException(403, "a fire is called false by whoever is there, or may judge")
        by = name_of(caller, given)
        detail = answer_detail(given.answer, given.reason, given.age_s, clock.now())
        try:
            done = await asyncio.to_thread(
                desk.step,
                found.id,
                given.answer,
                by=by,
                via=caller.via,
                account=caller.account,
                detail=detail,
                round=given.round,
            )
        except StaleAlert as error:
            now = await asyncio.to_thread(desk.track, found.id)
            return not_taken(Conflict.of(error), out(*now, caller))
        return JSONResponse(out(*done, caller))

    return router


def may_say(caller: Principal, kind: StepKind, alert: Alert, track: Track) -> bool:
    """Whether they may answer so. Whoever runs there may say that it was nothing; of a fire, which ends all calls, once
    they are there; whoever may judge, from wherever they look."""
    if not caller.may(Permission.ANSWER):
        return False
    if kind is not StepKind.FALSE_ALARM or caller.may(Permission.JUDGE):
        return True
    return may_call_false(alert, track, caller.name)


def _photos(alert: Alert, track: Track, caller: Principal) -> int | None:
    """How many people have added; None: this kind of alert has none, or whoever looks may add none."""
    takes = StepKind.PHOTO in STEPS_OF[track.kind] and caller.may(Permission.ANSWER)
    return len(photos_of(alert)) if takes else None


def _asking(alerts: Iterable[Alert]) -> list[Alert]:
    """What asks somebody for something; of what nobody is told of the fires, behind the others: whoever looks must not
    read that all is calm, nor that a fire is over because a camera has lost sight of it."""
    asking = (one for one in alerts if one.fired_at is not None and not one.ended)
    shown = (one for one in asking if not one.held or one.severity is Severity.FIRE)
    return sorted(_urgent_first(shown), key=lambda one: (_ORDER.index(one.severity), one.held))


def _muted(alert: Alert, desk: Desk) -> dict[str, Any] | None:
    """What holds back the notices of a fire, as `alerts.mute.rules.Muted`; None: nothing, or it is none."""
    if alert.severity is not Severity.FIRE or not (alert.held or alert.paused):
        return None
    decision = desk.decide(alert)
    return muted_out(decision) if isinstance(decision, Muted) else None


def _suspected(alerts: Iterable[Alert]) -> list[Alert]:
    """What may be there, and nothing has confirmed."""
    return _urgent_first(one for one in alerts if one.state is AlertState.PENDING)


def _urgent_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The most urgent first, of those the newest."""
    newest = sorted(alerts, key=lambda one: one.id, reverse=True)
    return sorted(newest, key=lambda one: _ORDER.index(one.severity))


def _suspicion(alert: Alert, desk: Desk) -> dict[str, Any]:
    """One line of the suspicions: nobody goes there yet, and nobody was sent."""
    return {"id": alert.id, "exercise": alert.exercise, **heading(alert, desk.where(alert))}


def _brief(alert: Alert, track: Track, desk: Desk, people: People, caller: Principal) -> dict[str, Any]:
    """One line of the list. going: how many go there. said: what whoever looks has said. sent: whether they are."""
    mine = track.said.responders.get(caller.name)
    return {
        "id": alert.id,
        "exercise": alert.exercise,
        **heading(alert, desk.where(alert)),
        "stage": track.stage,
        "going": len(track.said.responders),
        "said": mine.progress if mine else "",
        "sent": sent_out(track, people, caller.name, caller.account)["sent_you"] is not None,
        "muted": _muted(alert, desk),
    }
