"""By which view each recording is judged: that of its own camera, as the live watch judges it.

That hangs on the settings and on the recording's own name, and on no other recording: with one more, or with a part of
the archive alone, what is done stays done.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from alerts.audit.find import Job
from alerts.audit.naming import Names, registered, told_camera
from alerts.config import Settings
from alerts.errors import SettingsError
from vision.geometry import Polygon
from vision.view import View, view_of, whole_view
from vision.zones import ZoneType

LOADED = 4
"""Views in memory at once: recordings of one camera mostly follow each other."""
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Of what a view is made. given: None: it is that of the camera. camera: of the settings, whose masks are in it
    whatever is given; "": nobody's.
    """

    camera: str = ""
    given: View | None = None


class Views:
    """Of all recordings of a run.

    views: by the name of a camera, in the settings or in the archive: they count before all else. view: of recordings
    whose camera neither these nor the settings name; None: that of `camera`, else of the only camera of the settings,
    else a corridor. camera: of the settings, which took what tells no camera.

    Whatever is given, the masks of a recording's own camera are in its view; where its name tells none of the settings,
    those of `camera`, else of the only one. Approved pictures, which are large, are read when a view is asked for; few
    are in memory at once. Not thread-safe.
    """

    def __init__(
        self,
        settings: Settings,
        view: View | None = None,
        views: Mapping[str, View] | None = None,
        camera: str = "",
    ) -> None:
        """Raises SettingsError: the settings name cameras, and none that is called as `camera` says."""
        self._cameras = {one.name: one for one in settings.cameras}
        self._only = settings.cameras[0].name if len(settings.cameras) == 1 else ""
        if camera and self._cameras and camera not in self._cameras:
            raise SettingsError(f"--camera: no camera {camera}; the settings name {', '.join(self._cameras)}")
        self._camera = camera if self._cameras else ""
        self._view, self._given = view, dict(views or {})
        self._registered = Names(self._cameras)
        self._said = Names(self._given)
        self._names = Names([*self._cameras, *self._given])
        self._called: dict[str, str] = {}
        self._corridor = whole_view(ZoneType.CORRIDOR)
        self._made: OrderedDict[Origin, View] = OrderedDict()
        self._found: dict[str, tuple[Basis, Origin]] = {}

    def camera(self, job: Job) -> str:
        """What its name tells of the camera that took it, as the archive calls that; "": nothing."""
        if job.key not in self._called:
            self._called[job.key] = self.told(job.camera, job.name)
        return self._called[job.key]

    def told(self, camera: str, name: str) -> str:
        """The same of a file of this name. camera: what is left of it where it tells a time; "" where it does not."""
        return told_camera(camera, name, self._names)

    def registered(self, camera: str) -> str:
        """The camera of the settings that an archive's name means; "" for none."""
        return registered(camera, self._registered)

    def of(self, job: Job) -> View:
        """Raises ConfigError, in one line, when the approved picture of its camera cannot be read."""
        origin = self.origin(job)
        if origin not in self._made:
            self._made[origin] = self._make(origin)
        self._made.move_to_end(origin)
        if len(self._made) > LOADED:
            self._made.popitem(last=False)
        return self._made[origin]

    def origin(self, job: Job) -> Origin:
        """The same for all recordings that have one view."""
        return self._judged(job)[1]

    def zone_types(self, job: Job) -> frozenset[ZoneType]:
        """Of the zones in its view, whose approved picture is not read for this."""
        origin = self.origin(job)
        zones = self._cameras[origin.camera].zones if origin.given is None else origin.given.zones
        return frozenset(zone.type for zone in zones)

    def masks(self, job: Job) -> Sequence[Polygon]:
        """What nobody may look at in its pictures."""
        return self._masks(self.origin(job))

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

    def _judged(self, job: Job) -> tuple[Basis, Origin]:
        camera = self.camera(job)
        if camera not in self._found:
            self._found[camera] = self._find(camera)
        return self._found[camera]

    def _find(self, camera: str) -> tuple[Basis, Origin]:
        own = self.registered(camera)
        taken_by = own or self._camera or self._only
        nearest = registered(camera, self._names)
        given = nearest if nearest in self._given else registered(taken_by, self._said)
        view = self._given[given] if given else self._view
        if own and not given:
            return Basis(By.NAMED, own), Origin(own)
        if view is not None:
            return Basis(By.GIVEN, over=taken_by, zones=_types(view)), Origin(taken_by, view)
        if self._camera:
            return Basis(By.GIVEN, self._camera), Origin(self._camera)
        if self._only:
            return Basis(By.DEFAULT, self._only), Origin(self._only)
        return Basis(By.DEFAULT, zones=_types(self._corridor)), Origin("", self._corridor)

    def _make(self, origin: Origin) -> View:
        if origin.given is None:
            return view_of(self._cameras[origin.camera])
        masks = self._masks(origin)
        return replace(origin.given, masks=masks) if len(masks) > len(origin.given.masks) else origin.given

    def _masks(self, origin: Origin) -> Sequence[Polygon]:
        own = self._cameras[origin.camera].masks if origin.camera else ()
        if origin.given is None:
            return own
        return (*origin.given.masks, *(mask for mask in own if mask not in origin.given.masks))


def doubts(bases: Mapping[str, Basis], option: str = "") -> Iterator[str]:
    """What whoever begins a run may not expect, a line each. bases: where the settings name cameras. option: of the
    command line, if one chose a view.
    """
    own = [camera for camera, basis in bases.items() if basis.by is By.NAMED]
    if option and own:
        yield f"{option}: not for recordings of {_few(own)}: their own settings count"
    taken = [camera for camera, basis in bases.items() if camera and option and _is_strange(camera, basis)]
    if taken:
        yield f"in no settings: {_few(taken)}; their recordings are judged as {option} says"
    strange = [camera for camera, basis in bases.items() if basis.by is By.DEFAULT and (camera or not basis.camera)]
    if strange:
        basis = bases[strange[0]]
        what = f"by the settings of {basis.camera}" if basis.camera else f"as {', '.join(basis.zones)}, without masks"
        yield (
            f"in no settings: {_few(strange)}; their recordings are judged {what}. Name the cameras of the settings as "
            "in the archive, or give --camera or --zone"
        )


def _is_strange(camera: str, basis: Basis) -> bool:
    """Whether a camera of the archive is judged as somebody has said, and not called like the one that counts then."""
    return basis.by is By.GIVEN and not registered(camera, Names([basis.camera or basis.over]))


def _few(cameras: Sequence[str]) -> str:
    few = ", ".join(camera or "recordings that tell no camera" for camera in sorted(cameras)[:MOST])
    return few + (" …" if len(cameras) > MOST else "")


def _types(view: View) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(zone.type) for zone in view.zones))
