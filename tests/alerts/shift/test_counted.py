"""What the database counts, in SQLite and PostgreSQL: the same as is counted by hand, and by indexes alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db.store import Store
from alerts.db.track_store import add_step
from alerts.lifecycle import Change, ChangeKind
from alerts.registry.config import SiteConfig
from alerts.registry.registry import Registry
from alerts.routing.plan import AtOnce
from alerts.shift import counted, lessons
from alerts.shift.counted import Group
from alerts.shift.dashboard import figures_of
from alerts.shift.spans import Span
from alerts.track.step import Step, StepKind
from tests.alerts.making import alert, at
from vision.rule import Severity

DAY = Span(at(0), at(86_400))
NOBODY = AtOnce({})


def put(store: Store, *alerts: Alert) -> None:
    store.commit([Change(ChangeKind.FIRED, one) for one in alerts], NOBODY, at(0))


def came(store: Store, one: Alert, *seconds: float) -> None:
    """People say that they are there, so long after it fired."""
    assert one.fired_at is not None
    with store.writing() as connection:
        for number, after_s in enumerate(seconds, start=1):
            when = one.fired_at + timedelta(seconds=after_s)
            add_step(connection, Step(one.id, number, when, f"Li {number}", "console", StepKind.THERE))


def fired(name: str, second: float, **given: Any) -> Alert:
    hazard = given.pop("hazard", "flame")
    return alert(name, hazard=hazard, started_at=at(second), seen_at=at(second), fired_at=at(second), **given)


@pytest.fixture
def filled(store: Store) -> Iterator[Store]:
    """Six alarms, a drill, a suspicion, and one of the day before."""
    put(
        store,
        fired("01A", 0.0, acknowledged_at=at(0.0), place_id="b1"),
        fired("01B", 30.2, acknowledged_at=at(45.0), place_id="b1"),
        fired("01C", 59.999, hazard="clutter", camera="stairs-2"),
        fired("01D", 60.0, hazard="clutter", camera="stairs-2", false_alarm_at=at(90), acknowledged_at=at(160.5)),
        fired("01E", 3_600.0, hazard="camera", severity=Severity.FAULT, camera="lift-3"),
        fired("01F", 86_399.9, false_alarm_at=at(86_500), false_alarm_reason="steam"),
        fired("01G", 100.0, exercise=True, acknowledged_at=at(101)),
        alert("01H", fired_at=None),
        fired("01J", -1.0),
        fired("01K", 86_400.0),
    )
    put(store, visited := fired("01L", 200.0, hazard="ebike"))
    came(store, visited, 61.5, 121.5)
    yield store


@pytest.mark.parametrize(
    ("span", "found"),
    [
        (
            DAY,
            {
                (at(0), "fire"): 2,
                (at(0), "violation"): 3,
                (at(3_600), "fault"): 1,
                (at(85_800), "fire"): 1,
            },
        ),
        (
            Span(at(60), at(86_400)),  # of a clock that is so far from UTC: by the minute
            {
                (at(60), "violation"): 1,
                (at(180), "violation"): 1,
                (at(3_600), "fault"): 1,
                (at(86_340), "fire"): 1,
            },
        ),
    ],
)
def test_alarms_are_counted_by_slot_and_severity(
    filled: Store, span: Span, found: dict[tuple[datetime, str], int]
) -> None:
    with filled.reading() as connection:
        assert {one[:2]: one.number for one in counted.slots(connection, span, None)} == found


def test_times_are_whole_seconds_rounded_up(filled: Store) -> None:
    with filled.reading() as connection:
        assert counted.answered(connection, DAY, None) == {"fire": {0: 1, 15: 1}, "violation": {101: 1}}
        assert counted.arrived(connection, DAY, None) == {"violation": {62: 1}}


def test_what_came_back_is_answered_from_when_it_came_back(store: Store) -> None:
    put(
        store,
        back := fired("01A", 0.0, reopened_at=at(1000), acknowledged_at=at(1012.4)),
        fired("01B", 5, reopened_at=at(9)),
    )
    came(store, back, 40.0, 1060.0)
    with store.reading() as connection:
        assert counted.answered(connection, DAY, None) == {"fire": {13: 1}}
        assert counted.arrived(connection, DAY, None) == {"fire": {60: 1}}
    assert back.answered_s == pytest.approx(12.4)


def test_what_was_opened_again_before_it_fired_is_called_for_since_it_fired(store: Store) -> None:
    put(store, late := fired("01A", 1000.0, reopened_at=at(100), acknowledged_at=at(1007)))
    with store.reading() as connection:
        assert counted.answered(connection, DAY, None) == {"fire": {7: 1}}
    assert late.answered_s == 7
    assert alert("01B", fired_at=None, reopened_at=at(100)).called_at is None, "nobody is called for a suspicion"


def test_groups_say_what_was_judged_and_what_was_false(filled: Store) -> None:
    with filled.reading() as connection:
        found = set(counted.groups(connection, DAY, None))
    assert found == {
        Group("flame", "shed-1", "b1", 2, 2, 0),
        Group("flame", "shed-1", None, 1, 1, 1),
        Group("clutter", "stairs-2", None, 2, 1, 1),
        Group("ebike", "shed-1", None, 1, 0, 0),
        Group("camera", "lift-3", None, 1, 0, 0),
    }


@pytest.mark.parametrize(
    ("area", "alarms"),
    [
        (Area(frozenset({"stairs-2"}), frozenset()), 2),
        (Area(frozenset(), frozenset({"b1"})), 2),
        (Area(frozenset({"stairs-2", "lift-3"}), frozenset({"b1"})), 5),
        (Area(frozenset(), frozenset()), 0),
    ],
)
def test_figures_of_an_area_are_of_nothing_else(filled: Store, area: Area, alarms: int) -> None:
    with filled.reading() as connection:
        found = figures_of(connection, date(2026, 3, 1), 2, ZoneInfo("UTC"), Registry.build(SiteConfig()), area)
    assert found["rate"]["alarms"] == alarms
    assert sum(sum(bar[one.value] for one in Severity) for bar in found["bars"]) == alarms
    assert sum(one["alarms"] for one in found["hazards"]) == sum(one["alarms"] for one in found["places"]) == alarms


def test_a_day_of_the_site_is_not_one_of_greenwich(filled: Store) -> None:
    """START is 08:00 UTC: midnight in a zone eight hours behind."""
    zone = ZoneInfo("Etc/GMT+8")
    with filled.reading() as connection:
        found = [
            figures_of(connection, date(2026, 3, day), 1, zone, Registry.build(SiteConfig()), None) for day in (1, 2)
        ]
    assert [one["rate"]["alarms"] for one in found] == [7, 1]
    assert [bar["begins_at"] for bar in found[0]["bars"][:2]] == [
        "2026-03-01T08:00:00.000000Z",
        "2026-03-01T09:00:00.000000Z",
    ]
    camera = next(one for one in found[0]["cameras"] if one["camera"] == "stairs-2")
    assert (camera["judged"], camera["false"], camera["share"], camera["high"]) == (1, 1, 1.0, 1.0)
    assert camera["low"] == pytest.approx(0.025, abs=1e-3)


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    event.listen(store._database.reading, "before_cursor_execute", note)
    yield seen
    event.remove(store._database.reading, "before_cursor_execute", note)


AREA = Area(frozenset({"a"}), frozenset({"b"}))
COUNTS = (counted.slots, counted.groups, counted.answered)
LISTS: dict[str, Callable[[Connection], object]] = {
    "false alarms": lambda connection: lessons.false_alarms(connection, None),
    "of a camera": lambda connection: lessons.false_alarms(connection, None, camera="a"),
    "of an area": lambda connection: lessons.false_alarms(connection, AREA),
    "cameras": lambda connection: lessons.by_camera(connection, None),
    "there": lambda connection: counted.arrived(connection, DAY, None),
}


def plans(store: Store, ask: Callable[[Connection], object]) -> list[str]:
    """How SQLite goes about what is asked, however few rows there are."""
    with statements(store) as seen, store.reading() as connection:
        ask(connection)
        return [
            row[-1]
            for statement, parameters in tuple(seen)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize("area", [None, AREA], ids=["site", "area"])
@pytest.mark.parametrize("count", COUNTS)
def test_figures_are_read_from_one_index_alone(tmp_path: Path, count: Callable[..., object], area: Area | None) -> None:
    store = Store.open(tmp_path)
    found = plans(store, lambda connection: count(connection, DAY, area))
    store.close()
    assert found[0].startswith("SEARCH alerts USING COVERING INDEX ix_alerts_figures (fired_at>? AND fired_at<?)")


@pytest.mark.parametrize("ask", LISTS.values(), ids=LISTS)
def test_lists_go_through_no_table(tmp_path: Path, ask: Callable[[Connection], object]) -> None:
    store = Store.open(tmp_path)
    found = plans(store, ask)
    store.close()
    assert not [line for line in found if line.startswith("SCAN alerts") and "ix_alerts_false" not in line], found
    assert any("INDEX" in line for line in found)


def test_what_a_false_alarm_teaches(filled: Store) -> None:
    with filled.reading() as connection:
        found = list(lessons.lessons(connection, None))
        assert lessons.by_camera(connection, None) == {"shed-1": 1, "stairs-2": 1}
        only = lessons.false_alarms(connection, None, camera="stairs-2")
    assert [(one["alert"], one["why_not"], one["teaches"]) for one in found] == [
        ("01F", "no_picture", False),
        ("01D", "no_picture", False),
    ]
    assert [one.id for one in only] == ["01D"]


@pytest.mark.parametrize(
    ("given", "why_not"),
    [
        ({"false_alarm_reason": "reflection"}, ""),
        ({"false_alarm_reason": "steam"}, "rightly_seen"),
        ({"hazard": "flying_lead", "false_alarm_reason": "reflection"}, "no_class"),
        ({"hazard": "clutter", "false_alarm_reason": "shadow", "evidence": {"witness": "reference"}}, "reference"),
        ({"snapshot": ""}, "no_picture"),
    ],
)
def test_why_a_false_alarm_teaches_nothing(given: dict[str, Any], why_not: str) -> None:
    key = "2026/03/01/01A-080000000-1"
    judged = alert(**{"snapshot": key, "false_alarm_at": at(9), **given})
    found = lessons.lesson(judged)
    assert (found["teaches"], found["why_not"]) == (not why_not, why_not)
    assert found["picture"] == (f"snapshots/{key}.clean.jpg" if judged.snapshot else "")
    assert not {"place", "false_alarm_by", "by"} & found.keys(), "no person and no place is named"
