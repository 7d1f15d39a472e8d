"""One entry of a settings file put in, changed or taken out; comments, order and spelling of all else stay.

What comes out is read again and compared with what was meant: a file that would say anything else is not given out.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Item, Table

from alerts.errors import SetupRefused

Raw = Mapping[str, Any]
OWN_TABLES = frozenset({"zones"})
"""Lists of a new entry that are written as tables of their own, `[[cameras.zones]]`; others on one line."""


def with_entry(text: str, part: str, at: int | None, value: Raw) -> str:
    """The file with the entry number `at` of a list changed to `value`; None: with a new one at the end.

    Raises SetupRefused where the file is written in a way in which that cannot be done.
    """
    meant = tomllib.loads(text)
    entries = meant.setdefault(part, [])
    if not isinstance(entries, list):
        raise SetupRefused("by_hand", f"{part}: expected [[{part}]], a list of tables: change it in the file")
    if at is None:
        entries.append(value)
        return _proven(text, meant, lambda document: _append(document, part, value))
    entries[at] = value
    return _proven(
        text,
        meant,
        lambda document: _merge(document[part][at], value),
        lambda document: _put_anew(document[part], at, value),
    )


def without_entry(text: str, part: str, at: int) -> str:
    """Likewise without it."""
    meant = tomllib.loads(text)
    del meant[part][at]
    if not meant[part]:
        del meant[part]
        made = _proven(text, meant, lambda document: document.remove(part))
    else:
        made = _proven(text, meant, lambda document: document[part].__delitem__(at))
    kept = _with_comments(text, made)
    return kept if plain(tomllib.loads(kept)) == plain(meant) else made


def with_table(text: str, part: str, value: Raw) -> str:
    """Likewise with a table that there is once."""
    meant = tomllib.loads(text)
    new = part not in meant
    meant[part] = dict(value)
    if new:
        return _proven(text, meant, lambda document: document.append(part, _table(value)))
    return _proven(
        text,
        meant,
        lambda document: _merge(document[part], value),
        lambda document: document.__setitem__(part, _table(value)),
    )


def _with_comments(before: str, after: str) -> str:
    """What stands behind a blank line after the entry that was taken out, up to the next table, tells of what follows:
    it stays."""
    start, length = 0, len(before) - len(after)
    if length <= 0:
        return after
    while start < len(after) and before[start] == after[start]:
        start += 1
    while start and not before.startswith("[[", start) and before[start - 1] == before[start + length - 1]:
        start -= 1  # the same text taken out, seen from its own beginning
    taken = before[start : start + length].splitlines(keepends=True)
    at = len(taken)
    while at and (not taken[at - 1].strip() or taken[at - 1].lstrip().startswith("#")):
        at -= 1
    while at < len(taken) and taken[at].strip():
        at += 1
    rest = "".join(taken[at + 1 :])
    return after[:start] + rest + after[start:] if rest.strip() else after


def _proven(text: str, meant: Raw, *ways: Any) -> str:
    """By the first of these ways that gives what is meant."""
    lines = "\r\n" if "\r\n" in text else "\n"
    for way in ways:
        try:
            document = tomlkit.parse(text.replace("\r\n", "\n"))
            way(document)
            made = tomlkit.dumps(document)
            if plain(tomllib.loads(made)) == plain(meant):
                return made.replace("\n", lines)
        except (TOMLKitError, tomllib.TOMLDecodeError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            continue
    raise SetupRefused("by_hand", "the file is written in a way that is not changed here without loss: change it there")


def plain(value: Any) -> Any:
    """As JSON has it; what differs there differs in the settings too."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case str() | bool():
            return value if isinstance(value, bool) else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Sequence():
            return [plain(item) for item in value]
        case int():
            return int(value)
        case float():
            return int(value) if math.isfinite(value) and value == int(value) else float(value)
    return value


def _same(one: Any, other: Any) -> bool:
    one, other = plain(one), plain(other)
    return repr(one) == repr(other)  # True is not 1


def _append(document: tomlkit.TOMLDocument, part: str, value: Raw) -> None:
    held = document.get(part)
    if held is None:
        document.append(part, AoT([_table(value)]))
    elif isinstance(held, AoT):
        held.append(_apart(_table(value)))
    else:
        held.append(_inline(value))


def _put_anew(entries: Any, at: int, value: Raw) -> None:
    """The whole entry, with what its own lines had of comments lost."""
    entries[at] = _table(value) if isinstance(entries, AoT) else _inline(value)


def _merge(table: Any, value: Raw) -> None:
    for key in [key for key in table if key not in value]:
        table.remove(key)
    for key, item in value.items():
        if key not in table:
            table[key] = _own_tables(item) if key in OWN_TABLES and isinstance(table, Table) else _node(item)
        elif not _same(table[key], item):
            held = table[key]
            if isinstance(held, Table | InlineTable) and isinstance(item, Mapping):
                _merge(held, item)
            elif isinstance(held, Array | AoT) and isinstance(item, list):
                _merge_list(held, item)
            else:
                table[key] = _node(item)


def _merge_list(held: Any, items: Sequence[Any]) -> None:
    """What is alike at both ends stays; what lies between is merged pair by pair, and the rest comes or goes."""
    olds = list(held)
    first = 0
    while first < min(len(olds), len(items)) and _same(olds[first], items[first]):
        first += 1
    last = 0
    while last < min(len(olds), len(items)) - first and _same(olds[-1 - last], items[-1 - last]):
        last += 1
    ends = len(olds) - last
    for offset, item in enumerate(items[first : len(items) - last]):
        at = first + offset
        if at < ends and isinstance(item, Mapping) and isinstance(olds[at], Table | InlineTable):
            _merge(olds[at], item)
        elif at < ends:
            held[at] = _node(item)
        else:
            held.insert(at, _apart(_table(item)) if isinstance(held, AoT) else _node(item))
    for at in reversed(range(len(items) - last, ends)):
        del held[at]


def _table(value: Raw) -> Table:
    """Simple keys first: what comes below a table of its own would belong to that."""
    table = tomlkit.table()
    for key, item in sorted(value.items(), key=lambda pair: pair[0] in OWN_TABLES):
        table.append(key, _own_tables(item) if key in OWN_TABLES else _node(item))
    return table


def _apart(table: Table) -> Table:
    """With a blank line behind it."""
    table.add(tomlkit.nl())
    return table


def _own_tables(items: Any) -> Item:
    if not items or not all(isinstance(item, Mapping) for item in items):
        return _node(items)
    return AoT([_table(item) for item in items])


def _inline(value: Raw) -> InlineTable:
    table = tomlkit.inline_table()
    for key, item in value.items():
        table.append(key, _node(item))
    return table


def _node(value: Any) -> Item:
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for item in value:
            array.append(_node(item))
        return array.multiline(len(value) > 1 and any(isinstance(item, Mapping) for item in value))
    made: Item = tomlkit.item(deepcopy(value))
    return made
