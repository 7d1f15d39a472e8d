"""The network's surgery and loss mask, and that the ONNX file computes what torch does. Needs the `train` extra."""

import importlib.util
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.classes import BICYCLE, CLASSES, CLUTTER, COCO_START, EBIKE, FLAME, PERSON
from models.data import shared_data
from models.export import write_onnx
from vision.backends.onnx import OnnxBackend
from vision.detector import shipped_model

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("ultralytics") is None:
    pytest.skip("torch and ultralytics are not installed (the train extra)", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def weights() -> Path:
    data = shared_data()
    if data is None:
        pytest.skip("the gathered pictures are not here (set XINAN_SHARED)")
    return data / "weights" / "yolo11n_coco.npz"


def test_rows_come_from_coco(weights: Path) -> None:
    from models.network import coco_network, our_network

    old, new = coco_network(weights), our_network(weights)
    for before, after in zip(old.model[-1].cv3, new.model[-1].cv3, strict=True):
        for ours in (EBIKE, BICYCLE, PERSON, CLUTTER):
            mean = before[-1].weight[list(COCO_START[ours])].mean(0)
            np.testing.assert_allclose(after[-1].weight[ours].detach(), mean.detach(), atol=1e-6)
        assert float(after[-1].weight[FLAME].abs().sum()) == 0
    assert new.model[-1].nc == len(CLASSES)


def test_ignore_boxes_mask_one_class_of_one_picture() -> None:
    import torch

    from models.network import ignored_anchors

    centres = torch.tensor([[4.0, 4.0], [100.0, 100.0]])
    mask = ignored_anchors(centres, torch.tensor([[1.0, FLAME, 0.0, 0.0, 10.0, 10.0]]), 2, torch)
    assert mask.sum() == 1
    assert bool(mask[1, 0, FLAME])


def test_an_ignored_background_costs_nothing(weights: Path) -> None:
    """The gradient of the flame row vanishes where flame is unknown, and does not where it is background."""
    import torch

    from models.network import PartialLoss, our_network

    model = our_network(weights).train()
    loss_of = PartialLoss(model)
    row = model.model[-1].cv3[0][-1].bias
    gradients = []
    for ignore in ([[0.0, FLAME, 0.0, 0.0, 64.0, 64.0]], []):
        batch = {
            "batch_idx": torch.zeros(0),
            "cls": torch.zeros(0),
            "bboxes": torch.zeros(0, 4),
            "ignore": torch.tensor(ignore).reshape(-1, 6),
        }
        model.zero_grad()
        loss, _ = loss_of(model(torch.zeros(1, 3, 64, 64)), batch)
        loss.backward()
        gradients.append(float(row.grad[FLAME].abs()))
    assert gradients[0] == 0
    assert gradients[1] > 0


def test_onnx_equals_torch(weights: Path, tmp_path: Path) -> None:
    """Two shapes and two batch sizes through one file, within 1e-3."""
    import onnxruntime
    import torch

    from models.network import our_network

    model = our_network(weights).eval()
    torch.manual_seed(0)
    pictures = [torch.rand(1, 3, 96, 160), torch.rand(2, 3, 128, 64)]
    with torch.inference_mode():
        expected = [model(picture)[0].numpy() for picture in pictures]
    out = tmp_path / "a.onnx"
    write_onnx(model, out, {"names": "[]"})
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    for picture, wanted in zip(pictures, expected, strict=True):
        (got,) = session.run(["output0"], {"images": picture.numpy()})
        np.testing.assert_allclose(got, wanted, atol=1e-3, rtol=1e-3)


def test_a_file_that_computes_something_else_is_not_kept(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import export
    from models.network import our_network

    right = export.answers

    def moved(model: Any) -> list[tuple[Any, Any]]:
        return [(picture, answer + np.float32(0.002)) for picture, answer in right(model)]

    monkeypatch.setattr(export, "answers", moved)
    with pytest.raises(export.ParityError, match=r"^a\.part\.onnx: boxes are off by \S+ px, scores by 0\.002"):
        write_onnx(our_network(weights), tmp_path / "a.onnx", {"names": "[]"})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("row", "by", "fine"), [(0, 0.4, True), (0, 0.6, False), (4, 0.0009, True), (4, 0.002, False), (4, np.nan, False)]
)
def test_parity_knows_boxes_from_scores(row: int, by: float, fine: bool) -> None:
    from models.export import ParityError, check_parity

    picture = np.zeros((2, 3, 64, 96), np.float32)
    wanted = OnnxBackend(shipped_model()).run(picture)
    wanted[1, row, 5] += by
    with nullcontext() if fine else pytest.raises(ParityError):
        check_parity(shipped_model(), [(picture, wanted)])


def test_a_checkpoint_comes_back_as_it_was(weights: Path, tmp_path: Path) -> None:
    import torch

    from models.network import our_network, start_network

    wanted = our_network(weights)
    torch.save({"ema": wanted.state_dict()}, tmp_path / "run.pt")
    got = start_network(tmp_path / "run.pt").state_dict()
    assert set(got) == set(wanted.state_dict())
    assert all(torch.equal(got[name], value) for name, value in wanted.state_dict().items())
