"""What a report knows of the site: which camera a recording is of, which place that is, and which hour it was there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from alerts.audit.find import Job
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
    """zone: of the clock on its walls. camera: that took what tells no camera of its own; "" where it is not known.
    pdf_font: a TrueType file; None: the reader's own."""

    name: str
    zone: ZoneInfo
    language: Language
    registry: Registry
    camera: str = ""
    pdf_font: Path | None = None

    @classmethod
    def of(cls, settings: Settings, camera: str = "", language: Language | None = None) -> Self:
        """camera: as above; that of settings with a single one is known by itself."""
        only = settings.cameras[0].name if len(settings.cameras) == 1 else ""
        registry = Registry.build(settings.site, settings.places, settings.cameras)
        zone = ZoneInfo(settings.site.time_zone)
        tongue = language or settings.archive.language
        return cls(settings.site.name, zone, tongue, registry, camera or only, settings.console.pdf_font)

    def spot(self, job: Job) -> Spot:
        """Of a recording."""
        return self.spot_of(job.camera or self.camera)

    def spot_of(self, camera: str) -> Spot:
        """Of a camera, by its name in the settings or in the archive; "" where it is not known."""
        if not camera:
            return Spot("", "", "", "")
        name = registered(camera, self.registry.cameras) or camera
        place, text = self.registry.place_of(name), self.registry.text_of(name)
        if place is not None:
            return Spot(name, place.id, place.path, place.path_en)
        return Spot(name, text or name, text or name, text or name)

    def local(self, at: datetime) -> datetime:
        """On the clock of the site."""
        return at.astimezone(self.zone)


def registered(camera: str, known: Mapping[str, object]) -> str:
    """The camera of the settings that an archive's name means: itself, its last part, or either but for large and small
    letters where only one is called so. "" for none."""
    tail = camera.rpartition("/")[2]
    for name in (camera, tail):
        if name in known:
            return name
        alike = [one for one in known if one.casefold() == name.casefold()]
        if len(alike) == 1:
            return alike[0]
    return ""
