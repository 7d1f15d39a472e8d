"""`events.parquet`: the events for data frames, by an extra of its own (`pip install 'xinan[parquet]'`)."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from alerts.audit.copies import KEY as COPY
from alerts.audit.sample import event_id
from alerts.audit.table import narrow_s
from alerts.errors import AlertsError

FILE: Final = "events.parquet"
ROWS: Final = 10_000
"""Of a row group: so many events are in memory."""
TEXTS: Final = ("event", "source", "path", "camera", "place", "segment")
MORE_TEXTS: Final = ("hazard", "severity", "zone", "zone_type", "snapshot", "snapshot_clean", "snapshot_after")
NUMBERS: Final = ("segment_s", "start_s", "end_s", "raised_s", "confidence", "least_free_width_m", "narrow_s")
FLAGS: Final = ("suspected", "cleared", COPY)
BOX: Final = ("x1", "y1", "x2", "y2")


def require_pyarrow() -> None:
    """Raises AlertsError where it is not installed: better before a night of looking than after."""
    if find_spec("pyarrow") is None:
        raise AlertsError("--parquet: pyarrow is missing; install it with: pip install 'xinan[parquet]'")


class ParquetTable:
    """Takes in events, writes them by `ROWS`. The same events give the same bytes with the same pyarrow."""

    def __init__(self, path: Path) -> None:
        """Raises AlertsError: pyarrow is missing."""
        require_pyarrow()
        import pyarrow as arrow
        from pyarrow import parquet

        text, number = arrow.string(), arrow.float64()
        columns = [*((name, text) for name in TEXTS), ("at", arrow.timestamp("ms", tz="UTC"))]
        columns += [(name, text) for name in MORE_TEXTS] + [(name, number) for name in NUMBERS]
        columns += [(name, arrow.bool_()) for name in FLAGS] + [(name, number) for name in BOX]
        columns += [("free_width_m", number), ("evidence", text)]
        self._arrow = arrow
        self._schema = arrow.schema(columns)
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None and self._rows:
            self._flush()
        self._file.close()

    def add(self, event: Mapping[str, Any]) -> None:
        """The next row. evidence: as JSON, since each hazard has its own."""
        row = {name: event.get(name) for name in (*TEXTS, *MORE_TEXTS, *NUMBERS, *FLAGS)}
        row |= dict(zip(BOX, event["box"], strict=True))
        row["event"] = event_id(dict(event))
        row["narrow_s"] = narrow_s(event)
        row["at"] = datetime.fromisoformat(event["at"]) if "at" in event else None
        row["free_width_m"] = event["evidence"].get("free_width_m")
        row[COPY] = bool(event.get(COPY))
        row["evidence"] = json.dumps(event["evidence"], ensure_ascii=False)
        self._rows.append(row)
        if len(self._rows) == ROWS:
            self._flush()

    def _flush(self) -> None:
        self._file.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema), row_group_size=ROWS)
        self._rows = []
