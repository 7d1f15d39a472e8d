"""Floor plans over HTTP: uploaded by whoever may change the site, seen by whoever may see the whole place."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.plans.picture import MOST_BYTES, PlanPicture
from alerts.record import records
from alerts.web.caller import caller_of
from alerts.web.guard import MAX_BODY
from streams.clock import SimulatedClock
from tests.alerts.plans.pictures import coded, png_that_says, sheet
from tests.alerts.web.console import Parts, free_port

PLACES = [
    {"id": "b3", "name": "3号楼", "kind": "building"},
    {"id": "shed", "name": "车棚", "kind": "shed", "within": "b3"},
    {"id": "b4", "name": "4号楼", "kind": "building"},
]
CAMERAS = [
    {"name": "shed-1", "url": "rtsp://camera/1", "place": "shed"},
    {"name": "b4-1", "url": "rtsp://camera/2", "place": "b4"},
    {"name": "gate", "url": "rtsp://camera/3", "place": "by the old tree"},
]
DRAWN = PlanPicture(b"RIFF", 640, 400)


def settings(folder: Path, cameras: list[dict[str, Any]] = CAMERAS) -> Settings:
    raw = {"store": {"path": folder}, "places": PLACES, "cameras": cameras, "console": {"port": free_port()}}
    return Settings.model_validate(raw)


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


@pytest.fixture
async def limited(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """The lead of house 3."""
    caller = Principal("li", "Li", Role.BUILDING_LEAD, frozenset({"b3"}), session="s")
    async with parts.client() as client:
        await parts.enter(client)
        parts.app.dependency_overrides[caller_of] = lambda: caller
        yield client


def draw(parts: Parts, *places: str) -> None:
    for place in places:
        parts.app.state.plans.store.draw(place, DRAWN)


async def plans(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/plans")
    assert answer.status_code == 200, answer.text
    return {plan["place"]: plan for plan in answer.json()["plans"]}


async def test_a_plan_is_uploaded_and_cameras_hung(parts: Parts, operator: httpx.AsyncClient) -> None:
    data = coded(np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8))
    assert MAX_BODY < len(data) < MOST_BYTES
    answer = await operator.put("/api/plans/b3/picture", content=data)
    assert (answer.status_code, answer.json()["width"], answer.json()["height"]) == (200, 400, 300)
    hung = await operator.put("/api/plans/b3/spots", json={"version": 1, "spots": {"shed-1": {"x": 0.2, "y": 0.7}}})
    assert hung.json()["spots"] == {"shed-1": {"x": 0.2, "y": 0.7}}
    assert await plans(operator) == {"b3": hung.json()}
    picture = await operator.get("/api/plans/b3/picture")
    assert picture.headers["content-type"] == "image/webp"
    shown = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape == (300, 400, 3)
    assert (await operator.delete("/api/plans/b3")).status_code == 204
    assert await plans(operator) == {}
    assert (await operator.get("/api/plans/b3/picture")).status_code == 404
    noted = [(one.subject, one.by, one.detail) for one in records.newest(parts.store, kinds=["changed_plan"])]
    assert noted == [("b3", "Wang", {"what": what}) for what in ("removed", "cameras", "picture")]


HOSTILE: list[tuple[bytes, int, str | None]] = [
    (b"", 422, "no_picture"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422, "no_picture"),
    (png_that_says(60_000, 60_000), 422, "too_many_pixels"),
    (coded(sheet())[:60], 422, "broken"),
    (bytes(MOST_BYTES + 1), 413, None),
]


async def test_hostile_files_are_refused(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "b3")
    for data, status, code in HOSTILE:
        answer = await operator.put("/api/plans/b3/picture", content=data)
        assert (answer.status_code, answer.json().get("code")) == (status, code), data[:40]
        assert (await plans(operator))["b3"]["version"] == 1, "the plan that was there stands"


SPOTS: list[tuple[dict[str, Any], int]] = [
    ({"b4-1": {"x": 0.5, "y": 0.5}}, 422),
    ({"gate": {"x": 0.5, "y": 0.5}}, 422),
    ({"nobody": {"x": 0.5, "y": 0.5}}, 422),
    ({"shed-1": {"x": 1.1, "y": 0.5}}, 422),
    ({"shed-1": {"x": None, "y": 0.5}}, 422),
    ({"shed-1": {"x": 0.5, "y": 0.5, "z": 1}}, 422),
    ({f"c{number}": {"x": 0.5, "y": 0.5} for number in range(201)}, 422),
    ({"shed-1": {"x": 0, "y": 1}}, 200),
]


async def test_only_cameras_of_the_place_hang_on_its_plan(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "b3")
    for spots, status in SPOTS:
        answer = await operator.put("/api/plans/b3/spots", json={"version": 1, "spots": spots})
        assert answer.status_code == status, (spots, answer.text)


async def test_on_the_site_s_plan_every_camera_may_hang(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "site")
    spots = {camera["name"]: {"x": 0.5, "y": 0.5} for camera in CAMERAS}
    assert (await operator.put("/api/plans/site/spots", json={"version": 1, "spots": spots})).status_code == 200


async def test_two_who_hang_cameras_at_once(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "b3")
    order = {"version": 1, "spots": {"shed-1": {"x": 0.1, "y": 0.1}}}
    answers = [await operator.put("/api/plans/b3/spots", json=order) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]


async def test_a_camera_that_was_moved_elsewhere_is_no_longer_shown(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "b3")
    order = {"version": 1, "spots": {"shed-1": {"x": 0.1, "y": 0.1}}}
    assert (await operator.put("/api/plans/b3/spots", json=order)).json()["spots"]
    parts.desk.follow(settings(parts.settings.store.path, [CAMERAS[0] | {"place": "b4"}, *CAMERAS[1:]]))
    assert (await plans(operator))["b3"]["spots"] == {}


async def test_a_place_that_is_not_registered_has_no_plan(parts: Parts, operator: httpx.AsyncClient) -> None:
    draw(parts, "gone")
    assert await plans(operator) == {}
    for place in ("gone", "..%2F..%2Fetc", "x" * 65, "nobody"):
        assert (await operator.get(f"/api/plans/{place}/picture")).status_code in (404, 422)
        assert (await operator.put(f"/api/plans/{place}/picture", content=coded(sheet()))).status_code in (404, 422)


async def test_whoever_is_limited_sees_the_plans_of_places_that_are_wholly_theirs(
    parts: Parts, limited: httpx.AsyncClient
) -> None:
    draw(parts, "site", "b3", "shed", "b4")
    assert set(await plans(limited)) == {"b3", "shed"}
    for place, status in {"b3": 200, "shed": 200, "b4": 404, "site": 404, "nobody": 404}.items():
        assert (await limited.get(f"/api/plans/{place}/picture")).status_code == status, place
    assert (await limited.put("/api/plans/b3/spots", json={"version": 1, "spots": {}})).status_code == 403


async def test_nobody_else_may_send_so_much(parts: Parts) -> None:
    """Read from the guard's own look at who asks, before any route is reached."""
    async with parts.client() as client:
        answer = await client.put("/api/plans/b3/picture", content=bytes(MAX_BODY + 1))
        assert answer.status_code == 401
        await parts.enter(client)
        parts.app.dependency_overrides.clear()
        for path in ("/api/plans/b3/spots", "/api/plans/a/b/picture", "/api/silences"):
            answer = await client.put(path, content=bytes(MAX_BODY + 1))
            assert answer.status_code == 413, path
