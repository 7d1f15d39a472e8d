"""The engine that was asked for, or the CPU and one line that says why. Never silently another."""

import importlib.util
import logging
from pathlib import Path
from typing import Final, Literal

import numpy as np

from vision.backends import Backend, Choice, Engine
from vision.backends.nvidia import PROVIDERS, NvidiaBackend
from vision.backends.onnx import OnnxBackend, first_line
from vision.backends.openvino import OpenVinoBackend
from vision.backends.runtime import onnxruntime
from vision.errors import EngineError

log = logging.getLogger(__name__)

Accelerator = Literal["openvino", "cuda", "tensorrt"]
AUTO: Final[tuple[Accelerator, ...]] = ("cuda", "openvino")
"""What "auto" tries before the CPU. TensorRT only by name: it builds its engine for minutes."""
PROBE_SHAPE: Final = (1, 3, 64, 128)
SAME_SCORE: Final = 0.02
"""Engines round differently (CUDA multiplies in TF32); more than this is another network."""


def engines() -> list[Engine]:
    """What is installed here. Whether it starts is known once it is asked for."""
    found: list[Engine] = ["cpu"]
    if importlib.util.find_spec("openvino") is not None:
        found.append("openvino")
    return [*found, *(engine for engine, name in PROVIDERS.items() if name in onnxruntime().get_available_providers())]


def choose(choice: Choice, path: Path, threads: int, long_side: int, cpu: OnnxBackend) -> Backend:
    """The network of `path` on what was chosen. cpu: the same network there, which checks the answer and stands in.

    A choice that cannot be had is one warning in the log; what "auto" does not find is no news.
    """
    if choice == "cpu":
        return cpu
    for engine in AUTO if choice == "auto" else (choice,):
        try:
            return _start(engine, path, threads, long_side, cpu)
        except EngineError as error:
            if choice != "auto":
                log.warning("detector.backend: %s was asked for, cpu runs instead: %s", engine, error)
    return cpu


def _start(engine: Accelerator, path: Path, threads: int, long_side: int, cpu: OnnxBackend) -> Backend:
    """Load and try it. Raises EngineError: it does not start, does not run, or computes something else."""
    backend: Backend
    if engine == "openvino":
        backend = OpenVinoBackend(path, threads)
    else:
        backend = NvidiaBackend(path, engine, cpu.inputs[0], long_side)
    probe = np.random.default_rng(0).random(PROBE_SHAPE, np.float32)
    wanted = cpu.run(probe)
    try:
        got = backend.run(probe)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the CPU can run
        raise EngineError(first_line(error)) from None
    if got.shape != wanted.shape or not np.allclose(got[:, 4:], wanted[:, 4:], atol=SAME_SCORE):
        raise EngineError("its results differ from the CPU's")
    return backend
