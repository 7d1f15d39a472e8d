"""What an audit found beside what the live watch found, in both databases: counted by hand."""

import io
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.audit import audit
from alerts.audit.extras import Extras, Reporting
from alerts.audit.find import Job
from alerts.audit.live import Joiner
from alerts.audit.live_store import Live, LiveAlert, LivePlace, read_live
from alerts.audit.parts import Parts
from alerts.audit.results import write_results
from alerts.audit.sighting import Sighting
from alerts.config import load_settings
from alerts.db.store import Store
from alerts.db.track_store import add_step
from alerts.errors import StoreError
from alerts.evidence.names import VARIANTS, picture_name
from alerts.ids import UlidFactory, made_at
from alerts.lifecycle import Change, ChangeKind
from alerts.record import records
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.routing.plan import AtOnce
from alerts.track.step import Step, StepKind
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import TOML, site_of, written
from tests.alerts.databases import StorePlace
from tests.alerts.making import alert, jpeg
from tests.clips import corridor, write_clip
from vision.detector import Detector
from vision.rule import Severity
from vision.view import View

NOBODY = AtOnce({})
TIMES = ("started_at", "fired_at", "seen_at", "resolved_at")


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def live(name: str, second: float, until: float, **given: Any) -> Alert:
    """Fired ten seconds after it began, seen until then, at the camera `hall`."""
    times = {"started_at": at(second), "fired_at": at(second + 10), "seen_at": at(until), "resolved_at": at(until)}
    return alert(name, **({"camera": "hall", "place": "", "hazard": "clutter"} | times | given))


def put(store: Store, *alerts: Alert, began: float = -3600.0) -> None:
    store.commit([Change(ChangeKind.FIRED, one) for one in alerts], NOBODY, at(began))


@pytest.fixture
def filled(place: StorePlace) -> Iterator[StorePlace]:
    """Watched from an hour before to the fourth hour; `hall` was covered for ten minutes in the second."""
    store = place.open()
    put(
        store,
        live("01A", 100, 200, acknowledged_at=at(140), closed_at=at(710)),
        live("01B", 2000, 2100, place_id="b3-5", camera="Lift-1"),
        live("01C", 3000, 3100, false_alarm_at=at(3200)),
        live("01D", 9000, 9100),
        live("01E", 3000, 3100, exercise=True),
        live("01F", 5000, 5600, hazard="camera", severity=Severity.FAULT, evidence={"cause": "covered"}),
        live("01G", 3000, 3100, fired_at=None),
        live("01H", 14000, 14010, hazard="ebike", camera="shed"),
        live("01I", 500, 510, hazard="camera", severity=Severity.FAULT, evidence={"cause": "dark"}),
    )
    with store.writing() as connection:
        add_step(connection, Step("01A", 1, at(400), "Li", "console", StepKind.THERE))
    store.close()
    yield place


def test_response_times_are_told_for_each_place(place: StorePlace, tmp_path: Path) -> None:
    store = place.open()
    acknowledged = {"acknowledged_by": "Li"}
    put(
        store,
        live("01A", 100, 200, acknowledged_at=at(140), **acknowledged),
        live("01B", 100, 200, camera="shed", acknowledged_at=at(170), **acknowledged),
        live("01C", 2000, 2100, camera="shed", acknowledged_at=at(2110), **acknowledged),
    )
    store.close()
    parts, jobs = Parts(tmp_path / "out"), [job_of(name, BEGIN, hours=2) for name in ("hall", "shed")]
    write_part(parts, jobs[0], [event_of(jobs[0], "clutter", 150.0)])
    write_part(parts, jobs[1], [event_of(jobs[1], "clutter", second) for second in (150.0, 2050.0)])
    written(parts, jobs, site_of(tmp_path), Extras(join=LivePlace(place.folder, place.url)))
    told = json.loads((tmp_path / "out" / "live.json").read_text("utf-8"))["took_s"]
    places = [(row["place"] is None, row["acknowledged"]["number"], row["acknowledged"]["p90"]) for row in told]
    assert places == [(True, 3, 100), (False, 2, 100), (False, 1, 30)]


