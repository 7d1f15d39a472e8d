"""An int8 copy of a detector, and whether it is worth keeping: really faster, and no headline figure a point worse.

`xinan models quantize --set runs/set --out int8.onnx [--model FILE]` calibrates on the set's training pictures,
measures both files in one process, prints the verdict, and writes the copy only if it is worth it.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.command import add_model, add_set, command, parser_of, positive
from models.data import Fold, Sample
from models.dataset import Entry, SetError, load_set
from models.figures import finite
from models.files import spare, write_bytes
from models.progress import progress
from models.subject import Subject, detect_all
from models.validate import OF_ADDED, WEIGHTS, measure
from vision.backends.onnx import OnnxBackend
from vision.detector import Detector, find_model
from vision.letterbox import InputBuffer, Letterbox

CALIBRATION_PICTURES: Final = 300
MOST_TIME: Final = 0.9
"""int8 must take at most this share of the time: the machine at the customer's is not ours."""
MOST_LOSS: Final = 0.01
"""No headline figure may fall by more: one point."""
SPEED_SIZES: Final = ((640, 384), (576, 576))
SPEED_ROUNDS: Final = 40
QUANTIZED: Final = ("Conv", "Sigmoid", "Mul", "Concat", "Add", "MaxPool", "Resize", "Split")
"""The convolutions and what lies between them, so that numbers stay int8 from one to the next."""
PRECISE: Final = ("/model.10/", "/model.23/")
"""Attention and head: only their inner convolutions are quantized. Boxes and scores need the precision."""


class Calibration:
    """onnxruntime's CalibrationDataReader: pictures as the run time gives them to the network."""

    def __init__(self, input_name: str, batches: Iterator[NDArray[np.float32]]) -> None:
        self._name, self._batches = input_name, batches

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, None at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both files side by side. Times: median CPU ms of the network alone, one thread, by input "WxH".

    fp32, int8: the figures of `models.validate.measure`. worst: the headline figure that fell most, and by how much.
    """

    pictures: int
    fp32_ms: dict[str, float]
    int8_ms: dict[str, float]
    speed: float
    fp32: dict[str, float]
    int8: dict[str, float]
    worst: tuple[str, float]

    @property
    def faster(self) -> bool:
        return self.speed <= MOST_TIME

    @property
    def as_good(self) -> bool:
        return self.worst[1] <= MOST_LOSS

    @property
    def keep(self) -> bool:
        return self.faster and self.as_good

    def __str__(self) -> str:
        """In one line."""
        return (
            f"{'keep' if self.keep else 'do not keep'} int8: {self.speed:.2f} of the time (at most {MOST_TIME}), "
            f"{self.worst[0]} fell by {100 * self.worst[1]:.1f} points (at most {100 * MOST_LOSS:.0f}), total "
            f"{self.fp32['total']:.3f} to {self.int8['total']:.3f} on {self.pictures} held-out pictures"
        )


def inputs(detector: Detector, samples: Sequence[Sample]) -> Iterator[NDArray[np.float32]]:
    """The pictures as the network gets them, (1, 3, H, W)."""
    buffer = InputBuffer()
    for sample in samples:
        height, width = sample.image.shape[:2]
        yield buffer.fill(sample.image, Letterbox.fit(width, height, detector.info.input_size, detector.info.stride))


def quantize(source: Path, out: Path, samples: Sequence[Sample]) -> None:
    """Write the int8 copy, calibrated on `samples`.

    Scales per output channel; activation ranges are moving averages of each picture's extremes, which a few odd pixels
    do not stretch.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    graph = onnx.load(source)
    batches = inputs(Detector.load(source), samples)
    quantize_static(
        source,
        out,
        Calibration(graph.graph.input[0].name, iter(progress(batches, "calibrate", len(samples)))),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=list(QUANTIZED),
        nodes_to_exclude=kept_in_float(graph),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"CalibMovingAverage": True},
    )
    small = onnx.load(out)
    del small.metadata_props[:]
    said = {item.key: item.value for item in graph.metadata_props}
    onnx.helper.set_model_props(small, {**said, "precision": "int8"})
    onnx.save(small, out)


def kept_in_float(graph: Any) -> list[str]:
    """Names of the nodes that stay as they are: all of `PRECISE` but its hidden convolutions and their activations.

    The last layer of the head, which makes boxes of distributions ("dfl"), is a convolution too, and needs to be exact.
    """
    names = [node.name for node in graph.graph.node if node.name.startswith(PRECISE)]
    return [name for name in names if "/dfl/" in name or not (name.endswith("/conv/Conv") or "/act/" in name)]


