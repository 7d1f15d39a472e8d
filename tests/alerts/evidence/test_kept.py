"""Which picture raised an alert, which led to it, and which came since."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.evidence.kept import Moment, mark_of, moments
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at
from tests.alerts.web.console import Parts, some_settings

B, R, S = Moment.BEFORE, Moment.RAISED, Moment.SINCE


def shot(second: float, **more: Any) -> dict[str, Any]:
    taken = time_text(START + timedelta(seconds=second))
    return {"key": f"at {second}", "taken_at": taken, "width": 640, "height": 360, "sha256_veiled": "x", **more}


def pictured(film: list[float], earlier: list[float], newest: float, after: float | None, **given: Any) -> Alert:
    """With pictures of these seconds after it was raised."""
    evidence = {
        "film": [shot(one) for one in film],
        "snapshot": shot(newest, earlier=[shot(one) for one in earlier]),
        **({} if after is None else {"snapshot_after": shot(after)}),
    }
    return alert(**{"fired_at": START, "evidence": evidence, **given})


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (pictured([-8, -2], [-4], 0.1, None), {-8: B, -4: B, -2: B, 0.1: R}),
        (pictured([-8], [-4, 0.1, 72], 1380, 1500), {-8: B, -4: B, 0.1: R, 72: S, 1380: S, 1500: S}),
        (pictured([-1, 0.4], [], 0.1, None), {-1: B, 0.1: R, 0.4: S}),
        (pictured([], [72, 140], 200, None), {72: S, 140: S, 200: S}),  # of an older version, which let it go
        (pictured([], [], -600, 60), {-600: R, 60: S}),  # the photo of a report that waited for a line
        (pictured([-8], [], -4, None, fired_at=None), {-8: B, -4: B}),
    ],
    ids=["raised", "came back", "film goes on", "not kept", "reported", "suspected"],
)
def test_moments(made: Alert, found: dict[float, Moment]) -> None:
    assert moments(made) == {mark_of(f"at {second}"): moment for second, moment in found.items()}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts.build(some_settings(tmp_path / "store"), SimulatedClock(at(0)))
    yield made
    made.close()


def test_the_picture_that_raised_it_is_kept_however_often_it_comes_back(parts: Parts) -> None:
    raised = parts.raise_alert()
    assert isinstance(parts.clock, SimulatedClock)
    for _ in range(7):
        while parts.desk.alert(raised.id).open:
            parts.clock.step(5)
            parts.desk.receive(parts.look(0))
        parts.clock.step(5)
        parts.raise_alert()
    found = moments(parts.desk.alert(raised.id))
    assert parts.desk.alert(raised.id).returns == 7
    assert list(found.values()) == [R, S, S, S, S]
