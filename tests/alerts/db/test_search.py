"""What the database finds is what `Search.has` says, on both databases, however little it looks through at once."""

import itertools
import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import search as searching
from alerts.db.search import Search, Standing, find, standing
from alerts.db.store import Store
from alerts.ids import UlidFactory, first_id
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from tests.alerts.databases import StorePlace
from tests.alerts.making import alert, at
from vision.rule import Severity

SHED = Area(frozenset({"b"}), frozenset({"b3-shed"}))


def some_alerts() -> list[Alert]:
    """In every state, a minute apart."""
    dice, new_id = random.Random(3), UlidFactory(random.Random(1))
    made = []
    for number in range(160):
        begun = at(60 * number)

        def maybe(share: float, soon: datetime = begun + timedelta(seconds=5)) -> datetime | None:
            return soon if dice.random() < share else None

        hazard = dice.choice(["flame", "ebike", "clutter", "camera"])
        severity = {"flame": Severity.FIRE, "camera": Severity.FAULT}.get(hazard, Severity.VIOLATION)
        fired = maybe(0.8)
        answered = maybe(0.5) if fired else None
        false = maybe(0.1)
        made.append(
            alert(
                new_id(begun),
                hazard=hazard,
                severity=severity,
                camera=dice.choice("abc"),
                place=dice.choice(["3号楼 车棚", "100%_Yard", ""]),
                place_id=dice.choice([None, "b3-shed", "b4"]),
                started_at=begun,
                fired_at=fired,
                notice="" if fired else dice.choice(["", "passing"]),
                resolved_at=maybe(0.6),
                acknowledged_at=answered,
                acknowledged_by=dice.choice(["Li", "王"]) if answered else "",
                false_alarm_at=false,
                false_alarm_by="Chen" if false else "",
                false_alarm_reason="steam" if false else "",
                closed_at=maybe(0.3) if answered else None,
            )
        )
    return made


ALERTS = some_alerts()
SEARCHES = [
    Search(),
    *(Search(standing=one) for one in Standing),
    Search(hazard="flame"),
    Search(hazard="none"),
    Search(camera="b", hazard="ebike"),
    Search(inside=SHED),
    Search(inside=SHED, standing=Standing.ENDED, who="li"),
    Search(who="王"),
    Search(who="chen"),
    Search(text="车棚"),
    Search(text="100%_y"),
    Search(text="%"),
    Search(text="steam"),
    Search(text="x", hazards=frozenset({"clutter"})),
    Search(text="x", places=frozenset({"b4"})),
    Search(since=at(3000), until=at(6000)),
    Search(since=at(3000), text="yard", standing=Standing.WAITING),
]


@pytest.fixture
def filled(place: StorePlace) -> Store:
    opened = place.open()
    opened.commit([Change(ChangeKind.FIRED, one) for one in ALERTS], AtOnce({}), at(0))
    return opened


def all_of(store: Store, search: Search, area: Area | None = None) -> list[str]:
    """Page after page, to the end."""
    found: list[str] = []
    before = None
    for _ in range(len(ALERTS) + 2):
        page, after = find(store, search, before=before, limit=7, area=area)
        assert len(page) <= 7
        found += [one.id for one in page]
        if after is None:
            return found
        assert before is None or after < before
        before = after
    raise AssertionError("it does not end")


def test_every_state_is_among_what_is_looked_for() -> None:
    assert set(Counter(standing(one) for one in ALERTS)) == set(Standing)


@pytest.mark.parametrize("at_once", [3, 11, 4000])
def test_all_is_found_and_nothing_else(filled: Store, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", at_once)
    monkeypatch.setattr(searching, "ROUNDS", 2)
    for search, area in itertools.product(SEARCHES, [None, Area(frozenset({"a"}), frozenset({"b4"}))]):
        wanted = [one.id for one in ALERTS if search.has(one) and (area is None or area.has(one))]
        assert all_of(filled, search, area) == sorted(wanted, reverse=True), (search, area)
    filled.close()


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (Search(hazard="flame"), "ix_alerts_hazard"),
        (Search(camera="b"), "ix_alerts_camera"),
        (Search(inside=SHED), "ix_alerts_place_id"),
        (Search(text="x"), "sqlite_autoindex_alerts_1"),
        (Search(since=at(0)), "sqlite_autoindex_alerts_1"),
    ],
)
def test_an_index_leads_to_what_is_looked_through(tmp_path: object, search: Search, index: str) -> None:
    store = StorePlace(tmp_path, None).open()  # type: ignore[arg-type]
    query = searching._looked_through(search, "Z", None)
    plain = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with store.reading() as connection:
        plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {plain}")))
    store.close()
    assert index in plan and "SCAN alerts " not in plan.replace("SCAN alerts USING", "")


def test_an_id_of_a_time_parts_what_was_before_from_what_was_after() -> None:
    new_id = UlidFactory(random.Random(2))
    assert new_id(at(1)) < first_id(at(2)) <= new_id(at(2)) < first_id(at(3))
