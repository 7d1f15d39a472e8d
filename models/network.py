"""The YOLO11n network: built from the COCO tensors, given our seven classes, and its loss for partial labels.

Everything here needs torch and ultralytics (the `train` extra).
"""

import importlib.util
import os
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.classes import CLASSES, COCO_START
from models.errors import WorkshopError
from models.files import replacing
from models.geometry import Floats, Image, decode
from vision.letterbox import InputBuffer, Letterbox

STRIDES = (8, 16, 32)
BOX_GAIN, CLASS_GAIN, DFL_GAIN = 7.5, 0.5, 1.5  # ultralytics' defaults


class WeightsError(WorkshopError):
    """Weights or a checkpoint that cannot be read, or of another network."""


def import_ultralytics() -> None:
    """Import ultralytics without it reaching for the network.

    `torchvision_cpu`, where it can be imported, stands in for torchvision's own operators on a machine whose
    torchvision was built for another torch; a normal installation has no such module and needs none.
    """
    os.environ.setdefault("YOLO_OFFLINE", "true")
    if importlib.util.find_spec("torchvision_cpu") is not None:
        importlib.import_module("torchvision_cpu")
    importlib.import_module("ultralytics")


def require_device(name: str) -> None:
    """Raises WorkshopError where torch cannot compute on the device."""
    import torch

    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise WorkshopError(f"--device {name}: {str(error).partition(chr(10))[0]}") from None


def bare_network() -> Any:
    """ultralytics' yolo11n for 80 classes, with random weights."""
    import_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    return DetectionModel("yolo11n.yaml", ch=3, nc=80, verbose=False)


