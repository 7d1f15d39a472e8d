"""Settings of a source of pictures."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


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
        "webcam's number. May hold a password",
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
        description="RTSP: of a stream with more million pixels a second only key pictures are decoded "
        "(1920×1080 at 30 fps is 62).",
    )
    poll_s: float = Field(default=1.0, ge=0.1, le=60, description="Snapshot addresses (one JPEG): ask this often.")
