"""Burn windows, burners, and who stands by."""

from datetime import UTC, date, datetime, time

import numpy as np
import pytest

from vision.burning import ATTENDED, UNDATED, BurnSite, BurnWindow, beside
from vision.config import ZoneConfig
from vision.geometry import Box, Polygon
from vision.zones import WHOLE_PICTURE, ZoneType

DAY = BurnWindow(date(2027, 4, 3), date(2027, 4, 5), time(6), time(18))
NIGHT = BurnWindow(date(2027, 4, 3), date(2027, 4, 5), time(20), time(2))
ALWAYS = BurnWindow(date(2027, 1, 1), date(2027, 12, 31), time(0), time(0))
BURNER: Polygon = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.7), (0.4, 0.7))
APRIL = {"first_day": "2027-04-03", "last_day": "2027-04-05"}
INSIDE: Box = (0.45, 0.3, 0.55, 0.6)


@pytest.mark.parametrize(
    ("window", "local", "holds"),
    [
        (DAY, "2027-04-03 06:00", True),
        (DAY, "2027-04-05 17:59", True),
        (DAY, "2027-04-03 05:59", False),
        (DAY, "2027-04-04 18:00", False),
        (DAY, "2027-04-06 12:00", False),
        (NIGHT, "2027-04-03 21:00", True),
        (NIGHT, "2027-04-06 01:59", True),
        (NIGHT, "2027-04-03 01:00", False),
        (NIGHT, "2027-04-04 12:00", False),
        (ALWAYS, "2027-12-31 23:59", True),
    ],
)
def test_a_window_holds_days_and_hours(window: BurnWindow, local: str, holds: bool) -> None:
    assert window.holds(datetime.fromisoformat(local)) is holds


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ATTENDED),
        (
            {"at": datetime(2027, 4, 4, 12, tzinfo=UTC)},
            "outside the burn windows: it is 2027-04-04 20:00 Asia/Shanghai",
        ),
        ({"box": (0.55, 0.3, 0.7, 0.6)}, "outside the burner"),
        ({"box": (0.45, 0.3, 0.55, 0.9)}, "outside the burner"),
        ({"alone_s": 301.0}, "unattended for 301 s (limit 300 s)"),
        ({"growth": 3.0}, "growing: 3.0 times its area of ten seconds ago (limit 2.5)"),
        ({"growth": 3.0, "burns_s": 5.0}, ATTENDED),
    ],
)
def test_the_verdict_gives_its_reason(changes: dict[str, object], said: str) -> None:
    given: dict[str, object] = {"at": datetime(2027, 4, 4, 2, tzinfo=UTC), "box": INSIDE, "burns_s": 60.0}
    given |= {"alone_s": 10.0, "growth": 1.0, **changes}
    site = BurnSite((DAY,), "Asia/Shanghai", (BURNER,))
    assert site.verdict(zone=WHOLE_PICTURE, **given) == said  # type: ignore[arg-type]


def test_where_it_is_not_known_when_it_was_no_window_is_open() -> None:
    site = BurnSite((ALWAYS,), "UTC", dated=False)
    at = datetime(2027, 4, 4, tzinfo=UTC)
    assert site.verdict(at, INSIDE, BURNER, burns_s=1, alone_s=1, growth=1) == UNDATED


def test_without_burners_the_whole_zone_is_one() -> None:
    site = BurnSite((ALWAYS,), "UTC")
    at = datetime(2027, 4, 4, tzinfo=UTC)
    assert site.verdict(at, INSIDE, BURNER, burns_s=1, alone_s=1, growth=1) == ATTENDED
    assert site.verdict(at, (0, 0, 0.1, 0.1), BURNER, burns_s=1, alone_s=1, growth=1) == "outside the burner"


@pytest.mark.parametrize(("x", "near"), [(100, True), (200, True), (260, True), (300, False)])
def test_somebody_within_reach_is_beside_it(x: float, near: bool) -> None:
    flame = np.array([100, 100, 120, 140], np.float32)
    person = np.array([[x, 20, x + 60, 220]], np.float32)
    assert beside(flame, person) is near


def test_nobody_is_beside_it() -> None:
    assert not beside(np.array([0, 0, 9, 9], np.float32), np.zeros((0, 4), np.float32))


def test_the_settings_become_a_burn_site() -> None:
    zone = ZoneConfig.model_validate(
        {
            "name": "burner",
            "type": "burn_site",
            "burning": {
                "windows": [{"first_day": "2027-04-03", "last_day": "2027-04-05", "opens": "06:00", "closes": "18:00"}],
                "burners": [BURNER],
                "unattended_s": 60,
            },
        }
    ).zone()
    assert zone.burning == BurnSite((DAY,), "Asia/Shanghai", (BURNER,), 60)


@pytest.mark.parametrize(
    ("zone_type", "burning", "said"),
    [
        (
            ZoneType.YARD,
            {"windows": [{"first_day": "2027-04-03", "last_day": "2027-04-05"}]},
            "burning is of a burn_site",
        ),
        (ZoneType.BURN_SITE, {"windows": []}, "at least 1"),
        (ZoneType.BURN_SITE, {"windows": [{"first_day": "2027-04-05", "last_day": "2027-04-03"}]}, "before first_day"),
        (ZoneType.BURN_SITE, {"windows": [{**APRIL, "opens": "06:00Z"}]}, "an hour without a zone"),
        (ZoneType.BURN_SITE, {"windows": [{**APRIL, "closes": "18:00+08:00"}]}, "an hour without a zone"),
        (
            ZoneType.BURN_SITE,
            {"time_zone": "Mars/Base", "windows": [APRIL]},
            "no time zone is called 'Mars/Base'",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(zone_type: ZoneType, burning: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ZoneConfig.model_validate({"name": "place", "type": zone_type, "burning": burning})
