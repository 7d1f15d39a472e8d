"""The tables' history: databases of every release are brought up to date, and the code and the tables say the same."""

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, insert, inspect, select, text

import alerts.db
from alerts.access.secret_box import box_of
from alerts.access.tokens import ApiTokens
from alerts.alert import AlertState
from alerts.db import migrations, schema
from alerts.db.push_devices import VAPID_KEY, PushDevices, vapid_of
from alerts.db.schema_access import users
from alerts.db.schema_push import push_devices
from alerts.db.schema_tokens import api_tokens
from alerts.db.sign_ins import DEVICE_KEY, device_key
from alerts.db.sqlite import changing_tables
from alerts.db.store import Store
from alerts.db.track_store import steps_of
from alerts.errors import StoreError
from alerts.notifiers.web_push import Vapid, new_key, read_key
from alerts.track.fold import Stage, projected, track
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.making import at
from tests.alerts.push_service import Browser

RELEASED = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
"""Databases as earlier releases wrote them: with two alerts and their notices."""

for module in pkgutil.iter_modules(alerts.db.__path__):
    if module.name.startswith("schema"):
        importlib.import_module(f"alerts.db.{module.name}")


def of_release(folder: Path, dump: Path) -> None:
    with sqlite3.connect(folder / "alerts.db") as database:
        database.executescript(dump.read_text("utf-8"))
    database.close()


def test_there_is_one_line_of_revisions_in_the_order_of_their_numbers() -> None:
    known = migrations.scripts()
    assert len(known.get_heads()) == 1
    numbers = [script.revision for script in known.walk_revisions()]
    assert numbers == [f"{number:04d}" for number in range(len(numbers), 0, -1)]
    assert all(Path(script.path).name.startswith(f"r{script.revision}_") for script in known.walk_revisions())


def differences(connection: Connection) -> list[Any]:
    """Between the tables that are there and those that the code knows."""
    return list(compare_metadata(MigrationContext.configure(connection), schema.metadata))


def test_the_tables_are_those_of_the_code(store: Store) -> None:
    with store.reading() as connection:
        found = set(inspect(connection).get_table_names())
        assert differences(connection) == []
    assert found == {*schema.metadata.tables, "alembic_version"}


def test_a_difference_would_be_seen(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(text("DROP INDEX ix_alerts_place_id"))
        connection.execute(text("ALTER TABLE alerts ADD COLUMN colour INTEGER"))
    with store.reading() as connection:
        assert {change[0] for change in differences(connection)} == {"add_index", "remove_column"}


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder with the database of an earlier release."""
    of_release(tmp_path, request.param)
    yield tmp_path


def test_a_released_database_is_brought_up_to_date_and_keeps_its_alerts(released: Path) -> None:
    for _ in range(2):
        store = Store.open(released)
        assert {one.id: one.state for one in store.alerts()} == {"01A": AlertState.FIRING, "01B": AlertState.CLOSED}
        [fired, resolved] = store.due("hook", at(9), 9)
        assert (fired.alert_id, resolved.alert_id) == ("01A", "01B")
        assert store.alert("01B").acknowledged_by == "李"  # type: ignore[union-attr]
        assert store.meta("x") == "1"
        with store.reading() as connection:
            assert differences(connection) == []
        store.close()


def test_what_was_said_before_are_steps_and_what_was_over_is_closed(released: Path) -> None:
    with sqlite3.connect(released / "alerts.db") as database:
        database.execute("UPDATE alerts SET acknowledged_by = '王', acknowledged_at = started_at WHERE id = '01A'")
    database.close()
    store = Store.open(released)
    going_on, over = store.alert("01A"), store.alert("01B")
    assert going_on is not None and over is not None
    for one, said, stage in (
        (going_on, [(1, StepKind.ACKNOWLEDGED, "王")], Stage.ACKNOWLEDGED),
        (over, [(1, StepKind.VERIFIED, "李"), (2, StepKind.CLOSED, "")], Stage.CLOSED),
    ):
        with store.reading() as connection:
            steps = steps_of(connection, one.id)
        assert [(step.seq, step.kind, step.by) for step in steps] == said
        assert track(one, steps).stage is stage
        assert projected(one, track(one, steps).said) == one
    assert store.unended_alerts(9) == []
    store.close()


def of_revision(place: StorePlace, revision: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store as it was at a revision."""
    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, head: upgrade(config, revision))
        return place.open()


