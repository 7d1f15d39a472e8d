"""The page on which zones are drawn on a still: served to this machine alone, for as long as one person draws."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict

from alerts.access.accounts import Account
from alerts.config import ConsoleConfig
from alerts.db.rows import OperatorSession
from alerts.db.sign_ins import SignInLink
from alerts.web.access import Access
from alerts.web.app import answer_errors
from alerts.web.caller import SIGNED_IN
from alerts.web.entry import entry_router
from alerts.web.files import page_router
from alerts.web.guard import Guard
from alerts.web.routes import check_routes
from alerts.zoning import Checked, check, draft_of, zone_fields
from streams.clock import Clock
from streams.disk import replace_text
from vision.config import CameraConfig

HOST = "127.0.0.1"
TITLE = "Xin'an 心安"


class SessionsInMemory:
    """What `Access` needs to keep, for as long as the page is served. Thread-safe by the interpreter's lock."""

    def __init__(self) -> None:
        self._sessions: dict[str, OperatorSession] = {}
        self._links: dict[str, SignInLink] = {}

    def open(self, session: OperatorSession, account: Account | None) -> None:
        """Keep it; there are no accounts."""
        self._sessions[session.token_hash] = session

    def session(self, token_hash: str, now: datetime) -> OperatorSession | None:
        """The session of that hash, unless it has expired."""
        found = self._sessions.get(token_hash)
        return found if found and found.expires_at > now else None

    def of_account(self, account: str, now: datetime) -> list[OperatorSession]:
        """There are no accounts."""
        return []

    def open_now(self, now: datetime) -> frozenset[str]:
        """The hashes of all."""
        return frozenset(self._sessions)

    def extend(self, token_hash: str, expires_at: datetime) -> None:
        """Let it live on."""
        if found := self._sessions.get(token_hash):
            self._sessions[token_hash] = replace(found, expires_at=expires_at)

    def close(self, token_hash: str) -> None:
        """Forget it."""
        self._sessions.pop(token_hash, None)

    def add_link(self, link: SignInLink) -> None:
        """In place of the one before."""
        self._links = {link.token_hash: link}

    def link(self, token_hash: str, now: datetime) -> SignInLink | None:
        """The link of that hash, unless it has expired."""
        found = self._links.get(token_hash)
        return found if found and found.expires_at > now else None

    def use_link(self, token_hash: str) -> bool:
        """Forget it; whether it was there."""
        return self._links.pop(token_hash, None) is not None


class DraftIn(BaseModel):
    """Zones and masks as the page has them; whether they are sound is for the settings to say."""

    model_config = ConfigDict(extra="forbid")

    zones: list[dict[str, Any]]
    masks: list[Any]


@dataclass(slots=True)
class Drawing:
    """What is drawn on, and what was drawn last.

    still: JPEG, of `size` (width, height) px. camera: whose zones are edited; None: of nobody yet. out: where to save.
    toml: the last draft that was sound, "" if there was none. ended: the person is done.
    """

    name: str
    still: bytes
    size: tuple[int, int]
    camera: CameraConfig | None
    out: Path
    toml: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def take(self, given: DraftIn) -> Checked:
        """Look at a draft, and remember it if it is sound."""
        checked = check(given.model_dump(), self.camera)
        if not checked.problems:
            self.toml = checked.toml
        return checked


def create_zones_app(drawing: Drawing, access: Access, clock: Clock) -> FastAPI:
    """Behind the same guard as the console: this machine, a one-time link, a session."""
    app = FastAPI(title="Xin'an zones", docs_url=None, redoc_url=None, openapi_url=None)
    for router in (entry_router(access, clock, lambda: TITLE), page_router("zones.html"), drawing_router(drawing)):
        app.include_router(router)
    check_routes(app)
    answer_errors(app)
    app.add_middleware(Guard, access=access, host=HOST)
    return app


def drawing_router(drawing: Drawing) -> APIRouter:
    """The still, the draft, and what becomes of it."""
    router = APIRouter(dependencies=[SIGNED_IN])

    @router.get("/still.jpg")
    async def still() -> Response:
        return Response(drawing.still, media_type="image/jpeg")

    @router.get("/api/zones")
    async def zones() -> dict[str, Any]:
        return {
            "name": drawing.name,
            "size": list(drawing.size),
            "fields": zone_fields(),
            "out": str(drawing.out),
            "draft": draft_of(drawing.camera),
        }

    @router.post("/api/zones/check")
    async def looked_at(given: DraftIn) -> dict[str, Any]:
        checked = drawing.take(given)
        return {"toml": checked.toml, "problems": checked.problems}

    @router.post("/api/zones/save")
    async def save(given: DraftIn) -> dict[str, Any]:
        checked = drawing.take(given)
        if checked.problems:
            raise HTTPException(422, "; ".join(checked.problems))
        try:
            await asyncio.to_thread(replace_text, drawing.out, checked.toml)
        except OSError as error:
            raise HTTPException(507, f"{drawing.out}: cannot be written: {error.strerror}") from None
        return {"file": str(drawing.out)}

    @router.post("/api/zones/finish")
    async def finish() -> dict[str, bool]:
        drawing.ended.set()
        return {"ok": True}

    return router


class _Server(uvicorn.Server):
    """Leaves the signals to us: Ctrl-C ends the drawing as the page does."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve_drawing(drawing: Drawing, listener: socket.socket, clock: Clock, announce: Callable[[str], None]) -> None:
    """Until the page says that it is done, or Ctrl-C or SIGTERM. announce: is told the one-time link."""
    port = listener.getsockname()[1]
    access = Access(SessionsInMemory(), ConsoleConfig(host=HOST, port=port), clock)
    app = create_zones_app(drawing, access, clock)
    options: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False, "proxy_headers": False}
    config = uvicorn.Config(app, ws="none", lifespan="off", timeout_graceful_shutdown=2, **options)

    async def serve() -> None:
        server = _Server(config)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, drawing.ended.set)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        ending = asyncio.create_task(asyncio.to_thread(drawing.ended.wait))
        try:
            announce(f"http://{HOST}:{port}/enter#{access.issue_link()}")
            await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await serving
        finally:
            drawing.ended.set()  # so that the thread that waits for it ends, too

    asyncio.run(serve())
