"""A checkpoint to the ONNX file the run time loads, with everything it must know in the file's own metadata.

`xinan models export --checkpoint runs/v1/best.pt --set runs/set --thresholds runs/v1/thresholds.json --out mine.onnx`.
With `--ship NAME --version V` in place of `--out` it becomes the model that travels with the package: the file goes to
models/weights, and models/zoo.toml names it.
"""

import argparse
import datetime
import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.classes import CLASSES
from models.command import add_set, add_size, command, parser_of
from models.dataset import set_hash
from models.errors import WorkshopError
from models.files import read_json, replacing, write_text
from models.geometry import Floats
from models.network import checkpoint_network, coco_network, import_ultralytics
from vision.backends.onnx import OnnxBackend
from vision.detector import sha256_of

OWN_VERSION: Final = "0"
"""Of a model that does not ship."""
LICENCE: Final = "AGPL-3.0-or-later"
NMS_IOU: Final = 0.6
WEIGHTS: Final = Path(__file__).with_name("weights")
DRAFT_THRESHOLD: Final = 0.25
PARITY_SHAPES: Final = ((96, 160), (128, 64))
BOX_PARITY, SCORE_PARITY = 0.5, 1e-3  # px of the input; score
ZOO: Final = Path(__file__).with_name("zoo.toml")
DESCRIPTION: Final = "YOLO11n fine-tuned with `xinan models train`. Not a certified fire detector."
SHIPPED_DESCRIPTION: Final = (
    "YOLO11n fine-tuned for e-bikes, bicycles, persons, flames and clutter in community fire safety. "
    "Not a certified fire detector. See models/MODEL_CARD.md."
)


def metadata(thresholds: dict[str, float], size: int, data_hash: str, version: str) -> dict[str, str]:
    """The ONNX metadata, all strings. data_hash: of the training set.

    Raises ExportError where a class has no threshold.
    """
    missing = set(CLASSES) - set(thresholds)
    if missing:
        raise ExportError(f"no threshold for {', '.join(sorted(missing))}")
    return {
        "names": json.dumps(list(CLASSES)),
        "input_size": json.dumps([size, size]),
        "stride": "32",
        "thresholds": json.dumps({name: round(float(thresholds[name]), 3) for name in CLASSES}),
        "nms_iou": str(NMS_IOU),
        "version": version,
        "license": LICENCE,
        "data_hash": data_hash,
        "trained": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "description": DESCRIPTION,
    }


def thresholds_of(file: Path) -> dict[str, float]:
    """Class -> score, as `xinan models evaluate --choose` writes them. Raises ExportError, OSError."""
    told = read_json(file)
    if not isinstance(told, dict) or not all(isinstance(score, int | float) for score in told.values()):
        raise ExportError(f"{file}: wanted is a number for each class")
    return told


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


class ExportError(WorkshopError):
    """What cannot become an ONNX file."""


class ParityError(ExportError):
    """The ONNX file computes something else than the network it was made of."""


def write_onnx(model: Any, out: Path, properties: dict[str, str]) -> None:
    """Export with free batch, height and width, simplify, and attach the metadata.

    The file appears only once it computes what `model` does. Raises ParityError.
    """
    model = model.eval()
    pairs = answers(model)
    with replacing(out) as staged:
        _export(model, staged, properties)
        check_parity(staged, pairs)


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
    del graph.graph.value_info[:]  # shapes in between: a tenth of the file, and every engine infers them itself
    for key, value in properties.items():
        graph.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(out))


def zoo_entry(path: Path, properties: dict[str, str]) -> str:
    """zoo.toml with this file as the shipped detector; what it says of other roles (`leads`) stays."""
    zoo = tomllib.loads(ZOO.read_text("utf-8"))
    models: dict[str, dict[str, Any]] = zoo.pop("models", {})
    models.pop(zoo["shipped"], None)
    models[path.stem] = {
        "file": f"{path.parent.name}/{path.name}",
        "sha256": sha256_of(path),
        "version": properties["version"],
        "size": path.stat().st_size,
        "licence": properties["license"],
        "trained": properties["trained"],
        "card": "MODEL_CARD.md",
    }
    lines = ["# The models that travel with the package; the run time refuses a file whose sha256 differs."]
    lines += [f'{role} = "{name}"' for role, name in {**zoo, "shipped": path.stem}.items()]
    for name, entry in models.items():
        lines += ["", f'[models."{name}"]', *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    return "\n".join([*lines, ""])


def model_name(text: str) -> str:
    """What a shipped model can be called: its file is NAME.onnx."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", text) or text.endswith(".onnx"):
        raise argparse.ArgumentTypeError(f"{text!r} is no name such as xinan-v1")
    return text


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of("export", __doc__)
    parser.add_argument("--checkpoint", type=Path, help="of a training run, or a soup")
    add_set(parser, "for its hash", required=False)
    parser.add_argument("--thresholds", type=Path, help="JSON, class -> score; without: a draft to choose them with")
    parser.add_argument("--coco", type=Path, metavar="NPZ", help="instead: COCO weights, as the baseline of evaluate")
    add_size(parser, 640)
    parser.add_argument("--version", help=f"what the file calls itself ({OWN_VERSION})")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, help="ONNX file to write")
    target.add_argument(
        "--ship", type=model_name, metavar="NAME", help="in a checkout: write models/weights/NAME.onnx and zoo.toml"
    )
    args = parser.parse_args(argv)
    if not args.coco and not (args.checkpoint and args.set):
        parser.error("--checkpoint and --set are needed, or --coco")
    if args.ship and (args.coco or not (args.thresholds and args.version)):
        parser.error("--ship needs --checkpoint, --set, --thresholds and --version")
    if args.coco and (args.checkpoint or args.set or args.thresholds):
        parser.error("--coco stands alone: it is the untouched COCO network")
    return args


@command("nothing was written")
def main(argv: Sequence[str] | None = None) -> None:
    args = parse(argv)
    import_ultralytics()
    export(args)


def export(args: argparse.Namespace) -> None:
    """The baseline for --coco, else the checkpoint. Raises ExportError, WeightsError, SetError, OSError."""
    if args.coco:
        names = {index: f"{index}" for index in range(80)}
        write_onnx(coco_network(args.coco).eval(), args.out, coco_metadata(names, args.size))
        return
    thresholds = thresholds_of(args.thresholds) if args.thresholds else dict.fromkeys(CLASSES, DRAFT_THRESHOLD)
    properties = metadata(thresholds, args.size, set_hash(args.set), args.version or OWN_VERSION)
    model = checkpoint_network(args.checkpoint).eval()
    if args.ship:
        ship(model, args.ship, {**properties, "description": SHIPPED_DESCRIPTION})
    else:
        write_onnx(model, args.out, properties)


def ship(model: Any, name: str, properties: dict[str, str]) -> None:
    """Make it the model that travels with the package. The older ones stay where they are."""
    file = WEIGHTS / f"{name}.onnx"
    write_onnx(model, file, properties)
    write_text(ZOO, zoo_entry(file, properties))


if __name__ == "__main__":
    main()
