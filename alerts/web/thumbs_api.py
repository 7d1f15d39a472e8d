"""Thumbnails of alerts over HTTP: the part of the picture that the alert is about, people's heads hidden.

They come with the queue, unasked; so who was shown one is not on record, unlike who opens the picture.
"""

import threading
from collections import OrderedDict
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.errors import MediaAway, MediaGone, StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import picture_name
from alerts.evidence.thumb import thumbnail
from alerts.web.answered import answers_with
from alerts.web.caller import needs
from alerts.web.media_answer import in_reader
from alerts.web.own import Own

KEPT = 600
"""Thumbnails in memory, of about 4 kB: a screen of them is asked for again and again."""


class Thumbs:
    """Thread-safe; blocks on the disk."""

    def __init__(self, media: MediaStore) -> None:
        self._media = media
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def of(self, alert: Alert) -> bytes | None:
        """As JPEG; None: there is no picture, or not any more. Raises MediaAway."""
        taken = alert.evidence.get("snapshot") or {}
        if not alert.snapshot or "sha256_blurred" not in taken:
            return None
        with self._lock:
            if alert.snapshot in self._kept:
                self._kept.move_to_end(alert.snapshot)
                return self._kept[alert.snapshot]
        made = self._made(alert, taken.get("box") or alert.box)
        if made is not None:
            with self._lock:
                self._kept[alert.snapshot] = made
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return made

    def _made(self, alert: Alert, box: tuple[float, float, float, float]) -> bytes | None:
        try:
            return thumbnail(self._media.read(picture_name(alert.snapshot, "blurred")), box)
        except (MediaGone, ValueError):
            return None


def thumbs_router(own: Own, media: MediaStore) -> APIRouter:
    """GET /api/alerts/{id}/thumbnail."""
    router = APIRouter()
    thumbs = Thumbs(media)
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.get("/api/alerts/{alert_id}/thumbnail", **answers_with("image/jpeg"), dependencies=[needs(Permission.SEE)])
    async def thumbnail_of(alert: OwnAlert) -> Response:
        """Only by the alert's id. 404 where there is no picture with heads hidden."""
        try:
            made = await in_reader(thumbs.of, alert)
        except MediaAway:
            raise HTTPException(503, "the picture lies in the object store, which does not answer") from None
        except StoreError:
            made = None
        if made is None:
            raise HTTPException(404, "this alert has no thumbnail")
        return Response(made, media_type="image/jpeg")

    return router
