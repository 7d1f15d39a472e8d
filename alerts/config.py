"""The whole configuration: one TOML file, `--set` overrides, and errors that name the key."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from alerts.audit.config import ArchiveConfig
from alerts.camera_watch import CAMERA
from alerts.errors import InvalidSettings, Problem, SettingsError
from alerts.evidence.media_config import MediaKeys
from alerts.include import Joined, Read, read_joined
from alerts.mute.config import MutingConfig
from alerts.notifiers.channel_config import Channel
from alerts.registry.config import PlaceConfig, SiteConfig
from alerts.registry.registry import Registry
from alerts.routing.ladder import RoutingConfig
from alerts.routing.ladder import named_in as named_in_routing
from alerts.routing.people import RESERVED, GroupConfig, People, PersonConfig, check_people, require_known
from alerts.routing.people_channels import check_addresses
from alerts.routing.rota import Rota, RotaConfig
from alerts.routing.rota import named_in as named_in_rota
from alerts.shift.config import ShiftsConfig
from alerts.track.config import TracksConfig
from alerts.whereabouts import named_entries
from streams.errors import redact
from streams.misfit import MISFITS, listed, misfit
from vision.camera_health.config import HealthConfig
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, EvidenceConfig, HazardsConfig

LIMITS = ("min_length", "max_length", "gt", "ge", "lt", "le", "multiple_of")
_POSTGRES = "postgresql+psycopg://user:password@host/database"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ConsoleConfig(_Frozen):
    """The web console."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Reachable from this machine only by default.",
    )
    port: int = Field(default=8800, ge=1, le=65535, description="Port to listen on.")
    login: bool = Field(default=True, description="Ask for the one-time link printed at the first start.")
    public_url: HttpUrl | None = Field(
        default=None,
        description="Where people reach this console, for the links in notices; default: the address it listens on.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    )
    max_viewers: int = Field(
        default=16,
        ge=0,
        le=256,
        description="Live videos at once, on all pages together; more get single pictures.",
    )
    pdf_font: Path | None = Field(
        default=None,
        description="A TrueType font (.ttf, .ttc) with Chinese to put into PDF records; default: the reader's own.",
    )

    @field_validator("public_url")
    @classmethod
    def _is_a_whole_site(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.path not in (None, "", "/") or url.query or url.fragment or url.username):
            raise ValueError("expected scheme, host and perhaps port, as https://console.example.org")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _are_not_everybody(
        cls, networks: tuple[IPv4Network | IPv6Network, ...]
    ) -> tuple[IPv4Network | IPv6Network, ...]:
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("everybody would be believed; name the proxy's own address, as 127.0.0.1 or 10.0.0.0/24")
        return networks

    @property
    def base_url(self) -> str:
        """For links in notices; without a slash at the end."""
        if self.public_url is not None:
            return str(self.public_url).rstrip("/")
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"


class StoreConfig(MediaKeys, _Frozen):
    """Where alerts, pictures and clips are kept."""

    path: Path = Field(default=Path("xinan-data"), description="Folder for the database, the snapshots and the clips.")
    url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL instead of a database in the folder: postgresql+psycopg://user:password@host/database.",
    )

    @field_validator("url")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        """What is wrong is told without the address: it holds a password."""
        if url is None:
            return None
        try:
            parts = make_url(url.get_secret_value())
        except (ArgumentError, ValueError):
            raise ValueError(f"not an address; write {_POSTGRES}") from None
        if parts.drivername not in ("postgresql+psycopg", "postgresql") or not parts.database:
            raise ValueError(f"write {_POSTGRES}, or leave it out for SQLite in store.path")
        return url


class RetentionConfig(_Frozen):
    """How long after its end an alert is kept, with its pictures and its clip. What is not over, or held by a person,
    stays."""

    fire_days: int = Field(default=30, ge=3, le=36_500, description="Fires, days after their end.")
    violation_days: int = Field(default=30, ge=3, le=36_500, description="Violations, days after their end.")
    fault_days: int = Field(default=30, ge=3, le=36_500, description="Troubles of cameras, days after their end.")
    unconfirmed_days: int = Field(
        default=30, ge=3, le=36_500, description="What was only suspected or only logged, days after its end."
    )
    records_days: int = Field(
        default=365,
        ge=30,
        le=36_500,
        description="Who saw and did what. What speaks of an alert that is still kept stays as long.",
    )


