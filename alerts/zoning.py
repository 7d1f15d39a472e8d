"""Zones in the making: what can be set of a zone, whether a draft is sound, and the draft as TOML.

All of it is read from `vision.config`, so that whatever a zone can have there can be drawn, and nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

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

    Kinds: text, number, flag, choice, points (one polygon; count: exactly so many), polygons, group (fields of its own,
    or nothing), groups. A kind that is none of these is left to the hand: such a field is kept, not shown.
    """
    return fields_of(ZoneConfig)


def fields_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    """As `zone_fields`, of any model."""
    schema = model.model_json_schema()
    return _fields(schema, schema.get("$defs", {}))


def _fields(schema: Mapping[str, Any], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, said in schema["properties"].items():
        kind = _kind(said, known)
        if kind is not None:
            needed = name in schema.get("required", ())
            found.append({"name": name, "needed": needed, "description": said.get("description", ""), **kind})
    return found


def _kind(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The kind of a value by its JSON schema."""
    if "anyOf" in said:
        return next((kind for one in said["anyOf"] if (kind := _kind(one, known)) is not None), None)
    if "$ref" in said:
        return _kind(known[said["$ref"].rsplit("/", 1)[-1]], known)
    if "enum" in said:
        return {"kind": "choice", "choices": list(said["enum"])}
    if said.get("type") == "object" and "properties" in said:
        return {"kind": "group", "fields": _fields(said, known)}
    if said.get("type") == "array":
        return _array_kind(said, known)
    simple = {"string": "text", "number": "number", "integer": "number", "boolean": "flag"}.get(str(said.get("type")))
    return {"kind": simple} if simple else None


def _array_kind(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    fixed = said.get("prefixItems", [])
    if fixed and all(map(_is_point, fixed)):
        return {"kind": "points", "count": len(fixed)}
    if _is_point(said.get("items", {})):
        low, high = said.get("minItems"), said.get("maxItems")
        return {"kind": "points", "count": low if low == high else None}
    inner = _kind(said.get("items", {}), known)
    within = {"points": "polygons", "group": "groups"}.get(inner["kind"] if inner else "")
    return {**(inner or {}), "kind": within} if within else None


def _is_point(said: Mapping[str, Any]) -> bool:
    pair = said.get("prefixItems", [])
    return len(pair) == 2 and all(item.get("type") == "number" for item in pair)


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
