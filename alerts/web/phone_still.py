"""A still of an alert's camera as it is now, for a phone on a slow line: small, with people's heads hidden, as its
snapshot is. Live video is the console's.

The newest picture is not shown but the newest at or after which the camera was looked at: whoever has walked into it
since the last look would be hidden by nothing. That is a second or two older, and the answer says of when it is.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.evidence.film import Shot
from alerts.live import LiveCameras
from alerts.record.records import Kind
from alerts.web.alert_page import small_jpeg
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.cameras_api import Cameras
from alerts.web.evidence_api import Evidence
from alerts.web.media_answer import in_reader
from alerts.web.own import Own
from alerts.web.refused import Coded
from vision.blur import blurred
from vision.geometry import Box
from vision.jpeg import decode_image
from vision.rule import Severity

MOST_BEHIND = timedelta(seconds=5)
"""A still that is so much older than the newest picture is not called one of now: the analysis does not keep up."""
TAKEN_AT = "x-taken-at"


class Stills:
    """What the routes of a phone ask of the cameras."""

    def __init__(self, own: Own, live: LiveCameras, cameras: Cameras, newest: Callable[[str], Shot | None]) -> None:
        """newest: `alerts.evidence.film.Films.newest`."""
        self._own, self._live, self._cameras, self._newest = own, live, cameras, newest

    def sight(self, alert: Alert, caller: Principal) -> dict[str, Any] | None:
        """How the alert's camera does, and since when. None: there is none, or whoever asks may not see it live."""
        if not caller.may(Permission.LIVE) or not self._own.has_camera(alert.camera, caller):
            return None
        facts = self._cameras.facts(alert.camera)
        return {"state": facts["state"], "since": facts["since"]}

    def shot(self, camera: str) -> Shot:
        """Raises Coded 404: `no_sight`, the camera shows nothing now; `not_looked`, nobody knows yet who is in it."""
        preview = self._live.preview(camera)
        if preview is None or self._live.jpeg(camera) is None:
            raise Coded(404, "no_sight", "the camera shows no picture now")
        shot = self._newest(camera)
        if shot is None or abs(preview.at - shot.at) > MOST_BEHIND:
            raise Coded(404, "not_looked", "no picture of now has been looked at for people yet")
        return shot

    def fires(self, camera: str, shot: Shot) -> list[Box]:
        """Where it burnt already when this picture was taken, by the newest look: that stays clear. Where the flame of
        a later look is, a face may have been."""
        look = self._live.look(camera)
        if look is None or not shot.near(look.at):
            return []
        return [one.box for one in look.findings if one.severity is Severity.FIRE and one.since_at <= shot.at]


def still_router(own: Own, stills: Stills, evidence: Evidence) -> APIRouter:
    """GET /api/phone/alerts/{alert_id}/live."""
    router = APIRouter()
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.get(
        "/api/phone/alerts/{alert_id}/live", **answers_with("image/jpeg"), dependencies=[needs(Permission.LIVE)]
    )
    async def still(found: OwnAlert, caller: Caller) -> Response:
        """The scene now: one still, heads hidden; `X-Taken-At` says of when it is. 404: its camera is not theirs, or
        shows nothing."""
        camera = own.camera(found.camera, caller)  # an alert stays theirs when its camera hangs elsewhere by now
        shot = stills.shot(camera)
        jpeg = await in_reader(_drawn, shot, stills.fires(camera, shot))
        evidence.saw(Kind.SAW_LIVE, camera, caller)
        return Response(jpeg, media_type="image/jpeg", headers={TAKEN_AT: time_text(shot.at)})

    return router


def _drawn(shot: Shot, fires: Sequence[Box]) -> bytes:
    image = decode_image(shot.jpeg)
    if image is None:
        raise Coded(404, "no_sight", "the camera shows no picture now")
    return small_jpeg(blurred(image, shot.private, fires))
