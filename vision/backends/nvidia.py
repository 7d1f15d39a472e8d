"""onnxruntime on an NVIDIA GPU, through CUDA or TensorRT. Needs the package onnxruntime-gpu in onnxruntime's place."""

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from vision.backends.onnx import first_line
from vision.backends.runtime import onnxruntime
from vision.errors import EngineError
from vision.letterbox import Letterbox

STRIDE: Final = 32
"""Both sides of an input are multiples of it."""

NvidiaEngine = Literal["cuda", "tensorrt"]
PROVIDERS: Final[Mapping[NvidiaEngine, str]] = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}


class NvidiaBackend:
    """One session on the GPU. Not thread-safe.

    input_name: of the network. long_side: of the largest input, px; TensorRT builds its engine for it.
    Raises EngineError: not installed or does not start. onnxruntime by itself would go on silently on the CPU.
    """

    def __init__(self, path: Path, engine: NvidiaEngine, input_name: str, long_side: int) -> None:
        self.engine: NvidiaEngine = engine
        ort = onnxruntime()
        self._input, wanted = input_name, PROVIDERS[engine]
        if wanted not in ort.get_available_providers():
            raise EngineError(f"the installed onnxruntime has no {wanted}; install onnxruntime-gpu in its place")
        missing = ""
        try:
            missing = preload()
            providers: list[Any] = [PROVIDERS["cuda"], "CPUExecutionProvider"]
            if engine == "tensorrt":
                providers.insert(0, (wanted, tensorrt_options(input_name, long_side)))
            self._session = ort.InferenceSession(str(path), providers=providers, enable_fallback=0)
        except Exception as error:  # noqa: BLE001 - onnxruntime raises many unrelated types; a cache folder OSError
            raise EngineError(f"{wanted} does not start: {missing or first_line(error)}") from None
        if self._session.get_providers()[0] != wanted:
            raise EngineError(f"{wanted} does not start: {missing or 'is there an NVIDIA GPU with its driver?'}")

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Backend.run`."""
        return np.asarray(self._session.run(None, {self._input: batch})[0], np.float32)


def preload() -> str:
    """Load CUDA and cuDNN that were installed with pip. What is missing, in one line; "" if nothing is."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        onnxruntime().preload_dlls()
    return said.getvalue().partition("\n")[0]


def tensorrt_options(input_name: str, long_side: int) -> dict[str, str | bool]:
    """One engine for every shape of picture, built once (minutes) and kept in the user's cache folder.

    Raises OSError where that cannot be made.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xinan" / "tensorrt"
    cache.mkdir(parents=True, exist_ok=True)
    height, width = Letterbox.fit(16, 9, long_side, STRIDE).shape
    longest = -(-long_side // STRIDE) * STRIDE
    return {
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(cache),
        "trt_profile_min_shapes": f"{input_name}:1x3x{STRIDE}x{STRIDE}",
        "trt_profile_opt_shapes": f"{input_name}:1x3x{height}x{width}",
        "trt_profile_max_shapes": f"{input_name}:1x3x{longest}x{longest}",
    }