class WebhookConfig(_Frozen):
    """An address that is told of every alert."""

    name: str = Field(min_length=1, max_length=64, description="Unique short name.")
    url: HttpUrl = Field(description="Receives a POST with JSON for each fired, resolved or judged alert.")
    secret: SecretStr | None = Field(default=None, description="Key of the HMAC-SHA256 signature header.")
    timeout_s: float = Field(default=5.0, gt=0, le=60, description="Give up on one attempt after this long.")
    expire_s: float = Field(default=86_400.0, gt=0, description="Stop trying after this long.")


class Settings(_Frozen):
    """Everything that can be set. Frozen: run-time switches are kept elsewhere."""

    include: tuple[str, ...] = Field(
        default=(), description="Further files with [[cameras]] and [[places]], seen from this one; * stands for any."
    )
    site: SiteConfig = SiteConfig()
    places: tuple[PlaceConfig, ...] = ()
    cameras: tuple[CameraConfig, ...] = ()
    hazards: HazardsConfig = HazardsConfig()
    detector: DetectorConfig = DetectorConfig()
    analysis: AnalysisConfig = AnalysisConfig()
    health: HealthConfig = HealthConfig()
    archive: ArchiveConfig = ArchiveConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    console: ConsoleConfig = ConsoleConfig()
    store: StoreConfig = StoreConfig()
    muting: MutingConfig = MutingConfig()
    tracks: TracksConfig = TracksConfig()
    retention: RetentionConfig = RetentionConfig()
    webhooks: tuple[WebhookConfig, ...] = ()
    channels: tuple[Channel, ...] = ()
    people: tuple[PersonConfig, ...] = ()
    groups: tuple[GroupConfig, ...] = ()
    rota: RotaConfig = RotaConfig()
    shifts: ShiftsConfig = ShiftsConfig()
    routing: RoutingConfig = RoutingConfig()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for code, names in (
            ("two_cameras", [camera.name for camera in self.cameras]),
            ("two_channels", [outlet.name for outlet in (*self.webhooks, *self.channels)]),
        ):
            if twice := {name for name, number in Counter(names).items() if number > 1}:
                raise misfit(code, names=sorted(twice))
        return self

    @model_validator(mode="after")
    def _one_push(self) -> Self:
        if sum(channel.type == "push" for channel in self.channels) > 1:
            raise misfit("second_push")
        return self

    @model_validator(mode="after")
    def _places_fit(self) -> Self:
        known = self.registry().places
        if unknown := self.muting.unknown_place(known):
            ids = listed(list(known)[:20])
            raise misfit("no_such_place", where="muting.quiet: places", name=unknown, hint=f"known: {ids}", known=ids)
        return self

    @model_validator(mode="after")
    def _people_fit(self) -> Self:
        check_people(self.people, self.groups, self.expiry_s)
        check_addresses(self.people, {channel.name: channel for channel in self.channels})
        names = [person.id for person in self.people] + [group.name for group in self.groups]
        require_known(named_in_rota(self.rota), names)
        require_known(named_in_routing(self.routing), [*names, *RESERVED])
        require_known({"routing.at_once": self.routing.at_once or ()}, self.expiry_s)
        hazards = [*self.hazards.by_kind, CAMERA]
        require_known({"routing.handlers": [kind for one in self.routing.handlers for kind in one.hazards]}, hazards)
        places = [*self.registry().places, *(camera.name for camera in self.cameras)]
        require_known({f"people: {person.id}: places": person.places for person in self.people}, places)
        return self

    def registry(self) -> Registry:
        """What lies where."""
        return Registry.build(self.site, self.places, self.cameras)

    def duty(self) -> Rota:
        """Who is on duty when."""
        return Rota(self.rota, People(self.people, self.groups), self.site.time_zone)

    @property
    def expiry_s(self) -> dict[str, float]:
        """Name of every webhook and channel → seconds after which a notice is no longer tried there."""
        return {outlet.name: outlet.expire_s for outlet in (*self.webhooks, *self.channels)}


