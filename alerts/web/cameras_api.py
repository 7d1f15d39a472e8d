"""Cameras over HTTP: list with health, newest picture, boxes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Response

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.camera_watch import CameraWatch, line_out
from alerts.live import LiveCameras
from alerts.record.records import Kind
from alerts.registry.registry import Registry
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.evidence_api import Evidence
from alerts.web.freshness import Freshness
from alerts.web.own import Own
from alerts.web.wanted import Wanted
from streams.reasons import Reason
from vision.config import CameraConfig
from vision.look import CameraHealth, Look


def health_out(health: CameraHealth | None, stalled: datetime | None = None) -> dict[str, Any]:
    """How a camera does, and since when. stalled: since when the picture of an online one has not changed.

    code, values: of the detail, where it is one of `streams.reasons`; else "" and nothing.
    """
    if health is None:
        return {
            "state": "unknown",
            "since": None,
            "detail": "",
            "code": "",
            "values": {},
            "looks": 0,
            "dropped": 0,
            "reconnects": 0,
        }
    known = health.detail if isinstance(health.detail, Reason) else None
    stands = stalled if health.state == "online" else None
    return {
        "state": "stalled" if stands else health.state,
        "since": (stands or health.since).isoformat(),
        "detail": health.detail,
        "code": known.code if known else "",
        "values": dict(known.values) if known else {},
        "looks": health.looks,
        "dropped": health.dropped,
        "reconnects": health.reconnects,
    }


def boxes_out(look: Look | None) -> dict[str, Any]:
    """What was seen in the newest look: everything, and what a rule objects to. Boxes 0–1."""
    if look is None:
        return {"at": None, "boxes": [], "findings": []}
    return {
        "at": look.at.isoformat(),
        "boxes": [
            {"name": seen.name, "confidence": round(seen.confidence, 3), "box": list(seen.box)} for seen in look.boxes
        ],
        "findings": [
            {
                "hazard": finding.hazard,
                "severity": finding.severity,
                "confirmed": finding.confirmed,
                "notice": finding.notice,
                "box": list(finding.box),
            }
            for finding in look.findings
        ],
    }


class Cameras:
    """The watched cameras and the newest of each."""

    def __init__(
        self, live: LiveCameras, freshness: Freshness, watched: CameraWatch, registry: Callable[[], Registry]
    ) -> None:
        """registry: what lies where, now."""
        self._registry = registry
        self._live = live
        self._freshness = freshness
        self._watched = watched

    @property
    def configs(self) -> Mapping[str, CameraConfig]:
        """The cameras by name. Never changed, but replaced."""
        return self._live.cameras

    def names(self, area: Area | None) -> list[str]:
        """Of all cameras, or of those of an area."""
        return [name for name in self.configs if area is None or name in area.cameras]

    def health(self, area: Area | None) -> dict[str, dict[str, Any]]:
        """`facts` of the cameras of an area, by name."""
        return {name: self.facts(name) for name in self.names(area)}

    def facts(self, name: str) -> dict[str, Any]:
        """Of one camera: how it does, how fast it sends, how long nobody looked."""
        stalled = self._freshness.stalled_since(name)
        # A camera that has just been added is known to one before it is to the other.
        return health_out(self._live.health(name), stalled) | {"troubles": []} | self._watched.facts(name)

    def changes(self, name: str) -> list[dict[str, Any]]:
        """A camera's time line: what was wrong with it, and when, newest first."""
        return [line_out(change) for change in self._watched.changes(name)]

    def all(self, area: Area | None) -> list[dict[str, Any]]:
        """As the page draws them. The source's address is left out: it may hold a password."""
        configs = self.configs
        return [self._one(configs[name]) for name in self.names(area) if name in configs]

    def boxes(self, name: str) -> dict[str, Any]:
        """Of one camera; empty while its picture is not live."""
        picture, _ = self._freshness.picture(name)
        return boxes_out(self._live.look(name) if picture else None)

    def all_boxes(self, area: Area | None) -> dict[str, dict[str, Any]]:
        """Of the cameras of an area, by name."""
        return {name: self.boxes(name) for name in self.names(area)}

    def picture(self, name: str) -> tuple[bytes, int]:
        """The newest JPEG and its count. Raises HTTPException 404 if nothing live is to be had."""
        preview, why = self._freshness.picture(name)
        if preview is None:
            health = self._live.health(name)
            raise HTTPException(404, f"no live picture: {health.state if why == 'offline' and health else why}")
        return preview.jpeg, preview.index

    def _one(self, camera: CameraConfig) -> dict[str, Any]:
        look = self._live.look(camera.name)
        registry = self._registry()
        place = registry.place_of(camera.name)
        return {
            "name": camera.name,
            "place": registry.text_of(camera.name),
            "place_id": place.id if place else None,
            "zones": [
                {"name": zone.name, "type": zone.type, "polygon": [list(point) for point in zone.polygon]}
                for zone in camera.zones
            ],
            "health": self.facts(camera.name),
            "size": list(look.size) if look else None,
        }


def cameras_router(own: Own, cameras: Cameras, wanted: Wanted, evidence: Evidence) -> APIRouter:
    """Everything that is asked of a camera by name, and all at once. wanted, evidence: told of pictures that are
    fetched, and by whom.
    """
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnCamera = Annotated[str, Depends(own.camera)]

    @router.get("/cameras", dependencies=[needs(Permission.SEE)])
    async def all_cameras(area: OwnArea) -> dict[str, Any]:
        return {"cameras": cameras.all(area)}

    @router.get("/boxes", dependencies=[needs(Permission.SEE)])
    async def all_boxes(area: OwnArea) -> dict[str, Any]:
        return {"cameras": cameras.all_boxes(area)}

    @router.get("/cameras/{name}/health", dependencies=[needs(Permission.SEE)])
    async def health(name: OwnCamera) -> dict[str, Any]:
        return {"camera": name, **cameras.facts(name), "changes": cameras.changes(name)}

    @router.get("/cameras/{name}/boxes", dependencies=[needs(Permission.SEE)])
    async def boxes(name: OwnCamera) -> dict[str, Any]:
        return cameras.boxes(name)

    @router.get(
        "/cameras/{name}/picture.jpg",
        **answers_with("image/jpeg", also_304="It is the picture of `If-None-Match`."),
        dependencies=[needs(Permission.LIVE)],
    )
    async def picture(
        name: OwnCamera, caller: Caller, if_none_match: Annotated[str, Header()] = "", calm: bool = False
    ) -> Response:
        """calm: the one picture a second that is made anyway will do: of a small tile."""
        if not calm:
            wanted.fetched(name)
        jpeg, index = cameras.picture(name)
        etag = f'"{index}"'
        if if_none_match == etag:
            return Response(status_code=304, headers={"etag": etag})
        evidence.saw(Kind.SAW_LIVE, name, caller)
        return Response(jpeg, media_type="image/jpeg", headers={"etag": etag})

    return router
