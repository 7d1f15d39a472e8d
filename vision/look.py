"""What one look at one camera's picture gave. The message that goes from an analyzer to the supervisor."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from streams.access_unit import AccessUnit, StreamFormat
from vision.blur import NOTHING_PRIVATE, Private
from vision.camera_health.trouble import Trouble
from vision.geometry import Box
from vision.rule import Finding
from vision.sight import Sight


@dataclass(frozen=True, slots=True)
class SeenBox:
    """A track as it is drawn. box: x1, y1, x2, y2, 0–1 of the picture."""

    name: str
    track_id: int
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Look:
    """One analysed frame.

    at, monotonic_s: the frame's stamps. size: (width, height) px of the original picture.
    boxes: the confirmed tracks seen. findings: the hazards seen.
    picture: the clean frame as JPEG, present only when a finding is new, or newly suspected or confirmed, in this look.
    private: everybody and every two-wheeler that may be seen in it, also what is too faint for a track: to be hidden.
    rules_since_s: when its rules began to look, monotonic; they know nothing of what was seen before.
    sight: what was looked at; None: of no camera that is watched live.
    """

    camera: str
    at: datetime
    monotonic_s: float
    size: tuple[int, int]
    boxes: tuple[SeenBox, ...]
    findings: tuple[Finding, ...]
    picture: bytes | None = None
    private: Private = NOTHING_PRIVATE
    rules_since_s: float = 0.0
    sight: Sight | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The live picture of a camera, reduced. index grows by one with each picture of this camera. sight: what it is
    of."""

    camera: str
    index: int
    at: datetime
    jpeg: bytes
    sight: Sight


@dataclass(frozen=True, slots=True, eq=False)
class LiveUnits:
    """Coded pictures of a camera for live view: H.264, in order, none missing since the last key picture.

    format: of the camera's own stream or of the shared encode. units: mostly one; a camera that somebody begins to look
    at is told of from its newest key picture on. sight: what they are of.
    """

    camera: str
    format: StreamFormat
    units: tuple[AccessUnit, ...]
    sight: Sight


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera does. state: connecting, online, offline or ended. detail: one line, credentials removed.

    since: aware UTC, when it came into this state. looks: analysed frames since the analyzer started.
    dropped: frames replaced by a newer one before anybody looked. reconnects: times it was lost and opened again.
    corrupt: damaged pictures since the start. fps: pictures it sends a second; None: not known yet.
    troubles: what its pictures show to be wrong with it. kept_s: so far back its coded pictures are kept in memory,
    seconds. sight: of what it is told.
    """

    camera: str
    state: str
    since: datetime
    sight: Sight
    detail: str = ""
    looks: int = 0
    dropped: int = 0
    reconnects: int = 0
    corrupt: int = 0
    fps: float | None = None
    troubles: tuple[Trouble, ...] = ()
    kept_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ClipCut:
    """How cutting a clip ended. path: of the order; the file is there unless `size` is 0.

    begun_at: aware UTC, of the first picture. duration_s, size (bytes), sha256 (hex): of the file. trouble: why it is
    not whole, or not there; "" for a whole one.
    """

    camera: str
    path: Path
    begun_at: datetime | None = None
    duration_s: float = 0.0
    size: int = 0
    sha256: str = ""
    trouble: str = ""
