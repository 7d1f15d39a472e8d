"""What the database takes for an area's own is what `Area.has` says, on both databases, and found by an index."""

import random
import re
from pathlib import Path

import pytest
from sqlalchemy import Select, text
from sqlalchemy.dialects import sqlite

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.db import areas, schema
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.record import pages, records
from alerts.record.chain import Entry
from alerts.routing.plan import AtOnce
from tests.alerts.databases import Postgres, StorePlace
from tests.alerts.making import START, alert, at

CAMERAS = ("a", "b", "c", "d")
PLACES = ("b3", "b3-shed", "b4", None)
NOW = at(10_000)

AREAS = {
    "a camera": Area(frozenset({"b"}), frozenset()),
    "a place": Area(frozenset(), frozenset({"b3-shed"})),
    "both, of which some are both": Area(frozenset({"a", "b"}), frozenset({"b3", "b3-shed"})),
    "nothing": Area(frozenset(), frozenset()),
    "what is not there": Area(frozenset({"x"}), frozenset({"y"})),
    "more than is looked up one by one": Area(
        frozenset({"c", *(f"no{number}" for number in range(areas.MOST_PARTS))}), frozenset({"b4"})
    ),
}


def some_alerts() -> list[Alert]:
    """In every state, at every camera and place."""
    dice = random.Random(5)
    found = []
    for number in range(90):
        gone = {"resolved_at": at(number + 9)} if dice.random() < 0.6 else {}
        said = {"acknowledged_at": at(number + 3), "acknowledged_by": "Li"} if dice.random() < 0.3 else {}
        false = {"false_alarm_at": at(number + 4), "false_alarm_by": "Li"} if dice.random() < 0.2 else {}
        hazard = dice.choice(("flame", "ebike"))
        given = {"camera": dice.choice(CAMERAS), "place_id": dice.choice(PLACES), **gone, **said, **false}
        found.append(alert(f"01{number:03d}", hazard=hazard, fired_at=at(number), **given))
    return found


ALERTS = some_alerts()


@pytest.fixture
def filled(store: Store) -> Store:
    store.commit([Change(ChangeKind.FIRED, one) for one in ALERTS], AtOnce({"hook": 9.0}), START)
    return store


@pytest.mark.parametrize("at_first", [0, 5, areas.AT_FIRST])
@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
def test_pages_of_an_area(filled: Store, area: Area, at_first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "AT_FIRST", at_first)
    own = [one.id for one in reversed(ALERTS) if area.has(one)]
    pages: list[list[str]] = [[one.id for one in filled.alerts(limit=7, area=area)]]
    while pages[-1]:
        pages.append([one.id for one in filled.alerts(limit=7, before=pages[-1][-1], area=area)])
    assert [name for page in pages for name in page] == own
    firing = [AlertState.FIRING]
    found = [one.id for one in filled.alerts(limit=99, states=firing, area=area)]
    assert found == [one.id for one in reversed(ALERTS) if area.has(one) and one.state in firing]
    unended = [one.id for one in filled.unended_alerts(99) if area.has(one)]
    assert [one.id for one in filled.unended_alerts(99, area)] == unended
    few = filled.unended_alerts(3, area, most_fires=2)
    theirs = filled.unended_alerts(99, area)
    fires, others = ([one.id for one in theirs if (one.hazard == "flame") is fire] for fire in (True, False))
    assert [one.id for one in few] == fires[:2] + others[:3]


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
def test_dead_letters_of_an_area(filled: Store, area: Area) -> None:
    waiting = filled.due("hook", NOW, 99)
    for one in waiting:
        filled.mark_failed(one.id, "no", None, NOW)
    whose = {one.id: one.alert_id for one in waiting}
    own = {one.id for one in ALERTS if area.has(one)}
    assert {one.alert_id for one in filled.dead(99, area)} == own & set(whose.values())
    assert {whose[name] for name in filled.deliveries_in(area, [*whose, "unknown"])} == own & set(whose.values())


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
@pytest.mark.parametrize("at_once", [3, 5_000])
def test_the_record_of_an_area(filled: Store, area: Area, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", at_once)
    with filled.writing() as connection:
        entries = [Entry("saw_live", name, "Li") for name in (*CAMERAS, "", "no-camera")]
        records.append(connection, records.begin(connection, START), entries, START)
    everything, _ = pages.page(filled, None, limit=500)
    theirs = {*area.cameras, *(one.id for one in ALERTS if area.has(one))}
    own = [row for row in everything if row.subject in theirs]
    found, before = [], None
    for _ in range(200):
        page, before = pages.page(filled, area, before=before, limit=4)
        found += page
        if before is None:
            break
    assert found == own and before is None
    for subject in ("a", "d", ALERTS[0].id, "no-camera"):
        page, _ = pages.page(filled, area, pages.Wanted(subject=subject), limit=99)
        assert page == [row for row in own if row.subject == subject]


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        ([schema.alerts.c.id < "01X"], {"ix_alerts_camera", "ix_alerts_place_id"}),
        ([schema.UNENDED, schema.NO_FIRE], {"ix_alerts_unended_camera", "ix_alerts_unended_place"}),
        ([schema.UNENDED_FIRE], {"ix_alerts_unended_fire_camera", "ix_alerts_unended_fire_place"}),
    ],
)
def test_the_newest_of_an_area_are_found_by_an_index(
    tmp_path_factory: pytest.TempPathFactory, wanted: areas.Wanted, indexes: set[str]
) -> None:
    store = StorePlace(tmp_path_factory.mktemp("s"), None).open()
    query: Select[tuple[str]] = areas.newest_ids(wanted, 50, AREAS["both, of which some are both"])
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with store.reading() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
    store.close()
    used = [line for line in plan if "alerts" in line]
    assert used and all(line.startswith("SEARCH alerts USING") for line in used), plan
    assert {name for name in indexes for line in used if f" {name} (" in line} == indexes, plan


def test_postgresql_reads_of_each_camera_no_more_than_it_tells_of(tmp_path: Path, postgres: Postgres) -> None:
    """It merges the newest of each as they come; what has to be compared is read whole, a page of each."""
    store = StorePlace(tmp_path / "s", postgres.fresh()).open()
    store.commit([Change(ChangeKind.FIRED, one) for one in ALERTS], AtOnce({}), START)
    query = areas.newest_ids([], 5, AREAS["both, of which some are both"])
    with store.reading() as connection:
        for costly in ("seqscan", "bitmapscan", "sort"):  # a small table is soon read and sorted
            connection.execute(text(f"SET enable_{costly} = off"))
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [str(row[0]) for row in connection.execute(text(f"EXPLAIN ANALYZE {said}"))]
    store.close()
    assert any("Merge Append" in line for line in plan), "\n".join(plan)
    rows = [int(found[1]) for line in plan if "Scan" in line and (found := re.search(r"actual.* rows=(\d+)", line))]
    assert len(rows) == 4 and sum(rows) <= 10 + 4, "twice the page, as an alert may be of both, and one more of each"
