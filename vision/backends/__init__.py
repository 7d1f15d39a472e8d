"""How a network is run. One file per engine; all give the same `Backend`. `choose` picks one."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Engine = Literal["cpu", "openvino", "cuda", "tensorrt"]
"""What computes. "cpu" is onnxruntime's own CPU engine, which is always there."""

Choice = Literal["cpu", "openvino", "cuda", "tensorrt", "auto"]
"""What can be asked for."""


class Backend(Protocol):
    """A loaded network."""

    @property
    def engine(self) -> Engine:
        """What it really runs on."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 3, H, W) RGB 0–1 → (N, 4 + classes, A): xywh in input pixels, then scores 0–1."""
        ...
