"""Secrets on their way to the page and back: what is set is said to be set, and stays where nothing new is typed.

A secret stays only where it goes to the place where it went before: who changes the address of a channel types its
password anew. Else a page could send a password that it may not show to an address of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.errors import SetupRefused
from alerts.setup.fields import Field
from streams.errors import redact_address

KEPT = "kept"
"""{"kept": "3"} stands for a secret that is set: of the entry as it is, in the fourth of the groups that it lies in."""
WHERE = frozenset({"type", "url", "main_url", "fire_url", "host", "port", "security", "proxy", "ca_file", "channel"})
"""Where a secret goes."""


def masked(entry: Mapping[str, Any], fields: Sequence[Field], shown: frozenset[str] = frozenset()) -> dict[str, Any]:
    """For the page: only what has a form, and no secret. shown: secrets of which the rest of the address is shown."""
    found: dict[str, Any] = {}
    for field in fields:
        name, value = field["name"], entry.get(field["name"])
        if value is None:
            continue
        if field["kind"] == "group" and isinstance(value, Mapping):
            found[name] = masked(value, field["fields"])
        elif field["kind"] == "groups" and isinstance(value, list):
            found[name] = [_numbered(masked(one, field["fields"]), str(at)) for at, one in enumerate(value)]
        else:
            found[name] = _masked_value(field, value, shown)
    return found


def _masked_value(field: Field, value: Any, shown: frozenset[str]) -> Any:
    if field["kind"] == "secret":
        return {KEPT: "", "shown": redact_address(str(value)) if field["name"] in shown else ""} if value else ""
    if isinstance(value, str) and field.get("format") == "uri" and redact_address(value) != value:
        return {KEPT: "", "shown": redact_address(value)}
    return value


def _numbered(group: dict[str, Any], number: str) -> dict[str, Any]:
    return {name: {**value, KEPT: number} if _is_kept(value) else value for name, value in group.items()}


def unmasked(given: Mapping[str, Any], old: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """What the page gave, with the secrets that stay; of `old` also what has no form. Raises SetupRefused."""
    known = {field["name"]: field for field in fields}
    found = {name: value for name, value in old.items() if name not in known}
    for name, value in given.items():
        field = known.get(name, {"kind": ""})
        if _is_kept(value):
            found[name] = _kept(name, value, given, old, field)
        elif field["kind"] == "group" and isinstance(value, Mapping):
            found[name] = unmasked(value, _table(old.get(name)), field["fields"])
        elif field["kind"] == "groups" and isinstance(value, list):
            found[name] = [_group(one, _tables(old.get(name)), field["fields"]) for one in value]
        else:
            found[name] = value
    return found


def _group(given: Any, olds: Sequence[Mapping[str, Any]], fields: Sequence[Field]) -> Any:
    """One of several groups; which it was before, its kept secrets say."""
    if not isinstance(given, Mapping):
        return given
    numbers = {str(value[KEPT]) for value in given.values() if _is_kept(value)}
    number = numbers.pop() if len(numbers) == 1 else ""
    old = olds[int(number)] if number.isdecimal() and len(number) < 6 and int(number) < len(olds) else {}
    # What has no form belongs to a group that cannot be told again: it is lost with the form, and there is none.
    return unmasked(given, {name: old[name] for name in old if name in {field["name"] for field in fields}}, fields)


def _kept(name: str, value: Any, given: Mapping[str, Any], old: Mapping[str, Any], field: Field) -> Any:
    maskable = field["kind"] == "secret" or field.get("format") == "uri"
    if not maskable or name not in old:
        raise SetupRefused("secret_anew", f"{name}: nothing is set here that could stay")
    moved = [key for key in sorted(WHERE - {name}) if not _same(given.get(key), old.get(key))]
    if moved:
        raise SetupRefused("secret_anew", f"{name}: type it anew, as {', '.join(moved)} was changed")
    return old[name]


def _same(given: Any, old: Any) -> bool:
    return _is_kept(given) if old is not None and _is_kept(given) else bool(given == old)


def _is_kept(value: Any) -> bool:
    return isinstance(value, Mapping) and KEPT in value


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [_table(one) for one in value] if isinstance(value, list) else []
