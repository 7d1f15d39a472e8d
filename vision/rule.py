"""What a hazard rule is, and what it says."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from vision.geometry import Box
from vision.scene import Scene
from vision.zones import Zone

HURRY_S = 0.2
"""Where seconds decide, looks are wanted at this distance."""
SOON_S = 0.4
"""Where something is still moving, or has just come."""


class Severity(StrEnum):
    """Fire is life safety: seconds count. A violation is a case: a person decides. A fault is of a camera: it watches
    nothing until somebody mends it."""

    FIRE = "fire"
    VIOLATION = "violation"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Words:
    """What a hazard is called, in both languages, on screens and in reports."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule sees its hazard in this frame. It is repeated for every analysed frame in which the hazard lasts.

    key: names the incident within (camera, hazard): findings with one key are one alert.
    confirmed: False while the rule only suspects it (shown to the operator, not pushed).
    since_s: when the evidence began, seconds on the frame's `monotonic_s`.
    since_at: the same moment in UTC.
    box: x1, y1, x2, y2, 0–1 of the picture.
    evidence: why, as plain JSON values (scores, durations, thresholds), for the person who has to judge it.
    notice: why it is only logged, such as "passing"; "" if it is suspected or confirmed. A notice never confirms.
    """

    camera: str
    hazard: str
    severity: Severity
    zone: str
    zone_type: str
    key: str
    confirmed: bool
    at: datetime
    monotonic_s: float
    since_s: float
    since_at: datetime
    confidence: float
    box: Box
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notice: str = ""

    def __post_init__(self) -> None:
        if self.notice and self.confirmed:
            raise ValueError(f"a finding that is only logged ({self.notice}) cannot be confirmed")

    @property
    def weight(self) -> tuple[bool, bool, float]:
        """Of two findings of one incident the heavier one counts: confirmed before suspected before logged, then the
        surer."""
        return self.confirmed, not self.notice, self.confidence


class HazardParams(BaseModel):
    """Settings every hazard has; a rule adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = True
    clear_s: float = Field(
        default=10.0,
        gt=0,
        description="The alert resolves when the hazard has not been seen for this long, seconds.",
    )

    @property
    def anew_s(self) -> float:
        """For how long a rule that has just begun may be silent of what still stands there, seconds: its silence does
        not say yet that what an earlier one told of has gone."""
        return 0.0


class HazardRule(ABC):
    """One hazard, judged over time, for one camera.

    A rule does no I/O and asks no clock: `scene` carries the time. It keeps bounded state.
    `vision.hazards` finds every rule class that a module there names `RULE`.
    """

    kind: ClassVar[str]
    words: ClassVar[Words]
    needs: ClassVar[frozenset[str]]
    """Classes without which the detector can never raise this hazard."""
    severity: ClassVar[Severity]
    pictured_after: ClassVar[bool] = False
    """Whether the place is pictured again once it is clear: before and after."""
    params_type: ClassVar[type[HazardParams]]

    @abstractmethod
    def __init__(self, params: Any) -> None:
        """params: an instance of `params_type`."""

    @abstractmethod
    def update(self, scene: Scene) -> Sequence[Finding]:
        """The hazards present in this scene, one finding an incident."""

    def due_s(self, now_s: float) -> float:
        """Until when it should see the place again, judged by the look at `now_s`; infinite: it is in no hurry.

        A wish, and heard where looks can be chosen freely (`vision.sparse`): a rule works with whatever looks it gets.
        It must not press for ever where nothing comes of it.
        """
        return math.inf

    def passes_over(self, box: Box, size: tuple[int, int], now_s: float) -> bool:
        """Whether it need not be known how what is seen in the box (0–1), in a picture that lies ahead at `now_s`, came
        there: it was followed up of late. To ask is to follow it up.
        """
        return False

    def see(
        self,
        scene: Scene,
        *,
        zone: Zone | None,
        key: str,
        confirmed: bool,
        since_s: float,
        confidence: float,
        box: Box,
        evidence: Mapping[str, Any],
        notice: str = "",
    ) -> Finding:
        """A finding of this rule in this scene. zone None: outside every zone. The rest as in `Finding`."""
        return Finding(
            camera=scene.camera,
            hazard=self.kind,
            severity=self.severity,
            zone=zone.name if zone else "",
            zone_type=zone.type if zone else "",
            key=key,
            confirmed=confirmed,
            at=scene.at,
            monotonic_s=scene.monotonic_s,
            since_s=since_s,
            since_at=scene.when(since_s),
            confidence=confidence,
            box=box,
            evidence=evidence,
            notice=notice,
        )


def strongest(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a key: the heaviest."""
    best: dict[str, Finding] = {}
    for finding in findings:
        other = best.get(finding.key)
        if other is None or finding.weight > other.weight:
            best[finding.key] = finding
    return list(best.values())
