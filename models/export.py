"""A checkpoint to the ONNX file the run time loads, with everything it must know in the file's own metadata.

`python -m models.export --checkpoint runs/v0/best.pt --data ../shared/data --thresholds
runs/v0/thresholds.json` writes models/weights/xinan-v0.onnx and its entry in models/zoo.toml.
"""

import argparse
import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.classes import CLASSES
from models.data import HOLDOUT
from models.geometry import Floats
from models.network import coco_network, import_ultralytics, our_network
from vision.backends.onnx import OnnxBackend

VERSION: Final = "0.1.0"
LICENCE: Final = "AGPL-3.0-or-later"
NMS_IOU: Final = 0.6
WEIGHTS: Final = Path(__file__).with_name("weights")
PARITY_SHAPES: Final = ((96, 160), (128, 64))
BOX_PARITY, SCORE_PARITY = 0.5, 1e-3  # px of the input; score
ZOO: Final = Path(__file__).with_name("zoo.toml")
DESCRIPTION: Final = (
    "YOLO11n fine-tuned for e-bikes, bicycles, persons, flames and clutter in community fire safety. "
    "Not a certified fire detector. See models/MODEL_CARD.md."
)


def data_hash(data: Path) -> str:
    """sha256 over the index, the list of held-out pictures and every label file, in name order."""
    digest = hashlib.sha256()
    for path in (data / "index.csv", HOLDOUT, *sorted((data / "labels").rglob("*.txt"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def metadata(thresholds: dict[str, float], size: int, data: Path, trained: str) -> dict[str, str]:
    """The ONNX metadata, all strings. Raises ValueError where a class has no threshold."""
    missing = set(CLASSES) - set(thresholds)
    if missing:
        raise ValueError(f"no threshold for {', '.join(sorted(missing))}")
    return {
        "names": json.dumps(list(CLASSES)),
        "input_size": json.dumps([size, size]),
        "stride": "32",
        "thresholds": json.dumps({name: round(float(thresholds[name]), 3) for name in CLASSES}),
        "nms_iou": str(NMS_IOU),
        "version": VERSION,
        "license": LICENCE,
        "data_hash": data_hash(data),
        "trained": trained,
        "description": DESCRIPTION,
    }


def coco_metadata(names: dict[int, str], size: int) -> dict[str, str]:
    """Metadata that lets the run time load the untouched COCO network, for the baseline only."""
    return {
        "names": json.dumps(list(names.values())),
        "input_size": json.dumps([size, size]),
        "stride": "32",
        "thresholds": json.dumps(dict.fromkeys(names.values(), 0.25)),
        "nms_iou": str(NMS_IOU),
        "version": "coco",
    }


def load_checkpoint(checkpoint: Path, data: Path) -> Any:
    """The averaged network of a training checkpoint, in evaluation mode."""
    import torch

    model = our_network(data / "weights" / "yolo11n_coco.npz")
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["ema"])
    return model.eval()


class ParityError(ValueError):
    """The ONNX file computes something else than the network it was made of."""


def write_onnx(model: Any, out: Path, properties: dict[str, str]) -> None:
    """Export with free batch, height and width, simplify, and attach the metadata.

    The file appears only once it computes what `model` does; until then it is `out` with ".part". Raises ParityError.
    """
    model = model.eval()
    pairs = answers(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = out.with_name(out.name + ".part")
    try:
        _export(model, staged, properties)
        check_parity(staged, pairs)
        staged.replace(out)
    finally:
        staged.unlink(missing_ok=True)


def answers(model: Any) -> list[tuple[Floats, Floats]]:
    """Seeded random pictures, (2, 3, H, W) of two shapes, and what the network says to them, (2, 4 + classes, A)."""
    import torch

    random = np.random.default_rng(0)
    pictures = [random.random((2, 3, *shape), np.float32) for shape in PARITY_SHAPES]
    with torch.inference_mode():
        return [(picture, model(torch.from_numpy(picture))[0].numpy()) for picture in pictures]


def check_parity(path: Path, pairs: Sequence[tuple[Floats, Floats]]) -> None:
    """Raises ParityError where the file's boxes or scores differ from those of `pairs` by more than rounding."""
    backend = OnnxBackend(path)
    for picture, wanted in pairs:
        got = backend.run(picture)
        if got.shape != wanted.shape:
            raise ParityError(f"{path.name}: the file gives {got.shape}, the network {wanted.shape}")
        off = np.abs(got - wanted)
        boxes, scores = float(off[:, :4].max()), float(off[:, 4:].max())
        if not (boxes <= BOX_PARITY and scores <= SCORE_PARITY):
            raise ParityError(f"{path.name}: boxes are off by {boxes:.3g} px, scores by {scores:.2g}")


def _export(model: Any, out: Path, properties: dict[str, str]) -> None:
    import onnx
    import onnxslim
    import torch

    model = model.fuse(verbose=False)
    head = model.model[-1]
    head.export, head.format, head.dynamic = True, "onnx", True
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, 384, 640),),
        str(out),
        opset_version=17,
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 2: "anchors"}},
        dynamo=False,
    )
    graph = onnxslim.slim(onnx.load(str(out)))
    del graph.metadata_props[:]
    for key, value in properties.items():
        graph.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(out))


def zoo_entry(path: Path, properties: dict[str, str]) -> str:
    """zoo.toml with this file as the shipped model."""
    content = path.read_bytes()
    return "\n".join(
        (
            "# The models that travel with the package; the run time refuses a file whose sha256 differs.",
            f'shipped = "{path.stem}"',
            "",
            f'[models."{path.stem}"]',
            f'file = "{path.parent.name}/{path.name}"',
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
            f'version = "{properties["version"]}"',
            f"size = {len(content)}",
            f'licence = "{properties["license"]}"',
            f'trained = "{properties["trained"]}"',
            'card = "MODEL_CARD.md"',
            "",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--coco", type=Path, help="instead: write the COCO baseline to this file")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--thresholds", type=Path, help="JSON object class -> score")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--out", type=Path, default=WEIGHTS / "xinan-v0.onnx")
    args = parser.parse_args()
    import_ultralytics()
    try:
        export(args, parser)
    except ParityError as error:
        raise SystemExit(f"xinan: {error}; nothing was written") from None


def export(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """The baseline for --coco, else the checkpoint. Raises ParityError."""
    if args.coco:
        network = coco_network(args.data / "weights" / "yolo11n_coco.npz").eval()
        names = {index: f"{index}" for index in range(80)}
        write_onnx(network, args.coco, coco_metadata(names, args.size))
        return
    if not args.checkpoint or not args.thresholds:
        parser.error("--checkpoint and --thresholds are needed")
    trained = datetime.datetime.now(datetime.UTC).date().isoformat()
    properties = metadata(json.loads(args.thresholds.read_text()), args.size, args.data, trained)
    write_onnx(load_checkpoint(args.checkpoint, args.data), args.out, properties)
    if args.out.parent == WEIGHTS:
        ZOO.write_text(zoo_entry(args.out, properties), encoding="utf-8")


if __name__ == "__main__":
    main()
