"""WHEP over HTTP: an offer in, an answer out, DELETE to end it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response

from alerts.record.records import Kind
from alerts.web.cameras_api import Cameras
from alerts.web.entry import InSession
from alerts.web.evidence_api import Evidence
from alerts.web.live_webrtc import LiveVideo, TooManyViewers
from alerts.web.peer import NoCodec, OfferError


def whep_router(cameras: Cameras, video: LiveVideo, evidence: Evidence) -> APIRouter:
    """A viewer belongs to the session that opened it. evidence: told of who looks."""
    router = APIRouter(prefix="/api/cameras/{name}/whep")
    known = Annotated[str, Depends(cameras.known)]

    @router.post("")
    async def offer(
        name: known,
        request: Request,
        session: InSession,
        content_type: Annotated[str, Header()] = "",
    ) -> Response:
        if content_type.split(";")[0].strip().lower() != "application/sdp":
            raise HTTPException(415, "expected application/sdp")
        cameras.picture(name)
        try:
            sdp = (await request.body()).decode()
            viewer, answer = await video.open(name, session.token_hash, sdp)
        except TooManyViewers as error:
            raise HTTPException(503, str(error), headers={"retry-after": "30"}) from None
        except NoCodec:
            raise HTTPException(406, "the browser offers no H.264") from None
        except (OfferError, UnicodeDecodeError) as error:
            raise HTTPException(400, f"the offer cannot be used: {error}") from None
        evidence.saw(Kind.SAW_LIVE, name, session)
        location = f"{quote(request.url.path)}/{viewer}"
        return Response(answer, status_code=201, media_type="application/sdp", headers={"location": location})

    @router.delete("/{viewer}")
    async def end(name: known, viewer: str, session: InSession) -> Response:
        """The same answer whether there was such a viewer or not: it may just have ended by itself."""
        await video.close(viewer, owner=session.token_hash)
        return Response(status_code=204)

    return router
