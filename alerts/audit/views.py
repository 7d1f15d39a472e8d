"""By which view each recording is judged: that of its own camera, as the live watch judges it.

That hangs on the settings and on the recording's own name, and on no other recording: with one more, or with a part of
the archive alone, what is done stays done.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from alerts.audit.find import Job
from alerts.audit.naming import registered, told_camera
from alerts.config import Settings
from vision.geometry import Polygon
from vision.view import View, view_of, whole_view
from vision.zones import ZoneType

MOST = 10
"""Cameras that a line names."""


class By(StrEnum):
    """How a recording comes by its view."""

    NAMED = "named"
    """Its name tells a camera of the settings."""
    GIVEN = "given"
    """Whoever began the run has said so."""
    DEFAULT = "default"
    """The settings do not name its camera."""


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a recording is judged. camera: of the settings, whose view it is; "" where it is nobody's, and then zones
    are the types of its zones. over: the camera of the settings whose own view it takes the place of; "": none.
    """

    by: By
    camera: str = ""
    over: str = ""
    zones: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return asdict(self) | {"zones": list(self.zones)}


class Views:
    """Of all recordings of a run.

    views: by the name of a camera, in the settings or in the archive: they count before all else. view: of recordings
    whose camera neither these nor the settings name; None: that of `camera`, else of the only camera of the settings,
    else a corridor. camera: of the settings, which took what tells no camera.

    Whatever is given, the masks of a recording's own camera are in its view; where its name tells none of the settings,
    those of `camera`, else of the only one. Not thread-safe.
    """

    def __init__(
        self,
        settings: Settings,
        view: View | None = None,
        views: Mapping[str, View] | None = None,
        camera: str = "",
    ) -> None:
        self._cameras = {one.name: one for one in settings.cameras}
        self._only = settings.cameras[0].name if len(settings.cameras) == 1 else ""
        self._camera = camera if camera in self._cameras else ""
        self._view, self._given = view, dict(views or {})
        self._names = {**self._cameras, **self._given}
        self._called: dict[str, str] = {}
        self._corridor = whole_view(ZoneType.CORRIDOR)
        self._own: dict[str, View] = {}
        self._found: dict[str, tuple[Basis, View]] = {}

    def camera(self, job: Job) -> str:
        """What its name tells of the camera that took it, as the archive calls that; "": nothing."""
        if job.key not in self._called:
            self._called[job.key] = told_camera(job.camera, job.name, self._names)
        return self._called[job.key]

    def of(self, job: Job) -> View:
        """The same object for recordings of one camera. Raises ConfigError, in one line, when the approved picture of
        its camera cannot be read.
        """
        return self._judged(job)[1]

    def masks(self, job: Job) -> Sequence[Polygon]:
        """What its pictures are blackened in."""
        return self.of(job).masks

    def basis(self, job: Job) -> Basis:
        """How it comes by that."""
        return self._judged(job)[0]

    def bases(self, jobs: Iterable[Job]) -> dict[str, Basis]:
        """Of each camera of the archive; "": of recordings that tell none."""
        return {self.camera(job): self.basis(job) for job in jobs}

    def undecided(self, jobs: Iterable[Job]) -> tuple[str, ...]:
        """The cameras of the settings that may have taken these, where none is called like one of them and nobody has
        said; () for no recordings.
        """
        if self._view is not None or self._camera or len(self._cameras) < 2:
            return ()
        named = {bool(registered(self.camera(job), self._names)) for job in jobs}
        return tuple(self._cameras) if named == {False} else ()

    def _judged(self, job: Job) -> tuple[Basis, View]:
        camera = self.camera(job)
        if camera not in self._found:
            self._found[camera] = self._find(camera)
        return self._found[camera]

    def _find(self, camera: str) -> tuple[Basis, View]:
        own = registered(camera, self._cameras)
        taken_by = own or self._camera or self._only
        nearest = registered(camera, self._names)
        given = nearest if nearest in self._given else registered(taken_by, self._given)
        view = self._given[given] if given else self._view
        if own and not given:
            return Basis(By.NAMED, own), self._of_camera(own)
        if view is not None:
            return Basis(By.GIVEN, over=taken_by, zones=_types(view)), self._masked(view, taken_by)
        if self._camera:
            return Basis(By.GIVEN, self._camera), self._of_camera(self._camera)
        if self._only:
            return Basis(By.DEFAULT, self._only), self._of_camera(self._only)
        return Basis(By.DEFAULT, zones=_types(self._corridor)), self._corridor

    def _of_camera(self, name: str) -> View:
        if name not in self._own:
            self._own[name] = view_of(self._cameras[name])
        return self._own[name]

    def _masked(self, view: View, own: str) -> View:
        masks = self._cameras[own].masks if own else ()
        more = [mask for mask in masks if mask not in view.masks]
        return replace(view, masks=(*view.masks, *more)) if more else view


def doubts(bases: Mapping[str, Basis], option: str = "") -> Iterator[str]:
    """What whoever begins a run may not expect, a line each. bases: where the settings name cameras. option: of the
    command line, if one chose a view.
    """
    own = [camera for camera, basis in bases.items() if basis.by is By.NAMED]
    if option and own:
        yield f"{option}: not for recordings of {_few(own)}: their own settings count"
    strange = [camera for camera, basis in bases.items() if basis.by is By.DEFAULT and (camera or not basis.camera)]
    if strange:
        basis = bases[strange[0]]
        what = f"by the settings of {basis.camera}" if basis.camera else f"as {', '.join(basis.zones)}, without masks"
        yield (
            f"in no settings: {_few(strange)}; their recordings are judged {what}. Name the cameras of the settings as "
            "in the archive, or give --camera or --zone"
        )


def _few(cameras: Sequence[str]) -> str:
    few = ", ".join(camera or "recordings that tell no camera" for camera in sorted(cameras)[:MOST])
    return few + (" …" if len(cameras) > MOST else "")


def _types(view: View) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(zone.type) for zone in view.zones))
