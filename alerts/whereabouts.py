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


def not_closed(text: str, fault: str) -> str:
    """What was opened in an earlier line than a fault of TOML and may lack its end: "; the [ of line 3, column 11 …".
    "": nothing. fault: as tomllib tells it."""
    told = _AT.search(fault)
    lines = text.splitlines(keepends=True)
    line, column = (int(told[1]), int(told[2])) if told else (len(lines) + 1, 1)
    until = len("".join(lines[: line - 1])) + column - 1
    opened: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text, 0, until):
        if token["open"]:
            opened.append(token)
            if len(token["open"]) > 1:  # a text goes on to the end
                break
        elif token["close"] and opened:
            opened.pop()
    if not opened or (told and text.count("\n", 0, opened[0].start()) + 1 == line):
        return ""
    start = opened[0].start()
    at = f"line {text.count(chr(10), 0, start) + 1}, column {start - text.rfind(chr(10), 0, start)}"
    return (
        f"; is the {opened[0]['open']} of {at} closed?" if told else f"; the {opened[0]['open']} of {at} is not closed"
    )
