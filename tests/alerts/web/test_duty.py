"""The duty calendar over HTTP, and as a file for the phone's own."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.web.caller import caller_of
from alerts.web.duty_ics import MOST_OCTETS, Event, calendar
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

AT = datetime(2026, 3, 3, 4, tzinfo=UTC)  # a Tuesday, noon in Shanghai


def settings(folder: Path, **rota: Any) -> Settings:
    given = some_settings(folder).model_dump()
    hook = {"name": "hook", "url": "http://127.0.0.1:9/"}
    people = [
        {"id": name, "name": shown, "channels": [{"channel": "hook"}]}
        for name, shown in (("li", "李阿姨"), ("wang", "王; 秀,英\r\nBEGIN:VEVENT"))
    ]
    shifts = [
        {"days": ["tue", "thu"], "begins": "08:00", "ends": "20:00", "who": ["li"]},
        {"begins": "12:00", "ends": "22:00", "who": ["wang"]},
    ]
    rota = rota or {"shifts": shifts}
    site = {"name": "十二弄", "time_zone": "Asia/Shanghai"}
    return Settings.model_validate({**given, "site": site, "webhooks": [hook], "people": people, "rota": rota})


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(AT)


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Any:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


def as_account(parts: Parts, account: str, role: Role = Role.VOLUNTEER) -> None:
    caller = Principal(account, account, role, session="s")
    parts.app.dependency_overrides[caller_of] = lambda: caller


async def test_my_own_duties_with_whom_and_who_is_on_now(parts: Parts, operator: httpx.AsyncClient) -> None:
    as_account(parts, "li")
    duty = (await operator.get("/api/duty?weeks=1")).json()
    assert duty["person"] == "李阿姨" and duty["time_zone"] == "Asia/Shanghai"
    assert duty["now"]["me"] and duty["now"]["who"][0] == "李阿姨"
    assert duty["now"]["until"] == "2026-03-03T20:00:00+08:00"
    assert [(one["begins"], one["ends"]) for one in duty["mine"]] == [
        ("2026-03-03T08:00:00+08:00", "2026-03-03T20:00:00+08:00"),
        ("2026-03-05T08:00:00+08:00", "2026-03-05T20:00:00+08:00"),
        ("2026-03-10T08:00:00+08:00", "2026-03-10T20:00:00+08:00"),
    ]
    assert all(len(one["with"]) == 1 for one in duty["mine"][:2])


async def test_round_the_clock_has_no_bounds_and_one_event(tmp_path: Path, clock: SimulatedClock) -> None:
    always = [{"begins": "00:00", "ends": "00:00", "who": ["li"]}]
    parts = Parts.build(settings(tmp_path / "always", shifts=always), clock)
    try:
        async with parts.client() as client:
            await parts.enter(client)
            as_account(parts, "li")
            duty = (await client.get("/api/duty")).json()
            assert duty["now"] == {"who": ["李阿姨"], "until": None, "me": True}
            assert duty["mine"] == [{"begins": None, "ends": None, "with": []}]
            files = []
            for _ in range(2):
                files.append((await client.get("/api/duty.ics?weeks=1&language=zh")).text)
                clock.step(3600)
            assert "DTSTART;VALUE=DATE:20260303\r\nDTEND;VALUE=DATE:20260310\r\n" in files[0]
            assert "SUMMARY:消防值班（全天） · 十二弄" in files[0] and files[0].count("BEGIN:VEVENT") == 1
            uids = [re.findall(r"UID:(.*)\r", file) for file in files]
            assert uids[0] == uids[1], "taken in again it replaces what is there"
    finally:
        parts.close()


async def test_a_duty_that_ends_one_day_begins_before_what_is_looked_at(tmp_path: Path, clock: SimulatedClock) -> None:
    away = {"begins": "2026-03-20T08:00:00", "ends": "2026-03-21T08:00:00", "who": ["wang"]}
    rota = {"shifts": [{"begins": "00:00", "ends": "00:00", "who": ["li"]}], "overrides": [away]}
    parts = Parts.build(settings(tmp_path / "away", **rota), clock)
    try:
        async with parts.client() as client:
            await parts.enter(client)
            as_account(parts, "li")
            mine = (await client.get("/api/duty")).json()["mine"]
            assert [(one["begins"], one["ends"]) for one in mine] == [
                (None, "2026-03-20T08:00:00+08:00"), ("2026-03-21T08:00:00+08:00", None),
            ]  # fmt: skip
    finally:
        parts.close()


async def test_who_is_nobody_of_the_rota_has_no_duty(parts: Parts, operator: httpx.AsyncClient) -> None:
    as_account(parts, "guard", Role.OPERATOR)
    duty = (await operator.get("/api/duty")).json()
    assert (duty["person"], duty["mine"], duty["now"]["me"]) == ("", [], False)
    assert "VEVENT" not in (await operator.get("/api/duty.ics")).text


@pytest.mark.parametrize("weeks", ["0", "13", "x"])
async def test_only_so_many_weeks(parts: Parts, operator: httpx.AsyncClient, weeks: str) -> None:
    assert (await operator.get(f"/api/duty?weeks={weeks}")).status_code == 422


async def test_the_file_keeps_what_an_event_is_called(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    as_account(parts, "li")
    first = await operator.get("/api/duty.ics?weeks=1&language=zh")
    assert first.headers["content-type"].startswith("text/calendar")
    assert first.text.startswith("BEGIN:VCALENDAR\r\n") and first.text.endswith("END:VCALENDAR\r\n")
    assert "DTSTART:20260303T000000Z\r\nDTEND:20260303T120000Z\r\n" in first.text
    assert "\r\nBEGIN:VEVENT\r\nBEGIN" not in first.text, "a name begins no line of its own"
    assert len(re.findall(r"^BEGIN:VEVENT\r$", first.text, re.MULTILINE)) == 3
    uids = re.findall(r"UID:(.*)\r", first.text)
    clock.step(3600)
    later = (await operator.get("/api/duty.ics?weeks=1&language=zh")).text
    assert re.findall(r"UID:(.*)\r", later)[:3] == uids, "taken in again it replaces what is there"


def test_lines_are_folded_between_characters() -> None:
    text = calendar([Event("u", AT, AT, "心安" * 60, "a\\b;c,d\ne")], AT, "x")
    assert all(len(line.encode()) <= MOST_OCTETS for line in text.split("\r\n"))
    assert "心安" * 60 in text.replace("\r\n ", "")
    assert "DESCRIPTION:a\\\\b\\;c\\,d\\ne" in text
