"""An int8 copy of the lead network, calibrated on close-ups of machines that it learnt from.

    python -m models.leads.quantize --shared ../shared/data --model FLOAT.onnx --out models/weights/xinan-lead-v1.onnx
        --version 0.1.1

Judge it with `models.leads.evaluate --model` before it is shipped.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.files import replacing
from models.leads.courses import course
from models.leads.gather import label_of, labelled, split
from models.leads.paint import lead_stroke, paint
from models.quantize import Calibration
from vision.closeup import Closeup
from vision.leads import as_input

PICTURES = 200
"""Machines whose close-ups set the ranges of the numbers; every second has a lead painted in."""
SEED = 20261127
QUANTIZED = ("Conv", "MaxPool", "Resize", "Concat")


def closeups(shared: Path, count: int) -> Iterator[NDArray[np.float32]]:
    """Close-ups of machines of training pictures as the network gets them. Raises WorkshopError."""
    rng = np.random.default_rng(SEED)
    taken, _ = split(shared)
    number = 0
    for path in taken:
        picture = labelled(path, label_of(path))
        for machine in picture.machines[:1]:
            canvas = np.asarray(picture.image.astype(np.float32) / 255, np.float32)
            if number % 2:
                size = max(machine[2] - machine[0], machine[3] - machine[1])
                paint(canvas, [course(rng, machine)], lead_stroke(rng, size), rng)
            closeup = Closeup(machine)
            closeup.add(np.asarray(np.clip(canvas * 255, 0, 255), np.uint8), [])
            yield as_input(closeup.picture)
            number += 1
            if number == count:
                return


def quantize(source: Path, out: Path, version: str, batches: Iterator[NDArray[np.float32]]) -> None:
    """Write the int8 copy of `source`.

    Weights take seven bits, so that processors without VNNI do not overflow. The first and the last convolution stay
    as they are: in int8 they lose a tenth of the thin leads, and they cost little.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    graph = onnx.load(source)
    convolutions = [node.name for node in graph.graph.node if node.op_type == "Conv"]
    with replacing(out) as part:
        quantize_static(
            source,
            part,
            Calibration(graph.graph.input[0].name, batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED),
            nodes_to_exclude=[convolutions[0], convolutions[-1]],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True},
        )
        small = onnx.load(part)
        said = {item.key: item.value for item in graph.metadata_props}
        del small.metadata_props[:]
        onnx.helper.set_model_props(small, {**said, "version": version, "precision": "int8"})
        onnx.save(small, part)


def main(argv: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the gathered pictures")
    parser.add_argument("--model", type=Path, required=True, help="the network to copy, in float32")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True)
    args = parser.parse_args(argv)
    quantize(args.model, args.out, args.version, closeups(args.shared, PICTURES))
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
