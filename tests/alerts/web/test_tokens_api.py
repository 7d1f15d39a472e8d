"""Programs at the door of the console."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import xinan
from alerts.access.accounts import Changes
from alerts.access.roles import Permission, Role
from alerts.access.tokens import ApiToken, TokenOrder
from alerts.db.accounts import Accounts, By
from alerts.record.actor import Actor
from alerts.record.records import newest
from alerts.web.bearer import session_of
from alerts.web.tries import MAX_TRIES, TRIES_WINDOW_S
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts

WANTED = {"name": "panel", "role": "operator", "scopes": ["see", "answer"]}


def token_of(parts: Parts, *scopes: Permission, role: Role = Role.OPERATOR) -> tuple[ApiToken, str]:
    return parts.tokens.add(TokenOrder("panel", role, frozenset(scopes or {Permission.SEE})), Actor("Wang", "console"))


@asynccontextmanager
async def program(parts: Parts, secret: str, scheme: str = "Bearer") -> AsyncIterator[httpx.AsyncClient]:
    """Brings a token and, as no page of the console, no X-Xinan header."""
    async with parts.client() as client:
        del client.headers["x-xinan"]
        client.headers["authorization"] = f"{scheme} {secret}"
        yield client


async def test_made_used_and_revoked(parts: Parts, operator: httpx.AsyncClient) -> None:
    answer = await operator.post("/api/tokens", json=WANTED)
    assert answer.status_code == 201
    made, secret = answer.json()["token"], answer.json()["secret"]
    assert (made["created_by"], made["scopes"], made["last_used_at"]) == ("Wang", ["answer", "see"], None)
    async with program(parts, secret) as panel:
        assert (await panel.get("/api/alerts")).status_code == 200
        every = (await operator.get("/api/tokens")).json()["tokens"]
        assert [one["id"] for one in every] == [made["id"]] and every[0]["last_used_at"]
        assert secret not in str(every)
        assert (await panel.get("/api/tokens")).status_code == 403
        assert (await operator.delete(f"/api/tokens/{made['id']}")).json()["revoked_at"]
        assert (await panel.get("/api/alerts")).status_code == 401
    shown = (await operator.get("/api/records")).text
    assert "made_token" in shown and "revoked_token" in shown and secret not in shown


async def test_it_needs_no_header_against_forgery_and_is_on_record_by_its_name(parts: Parts) -> None:
    alert = parts.raise_alert()
    _, secret = token_of(parts, Permission.SEE, Permission.ANSWER)
    async with program(parts, secret) as panel:
        answer = await panel.post(f"/api/alerts/{alert.id}/acknowledge", json={"version": alert.version})
        assert answer.status_code == 200, answer.text
        assert "set-cookie" not in answer.headers
    assert parts.desk.alert(alert.id).acknowledged_by == "panel (API)"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
async def test_the_scheme_s_case_does_not_matter(parts: Parts, scheme: str) -> None:
    async with program(parts, token_of(parts)[1], scheme) as panel:
        assert (await panel.get("/api/alerts")).status_code == 200


@pytest.mark.parametrize("wrong", ["", "xinan_", "xinan_" + "0" * 64, "x", "\xff\xfe", "xinan_ a b", "=" * 9000])
async def test_a_wrong_one_never_falls_back_to_the_cookie(operator: httpx.AsyncClient, wrong: str) -> None:
    assert (await operator.get("/api/alerts")).status_code == 200
    answer = await operator.get("/api/alerts", headers={b"authorization": f"Bearer {wrong}".encode("latin-1")})
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    home = await operator.get("/", headers={"authorization": "Bearer x"})
    assert home.status_code == 401  # a program is led to no page


async def test_two_at_once_are_wrong(parts: Parts, operator: httpx.AsyncClient) -> None:
    good = f"Bearer {token_of(parts)[1]}"
    request = operator.build_request("GET", "/api/alerts", headers=[("authorization", good), ("authorization", good)])
    assert (await operator.send(request)).status_code == 401


async def test_one_ends_with_its_maker_s_right_to_make_it(parts: Parts) -> None:
    book = Accounts(parts.store, parts.clock)
    for account in ("wang", "li"):
        book.add(account, "", Role.ADMIN, None, None, By("x"))
    await parts.access.refresh()
    order = TokenOrder("panel", Role.OPERATOR, frozenset({Permission.SEE}))
    token, secret = parts.tokens.add(order, Actor("wang", "console", "wang"))
    _, of_the_site = parts.tokens.add(order, Actor("root", "terminal"))
    changes: list[tuple[Changes, int]] = [
        ({"enabled": False}, 401),
        ({"enabled": True}, 200),
        ({"role": Role.OPERATOR}, 401),
        ({"role": Role.ADMIN}, 200),
    ]
    async with program(parts, secret) as panel, program(parts, of_the_site) as other:
        assert (await panel.get("/api/alerts")).status_code == 200
        for change, status in changes:
            book.change("wang", change, None, By("x"))
            await parts.access.refresh()
            assert (await panel.get("/api/alerts")).status_code == status
            assert parts.tokens.held_back(token) == (status == 401)
        book.remove("wang", By("li"))
        book.add("wang", "", Role.ADMIN, None, None, By("x"))  # somebody else, by the same short name
        await parts.access.refresh()
        assert (await panel.get("/api/alerts")).status_code == 401
        assert (await other.get("/api/alerts")).status_code == 200
    revoked = next(row for row in newest(parts.store) if row.kind == "revoked_token")
    assert (revoked.subject, revoked.by) == (token.id, "li")


async def test_what_a_command_makes_and_revokes_beside_the_watch_holds(parts: Parts) -> None:
    run = partial(CliRunner().invoke, xinan.app)
    where = ["--set", f"store.path={parts.settings.store.path}"]
    made = run(["tokens", "add", "panel", "--role", "operator", "--scope", "see", *where])
    secret = made.output.split()[-1]
    async with program(parts, secret) as panel:
        assert (await panel.get("/api/alerts")).status_code == 401
        await parts.access.refresh()
        assert (await panel.get("/api/alerts")).status_code == 200
        assert run(["tokens", "revoke", made.output.split()[0], *where]).exit_code == 0
        await parts.access.refresh()
        assert (await panel.get("/api/alerts")).status_code == 401
    Accounts(parts.store, parts.clock).take_in()
    assert [row.kind for row in newest(parts.store, limit=2)] == ["revoked_token", "made_token"]


async def test_what_a_proxy_says_for_itself_is_no_token(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/alerts", headers={"authorization": "Basic eDp5"})).status_code == 200
    assert (await operator.get("/api/alerts", headers={"authorization": "Bearers"})).status_code == 200


async def test_an_old_one_is_wrong(parts: Parts, clock: SimulatedClock) -> None:
    _, secret = parts.tokens.add(
        TokenOrder("x", Role.OPERATOR, frozenset({Permission.SEE}), days=1), Actor("W", "console")
    )
    async with program(parts, secret) as panel:
        assert (await panel.get("/api/alerts")).status_code == 200
        clock.step(24 * 3600)
        assert (await panel.get("/api/alerts")).status_code == 401


async def test_only_wrong_ones_are_held_up(parts: Parts, clock: SimulatedClock) -> None:
    _, secret = token_of(parts)
    async with program(parts, "xinan_wrong") as guesser, program(parts, secret) as panel:
        for _ in range(MAX_TRIES):
            assert (await guesser.get("/api/alerts")).status_code == 401
        slow = await guesser.get("/api/alerts")
        assert slow.status_code == 429 and int(slow.headers["retry-after"]) <= TRIES_WINDOW_S + 1
        assert (await panel.get("/api/alerts")).status_code == 200
        clock.step(TRIES_WINDOW_S)
        assert (await guesser.get("/api/alerts")).status_code == 401


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scopes": ["admin"], "role": "admin"}, "xinan tokens add"),
        ({"scopes": ["see", "setup"], "role": "admin"}, "xinan tokens add"),
        ({"scopes": ["records"]}, "does not allow records"),
        ({"scopes": []}, "scopes"),
        ({"places": ["nowhere"]}, "nowhere"),
        ({"places": []}, "no place is left"),
        ({"places": ["shed-1"], "scopes": ["metrics"]}, "whole site"),
        ({"days": 0}, "days"),
        ({"name": "\x07"}, "needs a name"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_what_may_not_be(operator: httpx.AsyncClient, changed: dict[str, Any], said: str) -> None:
    answer = await operator.post("/api/tokens", json=WANTED | changed)
    assert answer.status_code == 422 and said in answer.json()["detail"]
    assert (await operator.get("/api/tokens")).json() == {"tokens": []}


async def test_an_unknown_one_cannot_be_revoked(operator: httpx.AsyncClient) -> None:
    assert (await operator.delete(f"/api/tokens/{'0' * 16}")).status_code == 404
    assert (await operator.delete("/api/tokens/..")).status_code in (404, 405)


async def test_a_revoked_one_s_events_end(parts: Parts, clock: SimulatedClock) -> None:
    token, secret = token_of(parts)
    heard = bytearray()

    async def listen() -> None:
        async for chunk in parts.app.state.streams.stream(token.principal, session_of(token), None):
            heard.extend(chunk)

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(_until(lambda: b"hello" in heard), 10)
    parts.tokens.revoke(token.id, Actor("Wang", "console"))
    clock.step(11)
    await asyncio.wait_for(listening, 10)
    assert secret.encode() not in heard


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)
