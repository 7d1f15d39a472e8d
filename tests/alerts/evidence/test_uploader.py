"""Files go to the object store and come back, whatever is killed, away or full meanwhile."""

import hashlib
import logging
import random
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.config import RetentionConfig
from alerts.db.store import Store
from alerts.errors import MediaAway, MediaGone, StoreError
from alerts.evidence.clip_store import ClipStore
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.names import clip_name, key_stem
from alerts.evidence.objects import Stored
from alerts.evidence.snapshot import SnapshotStore, draw
from alerts.evidence.uploader import (
    AGAIN_EVERY_S,
    BATCH,
    ERASE_AGAIN_S,
    LONGEST_WAIT_S,
    LOOK_EVERY_S,
    REFUSED_S,
    Uploader,
)
from alerts.lifecycle import Change, ChangeKind
from alerts.record import holds, records
from alerts.record.actor import Actor
from alerts.record.records import Kind
from alerts.record.retention import REST_S, Retention
from alerts.record.verify import Verified, Verifier
from alerts.routing.plan import AtOnce
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.evidence.stores import MemoryObjects
from tests.alerts.making import START, alert, at, jpeg

DAY_S = 86_400.0
JPEG = jpeg()


class Rig:
    """A store whose pictures and clips go to an object store in memory."""

    def __init__(self, store: Store, place: StorePlace) -> None:
        self.store, self.folder, self.clock = store, place.folder, SimulatedClock(START)
        self.objects, self.rows = MemoryObjects(), MediaRows(store)
        self.media = MediaStore(self.folder, self.rows, self.objects)
        self.snapshots = SnapshotStore(self.folder / "snapshots", least_free=0)
        self.stay: set[str] = set()
        self.free = 1 << 40
        self.uploader = self.started()

    def started(self, **given: Any) -> Uploader:
        """A new one, as after a restart."""
        options: dict[str, Any] = {"cache_bytes": 1 << 30, "stay": lambda: self.stay, "free": lambda _: self.free}
        return Uploader(self.media, self.rows, self.objects, self.clock, random.Random(1), **options | given)

    def put(self, name: str, *, stored: bool = True, **given: Any) -> Alert:
        """An alert that is over, with its three pictures and a clip."""
        kept = self.snapshots.save(name, draw(JPEG), taken_at=START)
        key = f"{key_stem(name, START)}-1"
        path = self.media.path(clip_name(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"clip of " + name.encode())
        clip = {"key": key, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        evidence = {"score": 0.6, "snapshot": kept.evidence(), "clip": clip}
        one = alert(
            name, **{"hazard": "ebike", "resolved_at": START, "snapshot": kept.key, "evidence": evidence} | given
        )
        if stored:
            self.commit(one)
        return one

    def commit(self, one: Alert) -> None:
        self.store.commit([Change(ChangeKind.FIRED, one)], AtOnce({}), at(0))

    def run(self, uploader: Uploader | None = None, seconds: float = 2 * LOOK_EVERY_S) -> None:
        """For so long, a look each second and as long as there is more to do."""
        for _ in range(int(seconds)):
            while (uploader or self.uploader).step():
                pass
            self.clock.step(1)

    def files(self) -> set[str]:
        """Names in the folder."""
        found = [*self.folder.glob("snapshots/*/*/*/*"), *self.folder.glob("clips/*/*/*/*")]
        return {path.relative_to(self.folder).as_posix() for path in found}

    def verify(self, **given: Any) -> Verified:
        verifier = Verifier(self.store, self.media, **given)
        for _ in verifier.steps():
            pass
        return verifier.result

    def deleted(self) -> list[dict[str, Any]]:
        """What is on record of deletions, newest first."""
        return [dict(one.detail) for one in records.newest(self.store, kinds=[Kind.DELETED])]


@pytest.fixture
def rig(store: Store, place: StorePlace) -> Rig:
    return Rig(store, place)


def test_files_are_copied_once_and_stay_in_the_folder(rig: Rig) -> None:
    rig.put("01A")
    rig.put("01B")
    rig.run()
    assert set(rig.objects.kept) == rig.files() and len(rig.files()) == 8
    assert all(rig.objects.kept[name] == rig.media.path(name).read_bytes() for name in rig.files())
    asked = len(rig.objects.asked)
    rig.run(seconds=10 * LOOK_EVERY_S)
    assert len(rig.objects.asked) == asked, "nothing is asked of the store while nothing waits"
    rig.put("01C")
    rig.run()
    assert set(rig.objects.kept) == rig.files() and len(rig.files()) == 12
    assert rig.rows.counts().kept == 12 and rig.rows.counts().sending == 0


def test_what_is_half_written_or_of_no_alert_is_not_sent(rig: Rig) -> None:
    one = rig.put("01A", stored=False)
    half = rig.folder / "clips/2026/03/01/01A-080000000-2.mp4.part"
    half.write_bytes(b"half")
    (rig.folder / "clips/2026/03/01/notes.txt").write_text("mine")
    rig.run()
    assert rig.objects.kept == {}
    rig.commit(one)  # the database took it late
    rig.run(seconds=AGAIN_EVERY_S + LOOK_EVERY_S)
    assert len(rig.objects.kept) == 4 and not any("part" in name or "notes" in name for name in rig.objects.kept)


def test_an_outage_of_hours_loses_nothing_and_is_said_once(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig.run()
    rig.objects.away = True
    for hour in range(3):
        rig.put(f"01A{hour}")
        rig.run(seconds=3600)
        assert rig.uploader.said() == {"media": "away"}
    tries = sum(what.startswith("put") for what in rig.objects.asked)
    assert 3 * 3600 / LONGEST_WAIT_S <= tries <= 3 * 3600 / (LONGEST_WAIT_S / 2) + 20
    rig.objects.away = False
    rig.run(seconds=LONGEST_WAIT_S)
    assert set(rig.objects.kept) == rig.files() and len(rig.files()) == 12
    assert rig.uploader.said() == {"media": ""}
    told = [one.message for one in caplog.records if "answer" in one.message]
    assert len(told) == 2 and "stay in the folder" in told[0] and "answers again" in told[1]


def test_a_store_that_is_away_from_the_start_is_waited_for(rig: Rig) -> None:
    rig.objects.away = True
    rig.put("01A")
    rig.run(seconds=300)
    assert 5 < len(rig.objects.asked) < 20 and set(rig.objects.asked) == {"check"}
    rig.objects.away = False
    rig.run(seconds=LONGEST_WAIT_S)
    assert len(rig.objects.kept) == 4


@pytest.mark.parametrize("when", ["before it is sent", "before it is put down"])
def test_a_kill_in_between_loses_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """What a killed process leaves: rows of files that are under way, with or without the object."""
    rig.put("01A")

    def killed(*_: object) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        if when == "before it is sent":
            broken.setattr(rig.objects, "put", killed)
        else:
            broken.setattr(rig.rows, "arrived", killed)
        with pytest.raises(KeyboardInterrupt):
            rig.uploader.step()
    assert rig.rows.counts().sending == 4
    rig.run(rig.started())
    assert set(rig.objects.kept) == rig.files() and rig.rows.counts().sending == 0


def test_one_file_that_is_not_taken_holds_up_no_other(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.put("01A")
    bad = next(name for name in rig.files() if name.startswith("clips"))
    rig.objects.refuses = {bad}
    rig.run(seconds=REFUSED_S / 2)
    assert set(rig.objects.kept) == rig.files() - {bad}
    assert sum(bad in one.message for one in caplog.records) == 1
    rig.objects.refuses = set()
    rig.run(seconds=REFUSED_S)
    assert set(rig.objects.kept) == rig.files()


def test_a_file_that_vanishes_under_way_leaves_no_row(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("01A")
    begin = rig.rows.begin

    def and_gone(names: Any) -> list[str]:
        fine = begin(names)
        for name in fine:
            rig.media.path(name).unlink()
        return fine

    monkeypatch.setattr(rig.rows, "begin", and_gone)
    rig.run()
    assert rig.objects.kept == {} and rig.rows.counts().sending == 0


def test_a_database_that_refuses_is_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("01A")

    def refuse() -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(rig.store, "writing", refuse)
        rig.run()
    rig.run(seconds=LONGEST_WAIT_S)
    assert len(rig.objects.kept) == 4


def test_batches_are_small(rig: Rig) -> None:
    for number in range(BATCH):
        rig.put(f"01A{number:02d}")
    rig.run()
    puts = [int(what.split()[1]) for what in rig.objects.asked if what.startswith("put")]
    assert sum(puts) == 4 * BATCH and max(puts) == BATCH


def over_budget(rig: Rig, copies: int) -> Uploader:
    """One that keeps so many bytes of copies."""
    return rig.started(cache_bytes=copies)


def test_old_copies_are_dropped_and_read_from_the_store(rig: Rig) -> None:
    for name in ("01A", "01B", "01C"):
        rig.put(name)
    rig.stay = {"01B"}
    rig.run()
    before, last = rig.files(), sum(len(rig.objects.kept[name]) for name in rig.files() if "/01C-" in name)
    rig.run(over_budget(rig, last))
    left = rig.files()
    assert {name.split("/")[-1].split("-")[0] for name in left} >= {"01B"} and not any("/01A-" in name for name in left)
    for name in before - left:
        kept = rig.media.find(name)
        assert isinstance(kept, Stored) and rig.media.read(name) == rig.objects.kept[name]
    assert rig.deleted() == [], "nothing was deleted: there is nothing to put on record"
    result = rig.verify()
    assert result.faults == [] and result.remote == len(before) and result.deleted == 0
    assert rig.verify(remote=False).unread == len(before)


def test_a_copy_goes_only_if_the_store_really_holds_it(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.put("01A")
    rig.run()
    sent = dict(rig.objects.kept)
    lost, changed, *_ = sorted(sent)
    del rig.objects.kept[lost]
    rig.objects.kept[changed] = b"something else"
    rig.run(over_budget(rig, 1))
    assert rig.objects.kept == sent and rig.files() == set(), "both were sent again before they went"
    assert sum("sent again" in one.message for one in caplog.records) == 2


def test_no_copy_goes_while_the_store_is_away(rig: Rig) -> None:
    rig.put("01A")
    rig.run()
    rig.objects.away, rig.free = True, 0
    rig.run(seconds=600)
    assert len(rig.files()) == 4


def test_a_full_disk_drops_copies_first_and_takes_pictures_again(rig: Rig) -> None:
    """No picture and no clip is lost as long as the store holds it."""
    rig.put("01A")
    rig.run()
    rig.put("01B")  # not yet sent
    free = [0]

    def room(_: Path) -> int:
        return free[0] + sum(len(content) for name, content in rig.objects.kept.items() if name not in rig.files())

    needed = sum(map(len, rig.objects.kept.values()))
    clips = ClipStore(
        rig.folder / "clips", rig.folder / "snapshots", most_bytes=1 << 40, low_water=needed - 1, least_free=0,
        free=room, deleting=lambda *_: pytest.fail("what is not in the store must not go"), media=rig.media,
    )  # fmt: skip
    assert not clips.room()
    clips.make_room(())
    left = rig.files()
    assert not any("/01A-" in name for name in left) and sum("/01B-" in name for name in left) == 4
    assert clips.room()


def test_the_uploader_makes_room_too(rig: Rig) -> None:
    rig.put("01A")
    rig.put("01B")
    rig.stay, rig.free = {"01B"}, 0
    rig.run()
    assert len(rig.files()) == 4 and all("/01B-" in name for name in rig.files())
    assert len(rig.objects.kept) == 8


@pytest.mark.parametrize(("low_water", "gone"), [(0, set[str]()), (1 << 50, {"01B"})])
def test_what_waits_to_be_sent_is_not_deleted_for_the_budget(rig: Rig, low_water: int, gone: Collection[str]) -> None:
    """Only a disk that is really full takes it, as without an object store: video first, and on record."""
    rig.put("01A")
    rig.run()
    rig.objects.away = True
    rig.put("01B")
    deleting: list[str] = []
    clips = ClipStore(
        rig.folder / "clips", rig.folder / "snapshots", most_bytes=1, low_water=low_water, least_free=0,
        free=lambda _: 1 << 40, deleting=lambda alert_id, _: deleting.append(alert_id), media=rig.media,
    )  # fmt: skip
    clips.make_room(())
    assert set(deleting) == gone
    assert rig.media.find(clip_name(f"{key_stem('01A', START)}-1")) is not None


class TestRetention:
    """What has served its time goes in both places, with a proof of each."""

    @pytest.fixture
    def sweep(self, rig: Rig) -> Retention:
        days = RetentionConfig(fire_days=3, violation_days=3, fault_days=3, unconfirmed_days=3)
        return Retention(rig.store, rig.media, days, rig.clock)

    def round(self, rig: Rig, sweep: Retention) -> None:
        rig.clock.step(5 * DAY_S + REST_S)
        for _ in range(5):
            sweep.tick()

    def test_both_places(self, rig: Rig, sweep: Retention) -> None:
        rig.put("01A")
        rig.put("01B")
        holds.hold(rig.store, "01B", by=Actor("Wang", "console"), reason="police", at=at(0))
        rig.run()
        names = {name for name in rig.files() if "/01A-" in name}
        self.round(rig, sweep)
        assert set(rig.objects.kept) == rig.files() | names, "nobody waits for the object store"
        rig.run()
        assert set(rig.objects.kept) == rig.files() and len(rig.files()) == 4, "what is held stays in both"
        there, here = rig.deleted()
        assert there["where"] == "object store" and "where" not in here
        assert set(there["files"]) == set(here["files"]) == names and there["files"] == here["files"]
        assert rig.verify().faults == [] and rig.rows.counts().going == 0

    def test_also_when_the_copies_are_gone_and_the_store_is_away(self, rig: Rig, sweep: Retention) -> None:
        rig.put("01A")
        rig.run()
        rig.run(over_budget(rig, 1))
        assert rig.files() == set()
        rig.objects.away = True
        self.round(rig, sweep)
        rig.run(seconds=600)
        assert rig.rows.counts().going == 4 and len(rig.deleted()) == 1
        assert rig.verify().faults == []
        rig.objects.away = False
        rig.run(rig.started())
        assert rig.objects.kept == {} and len(rig.deleted()) == 2

    def test_a_store_that_deletes_nothing_holds_up_nothing(
        self, rig: Rig, sweep: Retention, caplog: pytest.LogCaptureFixture
    ) -> None:
        rig.put("01A")
        rig.run()
        self.round(rig, sweep)
        rig.objects.forever = True
        rig.put("01Z", resolved_at=None)
        rig.run(seconds=2 * ERASE_AGAIN_S)
        assert len(rig.objects.kept) == 8 and rig.uploader.said() == {"media": ""}
        assert sum("is not deleted" in one.message for one in caplog.records) in (2, 3)
        assert len(rig.deleted()) == 1, "no proof of what did not happen"

    def test_of_a_file_that_is_under_way(self, rig: Rig, sweep: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
        """It arrives after its alert was deleted, and is deleted there, too."""
        rig.put("01A")
        put = rig.objects.put

        def late(files: Any) -> Any:
            done = put(files)
            self.round(rig, sweep)
            return done

        monkeypatch.setattr(rig.objects, "put", late)
        rig.run()
        assert rig.files() == set() and rig.objects.kept == {} and rig.rows.counts().going == 0


@pytest.mark.parametrize("how", ["changed", "cut", "grown"])
def test_verify_names_what_was_changed_or_is_missing_in_the_store(rig: Rig, how: str) -> None:
    rig.put("01A")
    rig.run()
    changed, missing, *_ = sorted(rig.objects.kept)
    content = rig.objects.kept[changed]
    rig.objects.kept[changed] = {"changed": content[:-1] + b"x", "cut": content[:-1], "grown": content + b"x"}[how]
    del rig.objects.kept[missing]
    faults = {fault.where: fault.what for fault in rig.verify().faults}
    assert faults == {
        changed: "was changed in the object store after it was recorded",
        missing: "is on record and no longer in the object store",
    }
    assert rig.verify(remote=False).faults == []


def test_verify_says_once_that_the_store_is_away(rig: Rig) -> None:
    rig.put("01A")
    rig.run()
    rig.objects.away = True
    result = rig.verify()
    assert [fault.where for fault in result.faults] == ["the object store"] and result.unread == 4


def test_reading_when_the_store_is_away_changed_or_no_longer_set(rig: Rig) -> None:
    rig.put("01A")
    rig.run()
    rig.run(over_budget(rig, 1))
    name, other, *_ = sorted(rig.objects.kept)
    rig.objects.kept[other] = b"x" * len(rig.objects.kept[other])
    with pytest.raises(MediaGone, match="was changed"):
        rig.media.read(other)
    rig.objects.away = True
    with pytest.raises(MediaAway):
        rig.media.read(name)
    with pytest.raises(MediaAway, match="not set any more"):
        MediaStore(rig.folder, rig.rows).read(name)


def test_another_bucket_is_said(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.run()
    assert rig.rows.place() == "memory"
    rig.objects.place = "elsewhere"
    rig.run(rig.started())
    assert "was put in memory is looked for in elsewhere" in caplog.text and rig.rows.place() == "elsewhere"


def test_it_runs_in_a_thread_and_ends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("01A")
    arrived, done = rig.rows.arrived, threading.Event()

    def and_tell(*given: Any) -> None:
        arrived(*given)
        done.set()

    monkeypatch.setattr(rig.rows, "arrived", and_tell)
    rig.uploader.start()
    assert done.wait(20)
    rig.uploader.stop()
    assert len(rig.objects.kept) == 4