def test_a_token_belongs_to_the_account_of_its_maker_s_name_if_that_was_there_first(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = of_revision(place, "0014", monkeypatch)
    with store.writing() as connection:
        for name, minute in (("王", 5), ("李", 20)):
            row: dict[str, Any] = {"id": f"u{minute}", "name": name, "role": "admin", "changed_at": at(minute)}
            row["created_at"] = at(minute)
            connection.execute(insert(users).values(row))
        for number, name in enumerate(("王", "李", "terminal")):
            row = {"id": str(number), "name": "x", "sha256": str(number), "role": "operator", "scopes": []}
            row |= {"created_by": name, "created_at": at(9), "expires_at": at(99)}
            connection.execute(insert(api_tokens).values(row))
    store.close()
    store = place.open()
    assert {one.created_by: one.account for one in ApiTokens(store, SimulatedClock()).all()} == {
        "王": "u5",
        "李": "",
        "terminal": "",
    }
    store.close()


def test_secrets_of_the_second_step_are_sealed(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "GEZDGNBVGY3TQOJQ"
    store = of_revision(place, "0015", monkeypatch)
    with store.writing() as connection:
        row: dict[str, Any] = {"role": "admin", "created_at": at(1), "changed_at": at(1)}
        connection.execute(insert(users).values(row | {"id": "wang", "name": "Wang", "totp_secret": secret}))
        connection.execute(insert(users).values(row | {"id": "li", "name": "Li"}))
    store.close()
    store = place.open()
    with store.reading() as connection:
        found = {row.id: row.totp_secret for row in connection.execute(select(users))}
    store.close()
    assert found["li"] is None and box_of(place.folder).open("wang", found["wang"]) == secret
    assert all(secret.encode() not in file.read_bytes() for file in place.folder.glob("alerts.db"))


def test_keys_of_phones_and_of_the_program_are_sealed_and_phones_are_told_as_before(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, own = Browser().keys(), {VAPID_KEY: new_key(), DEVICE_KEY: "ab" * 32}
    store = of_revision(place, "0019", monkeypatch)
    with store.writing() as connection:
        row = {"id": "d1", "name": "Pixel", "owner": "li", "account": "li", "language": "zh", "endpoint": "https://p/1"}
        connection.execute(insert(push_devices).values(row | keys | {"created_at": at(1)}))
        for key, value in own.items():
            connection.execute(insert(schema.meta).values(key=key, value=value))
    store.close()
    store = place.open()
    [device] = PushDevices(store).all()
    assert (device.p256dh, device.auth, device.disabled_at) == (keys["p256dh"], keys["auth"], None)
    assert vapid_of(store, "mailto:a@b.example").public == Vapid(read_key(own[VAPID_KEY]), "mailto:a@b.example").public
    assert device_key(store).hex() == own[DEVICE_KEY]
    with store.reading() as connection:
        kept = [str(row) for table in (schema.meta, push_devices) for row in connection.execute(select(table))]
    store.close()
    for secret in (*keys.values(), *own.values()):
        assert secret not in "".join(kept)
        assert all(secret.encode() not in file.read_bytes() for file in place.folder.glob("alerts.db"))


def test_earlier_releases_refuse_the_database(store: Store) -> None:
    assert store.meta("schema_version") == "3"  # they read 1 and 2


def test_a_reader_sends_to_the_watch_that_brings_it_up_to_date(released: Path) -> None:
    with pytest.raises(StoreError, match=r"has schema version 000\d; .* reads \d+; start `xinan watch` once"):
        Store.read(released)
    Store.open(released).close()
    Store.read(released).close()


@pytest.mark.parametrize("opening", [StorePlace.open, StorePlace.read])
def test_a_newer_version_s_database_is_refused(place: StorePlace, opening: Any) -> None:
    first = place.open()
    with first.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    first.close()
    with pytest.raises(StoreError, match=r"has schema version 9999; this version of xinan reads 0\d+: a newer one"):
        opening(place)


def test_a_revision_that_is_cut_off_leaves_nothing_and_can_be_done_again(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(connection: Connection, name: str, folder: Path) -> None:
        upgrade(connection, name, folder)
        raise StoreError("cut off")

    upgrade = migrations.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "upgrade", cut_off)
        with pytest.raises(StoreError, match="cut off"):
            place.open()
    with pytest.raises(StoreError, match="has schema version 0;"):
        place.read()
    store = place.open()
    with store.reading() as connection:
        assert differences(connection) == []
    store.close()


def test_a_table_that_is_rebuilt_keeps_the_rows_that_refer_to_it(released: Path) -> None:
    """SQLite changes a column by making the table anew, and `deliveries` refers to `alerts`."""
    store = Store.open(released)
    with changing_tables(store._database.writing) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("alerts") as batch:
            batch.alter_column("place", server_default="somewhere")
    assert len(store.deliveries_of("01A")) == 1
    store.close()
