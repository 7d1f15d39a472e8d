"""A store with as many alerts as years of a community leave behind: most resolved, one notice for each that fired.

A block of alerts is written as the program writes them; the database then copies it over and over, moved in time.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert

from alerts.alert import Alert, fingerprint
from alerts.db import rows, schema
from alerts.db.codec import to_json
from alerts.db.schema import UtcTime
from alerts.db.store import Store
from alerts.evidence.names import key_stem
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from vision.rule import Severity

BLOCK = 1_000
APART_S = 60
"""Seconds between two alerts."""
BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
OPEN = 60
CHANNEL = "team"
CAMERAS = 48
HAZARDS = ("clutter", "clutter", "ebike", "ebike", "ebike", "flying_lead", "flame")


def fill(store: Store, blocks: int, seed: int = 7) -> None:
    """So many blocks of alerts, the last few open. The store is new. PostgreSQL is given the statistics that it makes
    by itself within minutes: without them it takes other indexes."""
    rng = random.Random(seed)
    block = list(_block(rng))
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            driver: Any = connection.connection.driver_connection
            driver.answer_s = None
        values = [{**rows.from_alert(alert), "state_version": alert.version} for alert in block]
        connection.execute(insert(schema.alerts), values)
        connection.execute(insert(schema.deliveries), [_delivery(alert) for alert in block if alert.fired_at])
        for table, ids in ((schema.alerts, {"id"}), (schema.deliveries, {"id", "alert_id"})):
            connection.exec_driver_sql(_copies(connection, table, ids, blocks))
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    left = [Change(ChangeKind.FIRED, _alert(rng, blocks, number)) for number in range(OPEN)]
    store.commit(left, AtOnce({CHANNEL: 86_400.0}), _time(blocks, 0))


def _time(block: int, number: int) -> datetime:
    return BEGIN + timedelta(seconds=(block * BLOCK + number) * APART_S)


def id_of(block: int, number: int) -> str:
    return f"{block:010d}{number:016d}"


def _block(rng: random.Random) -> Iterator[Alert]:
    """Resolved alerts of every kind: most were told, some acknowledged, some false, some only suspected; a tenth was
    never ended by anybody."""
    for number in range(BLOCK):
        alert = _alert(rng, 0, number)
        gone = alert.started_at + timedelta(seconds=rng.randint(20, 3600))
        alert = replace(alert, seen_at=gone, resolved_at=gone, version=rng.randint(3, 12))
        fate = rng.random()
        if fate < 0.15:
            alert = replace(alert, fired_at=None)
        elif fate < 0.25:
            alert = replace(alert, fired_at=None, notice="passing")
        elif fate < 0.30:
            alert = replace(alert, false_alarm_at=gone, false_alarm_by="李", false_alarm_reason="reflection")
        elif fate < 0.60:
            alert = replace(alert, acknowledged_at=alert.started_at + timedelta(seconds=40), acknowledged_by="王")
        if rng.random() < 0.9:
            alert = replace(alert, closed_at=gone + timedelta(days=1))
        yield alert


def _alert(rng: random.Random, block: int, number: int) -> Alert:
    hazard, camera = rng.choice(HAZARDS), f"camera-{rng.randrange(CAMERAS)}"
    key, at = str(rng.randrange(1000)), _time(block, number)
    return Alert(
        id=id_of(block, number),
        fingerprint=fingerprint(camera, hazard, "通道", key),
        camera=camera,
        place=f"{rng.randint(1, 20)}号楼东侧 自行车棚",
        hazard=hazard,
        severity=Severity.FIRE if hazard == "flame" else Severity.VIOLATION,
        zone="通道",
        zone_type="corridor",
        started_at=at,
        seen_at=at,
        confidence=round(rng.uniform(0.4, 0.95), 3),
        box=(0.1, 0.2, 0.3, 0.4),
        fired_at=at,
        snapshot=_snapshot(block, number),
        evidence=_evidence(rng, at, _snapshot(block, number)),
    )


def _snapshot(block: int, number: int) -> str:
    """The key of its picture, as the store of pictures makes one; copies of a block have the pictures of the first."""
    at = _time(block, number)
    return f"{key_stem(id_of(block, number), at)}-1"


def _evidence(rng: random.Random, at: datetime, snapshot: str) -> Mapping[str, Any]:
    """About as much as a rule and the snapshot leave."""
    return {
        "why": {"still_s": 640.2, "dwell_s": 600.0, "area_frac": 0.041, "witness": "reference"},
        "scores": [round(rng.uniform(0.3, 0.9), 3) for _ in range(24)],
        "versions": {"model": "xinan-v1", "settings": f"{rng.getrandbits(64):016x}"},
        "snapshot": {
            "key": snapshot,
            "sha256_clean": f"{rng.getrandbits(256):064x}",
            "sha256_blurred": f"{rng.getrandbits(256):064x}",
            "taken_at": at.isoformat(),
            "box": [0.1, 0.2, 0.3, 0.4],
        },
        "clip": {"key": f"{at:%Y/%m/%d}/{at:%H%M%S}", "sha256": f"{rng.getrandbits(256):064x}", "duration_s": 20.0},
    }


def _delivery(alert: Alert) -> dict[str, Any]:
    at = alert.started_at
    return {
        "id": alert.id,
        "alert_id": alert.id,
        "channel": CHANNEL,
        "kind": "fired",
        "priority": rows.PRIORITIES[alert.severity],
        "payload": to_json(alert),
        "created_at": at,
        "next_try_at": at,
        "expires_at": at + timedelta(days=1),
        "attempts": 1,
        "last_error": "",
        "delivered_at": at + timedelta(seconds=1),
    }


def _copies(connection: Connection, table: Table, ids: set[str], blocks: int) -> str:
    """The statement that copies the first block, moved by 1, 2, … blocks."""
    step_s = BLOCK * APART_S
    block = f"SELECT * FROM {table.name} WHERE id < '{id_of(1, 0)}'"
    if connection.dialect.name == "postgresql":
        join = f"generate_series(1, {blocks - 1}) AS k(n) CROSS JOIN LATERAL ({block} ORDER BY id) AS b"
        moved_id = "lpad(k.n::text, 10, '0') || substr({0}, 11)"
        moved_time = f"{{0}} + k.n * interval '{step_s} seconds'"
        series = ""
    else:
        series = f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {blocks - 1}) "
        join = f"k CROSS JOIN ({block}) AS b"
        moved_id = "printf('%010d', k.n) || substr({0}, 11)"
        moved_time = f"strftime('%Y-%m-%d %H:%M:%f000', {{0}}, (k.n * {step_s}) || ' seconds')"
    columns = [column.name for column in table.columns]
    moved = [
        moved_id.format(f"b.{column.name}")
        if column.name in ids
        else moved_time.format(f"b.{column.name}")
        if isinstance(column.type, UtcTime)
        else f"b.{column.name}"
        for column in table.columns
    ]
    return f"INSERT INTO {table.name} ({', '.join(columns)}) {series}SELECT {', '.join(moved)} FROM {join}"
