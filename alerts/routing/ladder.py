"""Settings of who is told of what, and when: the ladder of a fire, the handlers of violations."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.routing.people import EVERYBODY, HANDLER, ON_DUTY
from streams.misfit import misfit
from vision.zones import ZoneType


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RungConfig(_Frozen):
    """A step of a fire's ladder, taken when nobody has answered by then."""

    after_s: float = Field(ge=0, le=86_400, description="Seconds after the alert. A rung without anybody is skipped.")
    tell: tuple[str, ...] = Field(
        default=(EVERYBODY,), description="People, groups, and the words on_duty, handler, everybody."
    )
    every_channel: bool = Field(
        default=False, description="By all their channels, and by those of no person; else by each one's first."
    )
    call_119: bool = Field(default=False, description="From here on the console says to call 119.")


LADDER = (
    RungConfig(after_s=15.0, tell=(ON_DUTY,)),
    RungConfig(after_s=60.0, tell=(EVERYBODY,)),
    RungConfig(after_s=180.0, tell=(EVERYBODY,), every_channel=True, call_119=True),
)
"""The console and its siren come at once; then the volunteers on duty, the whole team, every channel."""


USUAL: Mapping[str, str] = {
    **dict.fromkeys(("stairwell", "corridor", "lobby", "exit"), "property"),
    "lift": "urban_management",
    "shed": "shed_manager",
    **dict.fromkeys(("facade", "yard", "under_balcony"), "urban_management"),
    "burn_site": "volunteers",
}
"""Zone type → whose business it is, unless the settings say otherwise."""
USUAL_OF_HAZARD: Mapping[str, str] = {"flame": "volunteers", "camera": "operator"}
"""These are the same people's everywhere."""


class HandlerConfig(_Frozen):
    """Whose business a hazard is in some kinds of zone. The first that fits counts."""

    zones: tuple[ZoneType, ...] = Field(default=(), description="Types of zones; default: every type.")
    hazards: tuple[str, ...] = Field(default=(), description="Hazards; camera: its troubles; default: every hazard.")
    name: str = Field(
        default="", max_length=64, description="Shown as whose it is; default: the people and groups of `tell`."
    )
    tell: tuple[str, ...] = Field(default=(), description="People and groups. None: it is only shown whose it is.")

    @model_validator(mode="after")
    def _somebody(self) -> "HandlerConfig":
        if not (self.name or self.tell):
            raise misfit("nobody_named")
        return self

    @property
    def shown(self) -> str:
        """Whose it is."""
        return self.name or ", ".join(self.tell)

    def fits(self, zone_type: str, hazard: str) -> bool:
        """Whether it is theirs."""
        return (not self.zones or zone_type in self.zones) and (not self.hazards or hazard in self.hazards)


class FireConfig(_Frozen):
    """How a fire is told."""

    ladder: tuple[RungConfig, ...] = Field(default=LADDER, min_length=1, description="In the order of after_s.")
    repeat_s: float = Field(default=60.0, ge=10, le=3600, description="Told again until somebody answers.")
    retrigger_s: float = Field(
        default=600.0, ge=60, description="Acknowledged and still burning after this long: told again, and so on."
    )
    unseen_s: float = Field(
        default=120.0,
        ge=0,
        le=3600,
        description="Not seen for this long: told that it is out of sight, and calls end.",
    )

    @property
    def call_119_s(self) -> float | None:
        """Seconds after the alert from which on the console says to call 119; None: never."""
        return next((rung.after_s for rung in self.ladder if rung.call_119), None)

    @model_validator(mode="after")
    def _in_order(self) -> "FireConfig":
        times = [rung.after_s for rung in self.ladder]
        if times != sorted(times):
            raise misfit("ladder_backwards", times=[f"{time:g}" for time in times])
        return self


class ViolationConfig(_Frozen):
    """How violations and troubles of cameras are told: not one by one, but by site, zone and hazard."""

    tell: tuple[str, ...] = Field(
        default=(HANDLER, ON_DUTY, EVERYBODY),
        min_length=1,
        description="The first of these that is anybody: people, groups, and the words on_duty, handler, everybody.",
    )
    group_wait_s: float = Field(default=30.0, ge=0, le=3600, description="The first of a group waits for others.")
    group_interval_s: float = Field(default=300.0, ge=0, description="At most one notice of a group in this time.")
    repeat_s: float = Field(default=14_400.0, ge=300, description="Told again until somebody answers.")
    retrigger_s: float = Field(
        default=86_400.0, ge=300, description="Acknowledged and still there after this long: told again, and so on."
    )


class RoutingConfig(_Frozen):
    """Who is told of what. Without `[[people]]` every channel is told of everything at once."""

    at_once: tuple[str, ...] | None = Field(
        default=None, description="Channels told of everything as it happens; default: those of no person."
    )
    handlers: tuple[HandlerConfig, ...] = Field(default=(), description="By zone type and hazard.")
    fire: FireConfig = FireConfig()
    violation: ViolationConfig = ViolationConfig()

    def handler(self, zone_type: str, hazard: str) -> HandlerConfig | None:
        """The first that fits."""
        return next((one for one in self.handlers if one.fits(zone_type, hazard)), None)

    def whose(self, zone_type: str, hazard: str) -> str:
        """Whose business it is, as it is shown: by the settings, else as is usual."""
        named = self.handler(zone_type, hazard)
        return named.shown if named else USUAL_OF_HAZARD.get(hazard) or USUAL.get(zone_type, "property")


def named_in(config: RoutingConfig) -> dict[str, Sequence[str]]:
    """Where in the routing → the people, groups and words named there."""
    return {
        **{f"routing.handlers.{number}.tell": one.tell for number, one in enumerate(config.handlers)},
        **{f"routing.fire.ladder.{number}.tell": rung.tell for number, rung in enumerate(config.fire.ladder)},
        "routing.violation.tell": config.violation.tell,
    }
