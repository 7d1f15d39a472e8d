"""What a report knows of the site: which camera a recording is of, which place that is, and which hour it was there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from alerts.audit.find import Job
from alerts.config import Settings
from alerts.registry.registry import Registry

Language = Literal["zh", "en"]
STREAMS = ("main", "sub")
"""Last parts of an archive's name that tell no camera."""


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
    pdf_font: a TrueType file; None: the reader's own. unclear: cameras of the archive of which several may be one of
    the settings: they stand for themselves."""

    name: str
    zone: ZoneInfo
    language: Language
    registry: Registry
    camera: str = ""
    pdf_font: Path | None = None
    unclear: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings, camera: str = "", language: Language | None = None) -> Self:
        """camera: as above; that of settings with a single one is known by itself."""
        only = settings.cameras[0].name if len(settings.cameras) == 1 else ""
        registry = Registry.build(settings.site, settings.places, settings.cameras)
        zone = ZoneInfo(settings.site.time_zone)
        tongue = language or settings.archive.language
        return cls(settings.site.name, zone, tongue, registry, camera or only, settings.console.pdf_font)

    def over(self, jobs: Iterable[Job]) -> Self:
        """The same for a run over these. Of several cameras of the archive that may be one of the settings (north/ch1,
        south/ch1) only that one is it whose whole name says so: taken together, their hours would become one's."""
        cameras = {job.camera for job in jobs if job.camera}
        meant = {camera: registered(camera, self.registry.cameras) for camera in cameras}
        number = Counter(meant.values())
        unclear = {
            one for one, name in meant.items() if number[name] > 1 and name.casefold() not in ("", one.casefold())
        }
        return replace(self, unclear=frozenset(unclear))

    def hides(self, job: Job) -> bool:
        """Whether the settings have masks for the camera that took it, or may have taken it."""
        name = registered(job.camera or self.camera, self.registry.cameras)
        return bool(name and self.registry.cameras[name].masks)

    def spot(self, job: Job) -> Spot:
        """Of a recording."""
        return self.spot_of(job.camera or self.camera)

    def spot_of(self, camera: str) -> Spot:
        """Of a camera, by its name in the settings or in the archive; "" where it is not known."""
        if not camera:
            return Spot("", "", "", "")
        name = ("" if camera in self.unclear else registered(camera, self.registry.cameras)) or camera
        place, text = self.registry.place_of(name), self.registry.text_of(name)
        if place is not None:
            return Spot(name, place.id, place.path, place.path_en)
        return Spot(name, text or name, text or name, text or name)

    def local(self, at: datetime) -> datetime:
        """On the clock of the site."""
        return at.astimezone(self.zone)


def registered(camera: str, known: Mapping[str, object]) -> str:
    """The camera of the settings that an archive's name means: itself, its last part, the one before where the last
    says which stream it is, or any of these but for large and small letters where only one is called so. "" for none.
    """
    parts = camera.split("/")
    for name in (camera, parts[-1], *(parts[-2:-1] if parts[-1] in STREAMS else [])):
        if name in known:
            return name
        alike = [one for one in known if one.casefold() == name.casefold()]
        if len(alike) == 1:
            return alike[0]
    return ""
