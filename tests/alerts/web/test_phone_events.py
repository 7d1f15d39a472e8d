"""What phones are told of by a stream: that something has changed, and little else; a real server on loopback."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.track.step import StepKind
from alerts.web import phone_events
from alerts.web.caller import caller_of
from alerts.web.events import HEARTBEAT_S
from streams.clock import SimulatedClock
from tests.alerts.web.console import HEADERS, Parts, serving
from tests.alerts.web.test_events import events_of, wanted
from tests.alerts.web.test_phone import settings

PATH = "/api/phone/events"


@pytest.fixture
def served(tmp_path: Path, clock: SimulatedClock) -> Iterator[tuple[Parts, str]]:
    parts = Parts.build(settings(tmp_path / "store"), clock)
    with serving(parts) as url:
        yield parts, url
    parts.close()


@pytest.fixture
async def phone(served: tuple[Parts, str]) -> AsyncIterator[httpx.AsyncClient]:
    parts, url = served
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30, trust_env=False) as found:
        await parts.enter(found)
        yield found


async def test_what_changed_is_named_once_and_a_new_look_at_it_is_no_change(
    served: tuple[Parts, str], phone: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    parts, _ = served
    async with phone.stream("GET", PATH) as answer:
        events = events_of(answer)
        await wanted(events, "hello")
        fire = parts.raise_alert()
        assert (await wanted(events, "news")).data == {"alerts": [fire.id]}
        for second in range(1, 9):  # it burns on, with newer peaks
            look = replace(parts.look(0, parts.finding(0)), monotonic_s=clock.monotonic_s() + second)
            parts.desk.receive(look)
        parts.desk.step(fire.id, StepKind.ACCEPTED, by="li")
        parts.desk.step(fire.id, StepKind.THERE, by="li")
        other = parts.raise_alert(1, "clutter")
        clock.step(1)
        assert (await wanted(events, "news")).data == {"alerts": [fire.id, other.id]}, "one word for all of a second"


async def test_the_line_beats_and_a_stream_ends_with_its_session(
    served: tuple[Parts, str], phone: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    async with phone.stream("GET", PATH) as answer:
        events = events_of(answer)
        await wanted(events, "hello")
        clock.step(HEARTBEAT_S)
        assert (await wanted(events, "beat")).data == {}
        assert (await phone.post("/api/leave", json={})).status_code == 200
        assert [event.name async for event in events] == [], "it ends"


async def test_nobody_hears_of_other_places(served: tuple[Parts, str], phone: httpx.AsyncClient) -> None:
    parts, _ = served
    caller = Principal("li", "李", Role.VOLUNTEER, frozenset({"b3"}), session="s")
    parts.app.dependency_overrides[caller_of] = lambda: caller
    async with phone.stream("GET", PATH) as answer:
        events = events_of(answer)
        await wanted(events, "hello")
        parts.raise_alert(0)  # in the shed
        own = parts.raise_alert(1, "clutter")
        assert (await wanted(events, "news")).data == {"alerts": [own.id]}


async def test_phones_take_no_place_of_a_console_and_are_not_without_end(
    served: tuple[Parts, str], phone: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_events, "MOST_STREAMS", 1)
    async with phone.stream("GET", PATH) as answer:
        await wanted(events_of(answer), "hello")
        assert (await phone.get(PATH)).status_code == 503, "it polls"
        async with phone.stream("GET", "/api/events") as console:
            await wanted(events_of(console), "hello")


async def test_a_stranger_gets_none(served: tuple[Parts, str]) -> None:
    async with httpx.AsyncClient(base_url=served[1], headers=HEADERS, trust_env=False) as stranger:
        assert (await stranger.get(PATH)).status_code == 401
