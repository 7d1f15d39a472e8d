"""Try a camera's address: open it, wait for a picture, and say what came. In a process of its own with a deadline, so
that whatever an address sends cannot hold up, or bring down, the watch."""

from dataclasses import dataclass

from alerts.audit.still import still_of_camera
from alerts.errors import SetupRefused
from streams.apart import apart
from streams.errors import ApartFailed, StreamError, redact_address
from streams.pushed import PUSHED
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


@dataclass(frozen=True, slots=True)
class Still:
    """size: of the picture as the camera sends it, (width, height) px. jpeg: at most `WIDTH` wide."""

    size: tuple[int, int]
    jpeg: bytes


def require_network(url: str) -> None:
    """What a browser may name: a camera that answers over the network, or a phone. Files, folders and webcams of the
    machine are for whoever edits its file. Raises SetupRefused."""
    bare = url.strip().lower()
    if bare != PUSHED and not bare.startswith(NETWORK):
        raise SetupRefused("only_here", f"url: expected {', '.join(NETWORK)} or {PUSHED}; others are set in the file")


def still_of(camera: CameraConfig, deadline_s: float = DEADLINE_S) -> Still:
    """Blocks. Raises SetupRefused with the reason, which names no password."""
    if camera.is_pushed:
        raise SetupRefused("no_picture", "pictures of a phone come when it sends some")
    patient = {name: min(getattr(camera, name), OPEN_S) for name in ("open_timeout_s", "read_timeout_s")}
    try:
        found = apart(_look, camera.model_copy(update=patient), deadline_s)
    except ApartFailed:
        shown = redact_address(camera.url.get_secret_value())
        raise SetupRefused("no_picture", f"{shown}: no picture within {deadline_s:g} s") from None
    if isinstance(found, str):
        raise SetupRefused("no_picture", found)
    return found


def _look(camera: CameraConfig) -> Still | str:
    """In the process. What went wrong is a line, since a stream's errors do not go through a pipe."""
    try:
        frame = still_of_camera(camera, SETTLE_S)
    except StreamError as error:
        return str(error)
    return Still(frame.size, encode_jpeg(shrink(frame.image, WIDTH), QUALITY))
