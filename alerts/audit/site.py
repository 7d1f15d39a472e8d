"""What a report knows of the site: which camera a recording is of, by what it was judged, which place that is, and
which hour it was there.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from alerts.audit.find import Job
from alerts.audit.naming import whole_name
from alerts.audit.views import Views
from alerts.config import Settings
from alerts.registry.registry import Registry

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a recording was taken. camera: its name in the settings, else in the archive; "" where neither is known.

    place: the id of a registered place, else the camera's own words, else the camera. zh, en: the place in words; "" in
    a recording of which nothing is known.
    """

    camera: str
    place: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Site:
    """zone: of the clock on its walls. views: of its recordings. camera: that took what tells no camera of its own; ""
    where it is not known. pdf_font: a TrueType file; None: the reader's own. unclear: cameras of the archive of which
    several may be one of the settings: they stand for themselves."""

    name: str
    zone: ZoneInfo
    language: Language
    registry: Registry
    views: Views
    camera: str = ""
    pdf_font: Path | None = None
    unclear: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, settings: Settings, camera: str = "", language: Language | None = None, views: Views | None = None
    ) -> Self:
        """camera: as above; that of settings with a single one is known by itself. views: None: as `settings` say."""
        only = settings.cameras[0].name if len(settings.cameras) == 1 else ""
        registry = Registry.build(settings.site, settings.places, settings.cameras)
        zone = ZoneInfo(settings.site.time_zone)
        tongue = language or settings.archive.language
        judged = views or Views(settings, camera=camera)
        return cls(settings.site.name, zone, tongue, registry, judged, camera or only, settings.console.pdf_font)

    def over(self, jobs: Iterable[Job]) -> Self:
        """The same for a run over these. Of several cameras of the archive that may be one of the settings (north/ch1,
        south/ch1) only that one is it whose whole name says so: taken together, their hours would become one's. Two
        streams of a camera are one camera."""
        cameras = set(map(self.views.camera, jobs)) - {""}
        meant = {camera: self.views.registered(camera) for camera in cameras}
        number = Counter(name for _, name in {(whole_name(camera), name) for camera, name in meant.items()})
        unclear = {
            one
            for one, name in meant.items()
            if number[name] > 1 and name.casefold() not in ("", one.casefold(), whole_name(one).casefold())
        }
        return replace(self, unclear=frozenset(unclear))

    def hides(self, job: Job) -> bool:
        """Whether what it was judged by has masks: those of the camera that took it, or may have taken it."""
        return bool(self.views.masks(job))

    def told_views(self, jobs: Iterable[Job]) -> list[dict[str, Any]]:
        """By what recordings of each camera of the archive are judged, as it stands in summary.json."""
        found: dict[str, dict[str, Any]] = {}
        for job in jobs:
            camera = self.views.camera(job)
            if camera not in found:
                of = {"camera": self.spot(job).camera, "archive_camera": camera}
                found[camera] = of | {"view": self.views.basis(job).told()}
        return list(found.values())

    def spot(self, job: Job) -> Spot:
        """Of a recording."""
        return self.spot_of(self.views.camera(job) or self.camera)

    def spot_of(self, camera: str) -> Spot:
        """Of a camera, by its name in the settings or in the archive; "" where it is not known."""
        if not camera:
            return Spot("", "", "", "")
        name = ("" if camera in self.unclear else self.views.registered(camera)) or camera
        place, text = self.registry.place_of(name), self.registry.text_of(name)
        if place is not None:
            return Spot(name, place.id, place.path, place.path_en)
        return Spot(name, text or name, text or name, text or name)

    def local(self, at: datetime) -> datetime:
        """On the clock of the site."""
        return at.astimezone(self.zone)
