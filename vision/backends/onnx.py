"""onnxruntime on the CPU: the engine that is always there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.backends.runtime import onnxruntime
from vision.errors import ModelError


class OnnxBackend:
    """One onnxruntime session. Not shared between threads: each analyzer loads its own. Raises ModelError."""

    engine: Final = "cpu"

    def __init__(self, path: Path, threads: int = 1) -> None:
        ort = onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        # A waiting thread must not burn the core that the decoder needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # One heap for all, and no second one for each shape of picture.
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.enable_mem_pattern = False
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - onnxruntime raises many unrelated types for a bad file
            raise ModelError(f"{path}: not a usable ONNX model: {first_line(error)}") from None
        self.inputs = tuple(item.name for item in self._session.get_inputs())

    @property
    def metadata(self) -> Mapping[str, str]:
        """The key-value pairs stored in the file."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Backend.run`."""
        return np.asarray(self._session.run(None, {self.inputs[0]: batch})[0], np.float32)


def first_line(error: Exception) -> str:
    """What a native library's exception says, without its stack."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