def test_both_one_of_them_and_what_cannot_be_compared(filled: StorePlace, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    parts = Parts(tmp_path / "out")
    job = job_of("hall", BEGIN, hours=2)
    later = job_of("hall", at(14400), hours=1)
    lift = job_of("g/lift-1", BEGIN, hours=2)
    untimed = type(job)(Path("x.mp4"), "x.mp4", "x-0123456789")
    clutter = {
        "both": event_of(job, "clutter", 250.0),  # 50 s after the alert was last seen
        "too late": event_of(job, "clutter", 261.0),
        "missed": event_of(job, "clutter", 4000.0),
        "covered": event_of(job, "clutter", 5300.0),
        "another hazard": event_of(job, "ebike", 100.0),
    }
    write_part(parts, job, list(clutter.values()))
    write_part(parts, later, [event_of(later, "clutter", 1000.0)])
    at_the_same_place = event_of(lift, "clutter", 2050.0)
    write_part(parts, lift, [at_the_same_place])
    write_part(parts, untimed, [event_of(untimed, "clutter", 1.0)])
    written(parts, [job, lift, later, untimed], site, Extras(join=LivePlace(filled.folder, filled.url)))
    told = json.loads((tmp_path / "out" / "live.json").read_text("utf-8"))
    assert told["hazards"]["clutter"] == {
        "both": 2,
        "both_live": 2,
        "missed_live": 2,
        "missed_audit": 1,
        "false_alarms": 1,
        "not_watched": 2,
        "not_recorded": 1,
        "not_looked_for": 0,
        "without_time": 1,
    }
    assert told["hazards"]["ebike"]["missed_live"] == 1
    assert told["hazards"]["ebike"]["not_recorded"] == 1
    assert told["comparable_h"] == pytest.approx(4 - 600 / 3600, abs=1e-4)
    everywhere, *places = [row for row in told["took_s"] if row["hazard"] == "clutter"]
    assert (everywhere["acknowledged"], everywhere["there"]["p50"], everywhere["closed"]["p90"]) == (
        {"number": 1, "p50": 30, "p90": 30}, 290, 600,
    )  # fmt: skip
    assert everywhere["place"] is None
    assert places == [], "all of them were at one place"
    lines = [json.loads(line) for line in (tmp_path / "out" / "live.jsonl").read_text("utf-8").splitlines()]
    assert [line["alerts"] for line in lines if line["found"] == "both"] == [["01A"], ["01B"]]
    assert [line["alerts"] for line in lines if line["found"] == "live"] == [["01C"]]
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    section = page[page.index("id=live>") : page.index("id=coverage>")]
    assert clutter["missed"]["snapshot"] in section
    assert clutter["both"]["snapshot"] not in section
    assert "said to be a false alarm" in section
    written(parts, [job, lift, later, untimed], site)
    assert not (tmp_path / "out" / "live.json").exists(), "of an earlier run nothing is left that is not meant any more"


def test_the_watchs_picture_lies_with_the_report_with_heads_hidden(place: StorePlace, tmp_path: Path) -> None:
    key = "2026/03/01/01A-160000000-1"
    for variant in VARIANTS:
        file = place.folder / picture_name(key, variant)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg() + variant.encode())
    store = place.open()
    put(store, live("01A", 100, 200, snapshot=key), live("01B", 7300, 7400, hazard="ebike"))
    store.close()
    parts, job = Parts(tmp_path / "out"), job_of("hall", BEGIN, hours=2)
    write_part(parts, job, [])
    written(parts, [job], site_of(tmp_path), Extras(join=LivePlace(place.folder, place.url)))
    assert (tmp_path / "out" / "live" / "01A.jpg").read_bytes() == jpeg() + b"veiled"
    assert "live/01A.jpg" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_what_was_deleted_for_age_was_not_missed(place: StorePlace) -> None:
    """The store tells of no time before the newest alert that it has deleted, but when only a clip went, or a copy."""
    gone = UlidFactory(random.Random(1))(at(5000))
    assert made_at(gone) == at(5000)
    assert made_at("01A") is None
    store = place.open()
    put(store, live("01A", 9000, 9100))
    with store.writing() as connection:
        head = records.begin(connection, at(9200))
        details: list[tuple[str, dict[str, Any]]] = [
            (gone, {"reason": "retention", "files": {}}),
            (UlidFactory(random.Random(1))(at(6000)), {"reason": "retention", "where": "bucket", "files": {}}),
            (UlidFactory(random.Random(1))(at(7000)), {"reason": "room", "files": {}}),
        ]
        entries = [Entry(Kind.DELETED, subject, detail=detail) for subject, detail in details]
        records.append(connection, head, entries, at(9300))
    store.close()
    found = read_live(LivePlace(place.folder, place.url), [(BEGIN, at(86400))])
    assert found.watched == (at(5000).timestamp(), at(9300).timestamp())


def test_a_watch_that_runs_and_says_nothing_watches(place: StorePlace) -> None:
    """Else what it misses at the end of the recordings would count as not watched."""
    store = place.open()
    put(store, live("01A", 0, 10))
    where = LivePlace(place.folder, place.url)
    running = read_live(where, [(BEGIN, at(86400))]).watched
    store.close()
    ended = read_live(where, [(BEGIN, at(86400))]).watched
    assert running is not None
    assert ended is not None
    assert (running[1], ended[1]) == (at(86400).timestamp(), at(10).timestamp())


def test_a_camera_the_watch_never_had_missed_nothing(place: StorePlace, tmp_path: Path) -> None:
    """The event of the one that it has is still missed live."""
    store = place.open()
    put(store, live("01A", 9000, 9100))
    store.close()
    parts, hall, gate = Parts(tmp_path / "out"), job_of("hall", BEGIN, hours=2), job_of("gate", BEGIN, hours=2)
    for job in (hall, gate):
        write_part(parts, job, [event_of(job, "clutter", 4000.0)])
    written(parts, [hall, gate], site_of(tmp_path), Extras(join=LivePlace(place.folder, place.url)))
    told = json.loads((tmp_path / "out" / "live.json").read_text("utf-8"))
    clutter = told["hazards"]["clutter"]
    assert (clutter["missed_live"], clutter["not_watched"]) == (1, 1)
    assert told["comparable_h"] == 2


