"""A week of the rota as the set-up page draws it."""

from datetime import UTC, date, datetime

import pytest

from alerts.config import Settings
from alerts.web.setup_work import week_of

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
TEAM = [{"id": name, "name": name.upper(), "channels": [{"channel": "hook"}]} for name in ("li", "wang")]


def settings(zone: str = "Asia/Shanghai", **rota: object) -> Settings:
    return Settings.model_validate(
        {
            "site": {"name": "x", "time_zone": zone},
            "cameras": [{"name": "c", "url": "0"}],
            "webhooks": [{"name": "hook", "url": "http://127.0.0.1:9/"}],
            "people": TEAM,
            **({"rota": rota} if rota else {}),
        }
    )


def test_shifts_exceptions_and_nobody_by_the_site_s_clock() -> None:
    days = ["mon", "tue"]
    away = {"begins": "2026-11-24T08:00:00", "ends": "2026-11-24T12:00:00", "who": ["wang"]}
    found = week_of(
        settings(shifts=[{"who": ["li"], "days": days, "begins": "08:00", "ends": "20:00"}], overrides=[away]),
        date(2026, 11, 23),
        NOW,
    )
    assert found["now"] == "2026-11-25T12:00:00+08:00"
    told = [(turn["begins"][5:16], turn["ends"][5:16], turn["who"], turn["instead"]) for turn in found["turns"]]
    assert told == [
        ("11-23T00:00", "11-23T08:00", [], False),
        ("11-23T08:00", "11-23T20:00", ["LI"], False),
        ("11-23T20:00", "11-24T08:00", [], False),
        ("11-24T08:00", "11-24T12:00", ["WANG"], True),
        ("11-24T12:00", "11-24T20:00", ["LI"], False),
        ("11-24T20:00", "11-30T00:00", [], False),
    ]


@pytest.mark.parametrize(
    ("day", "ends"),
    [(date(2026, 3, 23), "2026-03-30T00:00:00+02:00"), (date(2026, 10, 19), "2026-10-26T00:00:00+01:00")],
)
def test_a_week_has_seven_days_when_the_clock_is_changed(day: date, ends: str) -> None:
    found = week_of(settings("Europe/Berlin", shifts=[{"who": ["li"]}]), day, NOW)
    assert [(turn["begins"][:10], turn["ends"]) for turn in found["turns"]] == [(day.isoformat(), ends)]


def test_an_exception_that_names_the_same_people_stays_one() -> None:
    same = {"begins": "2026-11-24T08:00:00", "ends": "2026-11-24T12:00:00", "who": ["li"]}
    found = week_of(settings(shifts=[{"who": ["li"]}], overrides=[same]), date(2026, 11, 23), NOW)
    assert [turn["instead"] for turn in found["turns"]] == [False, True, False]


def test_without_a_rota_there_is_nothing() -> None:
    assert week_of(settings(), date(2026, 11, 23), NOW)["turns"] == []
