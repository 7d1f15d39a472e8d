"""Clips of alerts in the supervisor: ordered, answered, given up, and deleted when room is wanted."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.evidence.clip_store import ClipStore
from alerts.evidence.clips import PATIENCE_S, SLOW_S, Clips
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import ChangeKind
from streams.clip import ClipWriter
from streams.clock import SimulatedClock
from tests.alerts.making import START, finding, jpeg, look, settings
from tests.streams.test_clip import coded
from vision.config import EvidenceConfig
from vision.look import ClipCut
from vision.orders import CutClip

MB = 1 << 20
EVIDENCE = EvidenceConfig(pre_s=10, post_s=15)


class Rig:
    """A desk, a clip store with as much free disk as is said, and an analyzer that keeps its orders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SimulatedClock(START)
        self.clock.step(100.0)
        self.database = Store.open(folder)
        self.desk = Desk(self.database, SnapshotStore(folder / "snapshots"), settings(), self.clock)
        self.free = 10_000 * MB
        self.store = ClipStore(
            folder / "clips", folder / "snapshots", most_bytes=10 * MB, free=lambda _: self.free - self.used()
        )
        self.orders: list[CutClip] = []
        self.takes = True
        self.clips = Clips(self.desk, self.store, EVIDENCE, self.tell, self.clock)

    def used(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.suffix in (".mp4", ".jpg"))

    def tell(self, camera: str, order: CutClip) -> bool:
        if self.takes:
            self.orders.append(order)
        return self.takes

    def fire(self, key: str = "a") -> Alert:
        now_s = self.clock.monotonic_s()
        seen = look(now_s, [finding(now_s, key=key)], picture=jpeg())
        (alert,) = [change.alert for change in self.desk.receive(seen) if change.kind is ChangeKind.FIRED]
        self.clips.fired(alert, now_s, self.clock.now())
        return alert

    def clip(self, alert: Alert) -> dict[str, Any]:
        return dict(self.desk.alert(alert.id).evidence["clip"])


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.desk.close()
    made.database.close()


def write_part(order: CutClip, folder: Path) -> None:
    """What an analyzer that was killed leaves: whole fragments under the name of a part."""
    writer = ClipWriter(order.path)
    for told, unit in coded(folder):
        writer.put(told, unit)
    held = order.path.with_name(order.path.name + ".part").read_bytes()
    writer.close()
    order.path.with_name(order.path.name + ".part").write_bytes(held)


def test_a_clip_from_before_the_alert_to_after_it(rig: Rig) -> None:
    alert = rig.fire()
    (order,) = rig.orders
    assert (order.camera, order.from_s, order.until_s) == ("shed-1", 90.0, 115.0)
    assert order.path.is_relative_to(rig.folder / "clips")
    assert alert.id in order.path.name
    rig.clock.step(15.5)
    rig.clips.answered(ClipCut("shed-1", order.path, datetime(2026, 3, 1, tzinfo=UTC), 25.2, 1234, "ab" * 32))
    rig.clips.tick()
    kept = rig.clip(alert)
    assert rig.store.path(kept.pop("key")) == order.path
    assert kept == {
        "sha256": "ab" * 32,
        "size": 1234,
        "duration_s": 25.2,
        "begun_at": "2026-03-01T00:00:00.000000Z",
        "trouble": "",
    }
    stored = rig.database.alert(alert.id)
    assert stored is not None
    assert stored.evidence["clip"]["sha256"] == "ab" * 32
    assert stored.version == alert.version + 1


@pytest.mark.parametrize(("began_s", "from_s"), [(8.0, 82.0), (-3.0, 90.0), (4000.0, 30.0)])
def test_a_camera_s_trouble_is_shown_from_before_it_began(rig: Rig, began_s: float, from_s: float) -> None:
    alert = rig.fire()
    rig.clips.fired(alert, 100.0, rig.clock.now(), began_s)
    assert (rig.orders[-1].from_s, rig.orders[-1].until_s) == (from_s, 115.0)


def test_the_clip_outlives_what_the_looks_change(rig: Rig) -> None:
    alert = rig.fire()
    rig.clips.answered(ClipCut("shed-1", rig.orders[0].path, None, 25.0, 1, "ab" * 32))
    rig.clips.tick()
    for second in range(1, 30):
        rig.desk.receive(look(100.0 + second))
    newest = rig.desk.alert(alert.id)
    assert newest.resolved_at is not None
    assert newest.evidence["clip"]["sha256"] == "ab" * 32


