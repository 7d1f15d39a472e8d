"""Clips as a D1 camera sends them: 704×576, 25 pictures a second, H.264, a key frame every 2 s, about 1 Mbit/s.

Made once of what the repository holds (the demonstration and three rendered scenarios), kept under runs/streams.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from models.clip import DEMO
from models.files import replacing

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "runs" / "streams"
SCENARIOS = ROOT / "tests" / "scenarios"
FPS, GOP = 25, 50
D1, UHD = (704, 576), (3840, 2160)
SECONDS = 12.0
NOISE = 2.5
"""Of the sensor, standard deviation in grey levels: without it, repeated pictures would cost nothing to code."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a recording as a camera sees it. Where the recording ends before `seconds`, it begins anew.

    start_s: of the stretch, in the recording. seed: of the noise.
    """

    source: Path
    start_s: float = 0.0
    seconds: float = SECONDS
    mirrored: bool = False
    seed: int = 0
    size: tuple[int, int] = D1
    bitrate: int = 1_000_000

    @property
    def file(self) -> Path:
        """Where it is kept: the name changes with the recipe."""
        recipe = f"{asdict(replace(self, source=Path(self.source.name)))} {FPS} {GOP} {NOISE} 1"
        return KEPT / f"{self.source.stem}-{hashlib.sha256(recipe.encode()).hexdigest()[:10]}.mp4"


def made(part: Part) -> Path:
    """The coded clip, made if it is not there."""
    if not part.file.exists():
        with replacing(part.file) as staged:
            _encode(part, staged)
    return part.file


def many(count: int) -> list[Part]:
    """Different pictures of an ordinary day for so many cameras: quiet corridors, a lift, people, things, a fire."""
    places = [
        (SCENARIOS / "quiet_parcel_corridor_day.mp4", 0.0),
        (SCENARIOS / "clutter_corridor_day.mp4", 0.0),
        (SCENARIOS / "ebike_lift_day.mp4", 0.0),
        (DEMO, 20.0),
        (SCENARIOS / "clutter_corridor_day.mp4", 16.0),
        (DEMO, 0.0),
        (SCENARIOS / "ebike_lift_day.mp4", 8.0),
        (DEMO, 46.0),
    ]
    return [
        Part(*places[number % len(places)], mirrored=number // len(places) % 2 == 1, seed=number)
        for number in range(count)
    ]


def _pictures(part: Part) -> Iterator[Image]:
    """25 a second of the stretch, in the size of the camera, with its noise."""
    rng = np.random.default_rng(part.seed)
    width, height = part.size
    noise = rng.normal(0.0, NOISE, (height, 2 * width, 3)).astype(np.float32)
    shown: Image | None = None
    for picture in itertools.islice(_stretch(part), round(part.seconds * FPS)):
        if picture is not shown:
            shown = picture
            sized = cv2.resize(picture, part.size, interpolation=cv2.INTER_AREA)
            sized = cv2.flip(sized, 1) if part.mirrored else sized
        shift = int(rng.integers(width))
        yield np.clip(sized + noise[:, shift : shift + width], 0, 255).astype(np.uint8)


def _stretch(part: Part) -> Iterator[Image]:
    """The recording's picture of each 25th of a second, for ever."""
    while True:
        due_s, last = part.start_s, None
        with av.open(str(part.source)) as container:
            for frame in container.decode(video=0):
                while last is not None and frame.time > due_s:
                    yield last
                    due_s += 1 / FPS
                last = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
        if last is None:
            raise ValueError(f"{part.source}: no picture can be read")
        yield last


def _encode(part: Part, out: Path) -> None:
    rate = part.bitrate
    options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0", "maxrate": str(rate), "bufsize": str(rate)}
    with av.open(str(out), "w") as container:
        stream: VideoStream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height = part.size
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", GOP, rate
        for number, picture in enumerate(_pictures(part)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
