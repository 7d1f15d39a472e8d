"""The limits of the tracks and who handles what. Every figure is a setting."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vision.zones import ZoneType

_ROUTES = ("stairwell", "corridor", "lobby", "exit")
HANDLERS = {
    **dict.fromkeys(_ROUTES, "property"),
    "lift": "urban_management",
    "shed": "shed_manager",
    **dict.fromkeys(("facade", "yard", "under_balcony"), "urban_management"),
    "burn_site": "volunteers",
    "*/flame": "volunteers",
    "*/camera": "operator",
}
"""Zone type, zone type/hazard or */hazard → who handles it, unless the settings say otherwise."""


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
    handlers: dict[str, str] = Field(
        default_factory=dict,
        description="Who handles what: zone type, zone type/hazard or */hazard = name; the rest stays as it is.",
    )

    @model_validator(mode="after")
    def _zones_are_known(self) -> Self:
        known = {*(zone.value for zone in ZoneType), "*"}
        for key in self.handlers:
            zone, slash, hazard = key.partition("/")
            if zone not in known or (slash and not hazard) or (zone == "*" and not slash):
                raise ValueError(f"handlers: {key}: expected a zone type, zone type/hazard or */hazard")
        return self

    def handler(self, zone_type: str, hazard: str) -> str:
        """Who handles this hazard there: the most exact entry, a hazard before a zone; "property" if there is none."""
        keys = (f"{zone_type}/{hazard}", f"*/{hazard}", zone_type)
        for table in (self.handlers, HANDLERS):
            for key in keys:
                if key in table:
                    return table[key]
        return "property"