@pytest.mark.parametrize("answer", ["the camera sent nothing", None, "lost", "stopped"])
def test_a_clip_that_is_not_to_be_had_is_given_up_with_its_reason(rig: Rig, answer: str | None) -> None:
    alert = rig.fire()
    if answer == "lost":
        rig.clips.lost(["shed-1", "other"])
    elif answer == "stopped":
        rig.clips.close()
    elif answer is not None:
        rig.clips.answered(ClipCut("shed-1", rig.orders[0].path, trouble=answer))
    rig.clips.tick()
    if answer is None:
        assert "clip" not in rig.desk.alert(alert.id).evidence
        rig.clock.step(EVIDENCE.post_s + SLOW_S + 1)
        rig.clips.tick()
    wanted = {"lost": "the analyzer was lost", "stopped": "the watch was stopped", None: "the analyzer did not answer"}
    assert rig.clip(alert) == {"trouble": wanted.get(answer, answer)}
    rig.clips.answered(ClipCut("shed-1", rig.orders[0].path, None, 1.0, 1, "ab" * 32))
    rig.clips.tick()
    assert "key" not in rig.clip(alert), "an answer that comes too late changes nothing"


def test_of_a_killed_analyzer_what_it_had_written_is_kept(rig: Rig, tmp_path: Path) -> None:
    alert, other = rig.fire("a"), rig.fire("b")
    write_part(rig.orders[0], tmp_path)
    rig.clips.lost(["shed-1"])
    rig.clips.tick()
    assert rig.clip(alert)["trouble"] == "the analyzer was lost"
    assert rig.clip(alert)["duration_s"] == pytest.approx(2.0, abs=0.1)
    assert rig.orders[0].path.is_file()
    assert rig.clip(other) == {"trouble": "the analyzer was lost"}


def test_the_next_analyzer_cuts_what_the_lost_one_was_not_told_of(rig: Rig) -> None:
    """The clock of the watch may tick after the next one has begun a clip: that is not the lost one's."""
    rig.takes = False
    untold = rig.fire("a")
    rig.clips.lost(["shed-1"])
    rig.takes = True
    later = rig.fire("b")
    rig.clips.tick()
    assert len(rig.orders) == 2
    for alert in (untold, later):
        assert "clip" not in rig.desk.alert(alert.id).evidence


def test_what_a_killed_watch_had_written_is_kept_at_the_next_start(rig: Rig, tmp_path: Path) -> None:
    alert = rig.fire()
    write_part(rig.orders[0], tmp_path)
    rubbish = rig.orders[0].path.with_name("01X-080000000-1.mp4.part")
    rubbish.write_bytes(b"\0\0\0\x20ftyp")
    Clips(rig.desk, rig.store, EVIDENCE, rig.tell, rig.clock).start()
    assert rig.clip(alert)["trouble"] == "the watch was stopped"
    assert os.listdir(rig.orders[0].path.parent) == [rig.orders[0].path.name]


def test_nobody_touches_a_clip_that_an_analyzer_is_still_writing(rig: Rig, tmp_path: Path) -> None:
    alert = rig.fire()
    write_part(rig.orders[0], tmp_path)
    part = rig.orders[0].path.with_name(rig.orders[0].path.name + ".part")
    written = part.read_bytes() + b"half a box"
    part.write_bytes(written)
    rig.clock.step(EVIDENCE.post_s + PATIENCE_S + 1)
    rig.clips.tick()
    assert "clip" not in rig.desk.alert(alert.id).evidence
    rig.clock.step(SLOW_S)
    rig.clips.tick()
    assert rig.clip(alert) == {"trouble": "the analyzer did not answer"}
    assert part.read_bytes() == written


def test_a_clip_that_no_analyzer_takes_is_given_up(rig: Rig) -> None:
    rig.takes = False
    alert = rig.fire()
    rig.clock.step(EVIDENCE.post_s + PATIENCE_S + 1)
    rig.clips.tick()
    assert rig.clip(alert) == {"trouble": "the analyzer did not answer"}


def test_an_analyzer_that_is_just_starting_is_told_again(rig: Rig) -> None:
    rig.takes = False
    rig.fire()
    rig.clips.tick()
    assert rig.orders == []
    rig.takes = True
    rig.clips.tick()
    rig.clips.tick()
    assert len(rig.orders) == 1


