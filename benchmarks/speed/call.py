"""The whole call from picture to boxes beside the bare network, on the same pictures in the same minute.

    python -m benchmarks.speed.call [--model FILE] [--rounds 40] [--out benchmarks/speed/results/call.json]

Call: `Detector.detect`: letterbox, conversion, network, boxes, suppression. Bare: the network alone on the same input.
One thread; the two alternate picture by picture; CPU seconds of the process count. Bar 1.15, goal 1.05.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from models.clip import DEMO, clip_frames
from models.files import write_json
from vision.backends.onnx import OnnxBackend
from vision.detector import Detector, find_model
from vision.letterbox import InputBuffer, Letterbox

SIZES: Final = ((1920, 1080), (1280, 720), (704, 576), (640, 360))
BAR, GOAL = 1.15, 1.05


def pictures(count: int) -> list[NDArray[np.uint8]]:
    """Evenly from the demo's clip, which shows people, bikes, a fire and an empty corridor."""
    frames = [image for _, image in clip_frames(DEMO, every_s=0.5)]
    return frames[:: max(1, len(frames) // count)][:count]


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU time of one call."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e6


def compare(detector: Detector, backend: OnnxBackend, images: list[NDArray[np.uint8]]) -> dict[str, Any]:
    """Medians over the pictures, ms of CPU time, and their ratio."""
    height, width = images[0].shape[:2]
    box = Letterbox.fit(width, height, detector.info.input_size, detector.info.stride)
    calls: list[float] = []
    bares: list[float] = []
    for number, image in enumerate(images):
        blob = InputBuffer().fill(image, box)
        pair: list[tuple[list[float], Callable[[], object]]] = [
            (calls, lambda image=image: detector.detect(image)),  # type: ignore[misc]
            (bares, lambda blob=blob: backend.run(blob)),  # type: ignore[misc]
        ]
        for into, work in pair if number % 2 else reversed(pair):
            into.append(cpu_ms(work))
    return {
        "picture": f"{width}x{height}",
        "input": f"{box.shape[1]}x{box.shape[0]}",
        "call_ms": round(statistics.median(calls), 2),
        "bare_ms": round(statistics.median(bares), 2),
        "ratio": round(statistics.median(calls) / statistics.median(bares), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="ONNX file; default: the shipped one")
    parser.add_argument("--rounds", type=int, default=40, help="pictures of each size")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "call.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector, backend = Detector.load(args.model), OnnxBackend(find_model(args.model))
    images = pictures(args.rounds)
    rows = []
    for size in SIZES:
        resized = [np.asarray(cv2.resize(image, size), np.uint8) for image in images]
        compare(detector, backend, resized[:3])  # the first pictures of a shape pay for its memory
        rows.append(compare(detector, backend, resized))
        print(
            "{picture:>9} as {input:>7}: call {call_ms:.2f} ms, bare {bare_ms:.2f} ms, ratio {ratio:.3f}".format(
                **rows[-1]
            )
        )
    worst = max(row["ratio"] for row in rows)
    result = {
        "model": detector.info.version,
        "pictures_of_each_size": len(images),
        "worst_ratio": worst,
        "bar": BAR,
        "goal": GOAL,
        "sizes": rows,
        "machine": describe(),
    }
    write_json(args.out, result)
    print(f"worst ratio {worst:.3f}; bar {BAR}, goal {GOAL} ({args.out})")


if __name__ == "__main__":
    main()
