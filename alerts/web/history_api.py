"""All that ever was, over HTTP, by what somebody looks for."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.db.search import Search, Standing, Word, holds, words_in
from alerts.desk import Desk
from alerts.registry.registry import Registry
from alerts.web.access import clean_text
from alerts.web.alerts_api import alert_out
from alerts.web.caller import needs
from alerts.web.own import Own
from alerts.web.packed import packed
from alerts.web.places_api import area_of
from alerts.words import group_of, hazard_texts, words_of

MAX_TEXT = 80
_Text = Annotated[str, Field(max_length=MAX_TEXT)]


class Asked(BaseModel):
    """The query. place: id of a registered one, with all that lies within it. since, until: when it was raised."""

    model_config = ConfigDict(extra="forbid")

    hazard: _Text = ""
    camera: _Text = ""
    place: _Text = ""
    standing: Standing | None = None
    who: _Text = ""
    text: _Text = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: str | None = Field(default=None, pattern=r"^[0-9A-Za-z_-]{1,64}$")
    limit: int = Field(default=50, ge=1, le=200)


def search_of(asked: Asked, registry: Registry) -> Search:
    """What is looked for, as the site is registered now."""
    return Search(
        hazard=clean_text(asked.hazard, MAX_TEXT),
        camera=clean_text(asked.camera, MAX_TEXT),
        inside=area_of(asked.place, registry),
        standing=asked.standing,
        who=words_in(clean_text(asked.who, MAX_TEXT)),
        words=tuple(_word(text, registry) for text in words_in(clean_text(asked.text, MAX_TEXT))),
        since=asked.since,
        until=asked.until,
    )


def _word(text: str, registry: Registry) -> Word:
    hazards = (kind for kind in words_of() if holds(hazard_texts(kind), text))
    causes = (cause for cause, words in group_of("cause").items() if holds(words.values(), text))
    places = (one.id for one in registry.places.values() if holds((one.path, one.path_en), text))
    return Word(text, frozenset(hazards), frozenset(places), frozenset(causes))


def history_router(own: Own, desk: Desk) -> APIRouter:
    """GET /api/history."""
    router = APIRouter()
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/api/history", response_model=dict[str, Any], dependencies=[needs(Permission.SEE)])
    async def history(request: Request, area: OwnArea, asked: Annotated[Asked, Query()]) -> Response:
        """Newest first. A page may be short, or empty: it ends where `next` is null."""
        search = search_of(asked, desk.registry)
        found, after = await asyncio.to_thread(desk.history, search, before=asked.before, limit=asked.limit, area=area)
        return await asyncio.to_thread(
            packed, request, {"alerts": [alert_out(alert) for alert in found], "next": after}
        )

    return router
