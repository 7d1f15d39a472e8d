"""What a benchmark ran on, for its result file."""

import os
import platform
from pathlib import Path

import av
import numpy
import onnxruntime

from vision.detector import shipped_model


def describe() -> dict[str, object]:
    """Processor, cores, versions of what does the work."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "int8_dot_product": _int8_dot_product(),
        "python": platform.python_version(),
        **{module.__name__: module.__version__ for module in (onnxruntime, av, numpy)},
    }


def results_of(script: str) -> Path:
    """Where a benchmark beside `script` keeps what it measured of the shipped model: results/v1.json and so on."""
    return Path(script).parent / "results" / f"{shipped_model().stem.removeprefix('xinan-')}.json"


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or "unknown"


def _int8_dot_product() -> list[str]:
    """The processor's instructions that make int8 worth while; none: it hardly is."""
    flags = f"{_cpuinfo('flags')} {_cpuinfo('Features')}".split()
    return [flag for flag in ("avx_vnni", "avx512_vnni", "asimddp", "i8mm") if flag in flags]


def _cpuinfo(key: str) -> str:
    """A value of Linux's first processor, "" elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
