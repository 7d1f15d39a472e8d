"""What is looked for in the record, on both databases, however little is looked through at once."""

from datetime import timedelta

import pytest

from alerts.access.principal import Area
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.record import pages, records
from alerts.record.chain import Entry, Record
from alerts.record.pages import Wanted
from alerts.routing.plan import AtOnce
from tests.alerts.making import alert, at

ALERTS = [
    alert("01A", camera="a", hazard="flame", place_id="b3", started_at=at(0), fired_at=at(0)),
    alert("01B", camera="b", hazard="ebike", place_id=None, started_at=at(1), fired_at=at(1)),
    alert("01C", camera="c", hazard="ebike", place_id="b3-shed", started_at=at(2), fired_at=at(2)),
]
SHED = Area(frozenset({"b"}), frozenset({"b3-shed"}))


@pytest.fixture
def filled(store: Store) -> Store:
    """Three alerts, and forty rows a minute apart: of their pictures, of cameras, of nothing."""
    store.commit([Change(ChangeKind.FIRED, one) for one in ALERTS], AtOnce({}), at(0))
    with store.writing() as connection:
        for number in range(40):
            subject = ["01A", "01B", "01C", "b", ""][number % 5]
            by, account = (["Wang 王", "Li"][number % 2], ["wang", ""][number % 2])
            entry = Entry(records.Kind.SAW_PICTURE, subject, by, "console", {}, account=account)
            records.put(connection, [entry], at(60 * number))
    return store


def everything(store: Store) -> list[Record]:
    return pages.page(store, None, limit=500)[0]


def all_of(store: Store, wanted: Wanted, area: Area | None = None) -> list[int]:
    """Page after page, to the end."""
    found: list[int] = []
    before = None
    for _ in range(200):
        page, after = pages.page(store, area, wanted, before=before, limit=3)
        found += [record.seq for record in page]
        if after is None:
            return found
        assert before is None or after < before
        before = after
    raise AssertionError("it does not end")


HAZARDS = {one.id: one.hazard for one in ALERTS}
OF_THE_SHED = {"b", "01B", "01C"}


@pytest.mark.parametrize("at_once", [4, pages.AT_ONCE])
def test_what_is_looked_for_is_found_and_nothing_else(
    filled: Store, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", at_once)
    known = everything(filled)
    begins, ends = at(600), at(600) + timedelta(minutes=5)
    for wanted, fits in (
        (Wanted(), lambda one: True),
        (Wanted(subject="01B"), lambda one: one.subject == "01B"),
        (Wanted(inside=SHED), lambda one: one.subject in OF_THE_SHED),
        (Wanted(hazard="ebike"), lambda one: HAZARDS.get(one.subject) == "ebike"),
        (Wanted(who="王"), lambda one: "王" in one.by),
        (Wanted(who="WANG"), lambda one: one.account == "wang"),
        (Wanted(who="%"), lambda one: False),
        (Wanted(since=begins, until=ends), lambda one: begins <= one.at < ends),
        (
            Wanted(since=begins, hazard="flame", who="li"),
            lambda one: one.at >= begins and one.subject == "01A" and one.by == "Li",
        ),
        (Wanted(until=at(-9)), lambda one: False),
        (Wanted(since=at(99_999)), lambda one: False),
    ):
        assert all_of(filled, wanted) == [one.seq for one in known if fits(one)], wanted
    assert all_of(filled, Wanted(hazard="ebike"), SHED) == [
        one.seq for one in known if one.subject in OF_THE_SHED and HAZARDS.get(one.subject) == "ebike"
    ]


def test_of_an_empty_record_there_is_no_page(store: Store) -> None:
    assert pages.page(store, None, Wanted(since=at(0), who="x")) == ([], None)


@pytest.mark.parametrize("at_once", [4, pages.AT_ONCE])
def test_days_are_found_whatever_the_order_of_the_rows(
    store: Store, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was years behind, and then an hour ahead; what waited through an outage comes late."""
    monkeypatch.setattr(pages, "AT_ONCE", at_once)
    years = -9 * 365 * 1440
    minutes = [years, years + 1, 0, 1, 2, 60, 61, 3, 4, 5, years + 2, 0, 1, 6, 7, 60, 8, 9]
    with store.writing() as connection:
        for number, minute in enumerate(minutes):
            by = ["Wang", "Li"][number % 2]
            records.put(connection, [Entry(records.Kind.SAW_PICTURE, "a", by, "console", {})], at(60 * minute))
    known = everything(store)
    for since, until in ((1, 2), (2, 6), (5, 60), (6, None), (None, 1), (60, 62), (None, 0), (10, 60)):
        begins, ends = (None if one is None else at(60 * one) for one in (since, until))
        fits = [one for one in known if (not begins or one.at >= begins) and (not ends or one.at < ends)]
        assert all_of(store, Wanted(since=begins, until=ends)) == [one.seq for one in fits], (since, until)
        assert all_of(store, Wanted(since=begins, until=ends, who="Li")) == [one.seq for one in fits if one.by == "Li"]
