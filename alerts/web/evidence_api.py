"""Evidence over HTTP: pictures, clips, holds, and the record of who saw and did what.

Pictures are shown with people's heads hidden. The clear ones and the clip are for whoever says why; that goes on record
before they are shown.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response
from pydantic import Field

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import Variant, clip_name, picture_name
from alerts.record import holds
from alerts.record.chain import Entry
from alerts.record.recorder import Recorder
from alerts.record.records import Kind, Transactions
from alerts.track.detail import MAX_REASON
from alerts.web.access import clean_text
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs, require
from alerts.web.clear import LIFE_S, ClearViews
from alerts.web.media_answer import Ranges, media_answer
from alerts.web.named import Named, actor_of
from alerts.web.own import Own
from alerts.web.refused import Coded
from streams.clock import Clock

Picture = Literal["blurred", "after_blurred", "annotated", "clean", "after"]
"""The first two hide people's heads. after: of the place once it was clear."""
_FILES: dict[str, tuple[str, Variant]] = {
    "blurred": ("snapshot", "blurred"),
    "annotated": ("snapshot", "annotated"),
    "clean": ("snapshot", "clean"),
    "after_blurred": ("snapshot_after", "blurred"),
    "after": ("snapshot_after", "clean"),
}


class Why(Named):
    """reason: a known word such as `fire_response`, or the operator's own."""

    reason: str = Field(min_length=1, max_length=MAX_REASON)

    def text(self) -> str:
        """Raises HTTPException 422."""
        reason = clean_text(self.reason, MAX_REASON)
        if not reason:
            raise Coded(422, "reason_needed", "reason: say why")
        return reason


class Evidence:
    """What the routes work on."""

    def __init__(
        self,
        desk: Desk,
        store: Transactions,
        media: MediaStore,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self.desk, self.store, self.media = desk, store, media
        self.recorder, self.clock = recorder, clock
        self.clear = ClearViews(clock)

    def need_reason(self, caller: Principal, alert_id: str) -> None:
        """Raises HTTPException 403 unless the caller has said why, in this session, and not too long ago."""
        if not self.clear.allowed(caller.session, alert_id):
            raise HTTPException(403, "people are recognisable here: say why you look first")

    def saw(self, kind: Kind, subject: str, caller: Principal) -> None:
        """Put it on record, soon."""
        self.recorder.saw(kind, subject, caller.actor)


def evidence_router(own: Own, evidence: Evidence) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/alerts/{alert_id}")
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.post("/clear", dependencies=[needs(Permission.CLEAR)])
    async def clear(alert: OwnAlert, given: Why, caller: Caller) -> dict[str, Any]:
        """Say why, and see the clear pictures and the clip for a quarter of an hour."""
        by, reason = actor_of(caller, given), given.text()
        entry = Entry(Kind.SAW_CLEAR_PICTURE, alert.id, by.name, by.via, {"reason": reason}, account=by.account)
        await asyncio.to_thread(evidence.recorder.note, entry)
        evidence.clear.allow(caller.session, alert.id)
        return {"seconds": LIFE_S}

    @router.get(
        "/snapshot",
        **answers_with("image/jpeg", also_206="What `Range` asks for."),
        dependencies=[needs(Permission.SEE)],
    )
    async def snapshot(alert: OwnAlert, caller: Caller, ranges: Ranges, variant: Picture = "blurred") -> Response:
        """Only by the alert's id: there is no way to name a file. A clear one asks for more than a blurred one."""
        which, kind = _FILES[variant]
        if kind != "blurred":
            require(caller, Permission.CLEAR)
            evidence.need_reason(caller, alert.id)
        key = alert.snapshot if which == "snapshot" else dict(alert.evidence.get(which, {})).get("key", "")
        if not key:
            raise HTTPException(404, "this alert has no such snapshot")
        answer = await media_answer(evidence.media, _named(picture_name, key, kind), "image/jpeg", *ranges)
        if answer is None:
            raise HTTPException(404, "the snapshot is no longer kept")
        evidence.saw(Kind.SAW_PICTURE, alert.id, caller)
        return answer

    @router.get(
        "/clip",
        **answers_with("video/mp4", also_206="What `Range` asks for."),
        dependencies=[needs(Permission.CLEAR)],
    )
    async def clip(alert: OwnAlert, caller: Caller, ranges: Ranges) -> Response:
        """Only by the alert's id, as its picture; whole or in ranges. 410: it was deleted."""
        evidence.need_reason(caller, alert.id)
        key = dict(alert.evidence.get("clip", {})).get("key", "")
        if not key:
            raise HTTPException(404, "this alert has no clip")
        answer = await media_answer(evidence.media, _named(clip_name, key), "video/mp4", *ranges)
        if answer is None:
            raise HTTPException(410, "the clip was deleted")
        evidence.saw(Kind.SAW_CLIP, alert.id, caller)
        return answer

    @router.get("/hold", dependencies=[needs(Permission.SEE)])
    async def hold_of(alert: OwnAlert) -> dict[str, Any]:
        """Why it is kept beyond its time; "" if it is not."""
        found = await asyncio.to_thread(holds.held, evidence.store)
        return {"held": found.get(alert.id, "")}

    @router.post("/hold", dependencies=[needs(Permission.HOLD)])
    async def hold(alert: OwnAlert, given: Why, caller: Caller) -> dict[str, Any]:
        """Keep it, its pictures and its clip beyond their time."""
        by, reason, now = actor_of(caller, given), given.text(), evidence.clock.now()
        await asyncio.to_thread(holds.hold, evidence.store, alert.id, by=by, reason=reason, at=now)
        return {"held": reason}

    @router.post("/release", dependencies=[needs(Permission.HOLD)])
    async def release(alert: OwnAlert, caller: Caller, given: Named | None = None) -> dict[str, Any]:
        """End the hold; ending none does no harm."""
        by, now = actor_of(caller, given), evidence.clock.now()
        await asyncio.to_thread(holds.release, evidence.store, alert.id, by=by, at=now)
        return {"held": ""}

    return router


def _named(name: Callable[..., str], *key: str) -> str:
    """Raises HTTPException 404 for a key that there cannot be."""
    try:
        return name(*key)
    except StoreError:
        raise HTTPException(404, "this alert has no such file") from None
