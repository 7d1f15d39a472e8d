"""Work split by picture."""

import importlib.util

import numpy as np
import pytest

from models.augment import View
from models.feed import collate_arrays
from models.parallel import OnDevice, Replicas, spread_over


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_keep_the_order_of_the_items(threads: int) -> None:
    seen = spread_over(list(range(7)), [f"net{n}" for n in range(threads)], lambda net, item: (item, net))
    assert [item for item, _ in seen] == list(range(7))
    assert {net for _, net in seen} == {f"net{n}" for n in range(threads)}


@pytest.mark.skipif(importlib.util.find_spec("ultralytics") is None, reason="ultralytics is not installed")
@pytest.mark.filterwarnings("ignore")
def test_two_replicas_share_weights_and_merge_gradients() -> None:
    """Without boxes the loss is a plain sum over pictures, so halves must give the gradient of the whole."""
    from models.network import import_ultralytics

    import_ultralytics()
    from types import SimpleNamespace

    import torch
    from ultralytics.nn.tasks import DetectionModel

    from models.network import freeze_batchnorm

    torch.manual_seed(0)
    model = DetectionModel("yolo11n.yaml", nc=7, verbose=False).train()
    model.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
    freeze_batchnorm(model)
    none = np.zeros((0, 5), np.float32)
    rng = np.random.default_rng(0)
    views = [View(rng.integers(0, 255, (64, 64, 3)).astype(np.uint8), none, none) for _ in range(2)]
    gradients = []
    for count in (1, 2):
        replicas = Replicas(model, count)
        for network in replicas.networks:
            freeze_batchnorm(network)
        replicas.backward(views, torch)
        gradients.append(model.model[-1].cv3[0][-1].weight.grad.clone())
    assert replicas.networks[1].model[0].conv.weight.data_ptr() == model.model[0].conv.weight.data_ptr()
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)
    OnDevice(model, "cpu").backward(*collate_arrays(views), torch)  # as on a GPU: bfloat16 outside the loss
    coarse = model.model[-1].cv3[0][-1].weight.grad
    torch.testing.assert_close(coarse, gradients[0], rtol=0.1, atol=float(gradients[0].abs().max()) * 0.05)
