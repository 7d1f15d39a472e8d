"""What the page for a phone shows of one alert, however somebody came to it: enough to move within a minute."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
from fastapi import HTTPException
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.errors import AlertRefused, MediaAway, MediaGone, StaleAlert
from alerts.evidence.media import MediaStore
from alerts.evidence.names import picture_name
from alerts.registry.registry import Place
from alerts.track.detail import DetailRefused, checked
from alerts.track.fold import Track
from alerts.track.rules import choices
from alerts.track.step import StepKind
from alerts.web.alerts_api import alert_out
from alerts.web.media_answer import AWAY, in_reader
from alerts.web.places_api import safety_out
from alerts.web.steps_api import earlier_out, responders_out
from alerts.words import words_of_alert
from vision.jpeg import decode_image, encode_jpeg, shrink

SMALL_WIDTH = 640
SMALL_QUALITIES = (55, 40, 25, 12)
MOST_SMALL = 60_000
"""Bytes that the picture should take: about 30 kB mostly, a few seconds on a bad line."""
LATE_S = 2.0
"""An answer that took longer to come says in the record when it was given; less is the way over the line."""
OLDEST_S = 7 * 86_400.0


def alert_page(
    alert: Alert,
    track: Track,
    name: str,
    allowed: Collection[StepKind],
    place: Place,
    site: str,
    now: datetime,
    sent: Mapping[str, Any],
) -> dict[str, Any]:
    """name: who looks, "" if that is not known. allowed: what they may say. place: the registered one, with what is at
    hand there. sent: who was sent (`alerts.web.dispatch_api.sent_out`). picture: changes with the picture, "" if there
    is none to show here."""
    said, mine = track.said, track.said.responders.get(name)
    offered = [one.kind for one in choices(alert, track, name, now)]
    return {
        "site": site,
        "exercise": alert.exercise,
        "now": time_text(now),
        **heading(alert, place),
        "at_hand": safety_out(place.safety),
        "zone_type": alert.zone_type,
        "cleared_at": time_text(alert.resolved_at) if alert.resolved_at else None,
        "stage": track.stage,
        "round": track.round,
        "said": mine.progress if mine else "",
        "offered": [kind for kind in allowed if kind in offered],
        "responders": responders_out(track),
        "earlier": earlier_out(track),
        **sent,
        "done_by": said.done.by if said.done else "",
        "false_by": said.false_alarm.by if said.false_alarm else "",
        "note": str(alert.evidence.get("report_note", "")),
        "picture": picture_mark(alert),
    }


def heading(alert: Alert, place: Place) -> dict[str, Any]:
    """What it is, where, and since when. raised: whether it was ever more than a suspicion."""
    words = words_of_alert(alert)
    return {
        "hazard": alert.hazard,
        "words": {"zh": words.zh, "en": words.en},
        "severity": alert.severity,
        "raised": alert.fired_at is not None,
        "place": {"zh": alert.place, "en": (alert.place_id and place.path_en) or alert.place},
        "started_at": time_text(alert.started_at),
        "reopened_at": time_text(alert.reopened_at) if alert.reopened_at else None,
    }


def picture_mark(alert: Alert) -> str:
    """Of the picture with people's heads hidden; "": there is none."""
    shown = alert_out(alert)
    return str(shown["snapshot"]) if shown["blurred"] else ""


async def small_picture(media: MediaStore, alert: Alert) -> Response:
    """The picture with people's heads hidden, made small. Raises HTTPException 404, 503."""
    if not picture_mark(alert):
        raise HTTPException(404, "there is no picture of it")
    try:
        jpeg = await in_reader(small, media, alert.snapshot)
    except MediaAway:
        raise HTTPException(503, AWAY, headers={"retry-after": "30"}) from None
    except (MediaGone, ValueError):
        raise HTTPException(404, "the picture is no longer kept") from None
    return Response(jpeg, media_type="image/jpeg")


def small(media: MediaStore, key: str) -> bytes:
    """JPEG. Raises MediaGone, MediaAway, StoreError; ValueError where it is no picture."""
    image = decode_image(media.read(picture_name(key, "blurred")))
    if image is None:
        raise ValueError("no picture")
    return small_jpeg(image)


def small_jpeg(image: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) BGR as a JPEG for a bad line: 640 px wide, and 60 kB or about that."""
    shrunk = shrink(image, SMALL_WIDTH)
    coded = (encode_jpeg(shrunk, quality) for quality in SMALL_QUALITIES)
    return next((jpeg for jpeg in coded if len(jpeg) <= MOST_SMALL), encode_jpeg(shrunk, SMALL_QUALITIES[-1]))


def answer_detail(kind: StepKind, reason: str, age_s: float, now: datetime) -> dict[str, Any]:
    """What is kept with an answer that has come now. age_s: so long ago it was given, by the phone's own clock: it may
    have waited for a line. The step is of when it came, and says when it was given (`said_at`): nobody at the console
    could know of it before. Raises HTTPException 422."""
    try:
        kept = checked(kind, {"reason": reason} if reason else {})
    except DetailRefused as error:
        raise HTTPException(422, str(error)) from None
    return kept if age_s < LATE_S else {**kept, "said_at": time_text(now - timedelta(seconds=age_s))}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why an answer was not taken. code: a word that pages have a sentence for; detail: one line."""

    code: str
    detail: str

    @classmethod
    def of(cls, error: StaleAlert) -> Self:
        """Opened anew since the person looked; or it does not go with the alert as it stands."""
        return cls(error.code if isinstance(error, AlertRefused) else "changed", str(error))


def not_taken(why: Conflict, page: dict[str, Any]) -> JSONResponse:
    """409, with the page as it is now."""
    return JSONResponse({"error": "conflict", "detail": why.detail, "code": why.code, "page": page}, 409)
