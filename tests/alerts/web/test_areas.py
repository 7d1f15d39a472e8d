"""Somebody who is limited to places, over HTTP: what is in their lists, what they hear, and what they may order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import ALLOWED, Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.config import Settings
from alerts.db.rows import OperatorSession
from alerts.record.actor import Actor
from alerts.web.events import EventStreams
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, filming, some_settings
from tests.alerts.web.test_live_webrtc import Watcher

WHERE = {"a": "b3-shed", "b": "b3", "c": "b4-shed", "d": "north gate"}
QUIET = [{"name": name, "opens": "00:00", "closes": "00:00", **where} for name, where in (
    ("everywhere", {}), ("b3 at night", {"places": ["b3"]}), ("b4 at night", {"places": ["b4"]}),
)]  # fmt: skip


def settings(folder: Path, **cameras: str) -> Settings:
    """Two houses with a shed each, and a camera that hangs in no registered place."""
    given = some_settings(
        folder, [{"name": name, "url": "0", "place": at} for name, at in {**WHERE, **cameras}.items()]
    )
    houses = [
        {"id": house, "kind": "building", "name": f"House {house}", "contacts": [{"name": f"Warden {house}"}]}
        for house in ("b3", "b4")
    ]
    sheds = [
        {"id": f"{house}-shed", "kind": "shed", "name": f"Shed {house}", "within": house, "hydrant": f"by {house}"}
        for house in ("b3", "b4")
    ]
    site = {"name": "Lane 12", "contacts": [{"name": "Manager"}]}
    return Settings.model_validate({**given.model_dump(), "places": houses + sheds, "site": site})


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


@asynccontextmanager
async def somebody(parts: Parts, *places: str, role: Role = Role.OPERATOR) -> AsyncIterator[httpx.AsyncClient]:
    """Comes by a token that may do all that the role may, at these places."""
    scopes = ALLOWED[role] - {Permission.METRICS}
    _, secret = parts.tokens.add(TokenOrder("panel", role, scopes, frozenset(places)), Actor("Wang", "console"))
    async with parts.client() as client:
        client.headers["authorization"] = f"Bearer {secret}"
        yield client


async def ids_of(client: httpx.AsyncClient, path: str = "/api/alerts") -> list[str]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return [alert["id"] for alert in answer.json()["alerts"]]


@pytest.mark.parametrize(
    ("places", "cameras"),
    [(("b3-shed",), "a"), (("b3",), "ab"), (("d", "b4-shed"), "cd"), (("b",), "b"), (("site",), "abcd")],
)
async def test_lists_hold_what_is_theirs(parts: Parts, places: tuple[str, ...], cameras: str) -> None:
    raised = [parts.raise_alert(number % 4, "ebike", key=str(number)) for number in range(12)]
    own = {one.id for one in raised if one.camera in cameras}
    async with somebody(parts, *places) as client:
        assert set(await ids_of(client)) == own
        found, cursor = [], "Z"
        while cursor:
            page = (await client.get(f"/api/alerts?limit=2&before={cursor}")).json()
            found += [one["id"] for one in page["alerts"]]
            cursor = page["next"]
        assert found == sorted(own, reverse=True)
        assert [one["name"] for one in (await client.get("/api/cameras")).json()["cameras"]] == list(cameras)
        assert list((await client.get("/api/boxes")).json()["cameras"]) == list(cameras)
        due = (await client.get("/api/due")).json()["due"]
        assert {one["alert"] for one in due} == own


async def test_an_alert_stays_theirs_when_its_camera_is_moved_away(parts: Parts, tmp_path: Path) -> None:
    old = parts.raise_alert(0)
    parts.desk.follow(settings(tmp_path / "store", a="b4"))
    new = parts.raise_alert(0, "ebike")
    async with somebody(parts, "b3") as left, somebody(parts, "b4") as right, somebody(parts, "a") as both:
        assert await ids_of(left) == [old.id]
        assert set(await ids_of(right)) == {old.id, new.id}, "whoever has the camera has its alerts"
        assert set(await ids_of(both)) == {old.id, new.id}
        assert (await left.get(f"/api/alerts/{new.id}")).status_code == 404


async def test_of_other_places_no_more_is_told_than_where_ones_own_are(parts: Parts) -> None:
    async with somebody(parts, "b3-shed") as client:
        answer = (await client.get("/api/places")).json()
    assert [place["id"] for place in answer["places"]] == ["b3", "b3-shed"]
    around, own = answer["places"]
    assert (around["name"], around["contacts"], around["cameras"]) == ("House b3", [], [])
    assert [one["name"] for one in own["contacts"]] == ["Warden b3", "Manager"]
    assert (own["cameras"], own["hydrant"]) == (["a"], "by b3")
    assert (answer["site"]["name"], answer["site"]["contacts"], answer["site"]["cameras"]) == ("Lane 12", [], [])
    assert {gap["where"] for gap in answer["gaps"]} == {"b3-shed"}


SCOPES = [
    ("place", "b3-shed", 200), ("place", "b3", 422), ("place", "b4", 422), ("place", "nowhere", 422),
    ("place", "site", 403), ("camera", "a", 200), ("camera", "c", 422), ("hazard", "ebike", 403),
    ("camera_hazard", "ebike@a", 200), ("camera_hazard", "ebike@c", 422),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "scope", "status"), SCOPES)
async def test_who_is_limited_silences_nothing_beyond(parts: Parts, kind: str, scope: str, status: int) -> None:
    order = {"scope_kind": kind, "scope": scope, "reason": "painting", "minutes": 30}
    async with somebody(parts, "b3-shed") as client:
        answer = await client.post("/api/silences", json=order)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["detail"] == f"there is no {kind} {scope}"


@pytest.mark.parametrize("minutes", [30, 60 * 24])
async def test_a_flame_is_silenced_by_the_rules_that_hold_for_all(parts: Parts, minutes: int) -> None:
    raised = parts.raise_alert(0)
    order = {"scope_kind": "alert", "scope": raised.id, "reason": "welding", "minutes": minutes}
    async with somebody(parts, "b3-shed") as client:
        assert (await client.post("/api/silences", json=order)).status_code == 422
        named = await client.post("/api/silences", json={**order, "fire": True})
        assert named.status_code == (200 if minutes == 30 else 422)
        foreign = {**order, "scope": parts.raise_alert(2).id, "fire": True}
        assert (await client.post("/api/silences", json=foreign)).status_code == 422


async def test_silences_that_reach_ones_own_are_seen_and_ended_where_they_hold_nothing_else(parts: Parts) -> None:
    mine, theirs = parts.raise_alert(0), parts.raise_alert(2)
    wanted = {
        ("place", "site"): 403, ("hazard", "ebike"): 403, ("place", "b3"): 403, ("place", "b3-shed"): 200,
        ("camera", "a"): 200, ("camera_hazard", "ebike@a"): 200, ("alert", mine.id): 200,
        ("place", "b4"): 404, ("camera", "c"): 404, ("alert", theirs.id): 404, ("camera", "b"): 404,
        ("camera_hazard", "ebike@b"): 404,
    }  # fmt: skip
    made = {}
    async with parts.client() as operator, somebody(parts, "b3-shed") as client:
        await parts.enter(operator)
        for kind, scope in wanted:
            order = {"scope_kind": kind, "scope": scope, "reason": "x", "minutes": 30, "fire": True}
            made[kind, scope] = (await operator.post("/api/silences", json=order)).json()["id"]
        seen = {made[name] for name, status in wanted.items() if status != 404}
        assert {one["id"] for one in (await client.get("/api/silences")).json()["silences"]} == seen
        muting = (await client.get("/api/muting")).json()
        assert {one["id"] for one in muting["silences"]} == seen
        assert set(muting["muted"]) == {mine.id}
        pages = [(await client.get(f"/api/silences?limit=1&before={'Z' * 26}")).json()]
        while pages[-1]["next"]:
            pages.append((await client.get(f"/api/silences?limit=1&before={pages[-1]['next']}")).json())
        assert {one["id"] for page in pages for one in page["silences"]} == seen
        unknown = await client.post(f"/api/silences/{'0' * 26}/end", json={})
        for name, status in wanted.items():
            answer = await client.post(f"/api/silences/{made[name]}/end", json={})
            assert answer.status_code == status, name
            if status == 404:
                assert answer.text == unknown.text


async def test_quiet_hours_of_elsewhere_are_not_told(tmp_path: Path, clock: SimulatedClock) -> None:
    given = settings(tmp_path / "store").model_dump(by_alias=True)
    parts = Parts.build(Settings.model_validate({**given, "muting": {"quiet": QUIET}}), clock)
    async with somebody(parts, "a") as client:
        told = (await client.get("/api/muting")).json()["quiet"]
    parts.close()
    assert {one["name"] for one in told} == {"everywhere", "b3 at night"}


async def heard(parts: Parts, caller: Principal, last: int | None, number: int) -> list[bytes]:
    """The first so many chunks of a stream."""
    streams: EventStreams = parts.app.state.streams
    session = OperatorSession("", caller.name, parts.clock.now(), parts.clock.now())
    stream = streams.stream(caller, session, last)
    async with asyncio.timeout(20):
        found = [await anext(stream) for _ in range(number)]
    await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
    return found


LI = Principal("li", "Li", Role.VOLUNTEER, frozenset({"b3"}), session="s")


async def test_a_stream_carries_only_ones_own_also_of_what_was_missed(parts: Parts) -> None:
    first = parts.raise_alert(0, "ebike", key="0")
    all_of_it = Principal("wang", "Wang", Role.OPERATOR, session="w")
    async with asyncio.timeout(20):
        hub = parts.desk.subscribe(None)
        raised = [await asyncio.to_thread(parts.raise_alert, camera, "ebike") for camera in (2, 1, 3, 0)]
        before = (await anext(hub)).id - 1
        hub.close()
    everything = b"".join(await heard(parts, all_of_it, before, 10)).decode()
    assert all(one.id in everything for one in raised)
    own = b"".join(await heard(parts, LI, before, 6)).decode()
    assert [one.camera for one in raised if one.id in own] == ["b", "a"]
    assert first.id not in own and '"missed": false' in own
    names = {line for line in own.splitlines() if line.startswith('data: {"name"')}
    assert len(names) == 2 and all('"name": "a"' in name or '"name": "b"' in name for name in names)


async def test_a_stream_follows_the_registry(parts: Parts, tmp_path: Path) -> None:
    streams: EventStreams = parts.app.state.streams
    session = OperatorSession("", "Li", parts.clock.now(), parts.clock.now())
    stream = streams.stream(LI, session, None)
    heard: list[str] = []

    async def hear(until: str) -> None:
        async with asyncio.timeout(20):
            while until not in (chunk := (await anext(stream)).decode()):
                heard.append(chunk)
            heard.append(chunk)

    await hear("event: camera\n")
    parts.desk.follow(settings(tmp_path / "store", a="b4-shed", c="b3-shed"))
    await hear("event: cameras\n")
    elsewhere = await asyncio.to_thread(parts.raise_alert, 0)
    here = await asyncio.to_thread(parts.raise_alert, 2)
    await hear(here.id)
    assert elsewhere.id not in "".join(heard)
    await stream.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_a_stream_ends_with_its_session(parts: Parts) -> None:
    streams: EventStreams = parts.app.state.streams
    session = OperatorSession("", "Li", parts.clock.now(), parts.clock.now())
    stream = streams.stream(LI, session, None)
    await anext(stream)
    streams.close_of("another")
    assert streams.count == 1
    streams.close_of("s")
    async with asyncio.timeout(20):
        left = [chunk async for chunk in stream]
    assert len(left) <= 4 and streams.count == 0


async def test_the_record_tells_a_limited_auditor_of_their_own(parts: Parts) -> None:
    mine, theirs = parts.raise_alert(0), parts.raise_alert(2)
    async with parts.client() as operator:
        await parts.enter(operator)
        for one in (mine, theirs):
            await operator.post(f"/api/alerts/{one.id}/clear", json={"reason": "verify"})
    async with somebody(parts, "b3", role=Role.AUDITOR) as auditor:
        found = (await auditor.get("/api/records")).json()["records"]
        assert {one["subject"] for one in found} == {mine.id}
        assert {"fired", "saw_clear_picture"} <= {one["kind"] for one in found}
        for subject in (theirs.id, "c", "01NOTHERE"):
            answer = await auditor.get("/api/records", params={"subject": subject})
            assert answer.json() == {"records": [], "next": None}


async def test_dead_letters_of_others_are_neither_told_nor_sent_again(tmp_path: Path, clock: SimulatedClock) -> None:
    given = settings(tmp_path / "store").model_dump()
    hook: dict[str, Any] = {"name": "hook", "url": "http://127.0.0.1:9/"}
    parts = Parts.build(Settings.model_validate({**given, "webhooks": [hook]}), clock)
    dead = {}
    for camera in (0, 2):
        raised = parts.raise_alert(camera)
        [letter] = parts.store.deliveries_of(raised.id)
        parts.store.mark_failed(letter.id, "no", None, clock.now())
        dead[camera] = letter.id
    async with somebody(parts, "b3") as client:
        letters = (await client.get("/api/deliveries/dead")).json()["deliveries"]
        assert [one["id"] for one in letters] == [dead[0]]
        answer = await client.post("/api/deliveries/resend", json={"ids": list(dead.values())})
        assert answer.json() == {"resent": 1}
    assert [one.id for one in parts.store.dead()] == [dead[2]]
    parts.close()


@pytest.mark.parametrize(("verb", "body"), [("clear", {"reason": "x"}), ("hold", {"reason": "x"}), ("release", {})])
async def test_whoever_orders_has_a_name(parts: Parts, verb: str, body: dict[str, str]) -> None:
    raised = parts.raise_alert(0)
    async with parts.client() as nameless:
        await parts.enter(nameless, "")
        url = f"/api/alerts/{raised.id}/{verb}"
        refused = await nameless.post(url, json=body)
        assert (refused.status_code, refused.json()["detail"]) == (422, "say who you are")
        assert (await nameless.post("/api/deliveries/resend", json={"ids": ["01A"]})).status_code == 422
        assert (await nameless.post(url, json={**body, "by": " Wang\n"})).status_code == 200
    async with parts.client() as auditor:
        await parts.enter(auditor, "Li")
        found = (await auditor.get("/api/records", params={"subject": raised.id})).json()["records"]
    assert verb == "release" or [one["by"] for one in found if one["kind"] in ("saw_clear_picture", "held")] == ["Wang"]


async def test_live_video_ends_where_the_camera_s_place_is_moved_away(tmp_path: Path) -> None:
    def moved(house: str) -> Settings:
        given = settings(tmp_path / "store").model_dump()
        places = [{**one, "within": house} if one["id"] == "b3-shed" else one for one in given["places"]]
        return Settings.model_validate({**given, "places": places})

    parts = Parts.build(moved("b3"))
    async with somebody(parts, "b3") as client, somebody(parts, "site") as everybody:
        with filming(parts, [0]):
            watchers = [Watcher(client), Watcher(everybody), Watcher(client)]
            assert [(await watcher.ask("a")).status_code for watcher in watchers[:2]] == [201, 201]
            await watchers[0].frames(1)
            parts.desk.follow(moved("b4"))
            async with asyncio.timeout(20):
                while parts.app.state.video.count > 1:
                    await asyncio.sleep(0.05)
            await watchers[1].frames(2)
            assert (await watchers[2].ask("a")).status_code == 404
            for watcher in watchers:
                await watcher.peer.close()
    await parts.app.state.video.close_all()
    parts.close()


async def test_what_is_wrong_with_the_settings_names_places(tmp_path: Path, clock: SimulatedClock) -> None:
    wrong: dict[str, Any] = {"disk": "full", "store": "", "settings": "place b4: within: no place has the id b5"}
    wrong |= {"problems": [{"loc": ["places", 0, "within"], "code": "unknown_place", "message": "b4", "values": {}}]}
    parts = Parts.build(settings(tmp_path / "store"), clock, status=lambda: wrong)
    async with somebody(parts, "b3") as client, somebody(parts, "site") as everybody:
        assert (await everybody.get("/api/status")).json() == wrong
        assert (await client.get("/api/status")).json() == {**wrong, "settings": "", "problems": []}
    told = b"".join(await heard(parts, LI, None, 2))
    assert b"full" in told and b"b4" not in told
    parts.close()
