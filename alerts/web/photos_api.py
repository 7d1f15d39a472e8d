"""Photos of a case by whoever is there, over HTTP, in the way reports go: the phone makes up a key for each and may
send it as often as it likes; a line that breaks off loses nothing and doubles nothing.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.desk import Desk
from alerts.desk.photos import Added, find_sent, photos_of
from alerts.errors import PhotoRefused
from alerts.evidence.kept import mark_of
from alerts.evidence.photo import MOST_BYTES
from alerts.line import one_line
from alerts.web.alert_page import OLDEST_S
from alerts.web.caller import Caller, needs
from alerts.web.named import OWN_WORD, Named, name_of
from alerts.web.own import Own
from alerts.web.reports_api import MOST_REPORTS, WINDOW_S, Key, not_taken, photo_of
from alerts.web.tries import Tries
from streams.clock import Clock

log = logging.getLogger(__name__)


class PhotoIn(Named):
    """photo: a JPEG in base 64. age_s: so long ago it was taken, by the phone's own clock: it may have waited for a
    line."""

    photo: str = Field(min_length=1, max_length=(MOST_BYTES + 2) // 3 * 4)
    note: str = Field(default="", max_length=300)
    age_s: float = Field(default=0.0, ge=0, le=OLDEST_S)


def photos_router(own: Own, desk: Desk, clock: Clock) -> APIRouter:
    """PUT /api/alerts/{alert_id}/photos/{key}. 201: it is new; 200: it is there already."""
    router = APIRouter()
    sent = Tries(clock, most=MOST_REPORTS, window_s=WINDOW_S)
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.put(
        "/api/alerts/{alert_id}/photos/{key}", status_code=201, dependencies=[OWN_WORD, needs(Permission.ANSWER)]
    )
    async def add(found: OwnAlert, key: Key, given: PhotoIn, caller: Caller) -> JSONResponse:
        """It is drawn anew, so that neither place nor time nor the phone's name is kept, and shown with heads hidden.
        409: this kind of alert has no photos."""
        by = name_of(caller, given)
        sent.check(by)
        sent.count(by)
        taken_at = clock.now() - timedelta(seconds=given.age_s)
        try:
            photo = await asyncio.to_thread(photo_of, given.photo)
            added = Added(key, by, photo, taken_at, one_line(given.note), caller.via, caller.account)
            alert, new = await asyncio.to_thread(desk.add_photo, found.id, added)
        except PhotoRefused as error:
            return not_taken(error)
        if new:
            log.info("alert %s: a photo was added", alert.id)
        return JSONResponse(_made(alert, key), 201 if new else 200)

    return router


def _made(alert: Alert, key: str) -> dict[str, Any]:
    """mark: by which the picture is asked for. photos: how many there are by now."""
    kept = find_sent(alert, key)
    return {"alert": alert.id, "mark": mark_of(str(kept["key"])) if kept else "", "photos": len(photos_of(alert))}
