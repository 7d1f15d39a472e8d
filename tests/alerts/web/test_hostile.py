"""Requests that no console makes: never a 5xx, nothing leaks, and whoever asks afterwards is answered.

Guesses at links and tokens: test_access.py and test_tokens_api.py; who connects and asks nothing: test_connection.py.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from alerts.access.roles import Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.db.store import Store
from alerts.errors import RowRefused
from alerts.record import pages
from alerts.record.actor import Actor
from alerts.web import connection, guard, records_api
from alerts.web.connection import MOST_CONNECTIONS
from alerts.web.guard import MAX_BODY
from streams.clock import SimulatedClock
from tests.alerts.databases import Postgres
from tests.alerts.web.console import Parts, serving, some_settings

HOST = b"Host: 127.0.0.1\r\n"
CHANGE = HOST + b"X-Xinan: test\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a console without a log-in that waits for nobody long."""
    parts = Parts.build(some_settings(tmp_path_factory.mktemp("hostile") / "store", login=False))
    parts.raise_alert()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guard, "BODY_TIMEOUT_S", 0.3)
        patched.setattr(connection, "IDLE_S", 0.5)
        with serving(parts):
            yield parts.settings.console.port
    parts.close()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One for all that is asked without a wire; with an alert."""
    built = Parts.build(some_settings(tmp_path_factory.mktemp("asked") / "store"), SimulatedClock())
    built.raise_alert()
    yield built
    built.close()


@pytest.fixture(scope="module")
def alert_id(parts: Parts) -> str:
    return parts.desk.open_alerts()[0].id


@pytest.fixture(scope="module")
def cookie(parts: Parts) -> str:
    async def enter() -> str:
        async with parts.client() as client:
            await parts.enter(client)
            return "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)

    return asyncio.run(enter())


@pytest.fixture
async def operator(parts: Parts, cookie: str) -> AsyncIterator[httpx.AsyncClient]:
    async with parts.client() as client:
        client.headers["cookie"] = cookie
        yield client


@pytest.fixture(autouse=True)
def answers_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "port" in request.fixturenames:
        port = request.getfixturevalue("port")
        assert said(port, b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n").startswith(
            b"HTTP/1.1 200"
        )


def said(port: int, *parts: bytes) -> bytes:
    """All that is answered to these bytes until the server closes; "" if it closes without a word."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client, contextlib.suppress(ConnectionError):
        for part in parts:
            client.sendall(part)
        while more := client.recv(65536):
            heard += more
    return heard


def post(path: bytes, body: bytes, *more: bytes) -> bytes:
    length = str(len(body)).encode()
    head = b"POST " + path + b" HTTP/1.1\r\n" + CHANGE + b"Connection: close\r\n"
    return head + b"Content-Length: " + length + b"\r\n" + b"".join(more) + b"\r\n" + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


# Bodies


