"""Verdicts of people on the events of a run: `verdicts.csv`, as the report's page saves it or a spreadsheet does."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from alerts.errors import AlertsError

FILE: Final = "verdicts.csv"
COLUMNS: Final = ("event", "verdict", "remark")
VERDICTS: Final[Mapping[str, str]] = {
    "right": "right",
    "wrong": "wrong",
    "unclear": "unclear",
    "对": "right",
    "错": "wrong",
    "不清": "unclear",
}
"""Word → what it stands for."""


class Verdict(NamedTuple):
    """word: right, wrong or unclear; "" where there is a remark only."""

    word: str
    remark: str = ""


def read_verdicts(folder: Path) -> dict[str, Verdict]:
    """Event id → what was said, of the folder's file; none where there is no file. Of several verdicts on
    one event the last counts. Raises AlertsError naming the file and line.
    """
    path = folder / FILE
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.DictReader(file), path)
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise AlertsError(f"{path}: is not UTF-8; save it as “CSV UTF-8”") from None
    except (OSError, csv.Error) as error:
        raise AlertsError(f"{path}: cannot be read: {error}") from None


def _read(rows: "csv.DictReader[str]", path: Path) -> dict[str, Verdict]:
    if missing := {"event", "verdict"} - set(rows.fieldnames or ()):
        raise AlertsError(f"{path}: lacks the column {' and '.join(sorted(missing))}")
    found: dict[str, Verdict] = {}
    for row in rows:
        event, word, remark = ((row.get(name) or "").strip() for name in COLUMNS)
        if not event or not (word or remark):
            continue  # not judged yet
        if word and word.lower() not in VERDICTS:
            allowed = ", ".join(VERDICTS)
            raise AlertsError(f"{path}, line {rows.line_num}: no such verdict: {word}; allowed: {allowed}")
        found[event] = Verdict(VERDICTS[word.lower()] if word else "", remark)
    return found
