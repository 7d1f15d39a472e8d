"""By what a finding was made: so that two alerts can be told to come from the same settings or from others."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from vision.rule import HazardParams
from vision.zones import Zone

DIGITS = 8
"""Hexadecimal digits of SHA-256: a site changes its settings some hundred times, not a hundred thousand."""


def settings_version(params: HazardParams, zones: Sequence[Zone], thresholds: Mapping[str, float]) -> str:
    """The same on any machine for the same settings of a hazard, zones of its camera and thresholds of the detector."""
    said = {
        "params": params.model_dump(mode="json"),
        "zones": [asdict(zone) for zone in zones],
        "thresholds": {name: round(float(value), 6) for name, value in thresholds.items()},
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