@pytest.mark.parametrize(
    ("head", "body", "statuses"),
    [
        (b"Content-Length: 10\r\n", b"{", {408}),  # the rest never comes
        (b"Content-Length: 70000\r\n", b"", {413}),
        (b"Content-Length: -1\r\n", b"", {400}),
        (b"Content-Length: 1e3\r\n", b"", {400}),
        (b"Content-Length: \xb2\r\n", b"", {400}),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", b"", {400}),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}", {400}),
        (b"Transfer-Encoding: gzip\r\n", b"{}", {400, 501}),
        (b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n", {400}),
        (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n", {408}),  # no last chunk
        (b"Transfer-Encoding: chunked\r\n", (b"400\r\n" + b"x" * 1024 + b"\r\n") * (MAX_BODY // 1024 + 8), {413}),
        (b"Transfer-Encoding: chunked\r\n", b"7fffffffffffffff\r\n" + b"x" * 2 * MAX_BODY, {413}),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"2\r\n{}\r\n0\r\n\r\n", {200, 400, 422}),
        (b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"", {100, 408}),
    ],
)
def test_bodies(port: int, head: bytes, body: bytes, statuses: set[int]) -> None:
    answer = said(port, b"POST /api/silences HTTP/1.1\r\n" + CHANGE + b"Connection: close\r\n" + head + b"\r\n", body)
    # A server that has answered and closed while bytes still come may be heard as a reset.
    assert status_of(answer) in {*statuses, 0} if len(body) > MAX_BODY else status_of(answer) in statuses


async def test_a_length_beyond_all_numbers(operator: httpx.AsyncClient) -> None:
    answer = await operator.post("/enter", content=b"{}", headers={"content-length": "9" * 5000})
    assert answer.status_code == 413


# Heads


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: y\r\n" % number for number in range(9000)) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a=b; " * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ],
    ids=[
        "many", "cookies", "path", "version", "no host", "two hosts", "zero", "folded", "proxy", "tls", "http2",
        "websocket",
    ],
)  # fmt: skip
def test_heads(port: int, request_: bytes) -> None:
    assert status_of(said(port, request_)) < 500


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/api/alerts", "/api/silences", "/metrics", "/healthz", "/whip/shed-1"])
async def test_methods_that_a_path_does_not_know(operator: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await operator.request(method, path)
    assert answer.status_code in (401, 403, 405)
    assert "x-xinan" not in answer.text.lower() or answer.status_code == 403


# What JSON can hold

LONE, ZERO = "\ud800", "a\x00b"
DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", DEEP[: MAX_BODY - 1], b"[" * 60_000,
        b'{"version": NaN}', b'{"version": Infinity}', b'{"version": 1e999}', b'{"version": ' + b"9" * 20_000 + b"}",
        b'{"version": 99999999999999999999999}', b'{"version": -1}', b'{"version": true}', b'{"version": "1"}',
        b'{"version": 1, "version": 2}', b'{"\\ud800": 1}', b'{"reason": "\\ud800"}', b'{"reason": "\\u0000"}',
        b'{"reason": "\\ud800\\ud800x", "kind": "\\udfff", "token": "\\ud800", "name": "\\ud800"}',
    ],
    ids=range(23),
)  # fmt: skip
@pytest.mark.parametrize("path", ["acknowledge", "false-alarm", "steps", "clear", "hold"])
async def test_bodies_that_are_no_answer(
    parts: Parts, alert_id: str, operator: httpx.AsyncClient, path: str, body: bytes
) -> None:
    json_ = {"content-type": "application/json"}
    answer = await operator.post(f"/api/alerts/{alert_id}/{path}", content=body, headers=json_)
    assert answer.status_code in (200, 400, 409, 422), answer.text
    if answer.status_code != 200:
        assert {"error", "detail"} <= answer.json().keys()
        assert "Traceback" not in answer.text and str(parts.settings.store.path) not in answer.text


@pytest.mark.parametrize("text", [LONE, ZERO, f"x{LONE}y", "\u202e", "\x1b[31m", "火" * 60, "'; DROP TABLE alerts; --"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/silences", {"scope_kind": "camera", "scope": "TEXT", "reason": "TEXT", "minutes": 1}),
        ("POST", "/api/silences", {"scope_kind": "camera", "scope": "shed-1", "reason": "TEXT", "minutes": 1}),
        ("POST", "/api/tokens", {"name": "TEXT", "role": "operator", "scopes": ["see"]}),
        ("POST", "/api/tokens", {"name": "x", "role": "operator", "scopes": ["see"], "places": ["TEXT"]}),
        ("POST", "/api/tokens", {"name": "x", "role": "TEXT", "scopes": ["TEXT"]}),
        ("POST", "/api/deliveries/resend", {"ids": ["TEXT"]}),
        ("POST", "/enter", {"token": "TEXT", "name": "TEXT"}),
        ("POST", "/answer/show", {"token": "TEXT", "name": "TEXT"}),
    ],
)
async def test_text_that_is_none(
    operator: httpx.AsyncClient, method: str, path: str, body: dict[str, Any], text: str
) -> None:
    content = json.dumps(body).replace('"TEXT"', json.dumps(text)).encode()
    answer = await operator.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code < 500
    assert answer.content.decode("utf-8")


