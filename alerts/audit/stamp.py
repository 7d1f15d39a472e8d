"""By what a recording was judged: the weights, the settings and the code. While none of them changed, it need not be
looked through again.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from alerts.audit.find import Job
from alerts.audit.recording import Terms
from alerts.audit.views import Origin, Views
from vision.config import DetectorConfig, HazardsConfig
from vision.detector import Detector, find_model, sha256_of, zoo_model
from vision.view import View

DIGITS = 16
"""Hexadecimal digits of SHA-256."""

TREE = Path(__file__).parents[2]
CODE = (
    "streams/**/*.py",
    "vision/**/*.py",
    "alerts/alert.py",
    "alerts/lifecycle.py",
    "alerts/trace.py",
    "alerts/unended.py",
    "alerts/db/codec.py",
    "alerts/track/proof.py",
    "alerts/track/step.py",
    "alerts/audit/found.py",
    "alerts/audit/parts.py",
    "alerts/audit/recording.py",
    "alerts/audit/small.py",
    "alerts/audit/stage.py",
    "alerts/audit/standing.py",
    "alerts/audit/widths.py",
)
"""What decides what is found: what `alerts.audit.recording` imports. How the report looks, the console and the rest may
change without it."""
PACKAGES = "av", "numpy", "onnxruntime", "onnxruntime-gpu", "opencv-python", "opencv-python-headless", "openvino"
"""Those of them that are installed."""

LIVE_ONLY = {"least_looks_per_s", "cores", "analyzers", "preview_fps", "preview_width"}
"""Settings of `analysis` that no recording is looked at by."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Fingerprints, each of which tells what it was that changed. view: of the camera; all else is of every recording;
    "": of none yet.
    """

    model: str
    settings: str
    code: str
    view: str = ""

    @classmethod
    def of(cls, terms: Terms, detector: Detector | None = None) -> "Stamp":
        """detector: one that is loaded already, whose file is not known. Raises ModelError: there is no such file."""
        weights = _given(detector) if detector else sha256_of(find_model(terms.detector.model))
        leads = [sha256_of(zoo_model("leads"))] if terms.hazards["flying_lead"].enabled else []
        return cls(_digest([weights, *leads]), _settings(terms), _code())

    def under(self, view: View) -> "Stamp":
        """Of a recording that is judged by this view."""
        return replace(self, view=_digest(_view(view)))

    def told(self) -> dict[str, str]:
        """As it stands in a part and in the manifest."""
        return asdict(self)


class Stamps:
    """Of each recording of a run. Not thread-safe."""

    def __init__(self, stamp: Stamp, views: Views) -> None:
        self._stamp, self._views = stamp, views
        self._known: dict[Origin, Stamp] = {}

    def of(self, job: Job) -> Stamp:
        """Raises ConfigError where its view cannot be had."""
        origin = self._views.origin(job)
        if origin not in self._known:
            self._known[origin] = self._stamp.under(self._views.of(job))
        return self._known[origin]

    def hides(self, job: Job, stamp: Mapping[str, str]) -> bool:
        """Whether what has this stamp may show what a mask hides now: the recording's camera has masks, and it was
        found under another view, perhaps of before one of them was drawn.
        """
        return stamp.get("view") != self.of(job).view and bool(self._views.masks(job))


def _given(detector: Detector) -> dict[str, Any]:
    return asdict(detector.info)


def _settings(terms: Terms) -> str:
    return _digest(
        {
            "hazards": _hazards(terms.hazards),
            "detector": _detector(terms.detector),
            "analysis": terms.analysis.model_dump(mode="json", exclude=LIVE_ONLY),
            "health": terms.health.model_dump(mode="json"),
        }
    )


def _hazards(hazards: HazardsConfig) -> dict[str, Any]:
    return {kind: params.model_dump(mode="json") for kind, params in hazards.by_kind.items()}


def _detector(detector: DetectorConfig) -> Mapping[str, Any]:
    """Without the name of the file, which says nothing of its weights."""
    return detector.model_dump(mode="json", exclude={"model", "sha256"})


def _view(view: View) -> dict[str, Any]:
    clear = view.clear and [view.clear.picture.shape, hashlib.sha256(view.clear.picture.tobytes()).hexdigest()]
    return {"zones": [asdict(zone) for zone in view.zones], "masks": list(view.masks), "clear": clear}


def _code() -> str:
    files = sorted({file for pattern in CODE for file in TREE.glob(pattern)})
    return _digest([*_versions(), *_sources(files)])


def _versions() -> Iterator[str]:
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            yield f"{name} {metadata.version(name)}"


def _sources(files: Iterable[Path]) -> list[list[str]]:
    return [[file.relative_to(TREE).as_posix(), sha256_of(file)] for file in files]


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
