"""The page behind the links of a notice. It needs no log-in: the token in the link's fragment is the way in.

A GET takes nothing and changes nothing, so that whatever fetches a link ahead answers nothing. The token comes in the
body of a POST, which no log and no Referer holds. Shown is what a push shows; no picture, no camera, no id.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.errors import AlertRefused, StaleAlert
from alerts.line import one_line
from alerts.registry.registry import Place
from alerts.track.answers import Answers, LinkRefused, NoName, Opened
from alerts.track.detail import DetailRefused, checked
from alerts.track.rules import choices
from alerts.track.step import StepKind
from alerts.web.answered import answers_with
from alerts.web.caller import OPEN
from alerts.web.files import ANSWER_FILES, STATIC, file_of
from alerts.web.places_api import safety_out
from alerts.web.steps_api import responders_out
from alerts.web.tries import Tries
from alerts.words import words_of
from streams.clock import Clock

log = logging.getLogger(__name__)

MAX_NAME = 40
MOST_ANSWERS = 60
"""Answers by one link within a minute: a whole team may use the link of a group."""


class ShowIn(BaseModel):
    """token: from the link's fragment. name: who it is, where the link is of a whole channel."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=100)
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


class AnswerIn(ShowIn):
    """round: of the page that was answered. reason: of a false alarm."""

    answer: StepKind
    round: int = Field(ge=0)
    reason: str = Field(default="", max_length=200)


def page_out(seen: Opened, site: str, place: Place, clock: Clock) -> dict[str, Any]:
    """What the page shows. place: the registered one, with what is at hand there."""
    alert, track, words = seen.alert, seen.track, words_of().get(seen.alert.hazard)
    said, mine = track.said, track.said.responders.get(seen.name)
    offered = [one.kind for one in choices(alert, track, seen.name, clock.now())]
    return {
        "site": site,
        "exercise": alert.exercise,
        "now": time_text(clock.now()),
        "hazard": alert.hazard,
        "words": {"zh": words.zh, "en": words.en} if words else {"zh": alert.hazard, "en": alert.hazard},
        "severity": alert.severity,
        "place": {"zh": alert.place, "en": (alert.place_id and place.path_en) or alert.place},
        "at_hand": safety_out(place.safety),
        "zone_type": alert.zone_type,
        "started_at": time_text(alert.started_at),
        "cleared_at": time_text(alert.resolved_at) if alert.resolved_at else None,
        "stage": track.stage,
        "round": track.round,
        "person": seen.link.person,
        "said": mine.progress if mine else "",
        "offered": [kind for kind in seen.link.allowed if kind in offered],
        "responders": responders_out(track),
        "done_by": said.done.by if said.done else "",
        "false_by": said.false_alarm.by if said.false_alarm else "",
        "expires_at": time_text(seen.link.expires_at),
    }


def answers_router(
    answers: Answers, where: Callable[[Alert], Place], clock: Clock, site: Callable[[], str]
) -> APIRouter:
    """GET /answer and its files; POST /answer/show to look, POST /answer to say something."""
    router = APIRouter()
    wrong, said = Tries(clock), Tries(clock, most=MOST_ANSWERS)

    def out(seen: Opened) -> dict[str, Any]:
        return page_out(seen, site(), where(seen.alert), clock)

    async def opened(request: Request, look: Callable[[], Opened]) -> Opened:
        client = request.client.host if request.client else ""
        try:
            return await asyncio.to_thread(look)
        except LinkRefused as error:
            wrong.check(client)  # never before a good link is let in: behind a proxy all come from one address
            wrong.count(client)
            raise HTTPException(403, str(error)) from None
        except NoName as error:
            raise HTTPException(422, f"name: {error}") from None

    @router.get("/answer", **answers_with("text/html"), dependencies=[OPEN])
    async def page() -> FileResponse:
        return FileResponse(STATIC / "answer.html", media_type="text/html")

    @router.get("/answer/{name}", response_class=FileResponse, dependencies=[OPEN])
    async def file(name: str) -> FileResponse:
        return file_of(name, ANSWER_FILES)

    @router.post("/answer/show", dependencies=[OPEN])
    async def show(given: ShowIn, request: Request) -> dict[str, Any]:
        seen = await opened(request, lambda: answers.look(given.token, one_line(given.name)))
        return out(seen)

    @router.post("/answer", dependencies=[OPEN])
    async def answer(given: AnswerIn, request: Request) -> JSONResponse:
        """409: it was not taken, with the reason's code and the page as it is now."""
        try:
            detail = checked(given.answer, {"reason": given.reason} if given.reason else {})
        except DetailRefused as error:
            raise HTTPException(422, str(error)) from None
        name = one_line(given.name)
        seen = await opened(request, lambda: answers.look(given.token, name))
        said.check(seen.link.token_hash)
        said.count(seen.link.token_hash)

        def say() -> Opened:
            return answers.say(given.token, given.answer, name=name, round=given.round, detail=detail)

        try:
            seen = await opened(request, say)
        except StaleAlert as error:
            code = error.code if isinstance(error, AlertRefused) else "changed"
            now = await opened(request, lambda: answers.look(given.token, name))
            body = {"error": "conflict", "detail": str(error), "code": code, "page": out(now)}
            return JSONResponse(body, 409)
        log.info("alert %s: %s by a link of %s", seen.alert.id, given.answer, seen.link.via)
        return JSONResponse(out(seen))

    return router
