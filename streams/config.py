"""Settings of a source of pictures."""

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from streams.misfit import misfit
from streams.pushed import PUSHED


class StreamConfig(BaseModel):
    """Where a camera's pictures come from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(
        pattern=r"^[\w.-]{1,64}$",
        description="Unique short name: letters, digits, '_', '-', '.' (any script).",
    )
    url: SecretStr = Field(
        min_length=1,
        description="rtsp://…, http://… (MJPEG or a snapshot), a video file, a folder of pictures or videos, or a "
        "webcam's number, or whip: (a phone sends). May hold a password",
    )
    token: SecretStr | None = Field(
        default=None,
        min_length=16,
        max_length=200,
        description='url = "whip:": who has it may send this camera\'s pictures; the phone opens '
        "https://…/patrol#NAME/TOKEN.",
    )
    main_url: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="The camera's main stream, where `url` is a smaller one: it is kept as it comes, and evidence is "
        "cut from it; `url` is the stream that is analysed.",
    )
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="How RTSP carries the pictures.")
    loop: bool = Field(default=False, description="Files and folders: start again at the end.")
    open_timeout_s: float = Field(default=5.0, gt=0, le=60, description="Give up connecting after this long.")
    read_timeout_s: float = Field(default=5.0, gt=0, le=60, description="A stream silent for this long is lost.")
    decode_mpx_per_s: float = Field(
        default=70.0,
        gt=0,
        description="Of an RTSP stream with more million pixels a second only key pictures are decoded "
        "(1920×1080 at 30 fps is 62), of HTTP pictures no more than these.",
    )
    poll_s: float = Field(
        default=1.0, ge=0.1, le=5, description="Snapshot addresses (one JPEG): ask this often. Nobody looks in between."
    )

    @field_validator("name")
    @classmethod
    def _a_name_in_an_address(cls, name: str) -> str:
        if name in (".", ".."):  # browsers take such a part of an address for a step up
            raise misfit("bad_name")
        return name

    @property
    def is_pushed(self) -> bool:
        """Pictures come when a phone sends some, and stay away when it does not."""
        return self.url.get_secret_value().strip() == PUSHED

    @model_validator(mode="after")
    def _a_phone_needs_a_token(self) -> Self:
        if self.is_pushed and self.token is None:
            raise misfit("whip_token")
        if self.token is not None and not re.fullmatch(r"[A-Za-z0-9._~-]+", self.token.get_secret_value()):
            raise misfit("token_signs")
        return self