def test_a_hazard_that_is_not_looked_for_was_not_missed_by_the_audit(place: StorePlace, tmp_path: Path) -> None:
    store = place.open()
    put(store, live("01A", 100, 200), live("01B", 100, 200, hazard="ebike"))
    store.close()
    parts, job = Parts(tmp_path / "out"), job_of("hall", BEGIN, hours=2)
    write_part(parts, job, [])
    join = Extras(join=LivePlace(place.folder, place.url))
    write_results(
        [job], parts, Reporting(site_of(tmp_path), load_settings().hazards.only({"clutter"}), join), interrupted=False
    )
    told = json.loads((tmp_path / "out" / "live.json").read_text("utf-8"))["hazards"]
    assert (told["clutter"]["missed_audit"], told["clutter"]["not_looked_for"]) == (1, 0)
    assert (told["ebike"]["missed_audit"], told["ebike"]["not_looked_for"]) == (0, 1)
    assert "Not compared: audit did not look for it" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_clock_that_fell_back_makes_all_that_the_store_has_no_time_of_recordings(
    place: StorePlace, tmp_path: Path
) -> None:
    store = place.open()
    years = [live(f"01{year}", 100, 200, **dict.fromkeys(TIMES, at(-365 * 86400.0 * year))) for year in range(1, 9)]
    put(store, live("01A", 100, 200), *years)
    store.close()
    parts, jobs = Parts(tmp_path / "out"), [job_of("hall", BEGIN, hours=2), job_of("x", BEGIN.replace(year=2000))]
    for job in jobs:
        write_part(parts, job, [])
    written(parts, jobs, site_of(tmp_path), Extras(join=LivePlace(place.folder, place.url)))
    told = json.loads((tmp_path / "out" / "live.json").read_text("utf-8"))["hazards"]["clutter"]
    assert (told["missed_audit"], told["not_recorded"]) == (1, 0)


def test_that_no_name_tells_a_time_is_told(place: StorePlace, tmp_path: Path) -> None:
    place.open().close()
    parts = Parts(tmp_path / "out")
    job = Job(Path("x.mp4"), "x.mp4", "x-0123456789")
    write_part(parts, job, [event_of(job, "clutter", 1.0)])
    join = Extras(join=LivePlace(place.folder, place.url))
    assert written(parts, [job], site_of(tmp_path), join).untimed
    assert "No name of a recording tells its time" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert not written(parts, [job], site_of(tmp_path)).untimed


def test_a_store_that_is_not_there_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        read_live(LivePlace(tmp_path), [(BEGIN, at(1))])


def test_what_a_night_has_found_is_not_lost_for_a_store_that_went_away(tmp_path: Path) -> None:
    (tmp_path / "hall").mkdir()
    recording = write_clip(tmp_path / "hall" / "2026-03-01_16-00-00.mp4", corridor(2))
    Store.open(tmp_path / "data").close()
    out, extras = tmp_path / "out", Extras(join=LivePlace(tmp_path / "data"))

    def gone(_: object) -> None:
        (tmp_path / "data" / "alerts.db").unlink(missing_ok=True)

    settings = load_settings(None, ["detector.input_size=320"])
    with pytest.raises(StoreError, match="no such database"):
        audit([recording], settings, out, view=View(()), detector=Detector.load(), extras=extras, progress=gone)
    assert json.loads((out / "summary.json").read_text("utf-8"))["interrupted"] is False
    assert (out / "report.pdf").is_file()


def test_nothing_is_written_to_the_store(place: StorePlace) -> None:
    store = place.open()
    put(store, live("01A", 0, 10))
    before = store.alerts()
    store.close()
    read_live(LivePlace(place.folder, place.url), [(BEGIN, at(1))])
    store = place.read()
    assert store.alerts() == before
    store.close()


def test_every_overlap_is_found_as_by_plain_search(tmp_path: Path) -> None:
    dice = random.Random(3)
    site = site_of(tmp_path, TOML)
    alerts = []
    for number in range(300):
        since = BEGIN.timestamp() + dice.uniform(0, 86000)
        length = dice.choice([5, 60, 4000])
        alerts.append(
            LiveAlert(
                f"{number}", "hall", "", None, "clutter", since, since + length, since, None, None, None, False, None
            )
        )
    alerts.sort(key=lambda one: one.since_s)
    lines = io.StringIO()
    joiner = Joiner(Live(tuple(alerts), (0.0, 1e12), {}), site, load_settings().hazards, lines)
    job = job_of("hall", BEGIN)
    events = [event_of(job, "clutter", dice.uniform(0, 86000), dice.choice([1, 500])) for _ in range(200)]
    for event in events:
        joiner.take(Sighting(event, job, site.spot(job)))
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    for event, line in zip(events, said, strict=True):
        since, until = (BEGIN.timestamp() + event[key] + by for key, by in (("start_s", -60), ("end_s", 60)))
        plain = [one.id for one in alerts if one.since_s <= until and one.until_s >= since]
        assert line["alerts"] == plain
