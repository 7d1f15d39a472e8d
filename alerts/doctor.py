"""What `xinan doctor` looks at: is this installation whole?"""

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from alerts.config import Settings
from alerts.errors import MediaAway, MediaRefused
from alerts.evidence.media_setup import objects_of
from vision.backends.choose import engines
from vision.detector import Detector, shipped_model
from vision.errors import ModelError

OURS = ("streams", "vision", "alerts", "models", "xinan")
LIBRARIES = ("opencv-python", "numpy", "onnxruntime", "aiortc", "av", "pydantic", "fastapi", "sqlalchemy")
EXTRAS = ("ultralytics", "torch", "bpy", "ray", "openvino", "onnxruntime-gpu", "s3fs")
MIN_FREE_GB = 2.0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing examined. detail: one line, what was found or what to do."""

    name: str
    fine: bool
    detail: str


def examine() -> Iterator[Item]:
    """Every item, the good ones too."""
    yield Item("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for library in LIBRARIES:
        yield _library(library)
    yield Item("extras", True, ", ".join(f"{name} {_version(name) or 'not installed'}" for name in EXTRAS))
    yield _names()
    yield _model()
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    yield Item("disk", free_gb >= MIN_FREE_GB, f"{free_gb:.1f} GB free here; at least {MIN_FREE_GB:.0f} advised")


def examine_media(settings: Settings) -> Iterator[Item]:
    """The object store, if one is set: asks it."""
    objects = objects_of(settings.store)
    if objects is None:
        return
    try:
        notes = objects.check()
    except (MediaAway, MediaRefused) as error:
        yield Item("object store", False, str(error))
        return
    yield Item("object store", True, "; ".join((f"{objects.place}: files can be put and read", *notes)))


def clashes() -> dict[str, set[str]]:
    """Our top-level names that some other distribution owns as well: name → distributions."""
    owners = metadata.packages_distributions()
    return {name: others for name in OURS if (others := {o for o in owners.get(name, ()) if o.lower() != "xinan"})}


def _names() -> Item:
    found = clashes()
    detail = "; ".join(f"{name} also belongs to {', '.join(sorted(others))}" for name, others in found.items())
    return Item("package names", not found, detail or "no other distribution owns ours")


def _library(name: str) -> Item:
    version = _version(name)
    if version is None and name == "opencv-python" and (headless := _version("opencv-python-headless")):
        return Item(name, True, f"{headless} (headless)")
    return Item(name, version is not None, version or f"missing; pip install {name}")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _model() -> Item:
    try:
        path, info = shipped_model(), Detector.load().info
    except ModelError as error:
        return Item("detector", False, str(error))
    return Item("detector", True, f"{path.name} {info.version}, sha256 verified; engines: {', '.join(engines())}")
