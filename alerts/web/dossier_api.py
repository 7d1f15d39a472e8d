"""All of one alert over HTTP: its pictures, its time line, and itself as a zip to take away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import Response, StreamingResponse

from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.config import Settings
from alerts.dossier.gather import Dossier, Exported, gather
from alerts.dossier.timeline import folded, timeline
from alerts.errors import StoreError
from alerts.evidence.kept import Kept, Moment, moments, pictures_of
from alerts.evidence.names import Variant, picture_name
from alerts.record.chain import Entry
from alerts.record.records import Kind, head_of
from alerts.wall_clock import local_text
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs, require
from alerts.web.deliveries_api import delivery_out
from alerts.web.evidence_api import Evidence, Why
from alerts.web.media_answer import Ranges, media_answer
from alerts.web.named import name_of
from alerts.web.own import Own
from alerts.web.silences_api import silence_out
from alerts.web.steps_api import track_out

if TYPE_CHECKING:
    from alerts.dossier.bundle import Bundle

BLOCK = 1 << 18
Mark = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]


class Export(Why):
    """clear: with pictures and the clip in which people are recognisable; asks for `clear`, too. language: of what is
    to be read."""

    clear: bool = False
    language: Literal["zh", "en"] = "zh"


def picture_out(one: Kept, moment: Moment) -> dict[str, Any]:
    """As the page gets it. hidden, clear: whether there is such a variant. marked: what was found is drawn in
    already.
    by: who took it, "" for a camera."""
    width, height = one.size
    return {
        "role": one.role,
        "moment": moment,
        "mark": one.mark,
        "taken_at": one.taken_at,
        "width": width,
        "height": height,
        "hidden": one.hidden() is not None,
        "clear": "clean" in one.variants,
        "marked": one.marked,
        "drawing": dict(one.drawing),
        "by": one.by,
    }


def dossier_router(own: Own, evidence: Evidence, settings: Callable[[], Settings]) -> APIRouter:
    """Blocking work is done in threads; exports one at a time. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/alerts/{alert_id}")
    OwnAlert = Annotated[Alert, Depends(own.alert)]
    turn = asyncio.Lock()

    @router.get("/pictures", dependencies=[needs(Permission.SEE)])
    async def pictures(alert: OwnAlert) -> dict[str, Any]:
        """All that are kept, the oldest first, with what is to be seen in them. moment: whether it led to the alarm,
        raised it, or was taken since."""
        when = moments(alert)
        return {"pictures": [picture_out(one, when[one.mark]) for one in pictures_of(alert)]}

    @router.get(
        "/pictures/{mark}",
        **answers_with("image/jpeg", also_206="What `Range` asks for."),
        dependencies=[needs(Permission.SEE)],
    )
    async def picture(alert: OwnAlert, mark: Mark, caller: Caller, ranges: Ranges, clear: bool = False) -> Response:
        """One of them, heads hidden; clear: as it was taken, which asks for more, and for a reason."""
        if clear:
            require(caller, Permission.CLEAR)
            evidence.need_reason(caller, alert.id)
        found = next((one for one in pictures_of(alert) if one.mark == mark), None)
        variant = found and _variant(found, clear=clear)
        if not found or not variant:
            raise HTTPException(404, "this alert has no such picture")
        try:
            name = picture_name(found.key, variant)
        except StoreError:
            raise HTTPException(404, "this alert has no such picture") from None
        answer = await media_answer(evidence.media, name, "image/jpeg", *ranges)
        if answer is None:
            raise HTTPException(404, "the picture is no longer kept")
        evidence.saw(Kind.SAW_PICTURE, alert.id, caller)
        return answer

    @router.get("/timeline", dependencies=[needs(Permission.SEE)])
    async def story(alert: OwnAlert, caller: Caller) -> dict[str, Any]:
        """Everything that was done, oldest first; of a fire that flickered one line (`flickered`). notices, looks:
        whether the caller may know of those at all."""
        found = await asyncio.to_thread(gather, evidence.desk, evidence.store, alert.id, caller)
        events = [event.out() for event in folded(timeline(found, evidence.clock.now()))]
        return {"events": events, "notices": found.deliveries is not None, "looks": found.looks}

    @router.post("/export", **answers_with("application/zip"), dependencies=[needs(Permission.EXPORT)])
    async def export(alert: OwnAlert, given: Export, caller: Caller) -> StreamingResponse:
        """The alert as a zip. Who takes it and why is on record before it is given."""
        by, reason = name_of(caller, given), given.text()
        if given.clear:
            require(caller, Permission.CLEAR)
        taken = Exported(by, evidence.clock.now(), reason, given.clear)
        found = await asyncio.to_thread(gather, evidence.desk, evidence.store, alert.id, caller)
        async with turn:
            made = await asyncio.to_thread(_bundle, found, evidence, settings(), given.language, taken)
        detail = {"reason": reason, "clear": given.clear, "language": given.language, "sha256": made.sha256}
        entry = Entry(Kind.EXPORTED, alert.id, by, caller.via, detail, account=caller.account)
        await asyncio.to_thread(evidence.recorder.note, entry)
        at = local_text(taken.at, ZoneInfo(settings().site.time_zone), "%Y%m%dT%H%M%S")
        name = f"xinan-{alert.id}-{at}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"', "content-length": str(made.size)}
        return StreamingResponse(_blocks(made), media_type="application/zip", headers=headers)

    return router


def _variant(found: Kept, *, clear: bool) -> Variant | None:
    if clear:
        return "clean" if "clean" in found.variants else None
    return found.hidden()


def _bundle(
    found: Dossier, evidence: Evidence, settings: Settings, language: Literal["zh", "en"], taken: Exported
) -> "Bundle":
    # Here: what makes PDFs takes 7 MB, and many a console never makes one.
    from alerts.dossier.bundle import bundle
    from alerts.dossier.sheet import Sheet, font

    sheet = Sheet(language, ZoneInfo(settings.site.time_zone), font(settings.console.pdf_font))
    told = None if found.deliveries is None else [delivery_out(one) for one in found.deliveries]
    said = {"track": track_out(found.track), "silences": [silence_out(one) for one in found.silences], "notices": told}
    site, head = settings.site.name, head_of(evidence.store)
    return bundle(found, evidence.media, sheet, taken, site=site, head=head, said=said)


async def _blocks(made: "Bundle") -> AsyncIterator[bytes]:
    with made.file:
        while block := await asyncio.to_thread(partial(made.file.read, BLOCK)):
            yield block
