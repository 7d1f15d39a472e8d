"""The lead network: which parts of a close-up show a lead hanging or lying free. Made by `models.leads`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.backends.onnx import OnnxBackend
from vision.detector import zoo_model
from vision.errors import ModelError

STRIDE = 32
"""Both sides of a close-up are multiples of this, px."""


class LeadNetwork:
    """A close-up in, a map of half its size out. Not thread-safe."""

    def __init__(self, backend: OnnxBackend, version: str) -> None:
        self._backend = backend
        self.version = version

    @classmethod
    def load(cls, path: Path | None = None, *, threads: int = 1) -> "LeadNetwork":
        """From an ONNX file; None: the shipped one, whose sha256 is checked. Raises ModelError."""
        file = path or zoo_model("leads")
        backend = OnnxBackend(file, threads)
        version = backend.metadata.get("version")
        if not version or backend.run(np.zeros((1, 3, 64, 64), np.float32)).shape != (1, 1, 32, 32):
            raise ModelError(f"{file}: not a lead network")
        return cls(backend, version)

    def look(self, closeup: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) BGR, sides multiples of `STRIDE` → (H/2, W/2) probability that a cell shows a lead."""
        return np.asarray(self._backend.run(as_input(closeup))[0, 0], np.float32)


def as_input(closeup: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 3) BGR → (1, 3, H, W) RGB, 0–1."""
    batch = np.ascontiguousarray(closeup[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    batch *= np.float32(1 / 255)
    return batch
