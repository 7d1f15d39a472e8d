"""What set-up in the browser does: reads and writes the settings file, tries cameras, channels and rules, and says who
did so."""

import asyncio
import base64
import hashlib
import itertools
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from alerts.config import Settings
from alerts.errors import Problem, SetupRefused
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.recorder import Recorder
from alerts.record.records import Kind
from alerts.reload import LIVE
from alerts.routing.people import People
from alerts.setup.approved import keep_approved
from alerts.setup.book import Book, Change, Draft
from alerts.setup.look import require_network, still_of
from alerts.setup.parts import PARTS
from alerts.setup.rules_trial import MOST_AHEAD_S, RulesTrial
from alerts.setup.trial import tried_channel
from alerts.web.named import Named
from streams.clock import Clock
from streams.errors import redact_address
from vision.config import CameraConfig
from vision.footage import RECENT_S

MOST_GAPS = 20
PartName = Literal[
    "cameras",
    "places",
    "people",
    "groups",
    "rota",
    "routing",
    "channels",
    "webhooks",
    "muting",
    "hazards",
    "site",
]


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
                    require_network(given, name)
        return Change(self.part, self.key, self.value)


class RotaWeekIn(BaseModel):
    """value: of the rota, as it would be; without it as the file has it. first: of the seven days."""

    model_config = ConfigDict(extra="forbid")

    value: dict[str, Any] | None = None
    first: date


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


class ApprovalIn(Named):
    """still: which of the pictures that `try-camera` gave. version: of the settings file."""

    key: str = Field(max_length=200)
    still: str = Field(max_length=100)
    version: str = Field(max_length=100)


class RulesTrialIn(CameraTrialIn):
    """ahead_s: beside what is remembered, so much of what comes from now on. clip: of this alert instead, by its id."""

    ahead_s: float = Field(default=0.0, ge=0, le=MOST_AHEAD_S)
    clip: str | None = Field(default=None, max_length=64)


def week_of(settings: Settings, first: date, now: datetime) -> dict[str, Any]:
    """The turns of seven days, and what the site's clock shows now. who: names. instead: an override says so."""
    zone, rota, people = ZoneInfo(settings.site.time_zone), settings.duty(), People(settings.people, settings.groups)
    begins, ends = (datetime.combine(first + timedelta(days=days), time(0), zone) for days in (0, 7))
    return {
        "now": now.astimezone(zone).isoformat(),
        "turns": [
            {
                "begins": turn.begins.isoformat(),
                "ends": turn.ends.isoformat(),
                "who": [people[one].shown for one in who],
                "instead": rota.is_exception(turn.begins),
            }
            for turn, who in (rota.turns(begins, ends) if rota else ())
        ],
    }


def file_problem_out(problem: Problem) -> dict[str, Any]:
    """As JSON. loc: among all settings together; empty: a file as a whole."""
    said = {"code": problem.code, "message": problem.message, "values": dict(problem.values)}
    return {"loc": list(problem.loc), **said}


