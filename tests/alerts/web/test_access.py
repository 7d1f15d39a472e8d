"""Who gets in, and who does not."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from alerts.db.accounts import Accounts
from alerts.db.sign_ins import SignIns
from alerts.errors import SettingsError
from alerts.web.access import SESSION_LIFE, Access
from alerts.web.guard import MAX_BODY, OPEN_PATHS, PAGES, SECURITY_HEADERS
from streams.clock import SimulatedClock
from tests.alerts.web.console import HEADERS, Parts, some_settings


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Every (method, path) of the app, with harmless values in the place of parameters."""
    found: list[tuple[str, str]] = []
    pending = list(app.routes)
    while pending:
        route = pending.pop()
        nested = getattr(route, "routes", None) or getattr(getattr(route, "router", None), "routes", None)
        if nested:
            pending.extend(nested)
        if isinstance(route, Route):
            path = route.path
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", "x")
            found.extend((method, path) for method in sorted(route.methods or ()))
    return found


def openapi_routes(app: FastAPI) -> set[tuple[str, str]]:
    """The same from the schema that FastAPI makes of the app."""
    return {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}


ASKED_BY_POST = {"/answer/show", "/answer/picture", "/enter/link", "/enter/login"}


async def test_every_route_needs_a_session(parts: Parts, stranger: httpx.AsyncClient) -> None:
    schema = openapi_routes(parts.app)
    assert len(schema) > 15
    walked = {(method, path.replace("{", "").replace("}", "")) for method, path in schema} | set(routes_of(parts.app))
    refused = 0
    for method, path in sorted(walked):
        if path in OPEN_PATHS or path == "/enter/name":
            continue
        answer = await stranger.request(method, path, json={} if method == "POST" else None)
        if method == "GET" and path in PAGES:
            assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
        else:
            assert answer.status_code == 401, f"{method} {path} is open"
            # A phone's way in asks for its camera's token instead.
            said = "unauthorized" if path.startswith("/whip/") else "no_session"
            assert method == "HEAD" or answer.json()["error"] == said
        refused += 1
    assert refused > 15


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/redoc", "/static/", "/enter/main.js", "/nothing", "/enter/"]
)
async def test_what_does_not_exist_is_no_way_in(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 401


@pytest.mark.parametrize("path", sorted(OPEN_PATHS - ASKED_BY_POST))
async def test_open_paths_answer(stranger: httpx.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 200


async def test_link_works_once(parts: Parts, stranger: httpx.AsyncClient) -> None:
    token = parts.access.issue_link()
    assert len(token) >= 43
    page = await stranger.get("/enter")
    assert page.status_code == 200 and "set-cookie" not in page.headers
    first = await stranger.post("/enter", json={"token": token, "name": "  Wang\n Jianguo\x07 "})
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert (await stranger.get("/api/me")).json()["name"] == "Wang Jianguo"
    async with parts.client() as second:
        again = await second.post("/enter", json={"token": token})
        assert again.status_code == 403
        assert (await second.get("/api/me")).status_code == 401


async def test_two_at_once_cannot_both_use_a_link(parts: Parts) -> None:
    token = parts.access.issue_link()
    cookies = await asyncio.gather(*(parts.access.enter(token, "x") for _ in range(8)))
    assert sum(cookie is not None for cookie in cookies) == 1


async def test_link_expires(parts: Parts, clock: SimulatedClock, stranger: httpx.AsyncClient) -> None:
    token = parts.access.issue_link()
    clock.step(24 * 3600 + 1)
    assert (await stranger.post("/enter", json={"token": token})).status_code == 403


async def test_new_link_ends_the_old_one(parts: Parts, stranger: httpx.AsyncClient) -> None:
    old = parts.access.issue_link()
    parts.access.issue_link()
    assert (await stranger.post("/enter", json={"token": old})).status_code == 403


async def test_secrets_are_not_kept(parts: Parts, operator: httpx.AsyncClient) -> None:
    token = parts.access.issue_link()
    cookie = next(iter(operator.cookies.jar)).value
    assert cookie
    everything = b"".join(path.read_bytes() for path in parts.settings.store.path.rglob("*") if path.is_file())
    assert token.encode() not in everything and cookie.encode() not in everything


async def test_a_right_link_always_works(parts: Parts, stranger: httpx.AsyncClient) -> None:
    """Behind a proxy all have one address: whoever tries wrong ones must not keep anybody else out."""
    good = parts.access.issue_link()
    for _ in range(50):
        assert (await stranger.post("/enter", json={"token": "wrong"})).status_code == 403
    assert (await stranger.post("/enter", json={"token": good})).status_code == 200


async def test_a_link_for_another_device(parts: Parts, operator: httpx.AsyncClient) -> None:
    path = (await operator.post("/api/link")).json()["path"]
    async with parts.client() as other:
        assert (await other.post("/api/link")).status_code == 401
        assert (await other.post("/enter", json={"token": path.removeprefix("/enter#")})).status_code == 200


async def test_session_slides_and_ends(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    for _ in range(4):
        clock.step(SESSION_LIFE.total_seconds() / 2)
        renewed = await operator.get("/api/me")
        assert renewed.status_code == 200 and "Max-Age=43200" in renewed.headers["set-cookie"]
    assert "set-cookie" not in (await operator.get("/api/me")).headers
    clock.step(SESSION_LIFE.total_seconds() + 1)
    assert (await operator.get("/api/me")).status_code == 401


async def test_session_survives_a_restart(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    again = Access(SignIns(parts.store), parts.settings.console, clock, Accounts(parts.store, clock))
    cookie = next(iter(operator.cookies.jar))
    session = await again.session_of(f"{cookie.name}={cookie.value}")
    assert session is not None and session.name == "Wang"


async def test_log_out(parts: Parts, operator: httpx.AsyncClient) -> None:
    cookie = next(iter(operator.cookies.jar))
    left = await operator.post("/api/leave")
    assert left.status_code == 200 and "Max-Age=0" in left.headers["set-cookie"]
    operator.cookies.set(str(cookie.name), str(cookie.value))
    assert (await operator.get("/api/me")).status_code == 401


@pytest.mark.parametrize("cookie", ["", "xinan=1", 'a="', "xinan_1=\x7f; ;;;=", "=" * 500])
async def test_strange_cookies(stranger: httpx.AsyncClient, cookie: str) -> None:
    assert (await stranger.get("/api/me", headers={"cookie": cookie})).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"x-xinan": None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_forged_requests(operator: httpx.AsyncClient, headers: dict[str, str | None]) -> None:
    request = operator.build_request("POST", "/api/leave")
    for name, value in headers.items():
        if value is None:
            del request.headers[name]
        else:
            request.headers[name] = value
    answer = await operator.send(request)
    assert (answer.status_code, answer.json()["error"]) == (403, "forged")
    assert (await operator.get("/api/me")).status_code == 200


async def test_own_origin_is_fine(parts: Parts, operator: httpx.AsyncClient) -> None:
    origin = f"http://127.0.0.1:{parts.settings.console.port}"
    answer = await operator.post("/api/leave", headers={"origin": origin, "sec-fetch-site": "same-origin"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("listening_on", "host", "fine"),
    [
        ("127.0.0.1", "127.0.0.1:8800", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "[::1]:8800", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "192.168.1.5", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[::1", False),
        ("192.168.1.5", "192.168.1.5:8800", True),
        ("console.lan", "Console.LAN", True),
        ("0.0.0.0", "192.168.1.5:8800", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
async def test_host_header(tmp_path: Path, listening_on: str, host: str, fine: bool) -> None:
    parts = Parts.build(some_settings(tmp_path / "store", host=listening_on), SimulatedClock())
    async with parts.client() as client:
        answer = await client.get("/healthz", headers={"host": host})
    parts.close()
    assert answer.status_code == (200 if fine else 421)


async def test_oversize_bodies(operator: httpx.AsyncClient) -> None:
    big = await operator.post("/enter", content=b"x" * (MAX_BODY + 1))
    assert (big.status_code, big.json()["error"]) == (413, "too_large")

    async def drip() -> object:
        for _ in range(MAX_BODY // 1024 + 2):
            yield b"y" * 1024

    dripped = await operator.post("/enter", content=drip())  # type: ignore[arg-type]
    assert dripped.status_code == 413
    assert (await operator.post("/enter", content=b"{", headers={"content-length": "-1"})).status_code == 413


async def test_answers_carry_the_security_headers(operator: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    for answer in (await operator.get("/"), await stranger.get("/enter"), await stranger.get("/api/me")):
        for name in SECURITY_HEADERS:
            assert name in answer.headers, f"{answer.url} lacks {name}"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


async def test_errors_are_plain_json(operator: httpx.AsyncClient) -> None:
    bad = await operator.post("/enter", content=b"{not json", headers={"content-type": "application/json"})
    assert bad.status_code == 422 and set(bad.json()) == {"error", "detail"}
    extra = await operator.post("/enter", json={"token": "x", "admin": True})
    assert extra.status_code == 422 and "admin" in extra.json()["detail"]
    assert (await operator.get("/static/0/../app.py")).status_code == 404
    assert (await operator.get("/static/0/%2e%2e%2fapp.py")).status_code == 404


async def test_without_log_in(tmp_path: Path) -> None:
    parts = Parts.build(some_settings(tmp_path / "store", login=False), SimulatedClock())
    async with parts.client() as client:
        assert (await client.get("/api/me")).status_code == 200
        del client.headers["x-xinan"]
        assert (await client.post("/api/leave")).status_code == 403
    parts.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "console.lan", "::"])
def test_log_in_is_off_on_loopback_only(parts: Parts, tmp_path: Path, host: str) -> None:
    console = some_settings(tmp_path, login=False, host=host).console
    with pytest.raises(SettingsError, match=r"console\.login"):
        Access(SignIns(parts.store), console, parts.clock)


def test_lifetimes_are_what_the_docs_say() -> None:
    assert timedelta(hours=12) == SESSION_LIFE
    assert HEADERS["X-Xinan"]
