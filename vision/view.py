"""What is known of one camera's picture before anything is seen in it: one value for the whole way of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from streams.frame import Frame
from vision.clear_route import ClearRoute, load_clear_route
from vision.config import CameraConfig
from vision.geometry import Polygon
from vision.masks import blackened
from vision.zones import Zone, ZoneType


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """zones: what rules speak of. masks: what nobody may look at. clear: an approved picture of the clear route; None:
    it is learnt. The masks are put into it too, as everything it is compared with comes masked.
    """

    zones: Sequence[Zone]
    masks: Sequence[Polygon] = ()
    clear: ClearRoute | None = None

    def __post_init__(self) -> None:
        if self.clear is not None and self.masks:
            masked = replace(self.clear, picture=blackened(self.clear.picture, self.masks))
            object.__setattr__(self, "clear", masked)

    def undated(self) -> Self:
        """The same for pictures that do not carry the time at which they were taken: what hangs on hours is on the safe
        side.
        """
        if not any(zone.burning for zone in self.zones):
            return self
        return replace(self, zones=tuple(map(_undated, self.zones)))

    def shown(self, frame: Frame) -> Frame:
        """The frame as anybody may see it: masked. To be called where frames come in, before anything else; the very
        frame where there are no masks.
        """
        return replace(frame, image=blackened(frame.image, self.masks)) if self.masks else frame


def _undated(zone: Zone) -> Zone:
    return replace(zone, burning=replace(zone.burning, dated=False)) if zone.burning else zone


def whole_view(kind: ZoneType, masks: Sequence[Polygon] = ()) -> View:
    """The whole picture is one zone of this type, and is called so."""
    return View((Zone(kind, kind),), masks)


def view_of(camera: CameraConfig) -> View:
    """Of a camera of the settings. Raises ConfigError, in one line, when its approved picture cannot be read."""
    return View(tuple(zone.zone() for zone in camera.zones), camera.masks, load_clear_route(camera.reference))
