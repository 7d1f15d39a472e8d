"""What a benchmark ran on, for its result file."""

import os
import platform
from importlib import metadata
from pathlib import Path


def describe() -> dict[str, object]:
    """Processor, cores, versions of what does the work."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("onnxruntime", "av", "numpy")},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
