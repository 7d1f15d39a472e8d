"""An exported model as a network that can learn again: no checkpoint travels with the package, the ONNX file does.

The file holds the fused network (batch norms folded into the convolutions) under the names of its state dict. Needs
torch, ultralytics and onnx (the `train` extra).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.classes import CLASSES
from models.errors import WorkshopError
from models.export import answers, check_parity
from models.geometry import Floats
from models.network import bare_network, with_our_classes
from vision.backends.onnx import OnnxBackend
from vision.detector import ModelInfo


class ForeignModel(WorkshopError):
    """An ONNX file that is not one of our networks."""


def metadata_of(path: Path) -> dict[str, str]:
    """What the file says of itself. Raises ModelError where it is no ONNX model."""
    return dict(OnnxBackend(path).metadata)


def stored_tensors(path: Path) -> dict[str, Floats]:
    """Name -> float32 tensor of every weight in the file."""
    import onnx
    from onnx import numpy_helper

    return {item.name: numpy_helper.to_array(item) for item in onnx.load(str(path)).graph.initializer}


def require_our_classes(file: str, names: Sequence[str]) -> None:
    """Raises ForeignModel unless the classes of the file are ours, in our order."""
    if tuple(names) != CLASSES:
        raise ForeignModel(f"{file}: its classes are {', '.join(names)}; needed: {', '.join(CLASSES)}")


def network_of(path: Path) -> Any:
    """The fused network of the file, in evaluation mode, nothing set to learn.

    Raises ForeignModel naming what does not fit, ParityError where the two differ in what they compute, ModelError
    where the file is no model of the run time.
    """
    import torch

    info = ModelInfo.parse(metadata_of(path), path.name)
    require_our_classes(path.name, info.names)
    model = with_our_classes(bare_network()).fuse(verbose=False).eval()
    state, stored = model.state_dict(), stored_tensors(path)
    for name, tensor in state.items():
        found = stored.get(name)
        shape = None if found is None else found.shape
        if found is None or shape != tuple(tensor.shape):
            raise ForeignModel(f"{path.name}: {name} is {shape}, needed: {tuple(tensor.shape)}; not a YOLO11n of ours")
        state[name] = torch.from_numpy(found.copy())
    model.load_state_dict(state)
    check_parity(path, answers(model.requires_grad_(False)))
    return model
