"""The pipeline beside its floor, in the same minute.

    python -m benchmarks.speed.run [CLIP …] [--rounds 3] [--out benchmarks/speed/results/NAME.json]

Floor: decode the clip, letterbox the sampled frames, `session.run`. Pipeline: everything that a camera's frames go
through: decode, detect, second looks, boxes, tracks, still map, rules, their own networks. The two alternate, so that
both suffer alike from a busy machine; CPU seconds of the process are what counts. A clip is played twice to the
pipeline and the second time counts: the second looks that are saved up for a camera's start are spent in its first half
minute, and a camera runs for weeks.

The floor has one network call a frame. The pipeline has more: second looks for small flames (a quarter of the looks at
most) and the lead network. `ratio_over_its_own_calls` sets it beside a floor with as many calls: what is left is what
everything that is no network costs.

Clips: the demonstration and the scenarios of the tests as they are (640×360), and as a D1 camera sends them.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.load.clips import Part, made
from benchmarks.machine import describe, results_of
from models.clip import DEMO
from models.files import write_json
from streams.clock import SystemClock
from streams.frame import Frame
from streams.source import open_recording
from vision.backends.onnx import OnnxBackend
from vision.config import HazardsConfig
from vision.detector import Detector, ModelInfo, shipped_model, zoo_model
from vision.leads import LeadNetwork
from vision.letterbox import InputBuffer, Letterbox
from vision.pipeline import Pipeline
from vision.view import View
from vision.zones import Zone, ZoneType

SAMPLE_FPS = 5.0
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"
LATER_S = 3600.0
"""Between the two times that a clip is played."""


class Timed(OnnxBackend):
    """A network that adds up what its calls cost, CPU seconds."""

    spent_s = 0.0

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        begun_s = time.process_time()
        output = super().run(batch)
        self.spent_s += time.process_time() - begun_s
        return output


@dataclass(frozen=True, slots=True)
class Networks:
    """All that is run: the detector's network, and the one for leads."""

    detector: Timed
    leads: Timed

    @property
    def spent_s(self) -> float:
        """CPU seconds of all calls so far."""
        return self.detector.spent_s + self.leads.spent_s


def frames_of(clip: Path) -> Iterator[Frame]:
    """The sampled frames of a clip, decoded as they are asked for."""
    with open_recording(clip, camera=clip.stem, clock=SystemClock(), sample_fps=SAMPLE_FPS) as source:
        yield from source.frames()


def floor(clip: Path, networks: Networks, info: ModelInfo) -> tuple[float, float, int]:
    """(CPU seconds, those of the network calls in them, frames) of decoding, letterboxing and running the network."""
    buffer, count, begun_s, before_s = InputBuffer(), 0, time.process_time(), networks.spent_s
    for frame in frames_of(clip):
        box = Letterbox.fit(*frame.size, info.input_size, info.stride)
        networks.detector.run(buffer.fill(frame.image, box))
        count += 1
    return time.process_time() - begun_s, networks.spent_s - before_s, count


def pipeline(clip: Path, networks: Networks, info: ModelInfo) -> tuple[float, float]:
    """(CPU seconds, those of the network calls in them) of the whole way of the same frames, seen the second time."""
    detector, leads = Detector(networks.detector, info), LeadNetwork(networks.leads, "timed")
    whole = Pipeline(View((Zone("corridor", ZoneType.CORRIDOR),)), HazardsConfig(), info, leads)
    begun_s = before_s = 0.0
    for number in range(2):
        begun_s, before_s = time.process_time(), networks.spent_s
        for frame in frames_of(clip):
            whole.look(replace(frame, monotonic_s=frame.monotonic_s + number * LATER_S), detector)
    return time.process_time() - begun_s, networks.spent_s - before_s


def measure(clip: Path, rounds: int, networks: Networks, info: ModelInfo) -> dict[str, Any]:
    """One clip's row."""
    lows, highs = [], []
    for _ in range(rounds):
        lows.append(floor(clip, networks, info))
        highs.append(pipeline(clip, networks, info))
    pairs = list(zip(lows, highs, strict=True))
    width, height = next(frames_of(clip)).size
    count = lows[0][2]
    row = {
        "clip": clip.name,
        "size": f"{width}x{height}",
        "frames": count,
        "ratio_frames_per_cpu_s_over_floor": _median(low[0] / high[0] for low, high in pairs),
        "ratio_over_its_own_calls": _median((low[0] - low[1] + high[1]) / high[0] for low, high in pairs),
        "calls_per_frame": _median(high[1] / low[1] for low, high in pairs),
        "floor_ms_per_frame": round(1000 * statistics.median(low[0] for low in lows) / count, 1),
        "pipeline_ms_per_frame": round(1000 * statistics.median(high[0] for high in highs) / count, 1),
    }
    print(
        "{clip} {size}: floor {floor_ms_per_frame} ms, pipeline {pipeline_ms_per_frame} ms, ratio "
        "{ratio_frames_per_cpu_s_over_floor}; beside its own calls {ratio_over_its_own_calls}".format(**row),
        flush=True,
    )
    return row


def _median(ratios: Iterable[float]) -> float:
    return round(statistics.median(ratios), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="default: see above")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=results_of(__file__), help="default: results/MODEL.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    info = Detector.load().info
    networks = Networks(Timed(shipped_model()), Timed(zoo_model("leads")))
    own = [DEMO, *sorted(SCENARIOS.glob("*.mp4"))]
    clips = args.clips or [*own, *(made(Part(clip)) for clip in own)]
    rows = [measure(clip, args.rounds, networks, info) for clip in clips]
    keys = ("ratio_frames_per_cpu_s_over_floor", "ratio_over_its_own_calls")
    medians = {key: _median(float(row[key]) for row in rows) for key in keys}
    write_json(args.out, {**medians, "clips": rows, "machine": describe()})
    print(f"pipeline over floor: {medians[keys[0]]:.3f}; beside its own calls: {medians[keys[1]]:.3f} ({args.out})")


if __name__ == "__main__":
    main()
