"""The pipeline beside its floor, in the same minute.

    python -m benchmarks.speed.run [CLIP] [--rounds 5] [--out benchmarks/speed/results/NAME.json]

Floor: decode the clip, letterbox the sampled frames, `session.run`. Pipeline: everything the audit does for the same
frames: decode, detect, boxes, tracks, still map, rules. The two alternate, so that a busy machine hurts both alike;
CPU seconds of the process are what counts, wall seconds stand beside them.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import describe, results_of
from models.clip import DEMO
from models.files import write_json
from streams.clock import SystemClock
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


def floor(clip: Path) -> int:
    """Decode, letterbox, run. Returns the number of frames run."""
    backend = OnnxBackend(shipped_model())
    info = ModelInfo.parse(backend.metadata, "shipped")
    buffer, count = InputBuffer(), 0
    with open_recording(clip, camera="floor", clock=SystemClock(), sample_fps=SAMPLE_FPS) as source:
        for frame in source.frames():
            box = Letterbox.fit(*frame.size, info.input_size, info.stride)
            backend.run(buffer.fill(frame.image, box))
            count += 1
    return count


def pipeline(clip: Path) -> int:
    """The audit's work on the same frames. Returns their number."""
    detector = Detector.load()
    whole = Pipeline(View((Zone("corridor", ZoneType.CORRIDOR),)), HazardsConfig(), detector.info, LeadNetwork.load())
    count = 0
    with open_recording(clip, camera="pipeline", clock=SystemClock(), sample_fps=SAMPLE_FPS) as source:
        for frame in source.frames():
            whole.look(frame, detector)
            count += 1
    return count


def measure(work: Callable[[Path], int], clip: Path) -> tuple[float, float, int]:
    """(CPU seconds, wall seconds, frames) of one run."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    frames = work(clip)
    return time.process_time() - cpu_s, time.perf_counter() - wall_s, frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=results_of(__file__), help="default: results/MODEL.json")
    args = parser.parse_args()
    rounds = []
    for number in range(args.rounds):
        low, high = measure(floor, args.clip), measure(pipeline, args.clip)
        rounds.append({"floor_cpu_s": low[0], "pipeline_cpu_s": high[0], "floor_s": low[1], "pipeline_s": high[1]})
        print(f"round {number + 1}: floor {low[0]:.2f} s, pipeline {high[0]:.2f} s CPU, ratio {low[0] / high[0]:.3f}")
    ratio = statistics.median(r["floor_cpu_s"] / r["pipeline_cpu_s"] for r in rounds)
    result = {
        "clip": args.clip.name,
        "frames": low[2],
        "ratio_frames_per_cpu_s_over_floor": round(ratio, 3),
        "floor_ms_per_frame": round(1000 * statistics.median(r["floor_cpu_s"] for r in rounds) / low[2], 1),
        "pipeline_ms_per_frame": round(1000 * statistics.median(r["pipeline_cpu_s"] for r in rounds) / low[2], 1),
        "rounds": [{key: round(value, 3) for key, value in r.items()} for r in rounds],
        "machine": describe(),
    }
    write_json(args.out, result)
    print(f"pipeline over floor: {ratio:.3f} ({args.out})")


if __name__ == "__main__":
    main()
