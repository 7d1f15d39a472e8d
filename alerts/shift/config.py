"""Settings of the shifts of the control room."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.wall_clock import Hour


class ShiftsConfig(BaseModel):
    """When one operator hands over to the next. Who is on duty to be called is another matter: `[rota]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    changes: tuple[Hour, ...] = Field(
        default=(time(8), time(20)),
        min_length=1,
        max_length=12,
        description="Local times at which a shift ends and the next one begins, as 08:00.",
    )
    drill_s: float = Field(
        default=600.0, ge=300, le=3600, description="A drill ends by itself after this long, seconds."
    )

    @field_validator("changes")
    @classmethod
    def _in_order(cls, changes: tuple[Hour, ...]) -> tuple[Hour, ...]:
        if len(set(changes)) != len(changes):
            raise ValueError("two changes at one time")
        return tuple(sorted(changes))
