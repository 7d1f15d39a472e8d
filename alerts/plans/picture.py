"""Makes a plan's picture out of a file that somebody uploads: decoded, drawn anew, coded anew.

Nothing of the file itself is kept: no metadata, no second content behind the picture. Decoders are large programs that
read what a stranger wrote: they run in a process of their own, which takes its faults with it.
"""

import resource
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alerts.errors import PlanRefused
from alerts.plans.header import Header, header_of
from streams.apart import apart
from streams.errors import ApartFailed

MOST_BYTES = 8 << 20
MOST_PIXELS = 40_000_000
"""Of an upload: an A1 sheet at 200 dots an inch has 31 million. Decoded it takes 120 to 320 MB for a moment."""
MOST_SIDE = 20_000
LEAST_SIDE = 64
"""A plan that is smaller shows nothing."""
KEPT_SIDE = 2_400
"""Pixels of the longer side, at most, of what is kept: fills a 4K screen beside the queue."""
QUALITY = 88
CPU_S = 30
"""Of the process that decodes; a large PNG takes two."""


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """WebP file; width, height: pixels."""

    data: bytes
    width: int
    height: int


def checked(data: bytes) -> Header:
    """Whether it may be decoded at all. Raises PlanRefused."""
    if len(data) > MOST_BYTES:
        raise PlanRefused("too_large", f"a picture may hold {MOST_BYTES >> 20} MB")
    header = header_of(data)
    sides = header.width, header.height
    if max(sides) > MOST_SIDE or header.width * header.height > MOST_PIXELS:
        raise PlanRefused("too_many_pixels", f"{sides[0]}×{sides[1]} pixels are too many; save it smaller")
    if min(sides) < LEAST_SIDE:
        raise PlanRefused("too_small", f"{sides[0]}×{sides[1]} pixels are too few; at least {LEAST_SIDE} a side")
    return header


def prepared(data: bytes) -> PlanPicture:
    """From an upload, in a process of its own: may take seconds. Raises PlanRefused."""
    checked(data)
    try:
        return apart(_limited, data)
    except ApartFailed:
        raise PlanRefused("broken", "the picture cannot be read") from None


def redrawn(data: bytes) -> PlanPicture:
    """The picture coded anew, reduced where it is larger than needed; what is transparent becomes white, as paper is.

    Raises PlanRefused.
    """
    header = checked(data)
    try:
        # A photograph is turned by what its camera noted, which only this flag does; the others may be transparent.
        flags = cv2.IMREAD_COLOR if header.kind == "jpeg" else cv2.IMREAD_UNCHANGED
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if image is None:
            raise PlanRefused("broken", "the picture cannot be read")
        if max(image.shape[:2]) > MOST_SIDE or image.shape[0] * image.shape[1] > MOST_PIXELS:
            raise PlanRefused("broken", "the picture is not of the size that it says")
        paper = _on_paper(_reduced(_eight_bit(np.asarray(image))))
        done, coded = cv2.imencode(".webp", paper, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    except cv2.error:
        raise PlanRefused("broken", "the picture cannot be read") from None
    if not done:
        raise PlanRefused("broken", "the picture cannot be stored")
    return PlanPicture(coded.tobytes(), paper.shape[1], paper.shape[0])


def _limited(data: bytes) -> PlanPicture:
    """In the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    return redrawn(data)


def _eight_bit(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(H, W) or (H, W, C), of 8 or 16 bits."""
    if image.dtype == np.uint16:
        return np.asarray(image >> 8, np.uint8)  # type: ignore[operator]
    if image.dtype != np.uint8:
        raise PlanRefused("broken", "only pictures of 8 or 16 bits a colour are taken")
    return np.asarray(image, np.uint8)


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = KEPT_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _on_paper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) BGR."""
    if image.ndim == 2:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 3:
        return image
    if image.shape[2] != 4:
        raise PlanRefused("broken", "the picture cannot be read")
    share = image[:, :, 3:].astype(np.float32) / 255
    return np.asarray(image[:, :, :3] * share + 255 * (1 - share) + 0.5, np.uint8)
