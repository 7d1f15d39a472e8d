"""Set-up in the browser: the settings file in parts, with every change tried before it is written."""

import asyncio
import base64
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import Field

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.config import Settings
from alerts.errors import Problem, SetupRefused
from alerts.record.chain import Entry
from alerts.record.recorder import Recorder
from alerts.record.records import Kind
from alerts.reload import LIVE
from alerts.setup.book import Book, Change, Draft
from alerts.setup.look import require_network, still_of
from alerts.setup.parts import PARTS
from alerts.setup.trial import tried_channel
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.files import STATIC
from alerts.web.named import Named, name_of
from streams.clock import Clock
from streams.errors import redact_address
from vision.config import CameraConfig

_SETUP = [needs(Permission.SETUP)]
PartName = Literal["cameras", "people", "groups", "rota", "channels", "webhooks"]


class EntryIn(Named):
    """key: of the entry as it is; null: a new one. value: as `GET /api/setup/sheet` gives them; a secret is a text that
    was typed, or what stood there, and then it stays."""

    part: PartName
    key: str | None = Field(default=None, max_length=200)
    value: dict[str, Any] | None

    def change(self) -> Change:
        """What is wanted. Raises SetupRefused."""
        if self.part == "cameras":
            for name in ("url", "main_url"):
                if isinstance(given := (self.value or {}).get(name), str) and given:
                    require_network(given)
        return Change(self.part, self.key, self.value)


class ChangeIn(EntryIn):
    """value null: take the entry out. version: of what the change was thought of."""

    version: str = Field(max_length=100)


class ChannelTrialIn(Named):
    """person: only to this one."""

    channel: str = Field(max_length=200)
    person: str = Field(default="", max_length=200)


class CameraTrialIn(Named):
    """value: as it would be; without it as the file has it."""

    key: str | None = Field(default=None, max_length=200)
    value: dict[str, Any] | None = None


class Setup:
    """What the routes share: the book, and one trial at a time. in_force: the settings that the watch goes by now."""

    def __init__(self, book: Book | None, in_force: Callable[[], Settings], recorder: Recorder, clock: Clock) -> None:
        """book: None where there is no settings file."""
        self._book, self._in_force, self._recorder, self._clock = book, in_force, recorder, clock
        self._trying = asyncio.Lock()

    async def shown(self) -> dict[str, Any]:
        """The whole sheet, with what can be set of each part."""
        fields = {name: part.all_fields() for name, part in PARTS.items()}
        about = {name: {"key": part.key, "tag": part.tag, "fields": fields[name]} for name, part in PARTS.items()}
        if self._book is None:
            return {"file": None, "version": "", "problem": "", "in_force": True, "parts": {}, "about": about}
        sheet = await asyncio.to_thread(self._book.read)
        settings = None if sheet.problem else await asyncio.to_thread(self._book.settings)
        return {
            "file": str(self._book.path),
            "version": sheet.version,
            "problem": sheet.problem,
            "in_force": settings is not None and self._is_in_force(settings),
            "parts": {name: {"entries": page.entries, "files": page.files} for name, page in sheet.pages.items()},
            "about": about,
        }

    def _is_in_force(self, settings: Settings) -> bool:
        now = self._in_force()
        return all(getattr(now, name) == getattr(settings, name) for name in LIVE)

    async def checked(self, change: Change) -> Draft:
        """Raises SetupRefused."""
        return await asyncio.to_thread(self._needed().draft, change)

    async def changed(self, change: Change, version: str, by: str, via: str) -> Draft:
        """Written, and put on record: who, which entry, which keys; no value. Raises SetupRefused."""
        draft = await asyncio.to_thread(self._needed().write, change, version)
        detail = {"part": change.part, "name": draft.name, "action": draft.kind, "changed": list(draft.keys)}
        subject = draft.name if change.part == "cameras" else ""
        await asyncio.to_thread(self._recorder.note, Entry(Kind.SET_UP, subject, by, via, detail))
        return draft

    async def still(self, given: CameraTrialIn, by: str, via: str) -> dict[str, Any]:
        """A picture of a camera as it is, or as it would be. Raises SetupRefused."""
        camera = await self._camera(given)
        async with self._one_at_a_time():
            detail = {"url": redact_address(camera.url.get_secret_value())}
            await asyncio.to_thread(self._recorder.note, Entry(Kind.TRIED_CAMERA, camera.name, by, via, detail))
            still = await asyncio.to_thread(still_of, camera)
        return {"size": still.size, "jpeg": base64.b64encode(still.jpeg).decode()}

    async def _camera(self, given: CameraTrialIn) -> CameraConfig:
        book = self._needed()
        if given.value is None:
            settings, name = await asyncio.to_thread(book.settings), given.key
        else:
            change = EntryIn(part="cameras", key=given.key, value=given.value).change()
            draft = await asyncio.to_thread(book.draft, change)
            settings, name = draft.settings, draft.name
        found = next((camera for camera in settings.cameras if camera.name == name), None)
        if found is None:
            raise SetupRefused("gone", f"cameras: {name} is not there")
        return found

    async def tried(self, given: ChannelTrialIn, by: str, via: str) -> list[dict[str, str]]:
        """By the settings as the file has them. Raises SetupRefused."""
        settings = await asyncio.to_thread(self._needed().settings)
        async with self._one_at_a_time():
            detail = {"name": given.channel, "owner": given.person}
            await asyncio.to_thread(self._recorder.note, Entry(Kind.TRIED_CHANNEL, "", by, via, detail))
            told = await tried_channel(settings, given.channel, self._clock, given.person)
        return [{"channel": one.channel, "problem": one.problem, "note": one.note} for one in told]

    def _needed(self) -> Book:
        if self._book is None:
            raise SetupRefused("no_file", "this watch was started without a settings file: nothing can be written")
        return self._book

    def _one_at_a_time(self) -> asyncio.Lock:
        if self._trying.locked():
            raise SetupRefused("busy", "something is being tried already; wait for it")
        return self._trying


