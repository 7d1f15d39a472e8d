"""Server-sent events, through a real server on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.web.events import HEARTBEAT_S, MAX_STREAMS
from streams.clock import SimulatedClock
from tests.alerts.web.console import HEADERS, Parts, serving, some_settings


@dataclass
class Sent:
    name: str
    data: Any
    id: str


@pytest.fixture
def served(tmp_path: Path, clock: SimulatedClock) -> Iterator[tuple[Parts, str]]:
    parts = Parts.build(some_settings(tmp_path / "store"), clock)
    with serving(parts) as url:
        yield parts, url
    parts.close()


@pytest.fixture
async def client(served: tuple[Parts, str]) -> AsyncIterator[httpx.AsyncClient]:
    parts, url = served
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30, trust_env=False) as found:
        await parts.enter(found)
        yield found


async def events_of(answer: httpx.Response) -> AsyncIterator[Sent]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Sent(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            fields = {}


async def wanted(events: AsyncIterator[Sent], name: str) -> Sent:
    async with asyncio.timeout(20):
        async for event in events:
            if event.name == name:
                return event
    raise AssertionError(f"the stream ended without {name!r}")


async def test_a_change_arrives_and_is_replayed(served: tuple[Parts, str], client: httpx.AsyncClient) -> None:
    parts, _ = served
    async with client.stream("GET", "/api/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = events_of(answer)
        assert (await wanted(events, "hello")).data["missed"] is False
        raised = await asyncio.to_thread(parts.raise_alert)
        first = await wanted(events, "alert")
        assert (first.data["alert"]["id"], first.data["kind"]) == (raised.id, "fired")
        assert first.id.isdecimal() and "snapshot" not in first.data["alert"]["evidence"]
    await asyncio.to_thread(lambda: parts.desk.acknowledge(raised.id, by="Li"))
    second = await asyncio.to_thread(lambda: parts.raise_alert(1, "clutter"))
    async with client.stream("GET", "/api/events", headers={"Last-Event-ID": first.id}) as answer:
        events = events_of(answer)
        assert (await wanted(events, "hello")).data["missed"] is False
        assert (await wanted(events, "alert")).data["kind"] == "acknowledged"
        assert (await wanted(events, "alert")).data["alert"]["id"] == second.id


@pytest.mark.parametrize("last", ["1", "x", "-5", "9" * 40, "1.5"])
async def test_a_strange_last_event_id(client: httpx.AsyncClient, last: str) -> None:
    async with client.stream("GET", "/api/events", headers={"Last-Event-ID": last}) as answer:
        hello = await wanted(events_of(answer), "hello")
        assert hello.data["missed"] is (last == "1")


async def test_camera_health(served: tuple[Parts, str], client: httpx.AsyncClient) -> None:
    parts, _ = served
    async with client.stream("GET", "/api/events") as answer:
        events = events_of(answer)
        states = {(await wanted(events, "camera")).data["name"] for _ in range(2)}
        assert states == {"shed-1", "stairs-2"}
        parts.online(1, "offline", "gone")
        told = await wanted(events, "camera")
        assert told.data["name"] == "stairs-2"
        assert (told.data["health"]["state"], told.data["health"]["detail"]) == ("offline", "gone")


async def test_heartbeat_and_log_out(
    served: tuple[Parts, str], clock: SimulatedClock, client: httpx.AsyncClient
) -> None:
    async with client.stream("GET", "/api/events") as answer:
        events = events_of(answer)
        await wanted(events, "hello")
        clock.step(HEARTBEAT_S + 1)
        assert (await wanted(events, "beat")).data == {}, "a page sees no comment"
        assert (await client.post("/api/leave")).status_code == 200
        clock.step(HEARTBEAT_S + 1)
        async with asyncio.timeout(20):
            assert [event.name async for event in events if event.name == "alert"] == []


async def test_too_many_streams(tmp_path: Path, clock: SimulatedClock) -> None:
    parts = Parts.build(some_settings(tmp_path / "s"), clock)
    async with parts.client() as operator:
        await parts.enter(operator)
        parts.app.state.streams._open = {asyncio.Event(): "" for _ in range(MAX_STREAMS)}
        refused = await operator.get("/api/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_consoles")
        assert int(refused.headers["retry-after"]) > 0
    parts.close()


async def test_shutdown_ends_the_stream(tmp_path: Path, clock: SimulatedClock) -> None:
    parts = Parts.build(some_settings(tmp_path / "s"), clock)
    server = serving(parts)
    url = server.__enter__()
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30, trust_env=False) as client:
        await parts.enter(client)
        async with client.stream("GET", "/api/events") as answer:
            events = events_of(answer)
            await wanted(events, "hello")
            await asyncio.to_thread(server.__exit__, None, None, None)
            async with asyncio.timeout(20):
                assert [event.name async for event in events if event.name == "alert"] == []
    parts.close()
