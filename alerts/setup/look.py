"""Try a camera's address: open it, wait for a picture, and say what came. In a process of its own with a deadline, so
that whatever an address sends cannot hold up, or bring down, the watch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.audit.still import still_of_camera
from alerts.errors import Problem, SetupRefused
from streams.apart import apart
from streams.errors import ApartFailed, SourceError, StreamError, redact_address
from streams.pushed import PUSHED
from streams.reasons import Reason
from vision.config import CameraConfig
from vision.jpeg import encode_jpeg, shrink

DEADLINE_S = 40.0
"""From the beginning, the start of the process included."""
OPEN_S = 8.0
SETTLE_S = 0.5
"""The picture so long after the first: many cameras begin with grey or torn ones."""
WIDTH = 1280
QUALITY = 88
NETWORK = ("rtsp://", "rtsps://", "http://", "https://")
_BARE_HOST = re.compile(r"(?:[^/]*@)?[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?].*)?$")
"""192.168.1.64, admin:password@camera.lan:554/h264: an address of the network whose scheme was left out."""


@dataclass(frozen=True, slots=True)
class Still:
    """size: of the picture as the camera sends it, (width, height) px. jpeg: at most `WIDTH` wide."""

    size: tuple[int, int]
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why no picture came: one line, and the code and values of a reason that is known, code "" for another one."""

    detail: str
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, shown: str, reason: Reason) -> "_Failed":
        return cls(f"{shown}: {reason}", reason.code, reason.values)


def require_network(url: str, key: str = "url") -> None:
    """What a browser may name: a camera that answers over the network, or a phone. Files, folders and webcams of the
    machine are for whoever edits its file. key: of the settings, which has it. Raises SetupRefused."""
    bare = url.strip().lower()
    if bare == PUSHED or bare.startswith(NETWORK):
        return
    code = "no_scheme" if _BARE_HOST.match(bare) else "only_here"
    detail = f"{key}: expected {', '.join(NETWORK)} or {PUSHED}; others are set in the file"
    raise SetupRefused("only_here", detail, [Problem(("", key), code, detail)])


def still_of(camera: CameraConfig, deadline_s: float = DEADLINE_S) -> Still:
    """Blocks. Raises SetupRefused with the reason, which names no password."""
    shown = redact_address(camera.url.get_secret_value())
    patient = {name: min(getattr(camera, name), OPEN_S) for name in ("open_timeout_s", "read_timeout_s")}
    try:
        if camera.is_pushed:
            found: Still | _Failed = _Failed.of(shown, Reason("camera_phone"))
        else:
            found = apart(_look, camera.model_copy(update=patient), deadline_s)
    except ApartFailed:
        found = _Failed.of(shown, Reason("camera_hangs", seconds=f"{deadline_s:g}"))
    if isinstance(found, Still):
        return found
    known = [Problem(("", "url"), found.code, found.detail, found.values)] if found.code else []
    raise SetupRefused("no_picture", found.detail, known)


def _look(camera: CameraConfig) -> Still | _Failed:
    """In the process. What went wrong is told in plain values, since a stream's errors do not go through a pipe."""
    try:
        frame = still_of_camera(camera, SETTLE_S)
    except SourceError as error:
        return _Failed.of(error.source, error.known) if error.known else _Failed(str(error))
    except StreamError as error:
        return _Failed(str(error))
    return Still(frame.size, encode_jpeg(shrink(frame.image, WIDTH), QUALITY))