@pytest.mark.parametrize(
    "query",
    [
        "before=%00", "before=%ff", "before=..%2f", "limit=1e9", "limit=-1", "limit=" + "9" * 5000, "limit=%D9%A3",
        "limit=1&limit=2", "%00=1", "&&&=&", "subject=%00", "subject=%ff", "subject=" + "a" * 9000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/alerts", "/api/records", "/api/silences", "/api/deliveries/dead"])
async def test_queries(operator: httpx.AsyncClient, path: str, query: str) -> None:
    assert (await operator.get(f"{path}?{query}")).status_code in (200, 422)


async def test_a_value_that_the_database_never_takes_is_the_asker_s_fault(
    operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, postgres: Postgres, tmp_path: Path
) -> None:
    """PostgreSQL keeps no zero in a text, SQLite does."""
    with contextlib.closing(Store.open(tmp_path, postgres.fresh())) as store, pytest.raises(RowRefused) as refused:
        pages.page(store, None, pages.Wanted(subject="\x00"))
    monkeypatch.setattr(records_api, "page", Mock(side_effect=refused.value))
    answer = await operator.get("/api/records?subject=%00")
    assert (answer.status_code, answer.json()["detail"]) == (422, "the store takes no such value")


# Paths and ranges

TRICKS = [
    "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "..%5c..%5cwin.ini", "%00", "a%00.jpg", "%ff", "%c0%ae%c0%ae",
    "%u002e", "．．", "a%0d%0aset-cookie:x=y", "con", "*", "%7e", "a" * 3000, "%25%32%65%25%32%65", "%e2%80%ae", "🔥",
]  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize(
    "path",
    [
        "/api/alerts/{}/snapshot", "/api/alerts/{}/clip", "/api/alerts/{}.cap", "/api/cameras/{}/picture.jpg",
        "/static/0/{}", "/enter/{}", "/patrol/{}", "/answer/{}", "/{}",
    ],
)  # fmt: skip
async def test_paths_lead_to_no_file(operator: httpx.AsyncClient, path: str, trick: str) -> None:
    answer = await operator.get(path.format(trick))
    assert answer.status_code in (401, 404, 405, 422), answer.text
    assert b"root:" not in answer.content and "set-cookie" not in answer.headers


@pytest.mark.parametrize("variant", ["../../alerts.db", "%00", "clean%00", "CLEAN", "snapshot/../clean", ""])
async def test_variants_are_words(alert_id: str, operator: httpx.AsyncClient, variant: str) -> None:
    answer = await operator.get(f"/api/alerts/{alert_id}/snapshot?variant={variant}")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "range_",
    [
        "bytes=0-0," * 2000 + "0-0", "bytes=-0", "bytes=5-2", "bytes=99999999999-", "bytes=-99999999999999999999",
        "bytes=" + "9" * 5000 + "-", "bytes=a-b", "bytes=", "lines=1-2", "bytes=0-,0-,0-", "\xff",
    ],
)  # fmt: skip
async def test_ranges(alert_id: str, operator: httpx.AsyncClient, range_: str) -> None:
    path = f"/api/alerts/{alert_id}/snapshot"
    whole = len((await operator.get(path)).content)
    answer = await operator.get(path, headers={b"range": range_.encode("latin-1")})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) <= 4 * whole  # no more than was asked for, however often


# Heads of a door


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer \x00"},
        {b"authorization": b"Bearer " + b"x" * 20_000},
        {b"authorization": b"Bearer"},
        {b"cookie": b"xinan_1=" + b"\xff" * 900},
        {b"cookie": b"; ".join(b"a%d=b" % number for number in range(2000))},
        {b"cookie": b'xinan_1="\\400\\777\\"'},
        {b"origin": b"http://[::1"},
        {b"origin": b"\xff"},
        {b"host": b"127.0.0.1:99999999999"},
        {b"host": b"[::1"},
        {b"host": b"\xff"},
        {b"content-type": b"application/json; charset=\xff"},
    ],
    ids=range(12),
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_headers_of_the_door(stranger: httpx.AsyncClient, method: str, headers: dict[bytes, bytes]) -> None:
    answer = await stranger.request(method, "/api/alerts", headers=headers)
    assert answer.status_code in (401, 403, 421)


async def test_a_token_s_own_numbers_and_words(parts: Parts, stranger: httpx.AsyncClient) -> None:
    """What is right but for one byte."""
    _, secret = parts.tokens.add(TokenOrder("x", Role.OPERATOR, frozenset({Permission.SEE})), Actor("Wang", "console"))
    for wrong in (secret + "\x00", secret.replace("xinan_", "xinan_ "), secret[:-1] + "\xe9", "xinan_" + secret):
        answer = await stranger.get("/api/alerts", headers={b"authorization": f"Bearer {wrong}".encode("latin-1")})
        assert answer.status_code == 401


def test_many_at_once(port: int) -> None:
    """Beyond the most there can be, whoever comes is told so; once they are gone all is as before."""
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        answer = said(port, b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert status_of(answer) in (200, 503)  # those that say nothing are let go meanwhile
