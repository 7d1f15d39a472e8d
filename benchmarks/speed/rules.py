"""What all rules together cost beside the detector, look by look in the same run.

    python -m benchmarks.speed.rules [--shared ../shared/data/clips] [--rendered tests/scenarios] [--looks 150]
        [--out benchmarks/speed/results/rules.json]

Detector: the first inference of a look, which every camera pays for. Rules: all the rest of the look: tracks, still
map, rules, their own networks. Second looks: the further pictures that the flame's attention has the detector look at,
told apart: they are detection, with a budget of their own (a quarter in the long run, more at a camera's start). CPU
time of one thread, over all looks of a recording, as a rule may do dear work only now and then; of the recordings the
median and the worst. They are looked at in the size of a substream and in that of a main stream. Bar: 25 %.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.events.footage import Footage, ZoneMode, real, rendered
from benchmarks.machine import describe
from models.clip import clip_frames
from models.files import write_json
from models.progress import progress
from streams.frame import Frame
from vision.detections import Detections
from vision.detector import Detector
from vision.hazards import ON, RULES
from vision.leads import LeadNetwork
from vision.pipeline import Pipeline
from vision.stillness import Stillness
from vision.tracker import Tracker
from vision.view import View

SIZES: Final = ((640, 360), (1920, 1080))
EVERY_S = 0.2
WARM_LOOKS = 3
"""The first looks of a size pay for its memory."""
BAR = 0.25
PARTS: Final[dict[str, type]] = {"tracker": Tracker, "stillness": Stillness, **{kind: RULES[kind] for kind in ON}}
"""Name → class whose `update` is timed."""


class TimedDetector:
    """A detector that notes the CPU time of each inference, ns."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.spent_ns: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    def detect(self, *args: Any, **more: Any) -> Detections:
        """As `Detector.detect`."""
        start = time.process_time_ns()
        seen = self._detector.detect(*args, **more)
        self.spent_ns.append(time.process_time_ns() - start)
        return seen


@contextmanager
def timing(parts: dict[str, type]) -> Iterator[dict[str, int]]:
    """Name → CPU time spent in its `update` so far, ns, within the block."""
    spent: dict[str, int] = defaultdict(int)
    kept = {name: part.update for name, part in parts.items()}  # type: ignore[attr-defined]

    def timed(name: str, update: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            start = time.process_time_ns()
            try:
                return update(*args, **more)
            finally:
                spent[name] += time.process_time_ns() - start

        return call

    for name, part in parts.items():
        part.update = timed(name, kept[name])  # type: ignore[attr-defined]
    try:
        yield spent
    finally:
        for name, part in parts.items():
            part.update = kept[name]  # type: ignore[attr-defined]


def looks_of(footage: Footage, size: tuple[int, int], count: int) -> Iterator[Frame]:
    """The first so many looks of a recording, each in this size (width, height)."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for index, (at_s, image) in zip(range(count), clip_frames(footage.path, EVERY_S), strict=False):
        picture: NDArray[np.uint8] = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        yield Frame(footage.name, index, start + timedelta(seconds=at_s), at_s, at_s, picture)


def measure(
    footage: Footage, size: tuple[int, int], detector: Detector, leads: LeadNetwork | None, count: int
) -> dict[str, float]:
    """ms a look of a recording: detector, rules (all the rest), and the parts of that."""
    timed = TimedDetector(detector)
    pipeline = Pipeline(View(footage.zones), footage.settings.hazards, detector.info, leads)
    rows: dict[str, list[int]] = defaultdict(list)
    with timing(PARTS) as spent:
        for number, frame in enumerate(looks_of(footage, size, count)):
            timed.spent_ns.clear()
            spent.clear()
            start = time.process_time_ns()
            pipeline.look(frame, timed)  # type: ignore[arg-type]
            whole_ns = time.process_time_ns() - start
            if number >= WARM_LOOKS:
                first, *more = timed.spent_ns
                second = sum(more)
                row = {"detector": first, "rules": whole_ns - first - second, "second_looks": second}
                for name, ns in (row | {name: spent[name] for name in PARTS}).items():
                    rows[name].append(ns)
    return {name: statistics.fmean(values) / 1e6 for name, values in rows.items()}


def summary(size: tuple[int, int], rows: Mapping[str, dict[str, float]]) -> dict[str, Any]:
    """Over the recordings by name: the ratio of each one's own two figures, and medians, ms."""
    ratios = {name: round(row["rules"] / row["detector"], 3) for name, row in rows.items()}
    seconds = [row["second_looks"] / row["detector"] for row in rows.values()]
    parts = next(iter(rows.values()))
    return {
        "picture": f"{size[0]}x{size[1]}",
        "ratio_median": round(statistics.median(ratios.values()), 3),
        "ratio_worst": max(ratios.values()),
        "second_looks_median": round(statistics.median(seconds), 3),
        "second_looks_worst": round(max(seconds), 3),
        **{f"{part}_ms": round(statistics.median(row[part] for row in rows.values()), 3) for part in parts},
        "ratio_by_recording": ratios,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data/clips"))
    parser.add_argument("--rendered", type=Path, default=Path("tests/scenarios"))
    parser.add_argument("--looks", type=int, default=150, help="of each recording and size")
    parser.add_argument("--only", default="", metavar="WORD", help="only footage whose name holds this")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "rules.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector, leads = Detector.load(), LeadNetwork.load()
    footage = [*real(args.shared), *rendered(args.rendered, (ZoneMode.WHOLE,))]
    footage = [one for one in footage if args.only in one.name and "_1fps" not in one.name]
    if not footage:
        parser.error(f"no footage in {args.shared} and {args.rendered}")
    sizes = []
    for size in SIZES:
        rows = {
            one.name: measure(one, size, detector, leads, args.looks)
            for one in progress(footage, "rules", len(footage))
        }
        sizes.append(summary(size, rows))
        print(", ".join(f"{name} {value}" for name, value in sizes[-1].items() if name != "ratio_by_recording"))
    worst = max(row["ratio_median"] for row in sizes)
    result = {
        "model": detector.info.version,
        "looks_of_each": args.looks,
        "ratio": worst,
        "bar": BAR,
        "sizes": sizes,
        "machine": describe(),
    }
    write_json(args.out, result)
    print(f"rules beside detector: {worst:.3f}; bar {BAR} ({args.out})")


if __name__ == "__main__":
    main()
