"""Identifiers and the JSON form of an alert."""

import json
import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.db.codec import from_json, to_json
from alerts.ids import UlidFactory
from tests.alerts.making import START, alert, at


def test_a_known_ulid() -> None:
    """The example of the specification: its time, 2016-07-30T23:54:10.259Z, is 01ARYZ6S41 in its first part."""
    made = UlidFactory(random.Random(0))(START.fromtimestamp(1469918176.385, START.tzinfo))
    assert made.startswith("01ARYZ6S41")
    assert len(made) == 26


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_ids_grow_whatever_the_clock_does(steps: list[float]) -> None:
    make = UlidFactory(random.Random(1))
    ids = [make(START + timedelta(seconds=step)) for step in steps]
    assert ids == sorted(set(ids))


def test_an_alert_survives_json() -> None:
    whole = alert(
        "01X",
        resolved_at=at(1.000001),
        acknowledged_at=at(2),
        acknowledged_by="李",
        evidence={"a": [1, None]},
        snapshot="2026/03/01/01X-080000000-1",
    )
    data = to_json(whole)
    assert data["state"] == "resolved"
    assert data["started_at"] == "2026-03-01T08:00:00.000000Z"
    assert data["fired_at"] is not None
    assert from_json(json.loads(json.dumps(data))) == whole
