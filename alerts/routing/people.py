"""Who can be told, and by which channel: people and groups of the settings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from alerts.access.accounts import account_id
from alerts.routing.recipient import Recipient
from streams.misfit import misfit

ON_DUTY = "on_duty"
HANDLER = "handler"
EVERYBODY = "everybody"
RESERVED = (ON_DUTY, HANDLER, EVERYBODY)
"""Words that stand for people who are found when an alert comes; no person and no group may be called so."""

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ReachConfig(_Frozen):
    """One way to reach a person."""

    channel: str = Field(min_length=1, max_length=64, description="Name of a channel of these settings.")
    address: SecretStr = Field(
        default=SecretStr(""),
        description="What the channel needs to reach this person: an e-mail address, a mention's id, a topic.",
    )


class PersonConfig(_Frozen):
    """Somebody who can be told of alerts."""

    id: Name = Field(description="Unique short name; records keep it.")
    name: str = Field(default="", max_length=120, description="For people to read; default: the id.")
    language: Literal["zh", "en"] = Field(default="zh", description="Of the notices to this person.")
    channels: tuple[ReachConfig, ...] = Field(
        min_length=1, description="Ways to reach this person. The first is used; the others when every channel is."
    )
    places: tuple[str, ...] = Field(
        default=(), description="Only told of what happens in these places (or cameras); default: everywhere."
    )
    account: str = Field(
        default="", max_length=64, description="Short name of this person's account at the console; default: the id."
    )

    @property
    def shown(self) -> str:
        """What this person is called."""
        return self.name or self.id

    @model_validator(mode="after")
    def _channels_differ(self) -> "PersonConfig":
        names = [reach.channel for reach in self.channels]
        if twice := {name for name in names if names.count(name) > 1}:
            raise misfit("two_addresses", person=self.id, names=sorted(twice))
        return self


class GroupConfig(_Frozen):
    """People who are told together."""

    name: Name = Field(description="Unique, and different from every person's id.")
    members: tuple[str, ...] = Field(min_length=1, description="Ids of people.")


@dataclass(frozen=True, slots=True)
class Reach:
    """One channel on which one person is told. person: the id; address: where the message goes, "" for the channel's
    own readers: two with one channel and address are told by one message."""

    person: str
    channel: str
    address: str = field(default="", repr=False)


class People:
    """Looks people up. Immutable.

    personal: channels that find a person by their id where the settings give no address.
    """

    def __init__(
        self, people: Sequence[PersonConfig], groups: Sequence[GroupConfig], personal: Collection[str] = ()
    ) -> None:
        self._personal = frozenset(personal)
        self._people = {person.id: person for person in people}
        self._groups = {group.name: group.members for group in groups}

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self._people)

    def __getitem__(self, person: str) -> PersonConfig:
        """By id. Raises KeyError."""
        return self._people[person]

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Name of a group → ids of its members."""
        return self._groups

    @property
    def everybody(self) -> tuple[str, ...]:
        """All ids, in the order of the settings."""
        return tuple(self._people)

    @property
    def channels(self) -> frozenset[str]:
        """Channels on which at least one person is reached."""
        return frozenset(reach.channel for person in self._people.values() for reach in person.channels)

    def of_account(self, account: str) -> str:
        """The id of the person whose account that is; "" for nobody's. account: as the console keeps it."""
        found = (one.id for one in self._people.values() if account and account_id(one.account or one.id) == account)
        return next(found, "")

    def named(self, name: str) -> str:
        """The id of the person who is called so; "" for nobody."""
        return next((one.id for one in self._people.values() if name and name in (one.shown, one.id)), "")

    def members(self, names: Iterable[str]) -> tuple[str, ...]:
        """Ids behind names of people and groups, each once, in order."""
        found = (one for name in names for one in self._groups.get(name, (name,)))
        return tuple(dict.fromkeys(one for one in found if one in self._people))

    def of_place(self, ids: Iterable[str], places: frozenset[str]) -> tuple[str, ...]:
        """Those who are told of something that lies in all of `places` (a building and its floor, say)."""
        return tuple(one for one in ids if not self._people[one].places or places & set(self._people[one].places))

    def reaches(self, ids: Iterable[str], *, every_channel: bool = False) -> tuple[Reach, ...]:
        """How these are told, by their first channel or by all; one message for each address, also if two share it."""
        found: dict[tuple[str, str], Reach] = {}
        for one in ids:
            ways = self._people[one].channels
            for way in ways if every_channel else ways[:1]:
                address = way.address.get_secret_value() or (one if way.channel in self._personal else "")
                found.setdefault((way.channel, address), Reach(one, way.channel, address))
        return tuple(found.values())

    def recipient(self, person: str, channel: str) -> Recipient | None:
        """How somebody is told on a channel, by the settings as they are; None: not any more."""
        config = self._people.get(person)
        way = next((way for way in config.channels if way.channel == channel), None) if config else None
        if config is None or way is None:
            return None
        return Recipient(person, config.shown, way.address.get_secret_value(), config.language)


def check_people(people: Sequence[PersonConfig], groups: Sequence[GroupConfig], channels: Iterable[str]) -> None:
    """Raises ValueError when a name is taken twice, reserved, or stands for nothing."""
    names = [person.id for person in people] + [group.name for group in groups]
    if twice := {name for name in names if names.count(name) > 1}:
        raise misfit("two_people", names=sorted(twice))
    if reserved := set(names) & set(RESERVED):
        raise misfit("reserved_name", names=sorted(reserved))
    known = sorted(channels)
    for person in people:
        for reach in person.channels:
            if reach.channel not in known:
                raise misfit("no_such_channel", person=person.id, channel=reach.channel, known=known)
    require_known({f"groups: {group.name}": group.members for group in groups}, [person.id for person in people])


def require_known(named: Mapping[str, Iterable[str]], known: Iterable[str]) -> None:
    """named: where → the names that stand there. Raises ValueError for the first name that nobody has."""
    allowed = sorted(known)
    for where, names in named.items():
        for name in names:
            if name not in allowed:
                raise misfit("unknown_name", where=where, name=name, known=allowed)
