"""The other side of `benchmarks.speed.streams`: `model.track(stream=True)` on the same streams, in its own process.

    python -m benchmarks.speed.ultralytics_track MODEL.onnx LIST.streams --size 640 --seconds 60

As it comes: batch of all streams, its own threads, its default tracker. Prints READY after the first results of every
stream, then, each second, how many frames it has analysed.
"""

import argparse
import os
import time
from pathlib import Path

from models.network import import_ultralytics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("streams", type=Path)
    parser.add_argument("--size", type=int, default=640)
    args = parser.parse_args()
    os.environ["YOLO_AUTOINSTALL"] = "false"
    import_ultralytics()
    from ultralytics import YOLO

    model = YOLO(args.model, task="detect")
    streams = len(args.streams.read_text("utf-8").split())
    results = model.track(source=str(args.streams), stream=True, imgsz=args.size, verbose=False)
    told_s = float("-inf")
    for frames, _ in enumerate(results, 1):
        if frames == streams:
            print("READY", flush=True)
        if time.monotonic() - told_s >= 0.2:
            told_s = time.monotonic()
            print(frames, flush=True)


if __name__ == "__main__":
    main()
