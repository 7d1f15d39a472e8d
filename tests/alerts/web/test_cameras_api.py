"""Cameras over HTTP."""

import httpx
import pytest

from alerts.live import STALE_S
from alerts.web.freshness import Freshness
from streams.clock import SimulatedClock
from streams.reasons import Reason
from tests.alerts.web.console import Parts


async def test_cameras_without_their_secrets(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.online(0)
    parts.live.put(parts.look(0))
    answer = await operator.get("/api/cameras")
    assert "secret" not in answer.text and "rtsp" not in answer.text
    first, second = answer.json()["cameras"]
    assert (first["name"], first["place"], first["size"]) == ("shed-1", "3 号车棚", [640, 360])
    assert first["health"]["state"] == "online"
    assert first["zones"][0]["polygon"] == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert second["health"]["state"] == "unknown" and second["size"] is None


async def test_picture(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.online(0)
    parts.preview(0, 7)
    answer = await operator.get("/api/cameras/shed-1/picture.jpg")
    assert answer.status_code == 200 and answer.content.startswith(b"\xff\xd8")
    assert answer.headers["cache-control"] == "no-store"
    unchanged = await operator.get("/api/cameras/shed-1/picture.jpg", headers={"if-none-match": answer.headers["etag"]})
    assert unchanged.status_code == 304 and not unchanged.content
    parts.preview(0, 8)
    newer = await operator.get("/api/cameras/shed-1/picture.jpg", headers={"if-none-match": answer.headers["etag"]})
    assert newer.status_code == 200


async def test_no_stale_picture_after_the_camera_is_lost(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.online(0)
    parts.preview(0)
    parts.live.put(parts.look(0))
    parts.online(0, "offline", Reason("camera_no_answer", seconds=5))
    answer = await operator.get("/api/cameras/shed-1/picture.jpg")
    assert answer.status_code == 404 and "offline" in answer.json()["detail"]
    assert (await operator.get("/api/cameras/shed-1/boxes")).json()["boxes"] == []
    health = (await operator.get("/api/cameras")).json()["cameras"][0]["health"]
    assert (health["state"], health["detail"]) == ("offline", "no answer within 5 s") and health["since"]
    assert (health["code"], health["values"]) == ("camera_no_answer", {"seconds": "5"})


async def test_a_picture_that_no_longer_changes(
    parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient
) -> None:
    parts.online(0)
    parts.preview(0)
    url = "/api/cameras/shed-1/picture.jpg"
    assert (await operator.get(url)).status_code == 200
    stood_still = clock.now()
    clock.step(STALE_S + 1)
    assert (await operator.get(url)).status_code == 404
    health = (await operator.get("/api/cameras")).json()["cameras"][0]["health"]
    assert (health["state"], health["since"]) == ("stalled", stood_still.isoformat())
    parts.preview(0, 1)
    assert (await operator.get(url)).status_code == 200
    assert (await operator.get("/api/cameras")).json()["cameras"][0]["health"]["state"] == "online"


async def test_boxes(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.online(0)
    parts.preview(0)
    parts.live.put(parts.look(0, parts.finding(0)))
    one = (await operator.get("/api/cameras/shed-1/boxes")).json()
    assert one["boxes"][0]["name"] == "person"
    assert (one["findings"][0]["hazard"], one["findings"][0]["confirmed"]) == ("flame", True)
    everything = (await operator.get("/api/boxes")).json()["cameras"]
    assert everything["shed-1"] == one and everything["stairs-2"]["boxes"] == []


async def test_a_calm_viewer_has_no_more_pictures_made(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.online()
    parts.preview()
    before = len(parts.shown)
    assert (await operator.get("/api/cameras/shed-1/picture.jpg?calm=true")).status_code == 200
    assert len(parts.shown) == before
    assert (await operator.get("/api/cameras/shed-1/picture.jpg")).status_code == 200
    assert parts.shown[-1].pictures == {"shed-1"}


@pytest.mark.parametrize("name", ["nobody", "%2e%2e%2fshed-1", "shed-1%00", "SHED-1", "x" * 300])
@pytest.mark.parametrize("rest", ["boxes", "picture.jpg"])
async def test_foreign_cameras(parts: Parts, operator: httpx.AsyncClient, name: str, rest: str) -> None:
    parts.online(0)
    parts.preview(0)
    assert (await operator.get(f"/api/cameras/{name}/{rest}")).status_code == 404


def test_freshness_goes_by_the_count(parts: Parts, clock: SimulatedClock) -> None:
    freshness = Freshness(parts.live, clock)
    assert freshness.picture("shed-1") == (None, "offline")
    parts.online(0)
    for step in range(5):
        parts.preview(0, step)
        clock.step(STALE_S - 1)
        assert freshness.picture("shed-1")[0] is not None
    clock.step(STALE_S + 1)
    assert freshness.picture("shed-1") == (None, "stalled")
