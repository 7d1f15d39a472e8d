"""The pipeline beside its floor, in the same minute.

    python -m benchmarks.speed.run [CLIP …] [--rounds 3] [--out benchmarks/speed/results/NAME.json]

Floor: decode the clip, letterbox the sampled frames, `session.run`. Pipeline: everything that a camera's frames go
through: decode, detect, second looks, boxes, tracks, still map, rules, their own networks. The two alternate, so that
both suffer alike from a busy machine; CPU seconds of the process are what counts. A clip is played twice to the
pipeline and the second time counts: the second looks that are saved up for a camera's start are spent in its first half
minute, and a camera runs for weeks.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from benchmarks.machine import describe, results_of
from models.clip import DEMO
from models.files import write_json
from streams.clock import SystemClock
from streams.frame import Frame
from streams.source import open_recording
from vision.backends.onnx import OnnxBackend
from vision.config import HazardsConfig
from vision.detector import Detector, ModelInfo, shipped_model
from vision.leads import LeadNetwork
from vision.letterbox import InputBuffer, Letterbox
from vision.pipeline import Pipeline
from vision.view import View
from vision.zones import Zone, ZoneType

SAMPLE_FPS = 5.0
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"
LATER_S = 3600.0
"""Between the two times that a clip is played."""


def frames_of(clip: Path) -> Iterator[Frame]:
    """The sampled frames of a clip, decoded as they are asked for."""
    with open_recording(clip, camera=clip.stem, clock=SystemClock(), sample_fps=SAMPLE_FPS) as source:
        yield from source.frames()


def floor(clip: Path, backend: OnnxBackend, info: ModelInfo) -> tuple[float, int]:
    """(CPU seconds, frames) of decoding, letterboxing and running the network."""
    buffer, count, begun_s = InputBuffer(), 0, time.process_time()
    for frame in frames_of(clip):
        box = Letterbox.fit(*frame.size, info.input_size, info.stride)
        backend.run(buffer.fill(frame.image, box))
        count += 1
    return time.process_time() - begun_s, count


def pipeline(clip: Path, detector: Detector, leads: LeadNetwork) -> tuple[float, int]:
    """(CPU seconds, frames) of the whole way of the same frames, seen the second time."""
    whole = Pipeline(View((Zone("corridor", ZoneType.CORRIDOR),)), HazardsConfig(), detector.info, leads)
    begun_s, count = 0.0, 0
    for number in range(2):
        begun_s, count = time.process_time(), 0
        for frame in frames_of(clip):
            whole.look(replace(frame, monotonic_s=frame.monotonic_s + number * LATER_S), detector)
            count += 1
    return time.process_time() - begun_s, count


def measure(clip: Path, rounds: int, backend: OnnxBackend, detector: Detector, leads: LeadNetwork) -> dict[str, Any]:
    """One clip's row."""
    lows, highs = [], []
    for _ in range(rounds):
        lows.append(floor(clip, backend, detector.info))
        highs.append(pipeline(clip, detector, leads))
    count = lows[0][1]
    row = {
        "clip": clip.name,
        "frames": count,
        "ratio_frames_per_cpu_s_over_floor": round(
            statistics.median(low[0] / high[0] for low, high in zip(lows, highs, strict=True)), 3
        ),
        "floor_ms_per_frame": round(1000 * statistics.median(low[0] for low in lows) / count, 1),
        "pipeline_ms_per_frame": round(1000 * statistics.median(high[0] for high in highs) / count, 1),
    }
    print("{clip}: floor {floor_ms_per_frame} ms, pipeline {pipeline_ms_per_frame} ms, ratio ".format(**row), end="")
    print(row["ratio_frames_per_cpu_s_over_floor"])
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="default: the demo's clip and the scenarios of the tests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=results_of(__file__), help="default: results/MODEL.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    backend, detector, leads = OnnxBackend(shipped_model()), Detector.load(), LeadNetwork.load()
    clips = args.clips or [DEMO, *sorted(SCENARIOS.glob("*.mp4"))]
    rows = [measure(clip, args.rounds, backend, detector, leads) for clip in clips]
    ratio = statistics.median(float(row["ratio_frames_per_cpu_s_over_floor"]) for row in rows)
    result = {"ratio_frames_per_cpu_s_over_floor": round(ratio, 3), "clips": rows, "machine": describe()}
    write_json(args.out, result)
    print(f"pipeline over floor: {ratio:.3f} ({args.out})")


if __name__ == "__main__":
    main()
