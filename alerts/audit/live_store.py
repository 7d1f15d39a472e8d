"""What the live watch found in the time of the recordings, read from its store beside it. Nothing is written there."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr
from sqlalchemy import Connection, and_, func, or_, select

from alerts.audit.hours import Stretch, merged
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db.database import LOCK
from alerts.db.schema import alerts
from alerts.db.schema_records import records
from alerts.db.schema_tracks import steps
from alerts.db.sqlite import FILE as DATABASE
from alerts.db.store import Store
from alerts.errors import StoreError
from alerts.evidence.names import Variant, picture_name
from alerts.ids import made_at
from alerts.record.records import Kind
from alerts.record.retention import REASON
from alerts.track.step import StepKind
from vision.camera_health.trouble import WARNINGS

_A, _S, _R = alerts.c, steps.c, records.c
_PICTURES: tuple[Variant, ...] = ("veiled", "blurred")
"""With heads hidden, as all that leaves the console."""


@dataclass(frozen=True, slots=True)
class LiveAlert:
    """One that fired. since, until, fired_s …: seconds since 1970; None: it did not happen. picture: in the store's
    folder; None where there is none."""

    id: str
    camera: str
    place: str
    place_id: str | None
    hazard: str
    since_s: float
    until_s: float
    fired_s: float
    acknowledged_s: float | None
    there_s: float | None
    closed_s: float | None
    false_alarm: bool
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Live:
    """alerts: by begin. watched: of which time the store tells: from its first word to its last (for a watch that runs:
    until now), later than what it has deleted for age. None: of no time. blind: camera → when it did not see."""

    alerts: tuple[LiveAlert, ...]
    watched: Stretch | None
    blind: Mapping[str, list[Stretch]]


@dataclass(frozen=True, slots=True)
class LivePlace:
    """Where the store of the live watch lies. url None: SQLite in the folder."""

    folder: Path
    url: SecretStr | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The configured one."""
        return cls(settings.store.path, settings.store.url)


def is_store(folder: Path) -> bool:
    """Whether a watch keeps alerts, pictures and clips there, also one whose alerts lie in PostgreSQL."""
    return any((folder / name).exists() for name in (LOCK, DATABASE))


def check_live(place: LivePlace) -> None:
    """Raises StoreError: there is no store, or it cannot be read."""
    Store.read(place.folder, place.url).close()


def read_live(place: LivePlace, times: Sequence[tuple[datetime, datetime]]) -> Live:
    """Alerts that overlap any of these times, in order, and troubles from the first to the last; drills are none.
    Raises StoreError."""
    begins, ends = times[0][0], times[-1][1]
    folder = place.folder
    store = Store.read(folder, place.url)
    try:
        with store.reading() as connection:
            watched = _watched(connection)
            if watched is not None and _is_watching(folder):  # a quiet night is no end of the watch
                watched = (watched[0], max(watched[1], ends.timestamp()))
            return Live(_alerts(connection, folder, times), watched, _blind(connection, begins, ends))
    finally:
        store.close()


def _alerts(connection: Connection, folder: Path, times: Sequence[tuple[datetime, datetime]]) -> tuple[LiveAlert, ...]:
    there = (
        select(_S.alert_id, func.min(_S.at).label("at"))
        .where(_S.kind == StepKind.THERE.value, _S.at >= times[0][0])
        .group_by(_S.alert_id)
        .subquery()
    )
    columns = (_A.id, _A.camera, _A.place, _A.place_id, _A.hazard, _A.started_at, _A.seen_at, _A.fired_at)
    more = (_A.acknowledged_at, there.c.at.label("there_at"), _A.closed_at, _A.false_alarm_at, _A.snapshot, _A.evidence)
    query = select(*columns, *more).join(there, there.c.alert_id == _A.id, isouter=True)
    wanted = query.where(
        _A.fired_at.is_not(None),
        _A.exercise.is_(False),
        _A.hazard != CAMERA,
        or_(*(and_(_A.started_at < ends, _A.seen_at >= begins) for begins, ends in times)),
    )
    rows = connection.execution_options(stream_results=True).execute(wanted.order_by(_A.started_at, _A.id))
    return tuple(_alert(row, folder) for row in rows if not row.evidence.get("drill"))


def _alert(row: Any, folder: Path) -> LiveAlert:
    times = (row.fired_at, row.acknowledged_at, row.there_at, row.closed_at)
    fired_s, acknowledged_s, there_s, closed_s = (None if at is None else at.timestamp() for at in times)
    return LiveAlert(
        row.id,
        row.camera,
        row.place,
        row.place_id,
        row.hazard,
        row.started_at.timestamp(),
        row.seen_at.timestamp(),
        fired_s or 0.0,
        acknowledged_s,
        there_s,
        closed_s,
        row.false_alarm_at is not None,
        _picture(folder, row.snapshot),
    )


def _picture(folder: Path, key: str) -> Path | None:
    try:
        files = [folder / picture_name(key, variant) for variant in _PICTURES] if key else []
    except StoreError:  # of an earlier version
        return None
    return next((file for file in files if file.is_file()), None)


def _blind(connection: Connection, begins: datetime, ends: datetime) -> dict[str, list[Stretch]]:
    """When a camera was in a trouble: such an alert begins with it. One that goes on lasts until now."""
    ended = or_(_A.resolved_at.is_(None), _A.resolved_at >= begins)
    query = select(_A.camera, _A.started_at, _A.resolved_at, _A.evidence).where(
        and_(_A.hazard == CAMERA, _A.fired_at.is_not(None), _A.started_at < ends, ended)
    )
    found: dict[str, list[Stretch]] = defaultdict(list)
    for camera, since, until, evidence in connection.execute(query):
        if evidence.get("cause") not in {cause.value for cause in WARNINGS}:
            found[camera].append((since.timestamp(), (until or ends).timestamp()))
    return {camera: merged(stretches) for camera, stretches in found.items()}


def _watched(connection: Connection) -> Stretch | None:
    first, last = connection.execute(select(func.min(_R.at), func.max(_R.at))).one()
    seen = connection.scalar(select(func.max(_A.seen_at)))
    known = [_aware(at) for at in (last, seen) if at is not None]
    if first is None or not known:
        return None
    deleted = select(_R.subject, _R.detail).where(_R.kind == Kind.DELETED.value, _R.subject != "")
    # Of others a clip went to make room, or a copy elsewhere; the alert is still told of.
    rows = connection.execute(deleted)
    aged = (name for name, detail in rows if detail.get("reason") == REASON and "where" not in detail)
    gone = [at for at in map(made_at, aged) if at is not None]
    begins = max([_aware(first), *gone])
    return (begins.timestamp(), max(known).timestamp())


def _is_watching(folder: Path) -> bool:
    """Whether a program of this machine holds the store's lock. The kernel's list is asked: to try the lock would keep
    a watch that starts just then from taking it. False where there is no such list."""
    try:
        lock = str(os.stat(folder / LOCK).st_ino)
        held = [line.split() for line in Path("/proc/locks").read_text("ascii").splitlines()]
    except OSError:
        return False
    # 1: FLOCK ADVISORY WRITE <process> <device>:<file> 0 EOF
    return any("FLOCK" in fields and any(one.rpartition(":")[2] == lock for one in fields[4:]) for fields in held)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
