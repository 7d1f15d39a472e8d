"""Settings of muting: quiet hours of violations, and how long a person may silence something."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.wall_clock import Hour, Weekday
from streams.misfit import misfit
from vision.hazards import RULES
from vision.rule import Severity

MAY_BE_QUIET = tuple(kind for kind, rule in RULES.items() if rule.severity is not Severity.FIRE)
"""Hazards that quiet hours may be about. A fire has none."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QuietConfig(_Frozen):
    """Hours in which violations call nobody. They are raised, stored and shown all the same."""

    name: str = Field(min_length=1, max_length=80, description="Shown as the reason.")
    opens: Hour = Field(description="From this time of day on, as 22:00, in site.time_zone.")
    closes: Hour = Field(description="Until this time; at or before `opens`: of the next day.")
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday), min_length=1, description="Days on which they open: mon tue wed thu fri sat sun."
    )
    places: tuple[str, ...] = Field(
        default=(), description="Ids of places, with all that lies within them. Default: the whole site."
    )
    hazards: tuple[str, ...] = Field(
        default=(), description="Default: every violation. A flame is never muted by the clock."
    )

    @field_validator("hazards")
    @classmethod
    def _violations(cls, hazards: tuple[str, ...]) -> tuple[str, ...]:
        for kind in hazards:
            if kind not in MAY_BE_QUIET:
                raise misfit("quiet_fire" if kind in RULES else "quiet_unknown", kind=kind, known=MAY_BE_QUIET)
        return hazards


class MutingConfig(_Frozen):
    """Who may hold back notices, and for how long. Nothing is ever lost by it: alerts are raised, kept and shown."""

    longest_h: float = Field(default=168.0, gt=0, le=8760, description="A silence ends after this long at most, hours.")
    longest_fire_h: float = Field(
        default=4.0, gt=0, le=168, description="One that mutes flames too ends after this long at most, hours."
    )
    longest_drill_h: float = Field(default=4.0, gt=0, le=48, description="A drill ends after this long at most, hours.")
    quiet: tuple[QuietConfig, ...] = Field(default=(), description="Hours in which violations call nobody.")

    def unknown_place(self, known: Any) -> str | None:
        """The first place that quiet hours name and the registry does not. None: all are known."""
        named = (place for hours in self.quiet for place in hours.places)
        return next((place for place in named if place not in known), None)
