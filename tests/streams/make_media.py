"""Tiny recordings for tests, made with PyAV."""

import struct
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

RED, GREEN, WHITE, BLUE = (0, 0, 255), (0, 200, 0), (255, 255, 255), (200, 0, 0)


def scene(width: int, height: int, index: int = 0) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR: upper quarter green; below, left half red, right half white; a blue disc that moves."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = RED
    image[:, width // 2 :] = WHITE
    image[: height // 4] = GREEN
    cv2.circle(image, ((40 + index * 3) % width, height // 2), height // 8, BLUE, -1)
    return image


def make_video(
    path: Path,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (160, 120),
    frames: int = 50,
    fps: int = 25,
    options: dict[str, str] | None = None,
    mux: dict[str, str] | None = None,
    pts: Callable[[int], int] = int,
) -> Path:
    """A recording of `scene`; the suffix chooses the container. pts: from the picture's index, in 1/fps s."""
    if options is None:
        options = {"preset": "ultrafast", "g": "25"} if codec == "libx264" else {}
    with av.open(str(path), "w", options=mux or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.options = {**options}
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(scene(*size, index), format="bgr24").reformat(format=pix_fmt)
            frame.pts = pts(index)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn_mp4(path: Path, quarter_turns: int) -> None:
    """Write a rotation into the track header of an mp4, as phones and body cameras do. Turns are clockwise."""
    one = 1 << 16
    a, b, c, d = {1: (0, one, -one, 0), 2: (-one, 0, 0, -one), 3: (0, -one, one, 0)}[quarter_turns]
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def cut(path: Path, share: float) -> Path:
    """The same file, cut off."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