def test_a_folder_that_cannot_be_used_stops_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    (rig.folder / "clips").write_text("a file where the folder should be")
    rig.clips.start()
    alert = rig.fire()
    assert rig.orders == []
    rig.clips.tick()
    rig.clips.close()
    assert f"alert {alert.id} has no clip" in caplog.text


@pytest.mark.parametrize("call", ["start", "tick", "close"])
def test_no_trouble_with_clips_ends_the_watch(
    rig: Rig, call: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    rig.fire()
    for name in ("left_behind", "make_room"):
        monkeypatch.setattr(rig.store, name, fail)
    monkeypatch.setattr("alerts.evidence.clips.salvaged", fail)
    rig.clock.step(1000.0)
    getattr(rig.clips, call)()
    assert "clips could not be looked after" in caplog.text


def test_off_means_off(rig: Rig) -> None:
    rig.clips = Clips(rig.desk, rig.store, EvidenceConfig(enabled=False), rig.tell, rig.clock)
    alert = rig.fire()
    assert rig.orders == []
    assert "clip" not in alert.evidence


def test_a_full_disk_drops_video_first(rig: Rig) -> None:
    """The alert and its picture are kept all the same, and it is said why there is no clip."""
    rig.free = 200 * MB
    alert = rig.fire()
    assert rig.orders == []
    assert rig.clip(alert) == {"trouble": "the disk is full"}
    assert rig.desk.alert(alert.id).snapshot


def fill(rig: Rig, alert_id: str, day: int, size: int, kind: str = "clips", suffix: str = ".mp4") -> Path:
    path = rig.folder / kind / "2026" / "01" / f"{day:02d}" / f"{alert_id}-080000000-1{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


@pytest.mark.parametrize(
    ("sizes", "free_mb", "left"),
    [
        ({"a": 3, "b": 3, "c": 3}, 10_000, "abc"),
        ({"a": 4, "b": 4, "c": 4}, 10_000, "bc"),  # 12 of 10 MB: the oldest goes
        ({"a": 9, "b": 9, "c": 9}, 10_000, "c"),
        ({"o": 9, "b": 9, "c": 9}, 10_000, "o"),  # o is open: it goes last, though it is the oldest
        ({"o": 11}, 10_000, ""),
        ({"a": 3, "b": 3, "c": 3}, 519, "bc"),  # 512 MB have to stay free
        ({"a": 3, "b": 3, "c": 3}, 100, ""),
    ],
)
def test_the_oldest_clips_of_closed_alerts_make_room(
    rig: Rig, sizes: dict[str, int], free_mb: int, left: str, caplog: pytest.LogCaptureFixture
) -> None:
    rig.free = free_mb * MB
    files = {name: fill(rig, name, day, size * MB) for day, (name, size) in enumerate(sizes.items(), 1)}
    gone = rig.store.make_room({"o"})
    assert "".join(name for name, file in files.items() if file.exists()) == left
    assert gone == len(sizes) - len(left)
    assert caplog.text.count("deleted to make room") == gone


@pytest.mark.parametrize(("free_mb", "left"), [(10_000, "oab"), (516, "oab"), (140, "oab"), (133, "ob"), (50, "o")])
def test_then_old_pictures_of_closed_alerts_go(rig: Rig, free_mb: int, left: str) -> None:
    """Only when new ones would be refused; those of open alerts never."""
    rig.free = free_mb * MB
    pictures = {name: fill(rig, name, day, 2 * MB, "snapshots", ".clean.jpg") for day, name in enumerate("oab", 1)}
    rig.store.folder.mkdir()
    rig.store.make_room({"o"})
    assert "".join(name for name, file in pictures.items() if file.exists()) == left


@pytest.mark.parametrize("key", ["", "../x", "2026/01/01/../../../../etc/passwd", "/etc/passwd", "2026/01/01/a.mp4"])
def test_keys_lead_nowhere_else(rig: Rig, key: str) -> None:
    with pytest.raises(StoreError):
        rig.store.path(key)


def test_there_is_nothing_to_delete_before_the_first_clip(tmp_path: Path) -> None:
    assert ClipStore(tmp_path / "clips", tmp_path / "snapshots", most_bytes=1).make_room(()) == 0
