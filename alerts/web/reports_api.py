"""What somebody sees on patrol, over HTTP: a photo, a place and a hazard become a case.

The phone makes up a key for each report and may send it as often as it likes: a line that breaks off loses nothing and
doubles nothing.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from alerts.access.principal import Area, Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.desk.reported import HAZARDS, Report
from alerts.errors import PhotoRefused, ReportRefused
from alerts.evidence.photo import MOST_BYTES, Photo, checked_photo
from alerts.line import one_line
from alerts.registry.config import SITE
from alerts.registry.registry import Place, Registry
from alerts.web.alert_page import OLDEST_S, heading
from alerts.web.caller import Caller, needs
from alerts.web.dispatch_api import people_of
from alerts.web.guard import REPORTS
from alerts.web.named import OWN_WORD, Named, name_of
from alerts.web.own import Own
from alerts.web.tries import Tries
from streams.clock import Clock

FULL = "too_many_photos"

log = logging.getLogger(__name__)

MOST_REPORTS = 60
"""Of one person within ten minutes."""
WINDOW_S = 600.0
Key = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{16,40}$")]


class ReportIn(Named):
    """place: id of a registered place, or `site`. where: beside it, in words. photo: a JPEG in base 64.

    age_s: so long ago the photo was taken, by the phone's own clock: it may have waited for a line.
    """

    place: str = Field(min_length=1, max_length=64)
    where: str = Field(default="", max_length=80)
    hazard: str = Field(max_length=64)
    note: str = Field(default="", max_length=300)
    photo: str = Field(min_length=1, max_length=(MOST_BYTES + 2) // 3 * 4)
    age_s: float = Field(default=0.0, ge=0, le=OLDEST_S)


def place_for(registry: Registry, area: Area | None, place_id: str) -> Place:
    """Where it is. The site itself is for whoever is not limited. Raises HTTPException 422, the same for a place that
    is not theirs and for one that is not there."""
    if place_id == SITE and area is None:
        return registry.site
    place = registry.places.get(place_id)
    if place is None or (area is not None and place.id not in area.places):
        raise HTTPException(422, "place: no such place")
    return place


def photo_of(text: str) -> Photo:
    """Raises PhotoRefused. May take 100 ms of processor."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PhotoRefused("no_photo", "not base 64") from None
    return checked_photo(data)


def reports_router(own: Own, desk: Desk, registry: Callable[[], Registry], clock: Clock) -> APIRouter:
    """PUT /api/reports/{key}. 201: a new case; 200: it is there already. Both say what it is and who is told."""
    router = APIRouter()
    sent = Tries(clock, most=MOST_REPORTS, window_s=WINDOW_S)
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.put(REPORTS + "{key}", status_code=201, dependencies=[OWN_WORD, needs(Permission.ANSWER)])
    async def report(key: Key, given: ReportIn, caller: Caller, area: OwnArea) -> JSONResponse:
        place, by = place_for(registry(), area, given.place), name_of(caller, given)
        if given.hazard not in HAZARDS:
            raise HTTPException(422, f"hazard: one of {', '.join(HAZARDS)}")
        sent.check(by)
        sent.count(by)
        taken_at = clock.now() - timedelta(seconds=given.age_s)
        try:
            photo = await asyncio.to_thread(photo_of, given.photo)
            seen = Report(key, by, place, one_line(given.where), given.hazard, one_line(given.note), photo, taken_at)
            alert, new = await asyncio.to_thread(desk.report, seen)
        except PhotoRefused as error:
            return not_taken(error)
        if new:
            log.info("alert %s: reported on patrol", alert.id)
        made = await asyncio.to_thread(_made, desk, alert, caller)
        return JSONResponse(made, 201 if new else 200)

    return router


def _made(desk: Desk, alert: Alert, caller: Principal) -> dict[str, Any]:
    """What a report has become: whose business it is, and the names of those who are told, but for whoever has just
    said it. held: nobody is told, for now."""
    people = people_of(desk)
    me = people.of_account(caller.account) or people.named(caller.name)
    named = (one.person for one in desk.deliveries(alert.id) if one.rung and one.person)
    told = [people[one].shown for one in people.members(dict.fromkeys(named)) if one != me]
    place = heading(alert, desk.where(alert))["place"]
    said = {"place": place, "whose": desk.whose(alert), "told": told, "held": alert.held}
    return {"alert": alert.id, "at": time_text(alert.fired_at or alert.started_at), **said}


def not_taken(error: PhotoRefused) -> JSONResponse:
    """422: of the photo; 429: too many wait; 409: the alert has all it may have, and waiting changes nothing."""
    said = {"error": "refused", "detail": str(error), "code": error.code}
    later = isinstance(error, ReportRefused)
    return JSONResponse(said, 409 if error.code == FULL else 429 if later else 422)
