"""What can be wrong with a camera, in words of the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why a camera does not see. The first four groups are told of whole pictures, the last of how they come."""

    BLACK = "black"
    OVEREXPOSED = "overexposed"
    COVERED = "covered"
    SPRAYED = "sprayed"
    OUT_OF_FOCUS = "out_of_focus"
    MOVED = "moved"
    FROZEN = "frozen"
    DARK = "dark"
    OFFLINE = "offline"
    BLIND = "blind"
    FRAME_RATE = "frame_rate"
    CORRUPT = "corrupt"


WARNINGS = frozenset({Cause.DARK})
"""Not a fault: the camera works, and sees little. It is logged and shown, and nobody is called."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A camera has this trouble now. since: aware UTC, when it began. evidence: plain JSON values."""

    cause: Cause
    since: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
