"""Open flame: believed when the detector keeps seeing it at one place for the verification time."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from vision import geometry
from vision.incidents import Incidents
from vision.rule import Finding, HazardParams, HazardRule, Severity, Words
from vision.scene import Scene
from vision.tracker import Track

NEIGHBOUR = 1.0
"""Flames whose boxes are closer than this share of the larger one's side are one fire."""
MAX_LOOKS = 512
LEAST_LOOKS = 3
"""However rare looks are, the last few are what is judged: a slow box must not switch the fire alarm off."""


class FlameParams(HazardParams):
    """Settings of the flame rule."""

    verify_s: float = Field(
        default=2.0,
        ge=0.2,
        le=16.0,
        description="A flame must be seen for this long before it is confirmed, seconds.",
    )
    hit_share: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Share of the looks of that time in which it must be seen (k of n).",
    )


@dataclass(slots=True)
class _Fire:
    """One suspected fire: the looks since it was first seen, and in which of them it was."""

    since_s: float
    seen_s: float
    box: tuple[float, float, float, float]
    hits: deque[tuple[float, float]]
    confirmed: bool = False


class FlameRule(HazardRule):
    """k-of-n persistence in time, per place. Zones do not limit it: a flame anywhere in the picture is a fire."""

    kind = "flame"
    words = Words("明火", "Flame")
    needs = frozenset({"flame"})
    severity = Severity.FIRE
    params_type = FlameParams

    def __init__(self, params: FlameParams) -> None:
        self._params = params
        self._incidents = Incidents()
        self._fires: dict[str, _Fire] = {}
        self._looks_s: deque[float] = deque(maxlen=MAX_LOOKS)

    def update(self, scene: Scene) -> Sequence[Finding]:
        now_s = scene.monotonic_s
        self._looks_s.append(now_s)
        seen: dict[str, float] = {}
        for box, confidence in _groups(scene):
            key = self._incidents.key(box, now_s)
            fire = self._fires.setdefault(key, _Fire(now_s, now_s, box, deque(maxlen=MAX_LOOKS)))
            fire.hits.append((now_s, confidence))
            fire.seen_s, fire.box = now_s, box
            seen[key] = confidence
        self._forget(now_s)
        return [self._finding(scene, key, confidence) for key, confidence in seen.items()]

    def _forget(self, now_s: float) -> None:
        limit_s = max(self._params.clear_s, now_s - self._window_start_s(now_s))
        self._fires = {key: fire for key, fire in self._fires.items() if now_s - fire.seen_s <= limit_s}

    def _window_start_s(self, now_s: float) -> float:
        """The verification time, and at least `LEAST_LOOKS` looks."""
        earliest = self._looks_s[max(0, len(self._looks_s) - LEAST_LOOKS)]
        return min(now_s - self._params.verify_s, earliest)

    def _finding(self, scene: Scene, key: str, confidence: float) -> Finding:
        fire, now_s = self._fires[key], scene.monotonic_s
        from_s = max(self._window_start_s(now_s), fire.since_s)
        looks = sum(1 for at_s in self._looks_s if at_s >= from_s)
        hits = [score for at_s, score in fire.hits if at_s >= from_s]
        share = min(1.0, len(hits) / max(1, looks))
        long_enough = now_s - fire.since_s >= self._params.verify_s
        if long_enough and share >= self._params.hit_share and len(hits) >= 2:
            fire.confirmed = True
        zone = next(iter(scene.zones_at(*_centre_px(scene, fire.box))), None)
        return self.see(
            scene,
            zone=zone,
            key=key,
            confirmed=fire.confirmed,
            since_s=fire.since_s,
            confidence=confidence,
            box=fire.box,
            evidence={
                "seen_s": round(now_s - fire.since_s, 2),
                "hits": len(hits),
                "looks": looks,
                "hit_share": round(share, 3),
                "verify_s": self._params.verify_s,
                "mean_confidence": round(float(np.mean(hits)), 3),
            },
        )


RULE = FlameRule


def _centre_px(scene: Scene, box: tuple[float, float, float, float]) -> tuple[float, float]:
    width, height = scene.size
    return (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height


def _groups(scene: Scene) -> list[tuple[tuple[float, float, float, float], float]]:
    """Flame boxes that lie close together, joined: (box 0–1, best confidence)."""
    groups: list[tuple[np.ndarray, float]] = []
    flames: list[Track] = sorted(scene.named("flame"), key=lambda track: -track.confidence)
    for track in flames:
        xyxy, confidence = track.xyxy, track.confidence
        near = [group for group in groups if _near(group[0], xyxy)]
        for box, score in near:
            xyxy = np.concatenate((np.minimum(xyxy[:2], box[:2]), np.maximum(xyxy[2:], box[2:])))
            confidence = max(confidence, score)
        # `is` on purpose: arrays do not compare as a whole.
        groups = [group for group in groups if not any(group is other for other in near)]
        groups.append((xyxy, confidence))
    return [(scene.unit_box(box.tolist()), confidence) for box, confidence in groups]


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    side = max(float((a[2:] - a[:2]).max()), float((b[2:] - b[:2]).max()))
    return float(geometry.gap(a[None], b[None])[0, 0]) <= NEIGHBOUR * side
