"""The page behind the links of a notice. It needs no log-in: the token in the link's fragment is the way in.

A GET takes nothing and changes nothing, so that whatever fetches a link ahead answers nothing. The token comes in the
body of a POST, which no log and no Referer holds. Shown is what other notices show: the words, and the picture with
people's heads hidden; no camera, no id.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.errors import StaleAlert
from alerts.line import one_line
from alerts.record.actor import Actor
from alerts.record.records import Kind
from alerts.registry.registry import Place
from alerts.routing.people import People
from alerts.track.answers import Answers, LinkRefused, NoName, Opened
from alerts.track.step import StepKind
from alerts.web.alert_page import OLDEST_S, Conflict, alert_page, answer_detail, not_taken, small_picture
from alerts.web.answered import answers_with
from alerts.web.caller import OPEN
from alerts.web.dispatch_api import sent_out
from alerts.web.evidence_api import Evidence
from alerts.web.tries import Tries
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
    """round: of the page that was answered. reason: of a false alarm. age_s: so long ago it was said."""

    answer: StepKind
    round: int = Field(ge=0)
    reason: str = Field(default="", max_length=200)
    age_s: float = Field(default=0.0, ge=0, le=OLDEST_S)


def answers_router(
    answers: Answers,
    where: Callable[[Alert], Place],
    clock: Clock,
    site: Callable[[], str],
    people: Callable[[], People],
    evidence: Evidence,
) -> APIRouter:
    """POST /answer/show to look, /answer/picture for the picture, /answer to say something. The page itself:
    `alerts.web.phone_api`."""
    router = APIRouter()
    wrong, said = Tries(clock), Tries(clock, most=MOST_ANSWERS)

    def out(seen: Opened) -> dict[str, Any]:
        sent = sent_out(seen.track, people(), seen.name)
        allowed = answers.may_say(seen)
        page = alert_page(seen.alert, seen.track, seen.name, allowed, where(seen.alert), site(), clock.now(), sent)
        page["false_when_there"] = StepKind.FALSE_ALARM in seen.link.allowed and StepKind.FALSE_ALARM not in allowed
        page["time_zone"] = answers.time_zone
        return {**page, "person": seen.link.person, "expires_at": time_text(seen.link.expires_at)}

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

    @router.post("/answer/show", dependencies=[OPEN])
    async def show(given: ShowIn, request: Request) -> dict[str, Any]:
        seen = await opened(request, lambda: answers.look(given.token, one_line(given.name)))
        return out(seen)

    @router.post("/answer/picture", **answers_with("image/jpeg"), dependencies=[OPEN])
    async def picture(given: ShowIn, request: Request) -> Response:
        """Small, with people's heads hidden. 404: there is none."""
        seen = await opened(request, lambda: answers.look(given.token, one_line(given.name)))
        answer = await small_picture(evidence.media, seen.alert)
        evidence.recorder.saw(Kind.SAW_PICTURE, seen.alert.id, Actor(seen.name, seen.link.via))
        return answer

    @router.post("/answer", dependencies=[OPEN])
    async def answer(given: AnswerIn, request: Request) -> JSONResponse:
        """409: it was not taken, with the reason's code and the page as it is now."""
        detail = answer_detail(given.answer, given.reason, given.age_s, clock.now())
        name = one_line(given.name)
        seen = await opened(request, lambda: answers.look(given.token, name))
        said.check(seen.link.token_hash)
        said.count(seen.link.token_hash)

        def say() -> Opened:
            return answers.say(given.token, given.answer, name=name, round=given.round, detail=detail)

        try:
            seen = await opened(request, say)
        except StaleAlert as error:
            now = await opened(request, lambda: answers.look(given.token, name))
            return not_taken(Conflict.of(error), out(now))
        log.info("alert %s: %s by a link of %s", seen.alert.id, given.answer, seen.link.via)
        return JSONResponse(out(seen))

    return router
