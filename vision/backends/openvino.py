"""OpenVINO on the CPU, from the `openvino` package (extra `openvino`), which lives beside any onnxruntime."""

import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vision.backends.onnx import first_line
from vision.errors import EngineError

SHAPES_KEPT: Final = 4
"""A network compiled for one shape is 8 % faster than one for all; cameras have few shapes."""


class OpenVinoBackend:
    """One compiled network per input shape. Not thread-safe. Raises EngineError: not installed, does not start."""

    engine: Final = "openvino"

    def __init__(self, path: Path, threads: int = 1) -> None:
        try:
            self._core = _import_openvino().Core()
            self._model = self._core.read_model(str(path))
        except ModuleNotFoundError:
            raise EngineError("it is not installed; pip install 'xinan[openvino]'") from None
        except Exception as error:  # noqa: BLE001 - its own and the loader's types are unrelated
            raise EngineError(first_line(error)) from None
        self._config = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            # By itself it takes bfloat16 where the processor has it: faster, and boxes move by up to 10 px.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._compiled: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Backend.run`. The first picture of a shape costs its compilation, about half a second."""
        return np.asarray(self._for(batch.shape)([batch])[0], np.float32)

    def _for(self, shape: tuple[int, ...]) -> Any:
        if shape in self._compiled:
            self._compiled.move_to_end(shape)
            return self._compiled[shape]
        model = self._model.clone()
        model.reshape(list(shape))
        self._compiled[shape] = self._core.compile_model(model, "CPU", self._config)
        if len(self._compiled) > SHAPES_KEPT:
            self._compiled.popitem(last=False)
        return self._compiled[shape]


def _import_openvino() -> Any:
    """The package without its telemetry: importing it would report to Google Analytics and leave an id in the home.

    OpenVINO runs without `openvino_telemetry`; None in `sys.modules` makes Python say that it is not there.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
