"""The way in and out: the page of the one-time link, the log-in, the log-out, who am I."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.roles import Permission
from alerts.db.store import OperatorSession
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.web.access import MAX_NAME, Access, clean_text
from alerts.web.answered import answers_with
from alerts.web.caller import IN_SESSION, OPEN, SIGNED_IN, needs
from alerts.web.files import ENTER_FILES, STATIC, file_of
from streams.clock import Clock


class EnterIn(BaseModel):
    """token: from the link's fragment. name: what the operator calls himself."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=200)
    name: str = Field(default="", max_length=200)


def session_of(request: Request) -> OperatorSession:
    """The session that the guard found. For `Depends`."""
    session: OperatorSession = request.state.session
    return session


InSession = Annotated[OperatorSession, Depends(session_of)]


def entry_router(
    access: Access,
    clock: Clock,
    site: str,
    record: Callable[[Entry], None] = lambda entry: None,
    call_119_s: Callable[[], float | None] = lambda: None,
) -> APIRouter:
    """GET /enter takes nothing and changes nothing, so that a link that is fetched ahead is not used up.

    record: puts on record who came, left and made a link; may block. call_119_s: told to the page.
    """
    router = APIRouter()

    async def note(kind: Kind, by: str) -> None:
        await asyncio.to_thread(record, Entry(kind, by=by, via="console"))

    @router.get("/healthz", **answers_with("text/plain"), dependencies=[OPEN])
    async def healthz() -> Response:
        return Response("ok\n", media_type="text/plain")

    @router.get("/enter", **answers_with("text/html"), dependencies=[OPEN])
    async def enter_page() -> FileResponse:
        return FileResponse(STATIC / "enter.html", media_type="text/html")

    @router.get("/enter/{name}", response_class=FileResponse, dependencies=[OPEN])
    async def enter_file(name: str) -> FileResponse:
        return file_of(name, ENTER_FILES)

    @router.post("/enter", dependencies=[OPEN])
    async def enter(given: EnterIn, request: Request) -> Response:
        client = request.client.host if request.client else ""
        cookie = await access.enter(given.token, given.name, client)
        if cookie is None:
            raise HTTPException(403, "this link is wrong, was used already, or is too old")
        await note(Kind.SIGNED_IN, clean_text(given.name, MAX_NAME))
        return JSONResponse({"ok": True}, headers={"set-cookie": cookie})

    @router.get("/api/me", dependencies=[SIGNED_IN])
    async def me(session: InSession) -> dict[str, str | float | None]:
        """call_119_s: so long after it fired, a fire that nobody answers asks to call the fire brigade."""
        return {"name": session.name, "site": site, "now": clock.now().isoformat(), "call_119_s": call_119_s()}

    @router.post("/api/link", dependencies=[needs(Permission.ADMIN)])
    async def link(session: InSession) -> dict[str, str]:
        """A one-time link for another person or device; it ends the one before."""
        token = await asyncio.to_thread(access.issue_link)
        await note(Kind.MADE_LINK, session.name)
        return {"path": f"/enter#{token}"}

    @router.post("/api/leave", dependencies=[IN_SESSION])
    async def leave(session: InSession) -> Response:
        await note(Kind.SIGNED_OUT, session.name)
        return JSONResponse({"ok": True}, headers={"set-cookie": await access.leave(session)})

    return router
