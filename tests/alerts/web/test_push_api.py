"""Phones over HTTP."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.roles import Role
from alerts.config import Settings
from alerts.db.accounts import Accounts, By
from streams.clock import SimulatedClock
from tests.alerts.push_service import Browser
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, some_settings

ENDPOINT = "https://push.example/abc"


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    given = some_settings(tmp_path / "store").model_dump()
    channel = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example"}
    built = Parts.build(Settings.model_validate({**given, "channels": [channel]}), clock)
    yield built
    built.close()


@pytest.fixture
async def operator(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """Came in by a link; the queues of what it subscribed are stopped at the end."""
    async with parts.client() as client:
        await parts.enter(client)
        yield client
        assert parts.told is not None
        await parts.told.close()


def asked(endpoint: str = ENDPOINT, **given: Any) -> dict[str, Any]:
    """What a page sends."""
    return {"name": "Pixel", "language": "en", "subscription": Browser().subscription(endpoint), **given}


async def test_a_device_comes_and_goes(operator: httpx.AsyncClient) -> None:
    assert len((await operator.get("/api/push")).json()["key"]) == 87
    made = await operator.post("/api/push/devices", json=asked())
    assert made.status_code == 201
    [device] = (await operator.get("/api/push")).json()["devices"]
    assert device == made.json()
    assert (device["name"], device["owner"], device["language"]) == ("Pixel", "Wang", "en")
    again = await operator.post("/api/push/devices", json=asked(name="Pixel 9"))
    assert again.json()["id"] == device["id"]
    assert (await operator.delete(f"/api/push/devices/{device['id']}")).status_code == 204
    assert (await operator.delete(f"/api/push/devices/{device['id']}")).status_code == 404
    assert (await operator.get("/api/push")).json()["devices"] == []


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"role": Role.AUDITOR}, None], ids=["disabled", "may not be told", "removed"]
)
async def test_whoever_leaves_is_told_of_nothing_more(parts: Parts, operator: httpx.AsyncClient, change: Any) -> None:
    accounts, told = Accounts(parts.store, parts.clock), parts.told
    assert told is not None
    kept = (await operator.post("/api/push/devices", json=asked())).json()["id"]
    accounts.add("wang", "", Role.ADMIN, None, None, By("test"))
    accounts.add("li", "", Role.VOLUNTEER, None, None, By("test"))
    await parts.access.refresh()
    await told.add("x", "li", "zh", "https://push.example/li", Browser().keys(), account="li")
    account = parts.access.accounts["li"]
    async with parts.client() as client:
        client.cookies.set(*(await parts.access.open("li", account, "")).partition(";")[0].split("=", 1))
        assert len((await client.get("/api/push")).json()["devices"]) == 1
    await parts.access.changing(
        lambda book: book.remove("li", By("test")) if change is None else book.change("li", change, None, By("test"))
    )
    assert [device.id for device in told.devices.all()] == [kept]


async def test_a_browser_that_changed_its_address_keeps_its_name(operator: httpx.AsyncClient) -> None:
    first = (await operator.post("/api/push/devices", json=asked())).json()
    fresh = asked("https://push.example/new", name="", language="zh", replaces=ENDPOINT)
    second = (await operator.post("/api/push/devices", json=fresh)).json()
    assert (await operator.get("/api/push")).json()["devices"] == [second]
    assert second["id"] != first["id"]
    assert (second["name"], second["language"]) == ("Pixel", "en")


async def test_neither_endpoint_nor_keys_are_given_away(parts: Parts, operator: httpx.AsyncClient) -> None:
    given = asked()
    await operator.post("/api/push/devices", json=given)
    text = (await operator.get("/api/push")).text
    private = parts.store.meta("push.vapid")
    for secret in (ENDPOINT, *given["subscription"]["keys"].values(), private):
        assert secret and secret not in text


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/",
        "https://127.0.0.1/",
        "https://10.0.0.1:8443/x",
        "https://localhost/",
        "ftp://a.b/",
        "x",
    ],
)
async def test_an_endpoint_within_the_own_network_is_refused(operator: httpx.AsyncClient, endpoint: str) -> None:
    answer = await operator.post("/api/push/devices", json=asked(endpoint))
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("endpoint: ")


@pytest.mark.parametrize(
    "keys", [{"p256dh": "x", "auth": "y"}, {"p256dh": Browser().keys()["p256dh"], "auth": "AAAA"}, {"auth": "y"}, {}]
)
async def test_keys_that_are_none(operator: httpx.AsyncClient, keys: dict[str, str]) -> None:
    given = asked(subscription={"endpoint": ENDPOINT, "keys": keys})
    assert (await operator.post("/api/push/devices", json=given)).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, [], {"name": "x"}, asked(language="fr"), asked(more=1), asked("https://a.b/" + "x" * 2000)]
)
async def test_bodies_that_are_wrong(operator: httpx.AsyncClient, body: object) -> None:
    assert (await operator.post("/api/push/devices", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/push"),
        ("POST", "/api/push/devices"),
        ("DELETE", "/api/push/devices/ab"),
        ("POST", "/api/push/devices/ab/test"),
    ],
)
async def test_strangers_and_wrong_ids(
    operator: httpx.AsyncClient, stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await stranger.request(method, path)).status_code == 401
    if "/ab" in path:
        assert (await operator.request(method, path)).status_code == 404
        assert (await operator.request(method, path.replace("/ab", "/x.y"))).status_code == 422


async def test_a_test_says_what_became_of_it(tmp_path: Path) -> None:
    with Receiver(lambda got: Answer(201 if got.path == "/fine" else 503)) as service:
        given = some_settings(tmp_path / "store").model_dump()
        channel = {"type": "push", "name": "phones", "contact": "mailto:a@b.example", "allow_private": True}
        parts = Parts.build(Settings.model_validate({**given, "channels": [channel]}), SimulatedClock())
        said = {}
        async with parts.client() as client:
            await parts.enter(client)
            for path in ("fine", "bad"):
                made = await client.post("/api/push/devices", json=asked(f"http://127.0.0.1:{service.port}/{path}"))
                answer = await client.post(f"/api/push/devices/{made.json()['id']}/test", json={})
                said[path] = answer.json()
        assert parts.told is not None
        await parts.told.close()
        parts.close()
    assert said == {
        "fine": {"delivered": True, "reason": ""},
        "bad": {"delivered": False, "reason": "127.0.0.1: HTTP 503"},
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/service-worker.js", "text/javascript"),
        ("/console.webmanifest", "application/manifest+json"),
        ("/icon-192.png", "image/png"),
        ("/badge-96.png", "image/png"),
    ],
)
async def test_what_a_browser_fetches_without_its_cookie(stranger: httpx.AsyncClient, path: str, kind: str) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