def load_settings(path: Path | None = None, overrides: Sequence[str] = (), read: Read | None = None) -> Settings:
    """Read a TOML file (none: all defaults) with those it includes, and apply `KEY=VALUE` overrides (dots separate
    levels; VALUE is TOML, or a plain string where it is not). read: how a file is read, if not from the disk.

    Raises SettingsError: one line that names the file, the key and what is allowed.
    """
    joined = Joined({}) if path is None else read_joined(path, read)
    for override in overrides:
        _apply(joined.raw, override)
    try:
        return Settings.model_validate(joined.raw)
    except ValidationError as error:
        where = "settings" if path is None else str(path)
        raise InvalidSettings(f"{where}: {describe(error, joined)}", problems_of(error)) from None


def problems_of(error: ValidationError) -> list[Problem]:
    """All problems of a validation, key by key."""
    return [
        Problem(
            tuple(item["loc"]),
            item["type"],
            item["msg"].removeprefix("Value error, "),
            _values_of(item),
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def _values_of(item: Any) -> dict[str, Any]:
    """What the console's words for a problem may name: of pydantic's own only limits of the models."""
    given = dict(item.get("ctx") or {})
    return given if item["type"] in MISFITS else {key: given[key] for key in LIMITS if key in given}


def describe(error: ValidationError, joined: Joined) -> str:
    """All problems of a validation in one line: whose they are, key, what is wrong, what is allowed; of an included
    file its name."""
    return "; ".join(_describe_one(item, joined) for item in error.errors(include_url=False, include_input=False))


def _describe_one(item: Any, joined: Joined) -> str:
    file, loc = joined.origin(item["loc"])
    key = ".".join(str(part) for part in loc) or "settings"
    within = "" if file is None else f"{file}: "
    if whose := ", ".join(named_entries(joined.raw, item["loc"], loc)):
        within += f"{whose}: "
    if item["type"] == "extra_forbidden":
        return f"{within}unknown key {key}; allowed: {', '.join(_keys_beside(item['loc']))}"
    return f"{within}{key}: {item['msg'].removeprefix('Value error, ')}"


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are allowed where the last part of `loc` stands."""
    models: list[type[BaseModel]] = [Settings]
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        if fields:
            models = [found for field in fields for found in _models_in(field.annotation)]
        else:  # the tag of a union
            models = [model for model in models if _tag_of(model) == part]
    return sorted({key for model in models for key in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models named by an annotation such as `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for arg in getattr(annotation, "__args__", ()) for found in _models_in(arg)]


def _tag_of(model: type[BaseModel]) -> str:
    """What `type` must say for this model of a union."""
    kind = model.model_fields.get("type")
    return str(next(iter(getattr(kind.annotation, "__args__", ())), "")) if kind else ""


def _apply(raw: dict[str, Any], override: str) -> None:
    shown = redact(override)
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise SettingsError(f"--set {shown}: expected KEY=VALUE, such as hazards.flame.verify_s=2")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    except RecursionError:
        raise SettingsError(f"--set {key}: nested too deeply") from None
    *parents, last = key.split(".")
    if (parents or [last])[0] == "include":
        raise SettingsError("--set include: stands in the settings file only")
    level: Any = raw
    for part in parents:
        try:
            level = level[int(part)] if isinstance(level, list) else level.setdefault(part, {})
        except (ValueError, IndexError):
            raise SettingsError(f"--set {shown}: {part} is not one of 0…{len(level) - 1}") from None
        if not isinstance(level, dict | list):
            raise SettingsError(f"--set {shown}: {part} is not a table")
    if isinstance(level, list):
        raise SettingsError(f"--set {shown}: a list's entry cannot be replaced as a whole")
    level[last] = value
