"""Plays a script of detections through the real pipeline: what the detector says, look by look, without pictures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision.burning import BurnSite
from vision.config import HazardsConfig
from vision.detections import Detections
from vision.detector import ModelInfo
from vision.leads import LeadNetwork
from vision.look import Look
from vision.pipeline import Pipeline
from vision.view import View
from vision.zones import WHOLE_PICTURE, Zone, ZoneType

NAMES = ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")
MODEL = ModelInfo(NAMES, 640, 32, dict.fromkeys(NAMES, 0.4), 0.6, "test")
SIZE = 640, 360
START = datetime(2026, 1, 1, tzinfo=UTC)

Seen = tuple[str, float, tuple[float, float, float, float]]
"""Class, confidence, box 0–1."""


def detections(seen: Sequence[Seen]) -> Detections:
    if not seen:
        return Detections.empty()
    width, height = SIZE
    return Detections(
        (np.array([box for _, _, box in seen]) * (width, height, width, height)).astype(np.float32),
        np.array([confidence for _, confidence, _ in seen], np.float32),
        np.array([NAMES.index(name) for name, _, _ in seen], np.int64),
    )


def plain_picture(at_s: float) -> NDArray[np.uint8]:
    return np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)


def play(
    script: Callable[[float], Sequence[Seen]],
    *,
    seconds: float,
    fps: float = 5.0,
    zone_type: ZoneType = ZoneType.CORRIDOR,
    polygon: tuple[tuple[float, float], ...] = WHOLE_PICTURE,
    burning: BurnSite | None = None,
    hazards: Mapping[str, Mapping[str, Any]] | None = None,
    picture: Callable[[float], NDArray[np.uint8]] = plain_picture,
    leads: LeadNetwork | None = None,
    zones: Sequence[Zone] | None = None,
) -> list[Look]:
    """Every look. script: what is seen at a time in seconds. zones: instead of one of `zone_type` and `polygon`."""
    view = View(zones or (Zone("zone", zone_type, polygon, burning=burning),))
    pipeline = Pipeline(view, HazardsConfig.model_validate(hazards or {}), MODEL, leads)
    looks = []
    for index in range(round(seconds * fps)):
        at_s = index / fps
        frame = Frame("cam", index, START + timedelta(seconds=at_s), at_s, at_s, picture(at_s))
        looks.append(pipeline.judge(frame, detections(script(at_s))))
    return looks


def raised_s(looks: Sequence[Look], hazard: str) -> float | None:
    """When the hazard was first confirmed."""
    times = (look.monotonic_s for look in looks for f in look.findings if f.hazard == hazard and f.confirmed)
    return next(times, None)


def keys(looks: Sequence[Look], hazard: str) -> set[str]:
    """The incidents that were confirmed."""
    return {f.key for look in looks for f in look.findings if f.hazard == hazard and f.confirmed}


def notices(looks: Sequence[Look], hazard: str) -> set[str]:
    """Why what was only logged was logged."""
    return {f.notice for look in looks for f in look.findings if f.hazard == hazard and f.notice}


def suspected(looks: Sequence[Look], hazard: str) -> bool:
    """Whether anything was shown to the operator without being confirmed."""
    return any(not f.confirmed and not f.notice for look in looks for f in look.findings if f.hazard == hazard)