class Setup:
    """What the routes share: the book, and one trial at a time. in_force: the settings that the watch goes by now."""

    def __init__(
        self,
        book: Book | None,
        rules: RulesTrial | None,
        clip_of: Callable[[str, str], bytes],
        in_force: Callable[[], Settings],
        remembered: Callable[[str], float],
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        """book: None where there is no settings file. rules: None where nothing is watched. clip_of: of an alert of
        this camera; raises SetupRefused. remembered: so many seconds back a camera's pictures are kept, and asks for
        more; called on the event loop."""
        self._book, self._rules, self._clip_of, self._in_force = book, rules, clip_of, in_force
        self._remembered = remembered
        self._recorder, self._clock = recorder, clock
        self._trying = asyncio.Lock()
        self._still = ("", "", b"")  # the last one: its name, its camera, JPEG

    async def shown(self) -> dict[str, Any]:
        """The whole sheet, with what can be set of each part."""
        fields = {name: part.all_fields() for name, part in PARTS.items()}
        about = {name: {"key": part.key, "tag": part.tag, "fields": fields[name]} for name, part in PARTS.items()}
        if self._book is None:
            return {
                "file": None,
                "version": "",
                "problem": "",
                "problems": [],
                "in_force": True,
                "restart": [],
                "gaps": [],
                "parts": {},
                "about": about,
            }
        sheet = await asyncio.to_thread(self._book.read)
        settings = None if sheet.problem else await asyncio.to_thread(self._book.settings)
        return {
            "file": str(self._book.path),
            "version": sheet.version,
            "problem": sheet.problem,
            "problems": [file_problem_out(one) for one in sheet.problems],
            "in_force": settings is not None and self._is_in_force(settings),
            "restart": [] if settings is None else self._waiting(settings),
            "gaps": [] if settings is None else self._gaps(settings),
            "parts": {name: {"entries": page.entries, "files": page.files} for name, page in sheet.pages.items()},
            "about": about,
        }

    def _gaps(self, settings: Settings) -> list[tuple[str, str]]:
        """When nobody is on duty in the coming days, by the site's clock; of no rota nothing."""
        duty = settings.duty()
        found = duty.gaps_ahead(self._clock.now()) if duty else []
        return [(gap.begins.isoformat(), gap.ends.isoformat()) for gap in found[:MOST_GAPS]]

    def _is_in_force(self, settings: Settings) -> bool:
        now = self._in_force()
        return all(getattr(now, name) == getattr(settings, name) for name in LIVE)

    def _waiting(self, settings: Settings) -> list[str]:
        """Parts that are in force from the next start only."""
        now = self._in_force()
        return [name for name in PARTS if name not in LIVE and getattr(now, name) != getattr(settings, name)]

    async def checked(self, change: Change) -> Draft:
        """Raises SetupRefused."""
        return await asyncio.to_thread(self._needed().draft, change)

    async def rota_week(self, given: RotaWeekIn) -> dict[str, Any]:
        """Who is on duty when, in these seven days, by the site's clock. Raises SetupRefused."""
        if given.value is None:
            settings = await asyncio.to_thread(self._needed().settings)
        else:
            settings = (await self.checked(Change("rota", None, given.value))).settings
        return await asyncio.to_thread(week_of, settings, given.first, self._clock.now())

    async def changed(self, change: Change, version: str, by: Actor) -> Draft:
        """Written, and put on record: who, which entry, which keys; no value. Raises SetupRefused."""
        draft = await asyncio.to_thread(self._needed().write, change, version)
        detail = {"part": change.part, "name": draft.name, "action": draft.kind, "changed": list(draft.keys)}
        subject = draft.name if change.part == "cameras" else ""
        await self._note(Kind.SET_UP, subject, by, detail)
        return draft

    async def still(self, given: CameraTrialIn, by: Actor) -> dict[str, Any]:
        """A picture of a camera as it is, or as it would be: also of a new one that has no name yet. Raises
        SetupRefused."""
        unnamed = given.value is not None and given.key is None and not given.value.get("name")
        camera = await self._camera(await self._named(given) if unnamed else given)
        known = "" if unnamed else camera.name
        async with self._one_at_a_time():
            detail = {"url": redact_address(camera.url.get_secret_value())}
            await self._note(Kind.TRIED_CAMERA, known, by, detail)
            still = await asyncio.to_thread(still_of, camera)
        name = hashlib.sha256(still.jpeg).hexdigest()[:32]
        self._still = name, known, still.jpeg
        return {"still": name, "size": still.size, "jpeg": base64.b64encode(still.jpeg).decode()}

    async def approved(self, given: ApprovalIn, by: Actor) -> Draft:
        """The last still shows the clear route of its camera. Raises SetupRefused."""
        name, camera, jpeg = self._still
        if (name, camera) != (given.still, given.key):
            raise SetupRefused("still_gone", "that picture is not there any more: look again")
        sheet = await asyncio.to_thread(self._needed().read)
        entries = sheet.pages["cameras"].entries if sheet.pages else ()
        entry = next((one for one in entries if one.get("name") == camera), None)
        if entry is None or sheet.version != given.version:
            raise SetupRefused("changed_meanwhile", "the settings file was changed meanwhile; read it again")
        file = await asyncio.to_thread(keep_approved, self._in_force().store.path, camera, jpeg)
        return await self.changed(Change("cameras", camera, {**entry, "reference": str(file)}), given.version, by)

    async def _named(self, given: CameraTrialIn) -> CameraTrialIn:
        """With a name that no camera has, for the trial alone."""
        settings = await asyncio.to_thread(self._needed().settings)
        taken = {camera.name for camera in settings.cameras}
        name = next(name for number in itertools.count(1) if (name := f"new-{number}") not in taken)
        return given.model_copy(update={"value": {**(given.value or {}), "name": name}})

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

    async def tried(self, given: ChannelTrialIn, by: Actor) -> list[dict[str, str]]:
        """By the settings as the file has them. Raises SetupRefused."""
        settings = await asyncio.to_thread(self._needed().settings)
        async with self._one_at_a_time():
            detail = {"name": given.channel, "owner": given.person}
            await self._note(Kind.TRIED_CHANNEL, "", by, detail)
            told = await tried_channel(settings, given.channel, self._clock, given.person)
        return [{"channel": one.channel, "problem": one.problem, "note": one.note} for one in told]

    async def try_rules(self, given: RulesTrialIn, by: Actor) -> dict[str, Any]:
        """Begin; `rules_shown` tells how far it is. Raises SetupRefused."""
        camera, trial = await self._camera(given), self._rules_needed()
        self._require_watched(camera.name)
        recording = None if given.clip is None else await asyncio.to_thread(self._clip_of, given.clip, camera.name)
        trial.start(camera, self._in_force(), given.ahead_s, recording)
        await self._note(Kind.TRIED_RULES, camera.name, by, {} if given.clip is None else {"id": given.clip})
        return await self.rules_shown()

    async def recent(self, camera: str) -> dict[str, float]:
        """How far back the rules could be tried now; who asks has the last minutes kept for a while. Of a camera that
        is not watched yet there is nothing."""
        kept_s = self._remembered(camera) if self._is_watched(camera) else 0.0
        return {"kept_s": round(min(kept_s, RECENT_S), 1), "most_s": RECENT_S}

    async def rules_shown(self) -> dict[str, Any]:
        """Raises SetupRefused."""
        return await asyncio.to_thread(self._rules_needed().shown)

    async def rules_stopped(self) -> dict[str, Any]:
        """Raises SetupRefused."""
        await asyncio.to_thread(self._rules_needed().stop)
        return await self.rules_shown()

    async def film(self) -> Path:
        """Of the last trial. Raises SetupRefused."""
        film = self._rules_needed().film
        if not await asyncio.to_thread(film.is_file):
            raise SetupRefused("no_film", "there is no film of a trial")
        return film

    async def _note(self, kind: Kind, subject: str, by: Actor, detail: Mapping[str, Any]) -> None:
        """Put on record who does it."""
        entry = Entry(kind, subject, by.name, by.via, detail, account=by.account)
        await asyncio.to_thread(self._recorder.note, entry)

    def _is_watched(self, camera: str) -> bool:
        return camera in {one.name for one in self._in_force().cameras}

    def _require_watched(self, camera: str) -> None:
        if not self._is_watched(camera):
            raise SetupRefused("not_watched", f"{camera} is not watched yet: save it first")

    def _rules_needed(self) -> RulesTrial:
        if self._rules is None:
            raise SetupRefused("no_file", "nothing is watched here on which rules could be tried")
        return self._rules

    def _needed(self) -> Book:
        if self._book is None:
            raise SetupRefused("no_file", "this watch was started without a settings file: nothing can be written")
        return self._book

    def _one_at_a_time(self) -> asyncio.Lock:
        if self._trying.locked():
            raise SetupRefused("busy", "something is being tried already; wait for it")
        return self._trying
