"""Where in the settings a fault lies, as a person finds it: entries by their names, since keys count from 0, and
brackets that nobody closed."""

import re
from collections.abc import Sequence
from typing import Any

_ENTRIES = {
    "cameras": ("camera", "name"),
    "zones": ("zone", "name"),
    "places": ("place", "id"),
    "people": ("person", "id"),
    "groups": ("group", "name"),
    "channels": ("channel", "name"),
    "webhooks": ("webhook", "name"),
    "quiet": ("quiet hours", "name"),
    "handlers": ("handler", "name"),
}
"""List → what one of it is called, and the key that names it."""
_LONGEST = 80

_AT = re.compile(r"at line (\d+), column (\d+)\)$")
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<lines>\"{3}(?:\\.|[^\\])*?\"{3} | '{3}.*?'{3})
      | (?P<open>\"{3} | '{3} | [\[{])
      | (?P<text>"(?:\\.|[^"\\\n])*" | '[^'\n]*')
      | (?P<close>[\]}])""",
    re.VERBOSE | re.DOTALL,
)


def named_entries(raw: Any, loc: Sequence[int | str], written: Sequence[int | str]) -> list[str]:
    """The entries that a key lies in, the outermost first: "camera hall", "zone 走道". One without a name is counted
    from 1.

    raw: what the files say together, where the key is `loc`; written: the key as it is counted in its own file.
    """
    found: list[str] = []
    level: Any = raw
    for at, (part, counted) in enumerate(zip(loc, written, strict=True)):
        try:
            level = level[part]
        except (KeyError, IndexError, TypeError):  # nothing there, or the tag of a union, which is no level
            continue
        if isinstance(counted, int) and (entry := _ENTRIES.get(str(loc[at - 1]))):
            what, key = entry
            name = level.get(key) if isinstance(level, dict) else None
            name = " ".join(name.split())[:_LONGEST] if isinstance(name, str) else ""
            found.append(f"{what} {name or f'number {counted + 1}'}")
    return found


def fault_at(text: str, fault: str) -> tuple[int, int]:
    """Line and column of a fault of TOML, both from 1; the end of the text where none is told.

    fault: as tomllib tells it.
    """
    if told := _AT.search(fault):
        return int(told[1]), int(told[2])
    return len(text.splitlines()) + 1, 1


def is_placed(fault: str) -> bool:
    """Whether a fault of TOML names its line; the others are of a text that ends too early."""
    return _AT.search(fault) is not None


def opened_before(text: str, fault: str) -> tuple[str, int, int] | None:
    """What was opened in an earlier line than a fault of TOML and may lack its end: the sign, its line and column."""
    line, column = fault_at(text, fault)
    until = len("".join(text.splitlines(keepends=True)[: line - 1])) + column - 1
    opened: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text, 0, until):
        if token["open"]:
            opened.append(token)
            if len(token["open"]) > 1:  # a text goes on to the end
                break
        elif token["close"] and opened:
            opened.pop()
    if not opened:
        return None
    start = opened[0].start()
    begun = text.count("\n", 0, start) + 1
    if is_placed(fault) and begun == line:
        return None
    return opened[0]["open"], begun, start - text.rfind("\n", 0, start)


def not_closed(text: str, fault: str) -> str:
    """The same in words: "; the [ of line 3, column 11 is not closed". "": nothing."""
    found = opened_before(text, fault)
    if found is None:
        return ""
    sign, line, column = found
    at = f"{sign} of line {line}, column {column}"
    return f"; is the {at} closed?" if is_placed(fault) else f"; the {at} is not closed"
