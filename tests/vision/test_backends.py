"""Which engine runs, what is said when it is not the one that was asked for, and that all compute the same."""

import importlib.util
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from alerts.config import load_settings
from alerts.watch import with_engine
from vision.backends import Choice, choose
from vision.backends.nvidia import PROVIDERS, NvidiaBackend, NvidiaEngine, tensorrt_options
from vision.backends.onnx import OnnxBackend
from vision.backends.openvino import SHAPES_KEPT, OpenVinoBackend
from vision.config import DetectorConfig
from vision.detector import Detector, shipped_model
from vision.errors import EngineError


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        ("openvino", "it is not installed; pip install 'xinan[openvino]'"),
        ("cuda", "no CUDAExecutionProvider; install onnxruntime-gpu"),
        ("tensorrt", "no TensorrtExecutionProvider; install onnxruntime-gpu"),
    ],
)
def test_a_missing_engine_is_told_in_one_line_and_the_cpu_runs(
    engine: Choice, why: str, nothing_installed: None, caplog: pytest.LogCaptureFixture
) -> None:
    detector = Detector.configured(DetectorConfig(backend=engine))
    assert detector.engine == "cpu"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith(f"detector.backend: {engine} was asked for, cpu runs instead: ")
    assert why in record.message
    assert "\n" not in record.message


def test_auto_takes_the_cpu_without_a_word(nothing_installed: None, caplog: pytest.LogCaptureFixture) -> None:
    assert Detector.configured(DetectorConfig(backend="auto")).engine == "cpu"
    assert not caplog.records


class _Session:
    """What onnxruntime gives when a GPU provider does not start: a session on the CPU, and no exception."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def get_providers(self) -> list[str]:
        return ["CPUExecutionProvider"]


@pytest.mark.parametrize("engine", PROVIDERS)
def test_a_gpu_session_that_runs_on_the_cpu_is_refused(
    engine: NvidiaEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(ort, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(ort, "preload_dlls", lambda: print("Failed to load libcublas\nsee the web"))
    monkeypatch.setattr(ort, "InferenceSession", _Session)
    with pytest.raises(EngineError, match=f"{PROVIDERS[engine]} does not start: Failed to load libcublas$"):
        NvidiaBackend(Path("x.onnx"), engine, "images", 640)
    assert capsys.readouterr().out == ""


def test_a_cache_folder_that_cannot_be_made_lets_the_cpu_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(ort, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(ort, "preload_dlls", lambda: None)
    assert Detector.configured(DetectorConfig(backend="tensorrt")).engine == "cpu"
    assert "cpu runs instead: TensorrtExecutionProvider does not start: [Errno" in caplog.records[0].message


def test_libraries_that_cannot_be_loaded_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def preload() -> None:
        raise OSError("libcudnn: invalid ELF header")

    monkeypatch.setattr(ort, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(ort, "preload_dlls", preload)
    with pytest.raises(EngineError, match="does not start: libcudnn: invalid ELF header"):
        NvidiaBackend(Path("x.onnx"), "cuda", "images", 640)


@pytest.mark.parametrize("long_side", [640, 630])
def test_tensorrt_builds_one_engine_for_all_shapes(
    long_side: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    options = tensorrt_options("pictures", long_side)
    assert options["trt_profile_opt_shapes"] == "pictures:1x3x352x640"
    assert options["trt_profile_max_shapes"] == "pictures:1x3x640x640"
    assert Path(str(options["trt_engine_cache_path"])).is_dir()


class _Odd:
    engine = "openvino"
    answer: Any = 0.5

    def __init__(self, path: Path, threads: int) -> None: ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return np.full((1, 11, 8 * 16 + 4 * 8 + 2 * 4), self.answer, np.float32)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(0.5, "its results differ from the CPU's"), (np.nan, "differ"), (RuntimeError("no kernel\n#0 at …"), "no kernel")],
)
def test_an_engine_that_computes_wrongly_is_not_used(
    answer: object, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_Odd, "answer", answer)
    monkeypatch.setattr(choose, "OpenVinoBackend", _Odd)
    assert Detector.load(backend="openvino").engine == "cpu"
    (record,) = caplog.records
    assert why in record.message
    assert "\n" not in record.message


@pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is not installed (the extra openvino)"
)
def test_openvino_computes_what_onnxruntime_does() -> None:
    path, random = shipped_model(), np.random.default_rng(0)
    cpu, other = OnnxBackend(path), OpenVinoBackend(path)
    for shape in ((384, 640), (96, 64), (64, 64), (64, 96), (64, 128), (384, 640)):
        batch = random.random((1, 3, *shape), np.float32)
        wanted, got = cpu.run(batch), other.run(batch)
        np.testing.assert_allclose(got[:, :4], wanted[:, :4], atol=0.05)
        np.testing.assert_allclose(got[:, 4:], wanted[:, 4:], atol=1e-4)
    assert len(other._compiled) == SHAPES_KEPT
    assert sys.modules["openvino_telemetry"] is None
    assert Detector.load(backend="auto").engine in ("cuda", "openvino")


def test_the_engines_that_are_installed_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    assert choose.engines() == ["cpu", "cuda"]


def test_watch_finds_the_engine_out_once(nothing_installed: None, caplog: pytest.LogCaptureFixture) -> None:
    settings = with_engine(load_settings(None, ["detector.backend=openvino", "detector.threads=2"]))
    assert (settings.detector.backend, settings.detector.threads) == ("cpu", 2)
    assert len(caplog.records) == 1
    Detector.configured(settings.detector)
    assert len(caplog.records) == 1
