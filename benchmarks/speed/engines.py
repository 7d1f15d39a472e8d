"""Engines side by side: the same inputs, one thread, in turns, in one process.

    python -m benchmarks.speed.engines [--rounds 60] [--out benchmarks/speed/results/engines.json]

onnxruntime on the CPU is the baseline; OpenVINO needs `pip install 'xinan[openvino]'`. "nms" is the same network with
the suppression built in (ONNX NonMaxSuppression, classes apart), beside the network plus our own `decode`.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from benchmarks.machine import describe
from benchmarks.speed.call import pictures
from models.files import write_json
from vision.backends.onnx import OnnxBackend
from vision.backends.openvino import OpenVinoBackend
from vision.detector import MAX_DETECTIONS, Detector, decode, shipped_model
from vision.errors import EngineError
from vision.letterbox import InputBuffer, Letterbox

SHAPES: Final = ((640, 384), (576, 576))
Work = Callable[[NDArray[np.float32]], object]


def with_nms(source: Path, out: Path, iou: float, floor: float) -> None:
    """The network with the suppression behind it. One more output: (K, 3) picture, class, anchor of what is kept."""
    graph = onnx.load(source)
    body = graph.graph
    classes = len(json.loads({item.key: item.value for item in graph.metadata_props}["names"]))
    body.initializer.extend(
        [
            helper.make_tensor("nms_split", TensorProto.INT64, [2], [4, classes]),
            helper.make_tensor("nms_most", TensorProto.INT64, [1], [MAX_DETECTIONS]),
            helper.make_tensor("nms_iou", TensorProto.FLOAT, [1], [iou]),
            helper.make_tensor("nms_floor", TensorProto.FLOAT, [1], [floor]),
        ]
    )
    inputs = ["nms_rows", "nms_scores", "nms_most", "nms_iou", "nms_floor"]
    body.node.extend(
        [
            helper.make_node("Split", [body.output[0].name, "nms_split"], ["nms_boxes", "nms_scores"], axis=1),
            helper.make_node("Transpose", ["nms_boxes"], ["nms_rows"], perm=[0, 2, 1]),
            helper.make_node("NonMaxSuppression", inputs, ["nms_kept"], center_point_box=1),
        ]
    )
    body.output.append(helper.make_tensor_value_info("nms_kept", TensorProto.INT64, ["kept", 3]))
    onnx.save(graph, out)


def candidates(box: Letterbox, folder: Path) -> dict[str, Work]:
    """Name → what is timed."""
    path = shipped_model()
    cpu, info = OnnxBackend(path), Detector.load().info
    floor = np.array([info.thresholds[name] for name in info.names], np.float32)
    with_nms(path, folder / "nms.onnx", info.nms_iou, float(floor.min()))
    found: dict[str, Work] = {
        "cpu": cpu.run,
        "cpu + decode": lambda blob: decode(cpu.run(blob)[0], floor, info.nms_iou, box),
        "cpu with nms": OnnxBackend(folder / "nms.onnx").run,
    }
    try:
        found["openvino"] = OpenVinoBackend(path).run
    except EngineError as error:
        print(f"openvino: {error}")
    return found


def compare(box: Letterbox, blobs: list[NDArray[np.float32]], folder: Path) -> Mapping[str, float]:
    """Median CPU ms by name."""
    work = candidates(box, folder)
    spent: dict[str, list[float]] = {name: [] for name in work}
    for number, blob in enumerate([blobs[0], blobs[0], *blobs]):
        for name, run in work.items():
            start = time.process_time_ns()
            run(blob)
            if number >= 2:  # the first two pay for memory and compilation
                spent[name].append((time.process_time_ns() - start) / 1e6)
    return {name: round(statistics.median(own), 2) for name, own in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "engines.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    images = pictures(args.rounds)
    result: dict[str, Any] = {"model": Detector.load().info.version, "rounds": len(images), "cpu_ms": {}}
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SHAPES:
            box = Letterbox.fit(width, height, max(width, height))
            resized = [np.asarray(cv2.resize(image, (width, height)), np.uint8) for image in images]
            times = compare(box, [InputBuffer().fill(image, box) for image in resized], Path(folder))
            result["cpu_ms"][f"{width}x{height}"] = times
            if "openvino" in times:
                result["openvino"] = metadata.version("openvino")
            print(f"{width}x{height}: " + ", ".join(f"{name} {ms} ms" for name, ms in times.items()))
    result["machine"] = describe()
    write_json(args.out, result)


if __name__ == "__main__":
    main()
