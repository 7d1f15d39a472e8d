"""Zones in the making: what can be set of a zone, whether a draft is sound, and the draft as TOML.

All of it is read from `vision.config`, so that whatever a zone can have there can be drawn, and nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from alerts.setup.fields import fields_of
from vision.config import CameraConfig, ZoneConfig

DIGITS = 4
"""Of a coordinate: a ten-thousandth of the picture is a fifth of a pixel in 1080p."""

Draft = Mapping[str, Any]
"""{"zones": […], "masks": […]}: keys of a camera, as JSON values. What the settings do not know is an error."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft that was looked at. toml: what stands in the settings, "" if there are problems: one line each."""

    toml: str
    problems: tuple[str, ...] = ()


def draft_of(camera: CameraConfig | None) -> dict[str, Any]:
    """What the settings have so far; nothing for a recording without a camera."""
    if camera is None:
        return {"zones": [], "masks": []}
    return camera.model_dump(mode="json", include={"zones", "masks"})


def zone_fields() -> list[dict[str, Any]]:
    """What a zone can have, for a form: name, kind, description, and for some choices, count or fields.

    Kinds: those of `alerts.setup.fields`.
    """
    return fields_of(ZoneConfig)


def check(draft: Draft, camera: CameraConfig | None) -> Checked:
    """The draft as TOML if the settings would take it as this camera's."""
    base = camera.model_dump() if camera else {"name": "camera", "url": "0"}
    try:
        whole = CameraConfig.model_validate({**base, **draft})
    except ValidationError as error:
        problems = (_problem(item, draft) for item in error.errors(include_url=False, include_input=False))
        return Checked("", tuple(problems))
    return Checked(fragment(whole))


def _problem(item: Any, draft: Draft) -> str:
    """One line that names the zone as a person knows it."""
    parts: list[str] = []
    level: Any = draft
    for part in item["loc"]:
        level = _below(level, part)
        name = level.get("name") if isinstance(level, Mapping) else None
        parts.append(str(name) if name else str(part + 1 if isinstance(part, int) else part))
    return f"{' · '.join(parts)}: {item['msg'].removeprefix('Value error, ')}"


def _below(level: Any, part: str | int) -> Any:
    try:
        return level[part]
    except (KeyError, IndexError, TypeError):
        return None


def fragment(camera: CameraConfig) -> str:
    """The camera's masks and zones as TOML, to be put below its other keys."""
    lines = [f"masks = {toml_value(camera.masks)}", ""] if camera.masks else []
    for zone in camera.zones:
        said = {"polygon": zone.polygon, **zone.model_dump(mode="json", exclude_defaults=True, exclude_none=True)}
        order = sorted(said, key=list(ZoneConfig.model_fields).index)
        lines += ["[[cameras.zones]]", *(f"{key} = {toml_value(said[key])}" for key in order), ""]
    return "\n".join(lines)


def toml_value(value: Any) -> str:
    """A JSON value as TOML on one line. None inside a table is left out."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int():
            return str(value)
        case float():
            return repr(round(value, DIGITS))
        case Mapping():
            inner = (f"{key} = {toml_value(item)}" for key, item in value.items() if item is not None)
            return f"{{ {', '.join(inner)} }}"
        case Sequence():
            return f"[{', '.join(map(toml_value, value))}]"
    raise TypeError(f"{type(value).__name__} cannot be written as TOML")
