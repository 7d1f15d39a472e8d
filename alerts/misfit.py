"""What is wrong between entries of the settings that are each sound: two of one name, a name that stands for nothing.

Each has a code, by which the console says it in the reader's language (`problem.CODE` in `static/strings_setup.js`)."""

from collections.abc import Iterable
from typing import Any, LiteralString

from pydantic_core import PydanticCustomError

MISFITS: dict[str, LiteralString] = {
    "two_cameras": "two cameras are called {names}",
    "two_channels": "two webhooks or channels are called {names}",
    "two_people": "two people or groups are called {names}",
    "two_places": "two places have the id {names}",
    "second_push": "channels: one of type push serves all phones",
    "reserved_name": "people and groups: {names} has a meaning of its own; choose another name",
    "no_such_channel": "people: {person} is to be told by {channel}, which is no channel; there are: {known}",
    "wrong_address": "{key}: {person} on {channel}: expected {wanted}",
    "unknown_name": "{where} names {name}, which is unknown; there are: {known}",
    "no_such_place": "{where}: no place has the id {name}; {hint}",
    "within_itself": "place {name}: within: lies within itself: {circle}",
}
"""Code → the program's own words, for commands and logs."""


def misfit(code: str, **values: Any) -> PydanticCustomError:
    """The error to raise, a ValueError. values: ids, names and keys, nothing that is secret; lists are joined."""
    said = {key: value if isinstance(value, str) else listed(value) for key, value in values.items()}
    return PydanticCustomError(code, MISFITS[code], said)


def listed(names: Iterable[str]) -> str:
    """With commas; "none" where there are none."""
    return ", ".join(names) or "none"
