"""Set-up in the browser, over HTTP. Every change is tried before it is written."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from alerts.access.roles import Permission
from alerts.errors import Problem
from alerts.setup.book import Draft
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.files import page_of
from alerts.web.named import actor_of
from alerts.web.setup_work import (
    ApprovalIn,
    CameraTrialIn,
    ChangeIn,
    ChannelTrialIn,
    EntryIn,
    RotaWeekIn,
    RulesTrialIn,
    Setup,
)

_SETUP = [needs(Permission.SETUP)]


def setup_router(setup: Setup) -> APIRouter:
    """/setup and what lies below /api/setup/."""
    router = APIRouter()

    @router.get("/setup", **answers_with("text/html"), dependencies=_SETUP)
    async def page(request: Request) -> Response:
        return await page_of(request, "setup.html")

    @router.get("/api/setup/sheet", dependencies=_SETUP)
    async def sheet() -> dict[str, Any]:
        """All parts that can be set up, without secrets: where one is set, `{"kept": …}` stands for it."""
        return await setup.shown()

    @router.post("/api/setup/check", dependencies=_SETUP)
    async def check(given: EntryIn) -> dict[str, Any]:
        """Whether the settings would take it. Nothing is written."""
        return draft_out(await setup.checked(given.change()))

    @router.post("/api/setup/rota-week", dependencies=_SETUP)
    async def rota_week(given: RotaWeekIn) -> dict[str, Any]:
        """Who is on duty when in a week, as the rota stands or would be. Nothing is written."""
        return await setup.rota_week(given)

    @router.post("/api/setup/change", dependencies=_SETUP)
    async def change(given: ChangeIn, caller: Caller) -> dict[str, Any]:
        """Write it to the settings file; the watch takes it up within two seconds. 409 if the file is another now."""
        return draft_out(await setup.changed(given.change(), given.version, actor_of(caller, given)))

    @router.post("/api/setup/try-channel", dependencies=_SETUP)
    async def try_channel(given: ChannelTrialIn, caller: Caller) -> dict[str, Any]:
        """Send a marked test by a channel of the file, and say what became of it."""
        return {"tried": await setup.tried(given, actor_of(caller, given))}

    @router.post("/api/setup/try-camera", dependencies=_SETUP)
    async def try_camera(given: CameraTrialIn, caller: Caller) -> dict[str, Any]:
        """Open a camera and give one picture of it, at most 1280 px wide, as base64."""
        return await setup.still(given, actor_of(caller, given))

    @router.post("/api/setup/approve", dependencies=_SETUP)
    async def approve(given: ApprovalIn, caller: Caller) -> dict[str, Any]:
        """What a still shows is the clear route: the rule for clutter compares with it from now on."""
        return draft_out(await setup.approved(given, actor_of(caller, given)))

    @router.post("/api/setup/try-rules", dependencies=_SETUP)
    async def try_rules(given: RulesTrialIn, caller: Caller) -> dict[str, Any]:
        """Run the rules over what the camera has just sent, with its zones and masks as they would be."""
        return await setup.try_rules(given, actor_of(caller, given))

    @router.get("/api/setup/recent", dependencies=_SETUP)
    async def recent(camera: Annotated[str, Query(max_length=200)]) -> dict[str, float]:
        """How far back the rules could be tried now; the last minutes are kept while somebody asks, and for three
        minutes after."""
        return await setup.recent(camera)

    @router.get("/api/setup/rules-trial", dependencies=_SETUP)
    async def rules_trial() -> dict[str, Any]:
        """How far it is, and what would have been raised."""
        return await setup.rules_shown()

    @router.post("/api/setup/rules-trial/stop", dependencies=_SETUP)
    async def stop_rules() -> dict[str, Any]:
        """What was tried so far is kept."""
        return await setup.rules_stopped()

    @router.get("/api/setup/rules-trial/film.mp4", **answers_with("video/mp4"), dependencies=_SETUP)
    async def film() -> FileResponse:
        """What the rules saw, step by step."""
        return FileResponse(await setup.film(), media_type="video/mp4")

    return router


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
    return {"path": path, "key": key, "code": problem.code, "message": problem.message, "values": problem.values}
