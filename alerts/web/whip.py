"""WHIP over HTTP: a phone's offer in, an answer out, DELETE to end it; and the page that a phone opens for it.

A phone has no session: each camera has a token of its own, which lets in pictures for that camera and nothing else.
"""

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse

from alerts.live import LiveCameras
from alerts.web.answered import NO_BODY, SDP, answers_with, takes
from alerts.web.caller import OPEN
from alerts.web.files import PATROL_FILES, STATIC, file_of
from alerts.web.peer import OfferError
from alerts.web.phones import Phones

MAY_FILM = {"permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"}


def whip_router(live: LiveCameras, phones: Phones) -> APIRouter:
    """/whip/CAMERA takes offers, /patrol is the page; its token stands in the link's fragment, which is never sent."""
    router = APIRouter()

    def camera_of(name: str, authorization: Annotated[str, Header()] = "") -> str:
        """The camera, if the token is its own. Whether there is such a camera is not told to who has none."""
        config = live.cameras.get(name)
        told = authorization.removeprefix("Bearer ").strip()
        token = config.token.get_secret_value() if config is not None and config.token is not None else ""
        fits = secrets.compare_digest(told.encode(), token.encode())
        if config is None or not token or not fits or not config.is_pushed:
            raise HTTPException(401, "this link is wrong", headers={"www-authenticate": "Bearer"})
        return name

    camera = Annotated[str, Depends(camera_of)]

    @router.post("/whip/{name}", **answers_with(SDP, 201), **takes(SDP), dependencies=[OPEN])
    async def offer(name: camera, request: Request, content_type: Annotated[str, Header()] = "") -> Response:
        if content_type.split(";")[0].strip().lower() != SDP:
            raise HTTPException(415, "expected application/sdp")
        try:
            phone, answer = await phones.open(name, (await request.body()).decode())
        except (OfferError, UnicodeDecodeError) as error:
            raise HTTPException(400, f"the offer cannot be used: {error}") from None
        location = f"{quote(request.url.path)}/{phone}"
        return Response(answer, status_code=201, media_type=SDP, headers={"location": location})

    @router.delete("/whip/{name}/{phone}", **NO_BODY, dependencies=[OPEN])
    async def end(name: camera, phone: str) -> Response:
        """The same answer whether there was such a phone or not: it may just have ended by itself."""
        await phones.close(name, phone)
        return Response(status_code=204)

    @router.get("/patrol", **answers_with("text/html"), dependencies=[OPEN])
    async def page() -> FileResponse:
        return FileResponse(STATIC / "patrol.html", media_type="text/html", headers=MAY_FILM)

    @router.get("/patrol/{name}", response_class=FileResponse, dependencies=[OPEN])
    async def page_file(request: Request, name: str) -> Response:
        return await file_of(request, name, PATROL_FILES)

    return router
