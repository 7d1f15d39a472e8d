"""What the database finds is what `Search.has` says, on both databases, however little it looks through at once."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import find as finding
from alerts.db.find import find
from alerts.db.search import Search, Standing, Word, folded, standing, words_in
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


def said(text: str, **more: Any) -> Search:
    """For words as they were typed, of no hazard and no place."""
    return Search(words=tuple(Word(word) for word in words_in(text)), **more)


ALERTS = some_alerts()
SEARCHES = [
    Search(),
    *(Search(standing=one) for one in Standing),
    Search(hazard="flame"),
    Search(hazard="none"),
    Search(camera="b", hazard="ebike"),
    Search(inside=SHED),
    Search(inside=SHED, standing=Standing.ENDED, who=("li",)),
    Search(who=("王",)),
    Search(who=("chen", "li")),
    said("车棚"),
    said("100%_y"),
    said("%"),
    said("steam"),
    Search(words=(Word("x", hazards=frozenset({"clutter"})),)),
    Search(words=(Word("x", places=frozenset({"b4"})), Word("b"))),
    Search(since=at(3000), until=at(6000)),
    said("yard", since=at(3000), standing=Standing.WAITING),
    said("车棚 ３号楼 chen"),
]


@pytest.fixture
def filled(place: StorePlace) -> Store:
    opened = place.open()
    opened.commit([Change(ChangeKind.FIRED, one) for one in ALERTS], AtOnce({}), at(0))
    return opened


def a_clock(queries: int) -> Callable[[], float]:
    """After so many queries the time for one page is over."""
    ticks = itertools.count()
    return lambda: next(ticks) * finding.LOOKS_S / queries


def all_of(store: Store, search: Search, area: Area | None = None, queries: int = 1) -> list[str]:
    """Page after page, to the end."""
    found: list[str] = []
    before = None
    for _ in range(len(ALERTS) + 2):
        page, after = find(store, search, before=before, limit=7, area=area, now_s=a_clock(queries))
        assert len(page) <= 7
        found += [one.id for one in page]
        if after is None:
            return found
        assert before is None or after < before
        before = after
    raise AssertionError("it does not end")


def test_every_state_is_among_what_is_looked_for() -> None:
    assert set(Counter(standing(one) for one in ALERTS)) == set(Standing)


@pytest.mark.parametrize(("at_once", "most_parts"), [(3, 40), (11, 0), (4000, 40)])
def test_all_is_found_and_nothing_else(
    filled: Store, at_once: int, most_parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", at_once)
    monkeypatch.setattr(finding, "MOST_PARTS", most_parts)
    for search, area in itertools.product(SEARCHES, [None, Area(frozenset({"a"}), frozenset({"b4"}))]):
        wanted = [one.id for one in ALERTS if search.has(one) and (area is None or area.has(one))]
        assert all_of(filled, search, area, queries=2) == sorted(wanted, reverse=True), (search, area)
    assert any(search.has(one) for search in SEARCHES[-1:] for one in ALERTS)
    filled.close()


def test_a_page_ends_when_its_time_is_over_and_says_how_far_it_came(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 10)
    newest = sorted((one.id for one in ALERTS), reverse=True)
    for queries in (1, 3):
        found, after = find(filled, said("无此字"), before=None, limit=7, area=None, now_s=a_clock(queries))
        assert (found, after) == ([], newest[10 * queries - 1])
    filled.close()


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("１７号楼", "17号楼 东侧"),
        ("17号楼东侧", "17号楼 东侧"),
        ("东侧 17号", "17号楼 东侧"),
        ("YARD　gate", "Gate of the yard"),
        ("ＧＡＴＥ", "gate"),
        ("车棚", "3号楼自行车棚"),
    ],
)
def test_words_are_found_in_any_order_case_and_width(typed: str, place: str) -> None:
    assert said(typed).has(alert("01A", place=place))


@pytest.mark.parametrize(
    ("typed", "place"), [("17号楼 西侧", "17号楼 东侧"), ("db", "yard b"), ("yardgate", "yard gate")]
)
def test_every_word_has_to_be_there(typed: str, place: str) -> None:
    assert not said(typed).has(alert("01A", place=place))


def test_what_a_reporter_wrote_and_what_a_camera_lacks_is_found(place: StorePlace) -> None:
    store = place.open()
    report = alert("01A", hazard="clutter", camera="", evidence={"report_note": "纸箱 挡路", "reported_by": "li"})
    trouble = alert("01B", hazard="camera", severity=Severity.FAULT, evidence={"cause": "offline"})
    fire = alert("01C", evidence={"report_note": "纸箱", "trace": [[0, 0.1]]})
    store.commit([Change(ChangeKind.FIRED, one) for one in (report, trouble, fire)], AtOnce({}), at(0))
    offline = Search(words=(Word("x", causes=frozenset({"offline"})),))
    for search, found in ((said("纸箱"), ["01A"]), (said("挡路 纸箱"), ["01A"]), (offline, ["01B"])):
        page, _ = find(store, search, before=None, limit=9, area=None)
        assert [one.id for one in page] == found
    assert said("纸箱").has(report) and offline.has(trouble) and not said("纸箱").has(fire)


def test_what_is_typed_is_folded_as_the_page_does() -> None:
    assert folded("3号楼　Ｅ-BIKE") == "3号楼e-bike"


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (Search(hazard="flame"), "ix_alerts_hazard"),
        (Search(camera="b"), "ix_alerts_camera"),
        (Search(inside=SHED), "ix_alerts_place_id"),
        (said("x"), "sqlite_autoindex_alerts_1"),
        (Search(since=at(0)), "sqlite_autoindex_alerts_1"),
    ],
)
def test_an_index_leads_to_what_is_looked_through(tmp_path: object, search: Search, index: str) -> None:
    store = StorePlace(tmp_path, None).open()  # type: ignore[arg-type]
    query = finding._looked_through(search, "Z", None)
    plain = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with store.reading() as connection:
        plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {plain}")))
    store.close()
    assert index in plan and "SCAN alerts " not in plan.replace("SCAN alerts USING", "")


def test_an_id_of_a_time_parts_what_was_before_from_what_was_after() -> None:
    new_id = UlidFactory(random.Random(2))
    assert new_id(at(1)) < first_id(at(2)) <= new_id(at(2)) < first_id(at(3))
