"""Finds the real pictures and clips that lie beside a development checkout; tests skip, saying so, without them."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shared_file(name: str) -> Path:
    """A file or folder of the shared data. Skips the test where it is not there."""
    path = Path(os.environ.get("XINAN_SHARED", ROOT.parent / "shared")) / "data" / name
    if not path.exists():
        pytest.skip(f"the shared data is not here ({name})")
    return path
