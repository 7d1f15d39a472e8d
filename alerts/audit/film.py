"""Writes an annotated recording that every browser plays: H.264, yuv420p, index in front."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from alerts.errors import AlertsError

TICKS_PER_S = 1000
CRF = 24
"""x264's quality: drawn lines and small letters stay sharp, an hour of corridor takes some 200 MB."""


class Film:
    """Pictures of one size, each with its own time. Not thread-safe."""

    def __init__(self, file: Path) -> None:
        self._container = av.open(f"file:{file}", "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream("libx264", rate=Fraction(25))
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": str(CRF), "preset": "veryfast"}
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._last = -1
        self.pictures = 0

    def add(self, image: NDArray[np.uint8], at_s: float) -> None:
        """The (H, W, 3) BGR picture, sides even, shown from this second on. Times grow; what does not is put right."""
        if not self._stream.codec_context.is_open:
            self._stream.height, self._stream.width = image.shape[:2]
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        picture.pts = self._last = max(round(at_s * TICKS_PER_S), self._last + 1)
        picture.time_base = Fraction(1, TICKS_PER_S)
        self._container.mux(self._stream.encode(picture))
        self.pictures += 1

    def close(self) -> None:
        """Write what the encoder still holds, and the index."""
        if self.pictures:
            self._container.mux(self._stream.encode(None))
        self._container.close()


@contextlib.contextmanager
def filming(out: Path) -> Iterator[Film]:
    """A film that is put in place of `out` when the block ends, also by Ctrl-C: then it is shorter, but whole.

    Any other error, and a film without pictures, leave what was there. Raises AlertsError when it cannot be written.
    """
    part = out.with_name(f".{out.name}.part")
    try:
        part.touch()  # libav asks the disk only with the first picture
        film = Film(part)
        try:
            yield film
        except KeyboardInterrupt:
            _finish(film, part, out)
            raise
        _finish(film, part, out)
    except (OSError, av.error.FFmpegError) as error:
        raise AlertsError(f"--out {out}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    finally:
        part.unlink(missing_ok=True)


def _finish(film: Film, part: Path, out: Path) -> None:
    film.close()
    if film.pictures:
        part.replace(out)
