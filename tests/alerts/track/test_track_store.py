"""Steps and links in the database, in both: one transaction with the alert, never two steps of one number."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import areas, schema
from alerts.db.store import Store
from alerts.db.track_store import add_step, keep_link, link_of, steps_of
from alerts.errors import RowRefused, StaleAlert
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from alerts.routing.recipient import EVERYBODY
from alerts.track.answer_links import AnswerLinks, hash_of
from alerts.track.rules import Taken, take
from alerts.track.step import Step, StepKind
from tests.alerts.making import alert, at
from vision.rule import Severity

K = StepKind


def fire(store: Store) -> Alert:
    one = alert("01A")
    store.commit([Change(ChangeKind.FIRED, one)], AtOnce({"hook": 3600.0}), at(0))
    return one


def kept(store: Store) -> list[Step]:
    with store.reading() as connection:
        return steps_of(connection, "01A")


def said(one: Alert, kind: StepKind, by: str, *steps: Step) -> Change:
    done = take(one, steps, kind, by=by, via="console", at=at(1), detail={"reason": "灯"})
    assert isinstance(done, Taken)
    return Change(ChangeKind.STEPPED, done.alert, done.step)


def test_a_step_is_stored_with_what_it_made_of_the_alert(store: Store) -> None:
    change = said(fire(store), K.FALSE_ALARM, "李")
    for _ in range(2):  # the second is the same commit again, after one that was reported as failed
        store.commit([change], AtOnce({}), at(1))
        assert kept(store) == [change.step]
        assert store.alert("01A") == change.alert


def test_a_step_that_cannot_be_stored_leaves_the_alert_as_it_was(store: Store) -> None:
    one = fire(store)
    first = said(one, K.ACCEPTED, "li")
    assert first.step is not None
    store.commit([first], AtOnce({}), at(1))
    second = said(first.alert, K.ACCEPTED, "wang")  # takes itself for number 1 too
    with pytest.raises(RowRefused):
        store.commit([second], AtOnce({"hook": 3600.0}), at(2))
    assert kept(store) == [first.step]
    assert store.alert("01A") == first.alert
    assert len(store.deliveries_of("01A")) == 1


def test_of_many_who_step_at_once_one_is_taken_and_the_others_see_the_truth(store: Store) -> None:
    one = fire(store)
    changes = [said(one, K.ACCEPTED, f"person {number}") for number in range(8)]
    together, told = threading.Barrier(len(changes)), []

    def go(change: Change) -> None:
        together.wait()
        try:
            store.commit([change], AtOnce({}), at(1))
            told.append(("taken", change.alert))
        except StaleAlert as error:
            told.append(("late", error.current))

    threads = [threading.Thread(target=go, args=[change]) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [(_, winner)] = [one for one in told if one[0] == "taken"]
    assert len(told) == len(changes)
    assert [current for name, current in told if name == "late"] == [winner] * (len(changes) - 1)
    assert [(step.seq, step.by) for step in kept(store)] == [(1, winner.acknowledged_by)]


def test_a_link_opens_until_it_expires_and_the_next_one_removes_it(store: Store) -> None:
    one = fire(store)
    links = AnswerLinks(b"k" * 32, "https://x", timedelta(hours=1))
    row = links.row("notice", one, EVERYBODY, "bot", at(0))
    with store.writing() as connection:
        keep_link(connection, row, at(0))
    with store.reading() as connection:
        assert link_of(connection, row.token_hash, at(3599)) == row
        assert link_of(connection, row.token_hash, at(3600)) is None
        assert link_of(connection, hash_of("another"), at(0)) is None
    later = links.row("next", one, EVERYBODY, "bot", at(3600))
    with store.writing() as connection:
        keep_link(connection, later, at(3600))
    with store.reading() as connection:
        assert link_of(connection, row.token_hash, at(0)) is None
        assert link_of(connection, later.token_hash, at(3600)) == later


def test_a_step_of_no_alert_is_refused(store: Store) -> None:
    with pytest.raises(RowRefused), store.writing() as connection:
        add_step(connection, Step("nobody", 1, at(0), "li", "console", K.NOTE))


def test_what_people_have_not_ended_is_found(store: Store) -> None:
    gone: dict[str, Any] = {"resolved_at": at(2)}
    seen: dict[str, Any] = {"acknowledged_at": at(1), "acknowledged_by": "li"}
    alerts = [
        alert("01A", **gone),
        alert("01B", **gone, **seen),
        alert("01C", **seen),
        alert("01D", **gone, **seen, closed_at=at(3)),
        alert("01E", **gone, false_alarm_at=at(3)),
        alert("01F", **gone, hazard="ebike"),
        alert("01G", **gone, **seen, hazard="ebike"),
        alert("01H", **gone, **seen, hazard="camera", severity=Severity.FAULT),
        alert("01I", **gone, fired_at=None),
    ]
    store.commit([Change(ChangeKind.FIRED, one) for one in alerts], AtOnce({}), at(3))
    found = store.unended_alerts(9)
    assert [one.id for one in found] == ["01B", "01A", "01G"], "fires first"
    assert {one.id for one in found} == {one.id for one in alerts if not one.open and not one.ended}
    assert [one.id for one in store.unended_alerts(9, most_fires=1)] == ["01B", "01G"]


def test_a_fire_that_nobody_has_ended_is_not_pushed_out_by_newer_cases(store: Store) -> None:
    said: dict[str, Any] = {"resolved_at": at(2), "acknowledged_at": at(1), "acknowledged_by": "li"}
    alerts = [alert("01A", resolved_at=at(2)), *(alert(f"01B{n}", hazard="ebike", **said) for n in range(3))]
    store.commit([Change(ChangeKind.FIRED, one) for one in alerts], AtOnce({}), at(3))
    for area in (None, Area(frozenset({"shed-1"}), frozenset())):
        assert [one.id for one in store.unended_alerts(2, area)] == ["01A", "01B2", "01B1"]
        assert [one.id for one in store.unended_alerts(0, area)] == ["01A"]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ([schema.UNENDED_FIRE], "ix_alerts_unended_fire"),
        ([schema.UNENDED, schema.NO_FIRE], "ix_alerts_unended"),
    ],
)
def test_what_people_have_not_ended_is_read_by_its_index(store: Store, wanted: areas.Wanted, index: str) -> None:
    query = select(schema.alerts).where(*wanted).order_by(schema.alerts.c.id.desc()).limit(9)
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))  # a table without rows is read at once
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in connection.execute(text(f"{explain} {said}")))
    assert re.search(rf"\b{index}\b", plan), plan