def coco_network(weights: Path) -> Any:
    """ultralytics' yolo11n with its 80 COCO classes, from an .npz of its state dict. Raises WeightsError, OSError."""
    model = bare_network()
    import torch

    state = model.state_dict()
    try:
        with np.load(weights) as file:
            stored = dict(file)
    except (ValueError, TypeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{weights}: no .npz of weights: {error}") from None
    counters = {name: value.numpy() for name, value in state.items() if name.endswith("num_batches_tracked")}
    require_fit(weights, {**counters, **stored}, state)
    for name in state:
        if name in stored:
            state[name] = torch.from_numpy(stored[name]).to(state[name].dtype)
    model.load_state_dict(state)
    return model.float()


def require_fit(file: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raises WeightsError unless `found` holds every tensor of the state dict `wanted`, in its shape."""
    for name, tensor in wanted.items():
        if name not in found:
            raise WeightsError(f"{file}: not the weights of our network: {name} is missing")
        if tuple(found[name].shape) != tuple(tensor.shape):
            shapes = f"{tuple(found[name].shape)}, not {tuple(tensor.shape)}"
            raise WeightsError(f"{file}: not the weights of our network: {name} is {shapes}")


def read_checkpoint(file: Path, device: str = "cpu") -> dict[str, Any]:
    """What a run or a soup saved: "ema", the averaged weights, and more. Raises WeightsError, OSError."""
    import torch

    with file.open("rb") as opened:
        whole = zipfile.is_zipfile(opened)  # what is none makes torch fail in many ways
    try:
        saved = torch.load(file, weights_only=True, map_location=device) if whole else None
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{file}: damaged: {error}") from None
    if not isinstance(saved, dict) or not isinstance(saved.get("ema"), Mapping):
        raise WeightsError(f"{file}: no checkpoint of `xinan models train` or `soup`: no averaged weights (ema) in it")
    return saved


def save_checkpoint(file: Path, saved: Mapping[str, Any]) -> None:
    """Replace the file by a checkpoint; it is whole at any time."""
    import torch

    with replacing(file) as staged:
        try:
            torch.save(dict(saved), staged)
        except RuntimeError as error:  # what torch makes of a full disk
            raise WeightsError(f"{file}: cannot be written: {str(error).splitlines()[0]}") from None


def our_network(weights: Path) -> Any:
    """The COCO network with its last class layer replaced by seven rows taken from COCO where one fits."""
    return with_our_classes(coco_network(weights))


def checkpoint_network(checkpoint: Path) -> Any:
    """A network with our classes and the averaged weights of a training run or a soup. Raises WeightsError, OSError."""
    model, saved = with_our_classes(bare_network()), read_checkpoint(checkpoint)
    require_fit(checkpoint, saved["ema"], model.state_dict())
    model.load_state_dict(saved["ema"])
    return model


def start_network(start: Path) -> Any:
    """What training starts from: COCO weights (.npz) or a checkpoint (.pt). Raises WeightsError, OSError."""
    return our_network(start) if start.suffix == ".npz" else checkpoint_network(start)


def with_our_classes(model: Any) -> Any:
    """The same network, its last class layer cut from 80 rows to our seven.

    The class branch keeps its COCO width (80 channels): a network built for seven classes would have 64 and
    start from nothing.
    """
    import torch

    head = model.model[-1]
    for level, branch in enumerate(head.cv3):
        branch[-1] = _seven_rows(branch[-1], STRIDES[level], torch)
    head.nc = len(CLASSES)
    head.no = head.nc + 4 * head.reg_max
    model.nc = head.nc
    model.names = dict(enumerate(CLASSES))
    model.yaml["nc"] = head.nc
    model.args = SimpleNamespace(box=BOX_GAIN, cls=CLASS_GAIN, dfl=DFL_GAIN)
    return model


def _seven_rows(old: Any, stride: int, torch: Any) -> Any:
    new = torch.nn.Conv2d(old.in_channels, len(CLASSES), 1)
    with torch.no_grad():
        new.weight.zero_()
        new.bias.fill_(float(np.log(5 / len(CLASSES) / (640 / stride) ** 2)))
        for ours, rows in COCO_START.items():
            new.weight[ours] = old.weight[list(rows)].mean(0)
            new.bias[ours] = old.bias[list(rows)].mean()
    return new


class PartialLoss:
    """ultralytics' v8DetectionLoss whose class term leaves out what nobody labelled.

    `batch["ignore"]` is (M, 6) float32 [picture, class, x1, y1, x2, y2] in input pixels: inside such a box
    the class has no background. An unlabelled class is one box over the whole picture (or mosaic tile).
    Positives always count.
    """

    def __init__(self, model: Any) -> None:
        from ultralytics.utils.loss import v8DetectionLoss

        self.inner = v8DetectionLoss(model)

    def __call__(self, preds: dict[str, Any], batch: dict[str, Any]) -> tuple[Any, Floats]:
        """The summed loss and its three detached parts (box, class, dfl) as an array."""
        import torch
        from ultralytics.utils.tal import make_anchors

        points, strides = make_anchors(preds["feats"], self.inner.stride, 0.5)
        mask = ignored_anchors(points * strides, batch["ignore"], preds["scores"].shape[0], torch)
        original = self.inner.bce

        def masked_bce(scores: Any, targets: Any) -> Any:
            loss = original(scores, targets)
            return loss.masked_fill(mask & (targets == 0), 0.0)

        self.inner.bce = masked_bce
        try:
            loss, parts = self.inner.loss(preds, batch)
        finally:
            self.inner.bce = original
        return loss.sum(), np.asarray([float(v) for v in parts.values()], np.float32)


def ignored_anchors(centres: Any, ignore: Any, pictures: int, torch: Any) -> Any:
    """(B, A, classes) bool: the anchor's centre lies in an ignore box of that class.

    centres: (A, 2) input pixels; ignore: (M, 6) as in `PartialLoss`.
    """
    x, y = centres[:, 0], centres[:, 1]
    x1, y1, x2, y2 = ignore[:, 2:].T[..., None]
    inside = ((x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)).to(centres.dtype)  # (M, A)
    plane = ignore[:, 0].long() * len(CLASSES) + ignore[:, 1].long()
    counts = torch.zeros((pictures * len(CLASSES), len(centres)), dtype=centres.dtype, device=centres.device)
    counts.index_add_(0, plane, inside)
    return (counts > 0).view(pictures, len(CLASSES), -1).transpose(1, 2)


def freeze_batchnorm(model: Any) -> None:
    """Put every batch norm in evaluation mode: the statistics measured before stay, only scale and shift
    learn.
    """
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


def predict(model: Any, image: Image, size: int, min_score: float, iou: float = 0.6) -> Floats:
    """(N, 6) rows [x1, y1, x2, y2, score, class] in pixels of the original picture; `model` in evaluation
    mode.

    Letterboxed as the run time does it: the smallest stride-32 rectangle whose long side is `size`.
    """
    import torch

    box = Letterbox.fit(image.shape[1], image.shape[0], size)
    with torch.inference_mode():
        raw = model(torch.from_numpy(InputBuffer().fill(image, box)).to(next(model.parameters()).device))
    output = raw[0] if isinstance(raw, (tuple, list)) else raw
    rows = decode(output[0].cpu().numpy(), min_score, iou)
    rows[:, :4] = box.to_picture(rows[:, :4])
    return rows


def set_threads(count: int) -> None:
    """Both torch and ultralytics keep their own idea of the number of threads."""
    import_ultralytics()
    import torch
    from ultralytics.utils import torch_utils

    torch.set_num_threads(count)
    torch_utils.NUM_THREADS = count


def parameter_groups(model: Any, rates: Sequence[float], decay: float) -> list[dict[str, Any]]:
    """Optimiser groups by depth: backbone, neck, head; biases and norms without weight decay."""
    groups: list[dict[str, Any]] = []
    for lowest, highest, rate in ((0, 10, rates[0]), (11, 22, rates[1]), (23, 23, rates[2])):
        plain: list[Any] = []
        decayed: list[Any] = []
        for name, parameter in model.named_parameters():
            if lowest <= int(name.split(".")[1]) <= highest and parameter.requires_grad:
                (decayed if parameter.ndim > 1 else plain).append(parameter)
        groups.append({"params": decayed, "lr": rate, "peak": rate, "weight_decay": decay})
        groups.append({"params": plain, "lr": rate, "peak": rate, "weight_decay": 0.0})
    return [group for group in groups if group["params"]]
