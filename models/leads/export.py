"""Export the lead network to ONNX, checked against torch (extra `train`).

python -m models.leads.export --weights LEADS.pt --out models/weights/xinan-lead-v1.onnx --version 0.1.0
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from models.errors import WorkshopError
from models.files import replacing
from models.leads.network import LeadNetwork

TOLERANCE = 1e-3
"""Largest difference of a probability between torch and onnxruntime."""
LICENCE = "AGPL-3.0-or-later"


class _Probability(nn.Module):  # type: ignore[misc]
    """The network with the sigmoid inside."""

    def __init__(self, network: LeadNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """(1, 3, H, W) 0–1 → (1, 1, H/2, W/2) 0–1."""
        out: Tensor = self.network(image).sigmoid()
        return out


def load(path: Path) -> LeadNetwork:
    """Trained weights. Raises OSError, or RuntimeError for weights of another network."""
    network = LeadNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network.eval()
    return network


def export(weights: Path, out: Path, version: str) -> None:
    """Raises WorkshopError: the exported network answers otherwise than torch; nothing is left then."""
    network = _Probability(load(weights)).eval()
    axes = {"image": {2: "height", 3: "width"}, "lead": {2: "rows", 3: "columns"}}
    with replacing(out) as part:
        torch.onnx.export(
            network, (torch.zeros(1, 3, 256, 256),), str(part), input_names=["image"], output_names=["lead"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        model = onnx.load(part)
        onnx.helper.set_model_props(model, {"version": version, "stride": "32", "licence": LICENCE})
        onnx.save(model, part)
        _check(network, part)


def _check(network: nn.Module, file: Path) -> None:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for size in ((256, 256), (320, 512)):
        image = rng.random((1, 3, *size), np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(image)).numpy()
        difference = float(np.abs(session.run(None, {"image": image})[0] - expected).max())
        if difference > TOLERANCE:
            raise WorkshopError(f"{file}: differs from torch by {difference:.2g}, at most {TOLERANCE} is allowed")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True)
    args = parser.parse_args()
    export(args.weights, args.out, args.version)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
