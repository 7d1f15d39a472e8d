"""What the supervisor tells an analyzer, down the pipe that messages come up.

Orders state what is wanted, whole, not what is to change: one that is repeated does no harm, and a child that starts
anew is told the newest of each (of clips and of phones' pictures it is not: they are gone with the child).
"""

from dataclasses import dataclass
from pathlib import Path

from streams.pushed import PushedPicture
from vision.config import CameraConfig


@dataclass(frozen=True, slots=True)
class WatchCameras:
    """The cameras of this analyzer: those that are new or changed are opened, those that are missing closed, and the
    rest goes on untouched.
    """

    cameras: tuple[CameraConfig, ...]


@dataclass(frozen=True, slots=True)
class ShowLive:
    """Who is looked at now. coded: names of cameras whose coded pictures are wanted (WebRTC). pictures: names of those
    whose JPEG pictures are wanted at full rate; the others send one now and then. recent: names of those of which the
    last minutes are to be kept in memory, for rules to be tried on.
    """

    coded: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    recent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CutClip:
    """Cut what this camera sent from `from_s` to `until_s` (monotonic seconds, `until_s` mostly still to come) into the
    file `path`. Answered by one `vision.look.ClipCut` of the same `path`; an order that is repeated is answered again.

    analysed: for a trial of the rules: of the stream that is looked at, also where the camera has a better one.
    """

    camera: str
    path: Path
    from_s: float
    until_s: float
    analysed: bool = False


@dataclass(frozen=True, slots=True)
class PushPicture:
    """A picture that a phone has sent for this camera. May be lost."""

    camera: str
    picture: PushedPicture


Order = WatchCameras | ShowLive | CutClip | PushPicture