def setup_router(setup: Setup) -> APIRouter:
    """/setup and what lies below /api/setup/."""
    router = APIRouter()

    @router.get("/setup", **answers_with("text/html"), dependencies=_SETUP)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "setup.html", media_type="text/html")

    @router.get("/api/setup/sheet", dependencies=_SETUP)
    async def sheet() -> dict[str, Any]:
        """All parts that can be set up, without secrets: where one is set, `{"kept": …}` stands for it."""
        return await setup.shown()

    @router.post("/api/setup/check", dependencies=_SETUP)
    async def check(given: EntryIn) -> dict[str, Any]:
        """Whether the settings would take it. Nothing is written."""
        return draft_out(await setup.checked(given.change()))

    @router.post("/api/setup/change", dependencies=_SETUP)
    async def change(given: ChangeIn, caller: Caller) -> dict[str, Any]:
        """Write it to the settings file; the watch takes it up within two seconds. 409 if the file is another now."""
        return draft_out(await _named(caller, given, partial(setup.changed, given.change(), given.version)))

    @router.post("/api/setup/try-channel", dependencies=_SETUP)
    async def try_channel(given: ChannelTrialIn, caller: Caller) -> dict[str, Any]:
        """Send a marked test by a channel of the file, and say what became of it."""
        return {"tried": await _named(caller, given, partial(setup.tried, given))}

    @router.post("/api/setup/try-camera", dependencies=_SETUP)
    async def try_camera(given: CameraTrialIn, caller: Caller) -> dict[str, Any]:
        """Open a camera and give one picture of it, at most 1280 px wide, as base64."""
        still: dict[str, Any] = await _named(caller, given, partial(setup.still, given))
        return still

    return router


async def _named(caller: Principal, given: Named, work: Callable[[str, str], Any]) -> Any:
    """work: gets who it is and by which door."""
    return await work(name_of(caller, given), caller.via)


def draft_out(draft: Draft) -> dict[str, Any]:
    """As JSON; no value of it."""
    return {"part": draft.change.part, "name": draft.name, "action": draft.kind, "changed": draft.keys}


STATUS = {"changed_meanwhile": 409, "no_file": 409, "busy": 429, "not_written": 507}
"""Of a refusal, by its code; others are 422."""


def problem_out(problem: Problem) -> dict[str, Any]:
    """As JSON. path: within the entry that was tried; null: it lies elsewhere."""
    inside = problem.loc[:1] == ("",)
    path = list(problem.loc[1:]) if inside else None
    key = ".".join(str(part) for part in (problem.loc[1:] if inside else problem.loc))
    return {"path": path, "key": key, "code": problem.code, "message": problem.message}
