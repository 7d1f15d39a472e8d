"""What people order beside the steps of an alert: on record together with it, or not done at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from alerts.db.codec import time_text
from alerts.db.push_devices import Device, PushDevices
from alerts.db.store import Store
from alerts.errors import StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order, Silences
from alerts.record import records
from alerts.record.actor import Actor
from alerts.record.chain import Record, check
from alerts.record.records import Kind
from alerts.routing.plan import AtOnce
from tests.alerts.making import START, alert, at
from tests.alerts.push_service import Browser

KEYS = Browser().keys()
SITE = Scope(ScopeKind.PLACE, "site")


def order(kind: SilenceKind = SilenceKind.SHELF, scope: Scope = SITE) -> Order:
    return Order(kind, scope, "moving house", "Li", timedelta(hours=1))


def device(devices: PushDevices, name: str = "Pixel", second: float = 0) -> Device:
    return devices.add(name, "Wang", "zh", "https://push.example/1", KEYS, at(second))


def given_up(store: Store) -> list[str]:
    """Dead letters of two alerts."""
    for name in ("01A", "01B"):
        store.commit([Change(ChangeKind.FIRED, alert(name))], AtOnce({"a": 60.0, "b": 60.0}), START)
    dead = [one.id for name in ("01A", "01B") for one in store.deliveries_of(name)]
    for delivery in dead:
        store.mark_failed(delivery, "gone", None, at(1))
    return dead


def told(store: Store) -> list[Record]:
    """What came on record, without the alerts' own changes; the chain holds."""
    found = records.oldest(store, 0, 99)
    assert list(check(found)) == []
    return [one for one in found if one.kind not in (Kind.BEGAN, Kind.FIRED)]


@pytest.mark.parametrize(
    ("kind", "scope", "subject"),
    [
        (SilenceKind.SHELF, SITE, ""),
        (SilenceKind.DRILL, Scope(ScopeKind.HAZARD, "flame"), ""),
        (SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "Shed 1"), "Shed 1"),
        (SilenceKind.SHELF, Scope(ScopeKind.CAMERA_HAZARD, "clutter@Shed 1"), "Shed 1"),
        (SilenceKind.DRILL, Scope(ScopeKind.ALERT, "01A"), "01A"),
    ],
)
def test_silences_and_drills(store: Store, kind: SilenceKind, scope: Scope, subject: str) -> None:
    silences = Silences(store, START)
    made = silences.add(order(kind, scope), at(0))
    silences.end(made.id, Actor("Zhao", "console"), at(10))
    silences.end(made.id, Actor("Zhao", "console"), at(11))  # again: nothing more
    said = {"silence": made.id, "kind": kind.value, "reason": "moving house", "fire": False}
    detail = {**said, "scope_kind": scope.kind.value, "scope": scope.value, "ends_at": time_text(at(3600))}
    assert [(one.kind, one.subject, one.by, one.via, one.detail, one.at) for one in told(store)] == [
        ("silenced", subject, "Li", "console", detail, at(0)),
        ("ended_silence", subject, "Zhao", "console", detail, at(10)),
    ]


def test_phones(store: Store) -> None:
    devices = PushDevices(store)
    one = device(devices)
    device(devices, second=1)  # the browser says the same again
    devices.succeeded(one.id, at(2))
    device(devices, "Old Pixel", 3)
    devices.disable(one.id, "HTTP 410", at(4))
    device(devices, "Old Pixel", 5)
    devices.remove(one.id, at(6), Actor("Li", "console"))
    devices.remove(one.id, at(7), Actor("Li", "console"))
    assert [(one.kind, one.by, one.via, one.detail.get("name")) for one in told(store)] == [
        ("added_phone", "Wang", "console", "Pixel"),
        ("added_phone", "Wang", "console", "Old Pixel"),
        ("disabled_phone", "system", "watch", "Old Pixel"),
        ("added_phone", "Wang", "console", "Old Pixel"),
        ("removed_phone", "Li", "console", "Old Pixel"),
    ]
    assert told(store)[2].detail == {
        "phone": one.id,
        "name": "Old Pixel",
        "owner": "Wang",
        "language": "zh",
        "reason": "HTTP 410",
    }


def test_dead_letters_that_are_sent_again_are_named_with_their_alert(store: Store) -> None:
    first, second, third, _ = given_up(store)
    assert store.resend([third, first, second, "unknown"], at(5), Actor("Li", "console")) == 3
    assert store.resend([first], at(6), Actor("Li", "console")) == 0
    assert [(one.kind, one.subject, one.by, one.detail) for one in told(store)] == [
        ("resent", "01A", "Li", {"deliveries": [first, second]}),
        ("resent", "01B", "Li", {"deliveries": [third]}),
    ]


ORDERS: list[Callable[[Store, Silences, PushDevices, list[str]], Any]] = [
    lambda store, silences, devices, dead: silences.add(order(), at(5)),
    lambda store, silences, devices, dead: silences.end(silences.active(at(1))[0].id, Actor("Li", "console"), at(5)),
    lambda store, silences, devices, dead: device(devices, "another name", 5),
    lambda store, silences, devices, dead: devices.remove(devices.all()[0].id, at(5), Actor("Li", "console")),
    lambda store, silences, devices, dead: devices.disable(devices.all()[0].id, "gone", at(5)),
    lambda store, silences, devices, dead: store.resend(dead, at(5), Actor("Li", "console")),
]


@pytest.mark.parametrize("do", ORDERS, ids=["silence", "end", "add", "remove", "disable", "resend"])
def test_what_cannot_be_put_on_record_is_not_done(store: Store, do: Callable[..., Any]) -> None:
    dead, silences, devices = given_up(store), Silences(store, START), PushDevices(store)
    silences.add(order(), at(0))
    device(devices)
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE records RENAME TO away"))
    before = silences.active(at(1)), devices.all()
    with pytest.raises(StoreError):
        do(store, silences, devices, dead)
    assert (silences.active(at(1)), devices.all()) == before
    assert (Silences(store, at(1)).active(at(1)), PushDevices(store).all()) == before
    assert len(store.dead()) == len(dead)
