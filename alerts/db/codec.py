"""An alert as plain JSON values and back: what the outbox keeps and the console sends."""

import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from alerts.alert import Alert
from vision.rule import Severity

_FIELDS = tuple(field.name for field in fields(Alert))
_TIMES = frozenset(name for name in _FIELDS if name.endswith("_at"))


def plain(value: Any) -> Any:
    """The same as JSON values that every database takes: numbers of numpy become Python's, what is not finite becomes
    None, and what JSON does not know becomes text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
    unpack = getattr(value, "tolist", None)  # numpy's scalars and arrays
    return str(value) if unpack is None else plain(unpack())


def time_text(at: datetime) -> str:
    """An aware time as RFC 3339 UTC with microseconds: "2026-01-01T00:00:00.000000Z"."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json(alert: Alert) -> dict[str, Any]:
    """Every field of Alert plus `state`; times as `time_text` or None, box as a list."""
    data: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(alert, name)
        data[name] = time_text(value) if name in _TIMES and value is not None else value
    data["severity"] = alert.severity.value
    data["box"] = list(alert.box)
    data["evidence"] = dict(alert.evidence)
    data["muted"] = None if alert.muted is None else dict(alert.muted)
    data["state"] = alert.state.value
    return data


def from_json(data: Mapping[str, Any]) -> Alert:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError when `data` is not one."""
    given = {name: data[name] for name in _FIELDS if name in data}
    for name in _TIMES & given.keys():
        given[name] = None if given[name] is None else datetime.fromisoformat(given[name])
    x1, y1, x2, y2 = given["box"]
    given["box"] = (float(x1), float(y1), float(x2), float(y2))
    given["severity"] = Severity(given["severity"])
    return Alert(**given)
