"""Recordings as a CCTV recorder keeps them: H.264, 25 pictures a second, sensor noise, a bit rate that is kept.

Long ones, of one camera in a corridor that is empty most of the time; and short ones that are coded anew from footage
with truth. Made once of what the repository holds, kept under runs/scan.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import cycle, islice, repeat
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from models.files import replacing

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "runs" / "scan"
CORRIDOR = ROOT / "tests" / "scenarios" / "quiet_parcel_corridor_day.mp4"
PASSES_S = 3.5, 9.5
"""When somebody walks through the corridor, seconds of that clip."""
FPS = 25
NOISE = 2.5
"""Of the sensor, standard deviation in grey levels: without it, repeated pictures would cost nothing to code."""
HD, D1 = (1920, 1080), (704, 576)

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a recording is made.

    source: a clip. size: None: as it is. seconds: None: as it is; else the clip's passage comes again and again, with
    `calm_s` of the empty corridor between. bitrate: a second. gop: pictures from one key picture to the next.
    before_s: the clip's first picture stands so long before it comes.
    """

    source: Path
    size: tuple[int, int] | None = None
    seconds: float | None = None
    calm_s: float = 0.0
    gop: int = 50
    bitrate: int = 1_000_000
    before_s: float = 0.0

    @property
    def file(self) -> Path:
        """Where it is kept: the name changes with the recipe."""
        told = f"{asdict(replace(self, source=Path(self.source.name)))} {FPS} {NOISE} 1"
        return KEPT / f"{self.source.stem}-{hashlib.sha256(told.encode()).hexdigest()[:10]}.mp4"

    @property
    def peopled(self) -> float:
        """Share of a long one in which somebody is in the picture (who comes into sight a second after `PASSES_S`)."""
        walk_s = PASSES_S[1] - PASSES_S[0]
        return (walk_s - 1.0) / (walk_s + self.calm_s)


def long_recording(size: tuple[int, int], seconds: float, *, calm_s: float, gop: int, bitrate: int) -> Recipe:
    """A corridor through which somebody walks every `calm_s` + 6 s."""
    return Recipe(CORRIDOR, size, seconds, calm_s, gop, bitrate)


def made(recipe: Recipe) -> Path:
    """The recording, made if it is not there."""
    if not recipe.file.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with replacing(recipe.file) as staged:
            _encode(recipe, staged)
    return recipe.file


def _pictures(recipe: Recipe) -> Iterator[Image]:
    """25 a second, in their size, with the sensor's noise."""
    rng = np.random.default_rng(0)
    noise: NDArray[np.int16] | None = None
    shown: Image | None = None
    for picture in _timed(recipe):
        if picture is not shown:
            shown, size = picture, recipe.size or _even(picture)
            sized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR).astype(np.int16)
        if noise is None:
            noise = rng.normal(0.0, NOISE, (sized.shape[0], 2 * sized.shape[1], 3)).round().astype(np.int16)
        shift = int(rng.integers(sized.shape[1]))
        yield np.clip(sized + noise[:, shift : shift + sized.shape[1]], 0, 255).astype(np.uint8)


def _timed(recipe: Recipe) -> Iterator[Image]:
    if recipe.seconds is None:
        clip = _each_25th(recipe.source)
        first = next(clip)
        yield from repeat(first, round(recipe.before_s * FPS) + 1)
        yield from clip
        return
    pictures = list(_each_25th(recipe.source))
    empty = pictures[0]
    walk = pictures[int(PASSES_S[0] * FPS) : int(PASSES_S[1] * FPS)]
    turn: Iterable[Image] = [empty] * round(recipe.calm_s * FPS) + walk
    yield from islice(cycle(turn), round(recipe.seconds * FPS))


def _each_25th(path: Path) -> Iterator[Image]:
    """The clip's picture of each 25th of a second, to its end."""
    last: Image | None = None
    with av.open(str(path)) as container:
        frames, due_s, step_s = container.decode(video=0), 0.0, 1 / FPS
        first_s: float | None = None
        for frame in frames:
            first_s = frame.time if first_s is None else first_s
            while last is not None and frame.time - first_s > due_s + 1e-6:
                yield last
                due_s += 1 / FPS
            step_s = max(1 / FPS, frame.time - first_s - due_s)
            last = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
        stream_s = float(container.duration or 0) / 1e6
    while last is not None and due_s < max(stream_s, step_s) - 1e-6:
        yield last
        due_s += 1 / FPS


def _even(picture: Image) -> tuple[int, int]:
    return picture.shape[1] // 2 * 2, picture.shape[0] // 2 * 2


def _encode(recipe: Recipe, out: Path) -> None:
    rate = str(recipe.bitrate)
    options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0", "maxrate": rate, "bufsize": rate}
    with av.open(str(out), "w") as container:
        stream: VideoStream | None = None
        for number, picture in enumerate(_pictures(recipe)):
            if stream is None:
                stream = container.add_stream("libx264", rate=FPS, options=options)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", recipe.gop, recipe.bitrate
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())
