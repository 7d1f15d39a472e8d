"""The `[archive]` section: how an archive of recordings is laid out."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.audit.naming import NamePattern
from alerts.registry.config import ZoneName


class ArchiveConfig(BaseModel):
    """How the files of an archive tell what they are, for `xinan audit`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    join: bool = Field(
        default=True,
        description="Files of one camera that follow each other, by the times in their names, are one recording.",
    )
    name_pattern: str | None = Field(
        default=None,
        description="The end of a file's path without its ending: %Y %m %d %H %M %S %f (fraction) %s (Unix time), "
        "{camera} and other names in braces (together the camera), * (any), **/ (any folders). Default: what usual "
        "recorders write.",
    )
    time_zone: ZoneName | None = Field(
        default=None,
        description="Of the times in names that do not tell it: a name of the IANA database. Default: the site's.",
    )
    cut: Literal["day", "never"] = Field(
        default="day",
        description="day: a recording ends at midnight, so that a month of one camera is 30 recordings, which several "
        "processes share and a kill does not undo; what stays over midnight is then two events. never: it goes on.",
    )

    language: Literal["zh", "en"] = Field(
        default="zh", description="In which the report opens; its page has a switch. Also --lang."
    )

    @field_validator("name_pattern")
    @classmethod
    def _can_be_read(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            NamePattern.compile(pattern, ZoneInfo("UTC"))
        return pattern
