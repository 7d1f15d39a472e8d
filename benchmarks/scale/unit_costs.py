"""What each single thing costs on this machine: the prices of which `bill.py` makes a bill.

Measured with the product's own code, one thread, processor seconds unless another unit is said.
"""

import pickle
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2

from benchmarks.load.clips import D1, Part, made, many
from benchmarks.scale.centre import desk_of, taken
from benchmarks.scan.footage import HD
from streams.clock import SystemClock
from streams.frame import Frame
from streams.video_file import VideoFileSource
from tests.alerts.making import finding
from vision.config import DetectorConfig, HazardsConfig
from vision.detector import Detector
from vision.jpeg import PREVIEW_QUALITY, SNAPSHOT_QUALITY, SNAPSHOT_WIDTH, encode_jpeg, shrink
from vision.look import Look
from vision.pipeline import Pipeline, lead_network
from vision.view import View
from vision.zones import Zone, ZoneType

DAY = 4
"""The first clips of `load.clips.many`: a quiet corridor, people in a corridor, a lift, and a fire."""
RAISES = 150
CENTRE_CAMERAS = 1000
LOOKS_PER_S = 2.5
PREVIEW_WIDTH = 640


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """decode_s: of one second of a camera, size → seconds. looks_s: the recorded looks at D1 pictures, in order.

    message_bytes: of a look on its way to the supervisor. take_s: to unpack it and take it in there, wall, with
    `CENTRE_CAMERAS` and none raising. raise_s: to take in one that raises an alert, wall: picture and row are on the
    disk.
    alert_kib: of an alert's row with its notices. snapshot_kib: of its pictures. preview_s, preview_kib: of a live
    picture.
    """

    decode_s: dict[str, float]
    looks_s: tuple[float, ...]
    message_bytes: int
    take_s: float
    raise_s: float
    alert_kib: float
    snapshot_kib: float
    preview_s: float
    preview_kib: float

    @property
    def look_s(self) -> float:
        """The mean of all kinds of pictures."""
        return statistics.fmean(self.looks_s)

    def told(self) -> dict[str, Any]:
        """For a result file, not rounded: of the looks their spread."""
        looks = sorted(self.looks_s)
        told = asdict(replace(self, looks_s=()))
        told["looks_s"] = {
            "number": len(looks),
            "mean": self.look_s,
            "p50": statistics.median(looks),
            "p95": looks[int(0.95 * (len(looks) - 1))],
            "longest": looks[-1],
        }
        return told


def measured() -> UnitCosts:
    """All of them: about a minute."""
    cv2.setNumThreads(1)
    looks, durations_s, preview_s, preview_bytes = _looked(Detector.configured(DetectorConfig()))
    pictures = [
        encode_jpeg(shrink(frame.image, SNAPSHOT_WIDTH), SNAPSHOT_QUALITY)
        for part in many(DAY)
        for frame in _frames(part)[:4]
    ]
    quiet = [look for look in looks if not look.findings]
    packed = [pickle.dumps(look, pickle.HIGHEST_PROTOCOL) for look in quiet]
    with tempfile.TemporaryDirectory(prefix="xinan-scale-") as name, desk_of(folder := Path(name), 1) as (desk, _):
        rows, files = _bytes(folder)
        began_s = time.perf_counter()
        for number in range(RAISES):
            desk.receive(_raised(looks[0], number, pictures[number % len(pictures)]))
        raise_s = (time.perf_counter() - began_s) / RAISES
        more_rows, more_files = _bytes(folder)
    return UnitCosts(
        {f"{width}x{height}": _decode_s((width, height)) for width, height in (D1, HD)},
        tuple(durations_s),
        round(statistics.fmean(map(len, packed))),
        taken(CENTRE_CAMERAS, LOOKS_PER_S, 0.0).service_us / 1e6,
        raise_s,
        (more_rows - rows) / 1024 / RAISES,
        (more_files - files) / 1024 / RAISES,
        preview_s,
        preview_bytes / 1024,
    )


def _decode_s(size: tuple[int, int]) -> float:
    """Of one second, every picture, none converted."""
    paths = [made(replace(part, size=size, bitrate=4_000_000 if size == HD else part.bitrate)) for part in many(DAY)]
    seconds = 0.0
    began_s = time.process_time()
    for path in paths:
        with VideoFileSource(path, camera="x", clock=SystemClock()) as source:
            for picture in source.pictures():
                last_s = picture.pts_s
        seconds += last_s
    return (time.process_time() - began_s) / seconds


def _looked(detector: Detector) -> tuple[list[Look], list[float], float, float]:
    """Looks at ordinary pictures, what each took with its conversion, and cost and size of a live picture."""
    hazards = HazardsConfig()
    looks, durations_s, previews = [], [], []
    preview_s = 0.0
    for part in many(DAY):
        view = View((Zone("hall", ZoneType.CORRIDOR),))
        pipeline = Pipeline(view, hazards, detector.info, lead_network(hazards, DetectorConfig()))
        frames = _frames(part)  # decoded before: that is billed by the second
        began_s = time.process_time()
        for frame in frames:
            looks.append(pipeline.look(view.shown(frame), detector))
            durations_s.append(time.process_time() - began_s)
            began_s = time.process_time()
            previews.append(len(encode_jpeg(shrink(frame.image, PREVIEW_WIDTH), PREVIEW_QUALITY)))
            preview_s += time.process_time() - began_s
            began_s = time.process_time()
    return looks, durations_s, preview_s / len(previews), statistics.fmean(previews)


def _frames(part: Part) -> list[Frame]:
    """As often as a camera is looked at."""
    with VideoFileSource(made(part), camera="x", clock=SystemClock(), sample_fps=LOOKS_PER_S) as source:
        return list(source.frames())


def _raised(look: Look, number: int, picture: bytes) -> Look:
    """A violation of its own."""
    at_s, now = 1.0e6 + number, datetime.now(UTC)
    found = replace(finding(at_s, hazard="clutter", key=str(number)), at=now, since_at=now)
    return replace(look, camera="c0", at=now, monotonic_s=at_s, findings=(found,), picture=picture)


def _bytes(folder: Path) -> tuple[int, int]:
    """(database, pictures)."""
    rows = sum(path.stat().st_size for path in folder.glob("*.db*"))
    pictures = sum(path.stat().st_size for path in (folder / "snapshots").rglob("*") if path.is_file())
    return rows, pictures
