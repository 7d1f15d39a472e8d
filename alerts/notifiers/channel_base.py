"""What every `[[channels]]` table has."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

PUSH_PREFIX = "push:"
"""Names of outbox channels that begin so belong to subscribed phones."""


class ChannelConfig(BaseModel):
    """What every channel has."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=64, description="Unique short name.")
    timeout_s: float = Field(default=5.0, gt=0, le=60, description="Give up on one attempt after this long.")
    expire_s: float = Field(default=86_400.0, gt=0, description="Stop trying after this long.")

    @field_validator("name")
    @classmethod
    def _is_no_phone(cls, name: str) -> str:
        if name.startswith(PUSH_PREFIX):
            raise ValueError(f"names that begin with {PUSH_PREFIX} are those of subscribed phones")
        return name
