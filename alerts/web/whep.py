"""WHEP over HTTP: an offer in, an answer out, DELETE to end it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response

from alerts.access.roles import Permission
from alerts.record.records import Kind
from alerts.web.answered import NO_BODY, SDP, answers_with, takes
from alerts.web.caller import Caller, needs
from alerts.web.cameras_api import Cameras
from alerts.web.evidence_api import Evidence
from alerts.web.live_webrtc import LiveVideo, TooManyViewers
from alerts.web.own import Own
from alerts.web.peer import NoCodec, OfferError


def whep_router(own: Own, cameras: Cameras, video: LiveVideo, evidence: Evidence) -> APIRouter:
    """A viewer belongs to the session that opened it. evidence: told of who looks."""
    router = APIRouter(prefix="/api/cameras/{name}/whep", dependencies=[needs(Permission.LIVE)])
    OwnCamera = Annotated[str, Depends(own.camera)]

    @router.post("", **answers_with(SDP, 201), **takes(SDP))
    async def offer(
        name: OwnCamera,
        request: Request,
        caller: Caller,
        content_type: Annotated[str, Header()] = "",
    ) -> Response:
        if content_type.split(";")[0].strip().lower() != SDP:
            raise HTTPException(415, "expected application/sdp")
        cameras.picture(name)
        try:
            sdp = (await request.body()).decode()
            viewer, answer = await video.open(name, caller.session, sdp, lambda: own.has_camera(name, caller))
        except TooManyViewers as error:
            raise HTTPException(503, str(error), headers={"retry-after": "30"}) from None
        except NoCodec:
            raise HTTPException(406, "the browser offers no H.264") from None
        except (OfferError, UnicodeDecodeError) as error:
            raise HTTPException(400, f"the offer cannot be used: {error}") from None
        evidence.saw(Kind.SAW_LIVE, name, caller)
        location = f"{quote(request.url.path)}/{viewer}"
        return Response(answer, status_code=201, media_type=SDP, headers={"location": location})

    @router.delete("/{viewer}", **NO_BODY)
    async def end(name: OwnCamera, viewer: str, caller: Caller) -> Response:
        """The same answer whether there was such a viewer or not: it may just have ended by itself."""
        await video.close(viewer, owner=caller.session)
        return Response(status_code=204)

    return router
