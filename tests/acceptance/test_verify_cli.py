"""`xinan verify` as a user runs it."""

import json
import re
from pathlib import Path

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.record.anchor import Anchor
from alerts.record.recorder import Recorder
from streams.clock import SimulatedClock
from tests.acceptance.cli import assert_one_line, run
from tests.alerts.making import START, finding, jpeg, look, settings


def watched(folder: Path) -> Alert:
    """What a watch leaves behind: one alert, its pictures, the record and its head."""
    clock = SimulatedClock(START)
    store = Store.open(folder)
    desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), settings(), clock)
    [change] = desk.receive(look(0, [finding(0)], picture=jpeg()))
    desk.acknowledge(change.alert.id, by="Wang")
    Recorder(store, Anchor(folder), clock).tick()
    desk.close()
    store.close()
    return change.alert


def test_whole_and_changed_stores(tmp_path: Path) -> None:
    given = ("verify", "--set", f"store.path={tmp_path / 'data'}")
    assert_one_line(run(*given, cwd=tmp_path), 1, "no such database")
    alert = watched(tmp_path / "data")
    whole = run(*given, cwd=tmp_path)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "3 records, 1 alert, 0 silences, 3 files (0 deleted, as recorded): no faults" in whole.stdout
    head = re.search(r"head (3:[0-9a-f]{64})", whole.stdout)
    assert head is not None
    assert run(*given, "--head", head[1], cwd=tmp_path).returncode == 0
    assert_one_line(run(*given, "--head", "3:" + "0" * 64, cwd=tmp_path), 1, "record 3", "noted elsewhere")
    assert_one_line(run(*given, "--head", "three", cwd=tmp_path), 2, "NUMBER:HASH")
    told = json.loads(run(*given, "--json", cwd=tmp_path).stdout)
    assert (told["records"], told["head"], told["uncovered"], told["faults"]) == (3, head[1], 0, [])
    picture = tmp_path / "data" / "snapshots" / f"{alert.snapshot}.clean.jpg"
    picture.write_bytes(jpeg(170, 90))
    assert_one_line(run(*given, cwd=tmp_path), 1, f"snapshots/{alert.snapshot}.clean.jpg: was changed", "expected")
