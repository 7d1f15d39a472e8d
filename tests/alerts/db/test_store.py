"""The database: what is committed, what is refused, what the outbox hands out."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alerts.alert import Alert, AlertState
from alerts.db import schema, sqlite
from alerts.db.rows import OperatorSession
from alerts.db.sign_ins import SignIns
from alerts.db.store import Store
from alerts.errors import RowRefused, StaleAlert, StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce, worth_telling
from tests.alerts.databases import StorePlace
from tests.alerts.making import START, alert, at
from vision.rule import Severity

K = ChangeKind
HOOK = AtOnce({"hook": 3600.0})


def fire(store: Store, name: str, *, hazard: str = "flame", second: float = 0.0) -> Alert:
    one = alert(name, hazard=hazard, fired_at=at(second))
    store.commit([Change(K.FIRED, one)], HOOK, at(second))
    return one


def test_what_is_committed_is_there_after_reopening(place: StorePlace) -> None:
    whole = alert("01X", acknowledged_at=at(1), acknowledged_by="李", snapshot="k", evidence={"a": [1.5, None, "火"]})
    first = place.open()
    first.commit([Change(K.ACKNOWLEDGED, whole)], HOOK, at(2))
    first.close()
    again = place.open()
    assert again.alert("01X") == whole
    assert again.alert("01Y") is None
    [waiting] = again.due("hook", at(3), 9)
    assert (waiting.alert_id, waiting.kind, waiting.expires_at) == ("01X", "acknowledged", at(3602))
    again.close()


def test_what_a_store_keeps_open_it_has_from_the_start(store: Store) -> None:
    def handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    had = handles()
    with ExitStack() as readers:
        for _ in range(5):
            readers.enter_context(store.reading()).exec_driver_sql("SELECT count(*) FROM alerts")
        assert handles() == had


def test_the_database_is_set_up_to_outlive_a_power_cut(store: Store, place: StorePlace) -> None:
    with store.writing() as connection:
        if place.url is None:
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            pragma = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
            assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1000}
        else:
            names = ("synchronous_commit", "lock_timeout", "statement_timeout", "TimeZone")
            said = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names}
            assert list(said.values()) == ["on", "1s", "5s", "UTC"]


@pytest.mark.parametrize(
    ("kind", "fired", "told"),
    [
        (K.OPENED, False, False),
        (K.UPDATED, True, False),
        (K.FIRED, True, True),
        (K.REOPENED, True, True),
        (K.ACKNOWLEDGED, True, True),
        (K.FALSE_ALARM, True, True),
        (K.FALSE_ALARM, False, False),
        (K.RESOLVED, True, True),
        (K.RESOLVED, False, False),
    ],
)
def test_worth_telling(kind: ChangeKind, fired: bool, told: bool, store: Store) -> None:
    change = Change(kind, alert("01A", fired_at=START if fired else None))
    assert worth_telling(change) is told
    store.commit([change], AtOnce({"one": 1.0, "two": 1.0}), START)
    assert store.delivery_counts() == (
        {name: {"waiting": 1, "delivered": 0, "dead": 0} for name in ("one", "two")} if told else {}
    )


def test_a_commit_is_all_or_nothing(store: Store) -> None:
    old = fire(store, "01A")
    with pytest.raises(StaleAlert) as caught:
        store.commit([Change(K.FIRED, alert("01B")), Change(K.UPDATED, replace(old, confidence=0.1))], HOOK, at(1))
    assert caught.value.current == old
    assert store.alert("01B") is None
    assert store.delivery_counts()["hook"]["waiting"] == 1


def test_the_same_commit_again_changes_nothing(store: Store) -> None:
    one = fire(store, "01A")
    store.commit([Change(K.FIRED, one)], HOOK, at(1))
    assert store.delivery_counts()["hook"]["waiting"] == 1


def test_a_commit_whose_answer_was_lost_changes_nothing_when_it_comes_again_with_more(store: Store) -> None:
    one = alert("01A")
    changes = [Change(K.FIRED, one), Change(K.ACKNOWLEDGED, replace(one, acknowledged_at=at(1), version=2))]
    store.commit(changes, HOOK, at(1))
    store.commit([*changes, Change(K.FIRED, alert("01B"))], HOOK, at(2))
    assert [each.kind for each in store.deliveries_of("01A")] == ["fired", "acknowledged"]
    assert [each.kind for each in store.deliveries_of("01B")] == ["fired"]


def test_the_version_of_the_state(store: Store) -> None:
    one = fire(store, "01A")
    store.commit([Change(K.UPDATED, replace(one, version=2))], HOOK, at(1))
    assert store.state_version("01A") == 1
    store.commit([Change(K.RESOLVED, replace(one, version=3, resolved_at=at(2)))], HOOK, at(2))
    assert store.state_version("01A") == 1, "what the camera sees goes on under people's hands"
    store.commit([Change(K.ACKNOWLEDGED, replace(one, version=4, acknowledged_at=at(3)))], HOOK, at(3))
    assert store.state_version("01A") == 4


def every_state() -> list[Alert]:
    return [
        alert("01A", fired_at=None),
        alert("01B"),
        alert("01C", acknowledged_at=at(1)),
        alert("01D", resolved_at=at(2), acknowledged_at=at(1)),
        alert("01E", false_alarm_at=at(1), resolved_at=at(2)),
        alert("01F", fired_at=None, resolved_at=at(3)),
        alert("01G", fired_at=None, notice="passing"),
        alert("01H", fired_at=None, notice="passing", resolved_at=at(4)),
    ]


def test_states_in_sql_are_those_of_the_alert(store: Store) -> None:
    alerts = every_state()
    store.commit([Change(K.OPENED, one) for one in alerts], HOOK, START)
    for state in AlertState:
        assert store.alerts(states=[state]) == [one for one in reversed(alerts) if one.state is state]
    assert [one.id for one in store.open_alerts()] == ["01A", "01B", "01C", "01G"]
    assert [one.id for one in store.resolved_since(at(2.5))] == ["01F", "01H"]
    assert [one.id for one in store.alerts(fired_only=True)] == ["01E", "01D", "01C", "01B"]


def test_pages(store: Store) -> None:
    store.commit([Change(K.OPENED, alert(f"01{n:02d}")) for n in range(7)], HOOK, START)
    first = store.alerts(limit=3)
    second = store.alerts(limit=3, before=first[-1].id)
    assert [one.id for one in first + second] == ["0106", "0105", "0104", "0103", "0102", "0101"]


def test_fire_is_due_first_then_the_oldest(store: Store) -> None:
    fire(store, "01A", hazard="clutter")
    fire(store, "01B", second=1)
    fire(store, "01C", second=2)
    assert [one.alert_id for one in store.due("hook", at(9), 9)] == ["01B", "01C", "01A"]
    assert [one.alert_id for one in store.due("hook", at(9), 9, Severity.VIOLATION)] == ["01A"]
    assert store.due("other", at(9), 9) == []


def test_the_notices_of_one_alert_stay_in_order(store: Store) -> None:
    one = fire(store, "01A")
    store.commit([Change(K.RESOLVED, replace(one, resolved_at=at(5), version=2))], HOOK, at(5))
    [first] = store.due("hook", at(9), 9)
    assert first.kind == "fired"
    store.mark_failed(first.id, "refused", at(60), at(9))
    assert store.due("hook", at(10), 9) == []
    store.mark_delivered(first.id, at(61))
    assert [each.kind for each in store.due("hook", at(61), 9)] == ["resolved"]


def test_failed_ones_wait_their_turn_even_if_the_clock_is_set_back(store: Store) -> None:
    fire(store, "01A")
    [waiting] = store.due("hook", at(0), 9)
    store.mark_failed(waiting.id, "refused", at(30), at(0))
    assert store.due("hook", at(29), 9) == []
    assert store.due("hook", at(30), 9)[0].attempts == 1
    assert store.due("hook", at(-86_400), 9)[0].last_error == "refused"


def test_a_fresh_one_is_due_even_if_the_clock_was_set_back(store: Store) -> None:
    fire(store, "01A", second=120)
    assert len(store.due("hook", at(0), 9)) == 1


def test_the_dead_are_kept(store: Store) -> None:
    fire(store, "01A")
    [waiting] = store.due("hook", at(0), 9)
    store.mark_failed(waiting.id, "x" * 900, None, at(1))
    [dead] = store.dead()
    assert (dead.dead_at, dead.attempts, len(dead.last_error)) == (at(1), 1, 500)
    assert store.due("hook", at(99), 9) == []
    assert store.delivery_counts() == {"hook": {"waiting": 0, "delivered": 0, "dead": 1}}
    store.mark_delivered(dead.id, at(2))
    assert store.delivery(dead.id) == dead


def test_small_values(store: Store) -> None:
    assert store.meta("x") is None
    store.set_meta("x", "1")
    store.set_meta("x", "2")
    assert store.meta("x") == "2"


def test_listeners_hear_of_deliveries_only(store: Store) -> None:
    heard: list[int] = []
    store.listen(lambda: heard.append(1))
    store.commit([Change(K.OPENED, alert("01A", fired_at=None))], HOOK, START)
    assert heard == []
    fire(store, "01B")
    assert heard == [1]


def test_many_threads(store: Store) -> None:
    def work(number: int) -> None:
        for n in range(10):
            fire(store, f"01{number}{n}")
            store.alerts(limit=5)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.delivery_counts()["hook"]["waiting"] == 60


# What can go wrong when it is opened


def opening_says(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(folder)
    said = str(caught.value)
    assert str(folder) in said
    assert "\n" not in said
    return said


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert "not a folder" in opening_says(tmp_path / "x")


def test_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert "cannot be created" in opening_says(tmp_path / "x" / "y")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "not writable" in opening_says(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_database(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    (tmp_path / "alerts.db").chmod(0o400)
    assert "Permission denied" in opening_says(tmp_path)


def test_a_database_that_somebody_has_locked(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    stranger = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    assert "locked" in opening_says(tmp_path)
    stranger.close()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    fire(store, "01A")
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    store.close()


def test_a_folder_that_takes_no_files() -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc here")
    opening_says(Path("/proc/self/xinan"))


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alerts.db").write_bytes(content)
    opening_says(tmp_path)
    (tmp_path / "alerts.db").unlink()
    Store.open(tmp_path).close()  # the lock was released


def test_a_page_in_the_middle_is_damaged(tmp_path: Path) -> None:
    first = Store.open(tmp_path)
    for n in range(200):
        fire(first, f"01{n:03d}")
    first.close()
    path = tmp_path / "alerts.db"
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 20] = b"\x55" * (4096 * 15)
    path.write_bytes(bytes(data))
    opening_says(tmp_path)


def test_a_large_database_is_not_checked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = Store.open(tmp_path)
    first.commit([Change(K.OPENED, alert(f"01{n:04d}", place="x" * 100_000)) for n in range(300)], HOOK, START)
    first.close()
    monkeypatch.setattr(sqlite, "CHECK_S", 0.005)
    with caplog.at_level("INFO"):
        while "too large to be checked" not in caplog.text:  # on a busy machine the end may come too late
            Store.open(tmp_path).close()


def test_a_second_process_is_refused_and_a_dead_one_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from alerts.db.store import Store\n"
        "store = Store.open(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "open\n"
        said = opening_says(tmp_path)
        assert "another xinan watch" in said
        assert str(child.pid) in said
        child.kill()
        child.wait()
    Store.open(tmp_path).close()


def test_a_stranger_s_lock_is_an_error_not_a_hang(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    stranger = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        fire(store, "01A")
    assert store.alerts() == []  # reading goes on
    stranger.execute("ROLLBACK")
    stranger.close()
    fire(store, "01A")
    store.close()


def test_an_error_shows_no_values(store: Store) -> None:
    one, sessions = OperatorSession("secret-hash", "li", START, at(1)), SignIns(store)
    sessions.open(one, None)
    with pytest.raises(RowRefused) as twice:
        sessions.open(one, None)
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE sessions")
    with pytest.raises(StoreError) as missing:
        sessions.open(one, None)
    assert "secret-hash" not in f"{twice.value}{missing.value}"


def test_the_outbox_is_read_by_its_index(store: Store, place: StorePlace) -> None:
    fire(store, "01A")
    deliveries = schema.deliveries.c
    query = select(func.count()).where(
        deliveries.channel == "hook",
        deliveries.delivered_at.is_(None),
        deliveries.dead_at.is_(None),
        deliveries.superseded_at.is_(None),
    )
    with store.reading() as connection:
        said = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        if place.url is not None:  # however few the rows are
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if place.url is None else "EXPLAIN"
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {said}"))
    assert "ix_deliveries_waiting" in plan


def test_times_need_a_zone(store: Store) -> None:
    with pytest.raises(RowRefused, match="without a zone"):
        fire_at = START.replace(tzinfo=None)
        store.commit([Change(K.OPENED, alert("01A", started_at=fire_at))], AtOnce({}), START)
    assert store.alerts() == []


def test_other_zones_are_kept_as_utc(store: Store) -> None:
    from datetime import timezone

    shanghai = timezone(timedelta(hours=8))
    store.commit([Change(K.OPENED, alert("01A", started_at=START.astimezone(shanghai)))], AtOnce({}), START)
    found = store.alert("01A")
    assert found is not None
    assert found.started_at == START
    assert found.started_at.utcoffset() == timedelta(0)
