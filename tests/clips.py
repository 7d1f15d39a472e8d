"""Small clips, drawn here, for tests that need a real file."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def write_clip(path: Path, pictures: Iterable[NDArray[np.uint8]], fps: int = 10) -> Path:
    """(H, W, 3) BGR pictures, sides even → H.264 in the container that the name asks for."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "10"}
        for picture in pictures:
            if not stream.codec_context.is_open:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def corridor(seconds: float, fps: int = 10, thing_from_s: float | None = None) -> Iterable[NDArray[np.uint8]]:
    """A grey corridor of 320x180 with a little noise; from a moment on something dark stands in it."""
    noise = np.random.default_rng(0)
    ramp = np.tile(np.linspace(90, 160, 320)[None, :, None], (180, 1, 3))
    for index in range(round(seconds * fps)):
        picture = ramp + noise.normal(0, 2, ramp.shape)
        if thing_from_s is not None and index / fps >= thing_from_s:
            picture[110:165, 40:100] = 20
        yield np.clip(picture, 0, 255).astype(np.uint8)
