"""One picture of a camera or a recording, and the picture with a grid, by which polygons are written by hand."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alerts.errors import AlertsError
from streams.clock import SystemClock
from streams.errors import SourceUnavailable
from streams.folder import printable
from streams.frame import Frame
from streams.reasons import Reason
from streams.request import Request
from streams.source import Source, open_recording, open_source
from vision.config import CameraConfig
from vision.masks import blackened
from vision.overlay import annotate, draw_parts, write
from vision.zones import Zone

FINE, COARSE = 20, 10
"""Lines of the grid: every twentieth of the picture, each second one bold and lettered."""
LEAST_WIDTH = 960
"""Smaller pictures are enlarged, so that the letters leave something to be seen, pixels."""


def still_of_camera(camera: CameraConfig, at_s: float) -> Frame:
    """The picture that a camera gives this long after it was opened. Raises StreamError."""
    request = Request(
        url=camera.url.get_secret_value(),
        camera=camera.name,
        clock=SystemClock(),
        transport=camera.transport,
        open_timeout_s=camera.open_timeout_s,
        read_timeout_s=camera.read_timeout_s,
    )
    with open_source(request) as source:
        return _frame_at(source, at_s)


def still_of_file(path: Path, at_s: float) -> Frame:
    """The picture at this second of a recording; its last one where it is shorter. Raises StreamError."""
    with open_recording(path, camera=printable(path.name), clock=SystemClock(), sample_fps=5.0) as source:
        return _frame_at(source, at_s)


def _frame_at(source: Source, at_s: float) -> Frame:
    last: Frame | None = None
    for frame in source.frames():
        last = frame
        if frame.pts_s >= at_s - 1e-6:
            break
    if last is None:
        raise SourceUnavailable(source.source, Reason("camera_gave_none"))
    return last


def write_still(file: Path, image: NDArray[np.uint8], camera: CameraConfig | None) -> None:
    """The picture with the grid, its coordinates (0–1) and the camera's zones and masks; PNG or JPEG by its ending.

    Raises AlertsError when it cannot be written.
    """
    try:
        zones = [zone.zone() for zone in camera.zones] if camera else []
        shown = blackened(image, camera.masks) if camera else image
        done, data = cv2.imencode(file.suffix or ".png", with_grid(shown, zones))
        if done:
            file.write_bytes(data.tobytes())
    except (cv2.error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else "name a .png or .jpg file"
        raise AlertsError(f"--still {file}: cannot be written: {reason}") from None


def with_grid(image: NDArray[np.uint8], zones: list[Zone]) -> NDArray[np.uint8]:
    """A copy of the (H, W, 3) BGR picture with grid, coordinates and zones."""
    ratio = max(1.0, LEAST_WIDTH / image.shape[1])
    big = np.asarray(cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR), np.uint8)
    canvas = annotate(big, zones=zones)
    height, width = canvas.shape[:2]
    veil = canvas.copy()
    for number in range(1, FINE):
        bold = 1 + (number % (FINE // COARSE) == 0)
        x, y = round(number / FINE * width), round(number / FINE * height)
        cv2.line(veil, (x, 0), (x, height), (255, 255, 255), bold)
        cv2.line(veil, (0, y), (width, y), (255, 255, 255), bold)
    canvas = np.asarray(cv2.addWeighted(veil, 0.35, canvas, 0.65, 0), np.uint8)
    draw_parts(canvas, zones)
    for number in range(1, COARSE):
        share = number / COARSE
        write(canvas, (round(share * width) - 12, 14), f"{share:.1f}", (120, 255, 255))
        write(canvas, (2, round(share * height) + 5), f"{share:.1f}", (120, 255, 255))
    return canvas
