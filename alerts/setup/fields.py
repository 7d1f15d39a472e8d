"""What can be set, for a form: read from the settings' own models, so that no list is kept beside them.

Kinds: text, number, flag, choice, secret (shown as set, never again), texts, choices (several of those given), points
(one polygon; count: exactly so many), polygons, group (fields of its own, or nothing), groups. A field of another kind
has no form and is left to the hand: it is kept, not shown.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

Field = dict[str, Any]
"""name, kind, needed, description; of some kinds: choices, count, fields, format; default where it is simple or
a list; of_type: only an entry of this `type` has it."""


def fields_of(model: type[BaseModel]) -> list[Field]:
    """In the order of the model."""
    schema = model.model_json_schema()
    return _fields(schema, schema.get("$defs", {}))


def _fields(schema: Mapping[str, Any], known: Mapping[str, Any]) -> list[Field]:
    found = []
    for name, said in schema["properties"].items():
        kind = _kind(said, known)
        if kind is not None:
            needed = name in schema.get("required", ())
            found.append({"name": name, "needed": needed, "description": said.get("description", ""), **kind})
            if "of_type" in said:
                found[-1]["of_type"] = said["of_type"]
            if isinstance(said.get("default"), str | int | float) or _is_usual(kind, said.get("default")):
                found[-1]["default"] = said["default"]
    return found


def _is_usual(kind: Field, default: Any) -> bool:
    """Whether a list stands for what is usual where none is given, such as the ladder of a fire. Polygons are drawn."""
    drawn = any(one["kind"] in ("points", "polygons") for one in kind.get("fields", ()))
    return bool(default) and isinstance(default, list) and kind["kind"] in ("texts", "choices", "groups") and not drawn


def _kind(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The kind of a value by its JSON schema."""
    if "anyOf" in said:
        return next((kind for one in said["anyOf"] if (kind := _kind(one, known)) is not None), None)
    if "$ref" in said:
        return _kind(known[said["$ref"].rsplit("/", 1)[-1]], known)
    if "enum" in said or "const" in said:
        return {"kind": "choice", "choices": list(said.get("enum", [said.get("const")]))}
    if said.get("type") == "object" and "properties" in said:
        return {"kind": "group", "fields": _fields(said, known)}
    if said.get("type") == "array":
        return _array_kind(said, known)
    if said.get("type") == "string":
        return _text_kind(said)
    simple = {"number": "number", "integer": "number", "boolean": "flag"}.get(str(said.get("type")))
    return {"kind": simple} if simple else None


def _text_kind(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("format") == "password":
        return {"kind": "secret"}
    return {"kind": "text", **({"format": said["format"]} if "format" in said else {})}


def _array_kind(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    fixed = said.get("prefixItems", [])
    if fixed and all(map(_is_point, fixed)):
        return {"kind": "points", "count": len(fixed)}
    if _is_point(said.get("items", {})):
        low, high = said.get("minItems"), said.get("maxItems")
        return {"kind": "points", "count": low if low == high else None}
    inner = _kind(said.get("items", {}), known)
    if inner is None:
        return None
    several = {"points": "polygons", "group": "groups", "text": "texts", "choice": "choices"}
    within = several.get(inner["kind"])
    return {**inner, "kind": within} if within else None


def _is_point(said: Mapping[str, Any]) -> bool:
    pair = said.get("prefixItems", [])
    return len(pair) == 2 and all(item.get("type") == "number" for item in pair)
