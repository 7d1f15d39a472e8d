"""What a proxy says is believed of those that are named, and of nobody else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from starlette.datastructures import Headers

from alerts.access.roles import Role
from alerts.config import Settings
from alerts.db.accounts import Accounts, By
from alerts.record.records import newest
from alerts.web.login import FREE_OF_CLIENT
from alerts.web.proxies import Proxies
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

OURS = Proxies([ip_network("10.0.0.0/24"), ip_network("192.168.1.20"), ip_network("fd00::/64")])


def seen(proxies: Proxies, peer: str | None, **headers: str | list[str]) -> tuple[str | None, str]:
    """The address that a request counts for, and its scheme."""
    raw = [
        (name.replace("_", "-").encode(), one.encode("latin-1"))
        for name, given in headers.items()
        for one in (given if isinstance(given, list) else [given])
    ]
    scope: dict[str, Any] = {"type": "http", "scheme": "http", "client": (peer, 5) if peer else None, "headers": raw}
    proxies.look_through(scope, Headers(scope=scope))
    return scope["client"][0] if scope["client"] else None, scope["scheme"]


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("192.168.1.20", "203.0.113.7", "203.0.113.7"),
        ("192.168.1.20", "203.0.113.7:5123", "203.0.113.7"),
        ("192.168.1.20", "[2001:db8::7]:5123", "2001:db8::7"),
        ("192.168.1.20", "2001:db8::7", "2001:db8::7"),
        ("::ffff:192.168.1.20", "::ffff:203.0.113.7", "203.0.113.7"),
        ("fd00::1", "203.0.113.7", "203.0.113.7"),
        # two proxies of ours in a row
        ("192.168.1.20", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("192.168.1.20", ["203.0.113.7", "10.0.0.9"], "203.0.113.7"),
        # whoever asks has written the first part himself
        ("192.168.1.20", "127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("192.168.1.20", "10.0.0.9, 203.0.113.7", "203.0.113.7"),
        ("192.168.1.20", "10.0.0.9, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        ("192.168.1.20", ["127.0.0.1", "203.0.113.7"], "203.0.113.7"),
        # what is no address: the nearest one that is known
        ("192.168.1.20", "unknown", "192.168.1.20"),
        ("192.168.1.20", "203.0.113.7, unknown", "192.168.1.20"),
        ("192.168.1.20", "203.0.113.7, <script>, 10.0.0.8", "10.0.0.8"),
        ("192.168.1.20", "", "192.168.1.20"),
        ("192.168.1.20", "10.0.0.8", "10.0.0.8"),
        # nobody's proxy
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("10.0.1.1", "127.0.0.1", "10.0.1.1"),
        ("fd00:0:0:1::1", "127.0.0.1", "fd00:0:0:1::1"),
        (None, "127.0.0.1", None),
        ("", "127.0.0.1", ""),
        ("testclient", "127.0.0.1", "testclient"),
    ],
)
def test_who_asks(peer: str | None, said: str | list[str], client: str | None) -> None:
    assert seen(OURS, peer, x_forwarded_for=said)[0] == (client or None)
    assert seen(Proxies(), peer, x_forwarded_for=said, x_forwarded_proto="https") == (peer or None, "http")


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", " HTTPS ", "https"),
        ("10.0.0.1", "http", "http"),
        ("10.0.0.1", "https, http", "http"),
        ("10.0.0.1", ["http", "https"], "https"),
        ("10.0.0.1", "wss", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
def test_how_he_reached_the_proxy(peer: str, said: str | list[str], scheme: str) -> None:
    assert seen(OURS, peer, x_forwarded_proto=said)[1] == scheme


@pytest.mark.parametrize("wrong", ["0.0.0.0/0", "::/0", "proxy", "10.0.0.1/8"])
def test_what_cannot_be_trusted(wrong: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings.model_validate({"console": {"trusted_proxies": [wrong]}})


PROXY, WORLD = "10.0.0.1", "203.0.113.9"


@pytest.fixture
async def behind(tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Parts]:
    built = Parts.build(some_settings(tmp_path / "store", trusted_proxies=["10.0.0.0/24"]), clock)
    accounts = Accounts(built.store, clock)
    for name in ("wang", "li"):
        accounts.add(name, "", Role.ADMIN, None, None, By("test"))
    await built.access.refresh()
    yield built
    built.close()


@asynccontextmanager
async def coming(parts: Parts, peer: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(parts.app, client=(peer, 1))
    given = {"X-Xinan": "test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    base = f"http://127.0.0.1:{parts.settings.console.port}"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=given) as client:
        yield client


async def guesses(parts: Parts, peer: str, origins: Sequence[str]) -> list[int]:
    """What is answered to one wrong log-in each, to ever other accounts."""
    said = []
    async with coming(parts, peer) as client:
        for number, origin in enumerate(origins):
            body = {"account": f"{peer} {number} {origin}", "password": "x"}
            answer = await client.post("/enter/login", json=body, headers={"x-forwarded-for": origin})
            said.append(answer.status_code)
    return said


async def test_one_behind_the_proxy_does_not_slow_down_the_next(behind: Parts) -> None:
    tries = FREE_OF_CLIENT + 1
    assert (await guesses(behind, PROXY, ["203.0.113.7"] * tries))[-1] == 429
    assert await guesses(behind, PROXY, ["203.0.113.8"]) == [403]
    # whoever writes another address into the header each time
    assert (await guesses(behind, PROXY, [f"9.9.9.{number}, 203.0.113.6" for number in range(tries)]))[-1] == 429
    assert (await guesses(behind, WORLD, [f"9.9.9.{number}" for number in range(tries)]))[-1] == 429


@pytest.mark.parametrize(
    ("peer", "proto", "secure"), [(PROXY, "https", True), (PROXY, "http", False), (WORLD, "https", False)]
)
async def test_the_cookie_and_the_record(behind: Parts, peer: str, proto: str, secure: bool) -> None:
    async with coming(behind, peer, x_forwarded_for="203.0.113.7", x_forwarded_proto=proto) as client:
        entered = await client.post("/enter", json={"token": behind.access.issue_link(), "name": "Zhao"})
        assert ("; Secure" in entered.headers["set-cookie"]) == secure
        await client.post("/enter/login", json={"account": "wang", "password": "x"})
        if not secure:
            left = await client.post("/api/leave")
            assert left.status_code == 200 and "; Secure" not in left.headers["set-cookie"]
    behind.recorder.tick()
    whence = "203.0.113.7" if peer == PROXY else WORLD
    rows = {row.kind: row for row in newest(behind.store) if row.kind.startswith("sign")}
    assert rows["signed_in"].detail["address"] == whence == rows["sign_in_refused"].detail["address"]
