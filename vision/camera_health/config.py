"""Settings of the camera's health."""

from pydantic import BaseModel, ConfigDict, Field

from vision.camera_health.trouble import Cause


class HealthConfig(BaseModel):
    """When a camera is told to be in trouble. No trouble of a camera ever holds back a hazard."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    off: tuple[Cause, ...] = Field(default=(), description="Causes that are not told, such as ['dark', 'moved'].")
    offline_s: float = Field(default=5.0, ge=1, description="No connection for this long is offline, seconds.")
    blind_s: float = Field(
        default=8.0, ge=1, description="No look at a camera for this long, though it is online, is blind, seconds."
    )
    black_s: float = Field(default=5.0, ge=1, description="Pictures without any light for this long, seconds.")
    overexposed_s: float = Field(default=6.0, ge=1, description="Pictures too bright for this long, seconds.")
    covered_s: float = Field(
        default=6.0, ge=1, description="A view covered, or sprayed over in parts, for this long, seconds."
    )
    frozen_s: float = Field(
        default=2.0, ge=1, description="Pictures equal to those of 10.5 s before for this long, seconds."
    )
    moved_s: float = Field(default=25.0, ge=5, description="Another or a displaced view for this long, seconds.")
    out_of_focus_s: float = Field(default=20.0, ge=5, description="A blurred view for this long, seconds.")
    dark_s: float = Field(default=60.0, ge=5, description="Too dark to see in for this long: a warning, seconds.")
    frame_rate_s: float = Field(default=20.0, ge=5, description="A wrong frame rate for this long, seconds.")
    least_fps: float = Field(default=0.5, ge=0, description="Fewer pictures a second than this are too few.")
    least_rate_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of the camera's own usual frame rate below which it is too low."
    )
    corrupt_share: float = Field(
        default=0.1, gt=0, le=1, description="Share of damaged pictures from which the stream is told to be damaged."
    )
    clear_s: float = Field(default=10.0, ge=1, description="A trouble is over when it was not seen for this long.")

    def picture_holds(self) -> dict[Cause, float]:
        """The causes that pictures are judged for → how long each must last, seconds."""
        holds = {
            Cause.BLACK: self.black_s,
            Cause.OVEREXPOSED: self.overexposed_s,
            Cause.COVERED: self.covered_s,
            Cause.SPRAYED: self.covered_s,
            Cause.FROZEN: self.frozen_s,
            Cause.OUT_OF_FOCUS: self.out_of_focus_s,
            Cause.MOVED: self.moved_s,
            Cause.DARK: self.dark_s,
        }
        return {cause: hold_s for cause, hold_s in holds.items() if cause not in self.off}


USUAL_HEALTH = HealthConfig()
"""All defaults."""
