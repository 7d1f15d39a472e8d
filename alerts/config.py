"""The whole configuration: one TOML file, `--set` overrides, and errors that name the key."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)

from alerts.errors import SettingsError
from streams.errors import redact
from vision.camera_health.config import HealthConfig
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, EvidenceConfig, HazardsConfig


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SiteConfig(_Frozen):
    """The community."""

    name: str = Field(default="Xin'an 心安", max_length=120, description="Shown in the console and in every notice.")


class ConsoleConfig(_Frozen):
    """The web console."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Reachable from this machine only by default.",
    )
    port: int = Field(default=8800, ge=1, le=65535, description="Port to listen on.")
    login: bool = Field(default=True, description="Ask for the one-time link printed at the first start.")
    max_viewers: int = Field(
        default=16,
        ge=0,
        le=256,
        description="Live videos at once, on all pages together; more get single pictures.",
    )


class StoreConfig(_Frozen):
    """Where alerts and snapshots are kept."""

    path: Path = Field(default=Path("xinan-data"), description="Folder for the database, the snapshots and the clips.")


class WebhookConfig(_Frozen):
    """An address that is told of every alert."""

    name: str = Field(min_length=1, max_length=64, description="Unique short name.")
    url: HttpUrl = Field(description="Receives a POST with JSON for each fired, resolved or judged alert.")
    secret: SecretStr | None = Field(default=None, description="Key of the HMAC-SHA256 signature header.")
    timeout_s: float = Field(default=5.0, gt=0, le=60, description="Give up on one attempt after this long.")
    expire_s: float = Field(default=86_400.0, gt=0, description="Stop trying after this long.")


class Settings(_Frozen):
    """Everything that can be set. Frozen: run-time switches are kept elsewhere."""

    site: SiteConfig = SiteConfig()
    cameras: tuple[CameraConfig, ...] = ()
    hazards: HazardsConfig = HazardsConfig()
    detector: DetectorConfig = DetectorConfig()
    analysis: AnalysisConfig = AnalysisConfig()
    health: HealthConfig = HealthConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    console: ConsoleConfig = ConsoleConfig()
    store: StoreConfig = StoreConfig()
    webhooks: tuple[WebhookConfig, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for kind, names in (
            ("cameras", [camera.name for camera in self.cameras]),
            ("webhooks", [hook.name for hook in self.webhooks]),
        ):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"two {kind} are called {', '.join(sorted(twice))}")
        return self


def load_settings(path: Path | None = None, overrides: Sequence[str] = ()) -> Settings:
    """Read a TOML file (none: all defaults) and apply `KEY=VALUE` overrides (dots separate levels; VALUE is TOML,
    or a plain string where it is not).

    Raises SettingsError: one line that names the file, the key and what is allowed.
    """
    raw: dict[str, Any] = {} if path is None else _read_toml(path)
    for override in overrides:
        _apply(raw, override)
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        where = "settings" if path is None else str(path)
        raise SettingsError(f"{where}: {describe(error)}") from None


def describe(error: ValidationError) -> str:
    """All problems of a validation in one line: key, what is wrong, what is allowed."""
    return "; ".join(_describe_one(item) for item in error.errors(include_url=False, include_input=False))


def _describe_one(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"]) or "settings"
    if item["type"] == "extra_forbidden":
        return f"unknown key {key}; allowed: {', '.join(_keys_beside(item['loc']))}"
    return f"{key}: {item['msg'].removeprefix('Value error, ')}"


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are allowed where the last part of `loc` stands."""
    model: type[BaseModel] | None = Settings
    for part in loc[:-1]:
        if isinstance(part, str) and model is not None:
            model = _model_in(model.model_fields[part].annotation)
    return sorted(model.model_fields) if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model named by an annotation such as `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in getattr(annotation, "__args__", ()) if (found := _model_in(arg))), None)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise SettingsError(f"{path}: not a regular file")
        # utf-8-sig: some editors put a byte-order mark before the text.
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not a text file in UTF-8") from None
    except RecursionError:
        raise SettingsError(f"{path}: nested too deeply") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SettingsError(f"{path}: {' '.join(reason.split())}") from None


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
