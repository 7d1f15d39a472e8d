"""How a network is run. One file per engine; all give the same `Backend`."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Backend(Protocol):
    """A loaded network."""

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 3, H, W) RGB 0–1 → (N, 4 + classes, A): xywh in input pixels, then scores 0–1."""
        ...