def times(files: Sequence[Path], size: tuple[int, int], rounds: int = SPEED_ROUNDS) -> list[float]:
    """Median CPU ms of each network on one (width, height), one thread; they take turns, so that a busy machine hurts
    all alike."""
    backends = [OnnxBackend(file) for file in files]
    batch = np.random.default_rng(0).random((1, 3, size[1], size[0]), np.float32)
    spent: list[list[float]] = [[] for _ in files]
    for number in range(rounds + 2):
        for backend, own in zip(backends, spent, strict=True):
            start = time.process_time_ns()
            backend.run(batch)
            if number >= 2:  # the first two pay for memory
                own.append((time.process_time_ns() - start) / 1e6)
    return [statistics.median(own) for own in spent]


def figures(file: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """The headline figures of a file on held-out pictures; without those that have no picture behind them."""
    scored = detect_all(Subject(file, threads=1, size=None), samples)
    return finite(measure(scored))


def compare(source: Path, small: Path, held_out: Sequence[Sample]) -> Verdict:
    """Measure both files, in this process, one thread. Raises SetError where no figure has a picture behind it."""
    before = figures(source, held_out)
    if not (counted := counting(before)):
        raise SetError(f"no class can be measured on the {len(held_out)} held-out pictures")
    after = figures(small, held_out)
    worst = max(counted, key=lambda name: before[name] - after[name])
    by_size = {f"{w}x{h}": times((source, small), (w, h)) for w, h in SPEED_SIZES}
    return Verdict(
        pictures=len(held_out),
        fp32_ms={size: round(pair[0], 2) for size, pair in by_size.items()},
        int8_ms={size: round(pair[1], 2) for size, pair in by_size.items()},
        speed=round(max(pair[1] / pair[0] for pair in by_size.values()), 3),
        fp32=before,
        int8=after,
        worst=(worst, round(before[worst] - after[worst], 4)),
    )


def counting(figures: dict[str, float]) -> list[str]:
    """The names that `models.validate.total` counts: without gathered pictures the classes of the user's own."""
    return [name for name in WEIGHTS if name in figures] or [name for name in figures if name.endswith(OF_ADDED)]


def drawn(count: int) -> Callable[[list[Entry]], list[Entry]]:
    """Picks `count` pictures of a set, seeded."""
    return lambda entries: random.Random(0).sample(entries, min(count, len(entries)))


def pictures(folder: Path, fold: Fold, count: int | None) -> list[Sample]:
    """So many of one fold; None: all. Raises SetError, also where there are none."""
    samples = load_set(folder, fold, pick=None if count is None else drawn(count))
    if not samples:
        what = "to calibrate on (none is trained on)" if fold == "train" else "to measure on (none is held out)"
        raise SetError(f"{folder}: the set has no picture {what}")
    return samples


def make_and_compare(model: Path | None, out: Path, folder: Path, count: int | None = None) -> Verdict:
    """Quantize a detector (None: the shipped one) and judge it on the set in `folder`; `out` is written if it is to be
    kept, once it is judged.

    count: of held-out pictures, picked by seed; None: all. Raises SetError, ModelError, OSError.
    """
    source = find_model(model)
    spare(out, source)
    learnt, held_out = pictures(folder, "train", CALIBRATION_PICTURES), pictures(folder, "val", count)
    with tempfile.TemporaryDirectory() as scratch:
        staged = Path(scratch) / out.name
        quantize(source, staged, learnt)
        verdict = compare(source, staged, held_out)
        if verdict.keep:
            write_bytes(out, staged.read_bytes())
    return verdict


@command("nothing was written")
def main(argv: Sequence[str] | None = None) -> None:
    parser = parser_of("quantize", __doc__)
    add_set(parser)
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, help="int8 file to write, if it is worth keeping")
    parser.add_argument("--pictures", type=positive, metavar="N", help="measure on so many held-out pictures (all)")
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    verdict = make_and_compare(args.model, args.out, args.set, args.pictures)
    print(verdict)
    if not verdict.keep:
        raise SystemExit(f"xinan: {args.out} was not written: the copy is not worth keeping")


if __name__ == "__main__":
    main()
