"""The limits of the tracks. Every figure is a setting."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TracksConfig(BaseModel):
    """What people owe an alert, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    acknowledge_s: float = Field(default=15.0, gt=0, description="A fire is acknowledged within this time.")
    respond_s: float = Field(
        default=180.0, gt=0, description="Somebody has accepted an acknowledged fire within this time."
    )
    there_s: float = Field(default=180.0, gt=0, description="Who has accepted is there within this time.")
    close_h: float = Field(default=24.0, gt=0, description="A fire that is out, or a case inspected, is closed within.")
    verify_h: float = Field(default=4.0, gt=0, description="A person has looked at a violation within this time.")
    dissuade_h: float = Field(default=24.0, gt=0, description="Somebody has been spoken to after it was verified.")
    report_h: float = Field(
        default=24.0, gt=0, description="Reported to the authority after dissuasion without success."
    )
    inspect_h: float = Field(
        default=24.0, gt=0, description="Looked at again once it is said or seen to be cleared away."
    )
    claim_days: float = Field(default=30.0, gt=0, description="A thing in store waits this long for its owner.")
    answer_link_h: float = Field(default=24.0, gt=0, le=720, description="The links of a notice can be used this long.")

    @model_validator(mode="before")
    @classmethod
    def _handlers_moved(cls, given: Any) -> Any:
        if isinstance(given, dict) and "handlers" in given:
            raise ValueError(
                "handlers: who handles what stands in routing.handlers now, as "
                '{ zones = ["shed"], hazards = ["ebike"], name = "shed_manager", tell = ["li"] }'
            )
        return given
