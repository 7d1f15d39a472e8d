"""Settings of the site and its places, each checked by itself; `alerts.registry.registry` fits them together."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from streams.misfit import misfit

SITE = "site"
"""The id of the root, `[site]`: everything lies within it."""

MARK = "{n}"
"""Stands in the texts of a place that is written once for several: `each`."""

MOST_OF_A_KIND = 200
"""Of `each`: more floors has no building."""


class PlaceKind(StrEnum):
    """What a place is. The root is `[site]` itself."""

    BUILDING = "building"
    FLOOR = "floor"
    CORRIDOR = "corridor"
    STAIRWELL = "stairwell"
    LOBBY = "lobby"
    EXIT = "exit"
    LIFT = "lift"
    SHED = "shed"
    YARD = "yard"
    FACADE = "facade"
    ROOM = "room"
    GATE = "gate"
    OTHER = "other"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise misfit("no_time_zone", name=name) from None
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
"""Of the IANA database."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ContactConfig(_Frozen):
    """Somebody to call about a place."""

    name: str = Field(min_length=1, max_length=60, description="Who, in human words.")
    role: str = Field(default="", max_length=60, description="What for: duty room, shed manager, building lead.")
    phone: str = Field(default="", max_length=40, description="As it is dialled.")


class SafetyConfig(_Frozen):
    """What one has to know on the way to a fire. What a place does not say, it has from the place it lies within."""

    contacts: tuple[ContactConfig, ...] = Field(
        default=(), description="Whom to call; those of the places around it come after them."
    )
    extinguisher: str | None = Field(
        default=None, min_length=1, max_length=200, description="Where the nearest fire extinguisher hangs."
    )
    hydrant: str | None = Field(default=None, min_length=1, max_length=200, description="Where the nearest hydrant is.")
    power_cutoff: str | None = Field(
        default=None, min_length=1, max_length=200, description="Where the power is cut off."
    )


class SiteConfig(SafetyConfig):
    """The community: the root of all places."""

    name: str = Field(default="Xin'an 心安", max_length=120, description="Shown in the console and in every notice.")
    time_zone: ZoneName = Field(
        default="Asia/Shanghai", description="Of hours and days in these settings; a name of the IANA database."
    )


class PlaceConfig(SafetyConfig):
    """A place of the site; with `each`, several that are alike."""

    id: str = Field(
        pattern=r"^[\w.{}-]{1,64}$",
        description="Unique and short: letters, digits, '_', '-', '.' (any script). A camera's `place` may be one.",
    )
    name: str = Field(
        min_length=1, max_length=80, description="In human words, without the names of the places around it."
    )
    name_en: str = Field(default="", max_length=80, description="The name in English, if notices are to have one.")
    kind: PlaceKind = Field(default=PlaceKind.OTHER, description="What it is.")
    within: str = Field(default=SITE, max_length=64, description="The id of the place around it. Default: the site.")
    each: tuple[str, ...] = Field(
        default=(),
        max_length=MOST_OF_A_KIND,
        description="Makes a place of each of these, with {n} in all texts replaced: numbers, words, ranges as 1-18.",
    )
    note: str = Field(default="", max_length=500, description="What else one should know of it.")

    @field_validator("each", mode="before")
    @classmethod
    def _one_may_stand_alone(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("id")
    @classmethod
    def _not_the_root(cls, name: str) -> str:
        if name == SITE:
            raise misfit("site_id")
        return name

    @model_validator(mode="after")
    def _each_has_an_id_of_its_own(self) -> Self:
        if self.each and MARK not in self.id:
            raise misfit("each_id", mark=MARK)
        if set(self.id.replace(MARK, "") if self.each else self.id) & {"{", "}"}:
            raise misfit("brace_in_id", id=self.id, mark=MARK)
        return self

    def expanded(self) -> Iterator["PlaceConfig"]:
        """The places it stands for. Raises ValueError: too many of them."""
        if not self.each:
            yield self
            return
        raw = self.model_dump(exclude={"each"})
        labels = [label for part in self.each for label in _labels(part)]
        if len(labels) > MOST_OF_A_KIND:
            raise misfit("each_too_many", number=len(labels), most=MOST_OF_A_KIND)
        for label in labels:
            yield PlaceConfig.model_validate(_filled(raw, label))


def _labels(part: str) -> list[str]:
    """What one entry of `each` stands for: 3-5 is 3, 4, 5, and 03-05 keeps its noughts; all else is itself."""
    first, dash, last = part.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal()):
        return [part]
    low, high = int(first), int(last)
    if high < low:
        raise misfit("each_backwards", part=part)
    if high - low >= MOST_OF_A_KIND:
        raise misfit("each_too_many", number=high - low + 1, most=MOST_OF_A_KIND)
    return [f"{number:0{len(first)}d}" for number in range(low, high + 1)]


def _filled(value: Any, label: str) -> Any:
    """With every mark in its texts replaced."""
    match value:
        case str():
            return value.replace(MARK, label)
        case dict():
            return {key: _filled(inner, label) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, label) for inner in value]
    return value
