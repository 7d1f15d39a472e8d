"""The same recording looked through by `ultralytics`, and by `xinan audit`, one after the other.

    python -m benchmarks.scan.against RECORDING [--stride 5] [--size 416] [--seconds 30]

`model.predict(source, stream=True, vid_stride=N)` with the shipped detector's weights, its own defaults and no rules:
it only detects. A stride of 5 at 25 pictures a second is what the dense run looks at, whose events are the measure of
recall. Processor seconds for one second of recording; of ultralytics over the first `--seconds`, after its first
picture. Needs the extra `bench`.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import cv2

from benchmarks.machine import describe, results_of
from benchmarks.scan.speed import Audited
from models.files import write_json
from models.network import import_ultralytics
from vision.detector import shipped_model

FPS = 25


def theirs(recording: Path, stride: int, size: int, seconds: float) -> tuple[float, int]:
    """(CPU seconds a second, looks) of ultralytics."""
    os.environ["YOLO_AUTOINSTALL"] = "false"
    import_ultralytics()
    from ultralytics import YOLO

    model = YOLO(shipped_model(), task="detect")
    results = model.predict(source=str(recording), stream=True, vid_stride=stride, imgsz=size, verbose=False)
    next(results)
    begun_s, looks = time.process_time(), 0
    for _ in results:
        looks += 1
        if looks * stride / FPS >= seconds:
            break
    return (time.process_time() - begun_s) / (looks * stride / FPS), looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--stride", type=int, default=5)
    parser.add_argument("--size", type=int, default=416)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path, help="default: results/MODEL_against.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    run = Audited(dense=False)
    begun_s = time.process_time()
    duration_s, decoded, looks, _ = run(args.recording)
    ours = (time.process_time() - begun_s) / duration_s
    their, their_looks = theirs(args.recording, args.stride, args.size, args.seconds)
    result: dict[str, Any] = {
        "recording": args.recording.name,
        "ours_cpu_s_per_s": round(ours, 4),
        "ours_looks_per_s": round(looks / duration_s, 3),
        "ours_decoded_per_s": round(decoded / duration_s, 2),
        "ultralytics_cpu_s_per_s": round(their, 4),
        "ultralytics_looks_per_s": round(FPS / args.stride, 3),
        "ultralytics_looks": their_looks,
        "ultralytics_over_ours": round(their / ours, 2),
        "machine": describe(),
    }
    name = results_of(__file__)
    write_json(args.out or name.with_name(f"{name.stem}_against.json"), result)
    print(f"{ours:.3f} and {their:.3f} CPU s a second: {their / ours:.1f} times")


if __name__ == "__main__":
    main()
