"""Accounts over HTTP: one's own and, for admins, all; what a change does to whoever is signed in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.access import totp
from alerts.access.accounts import Account
from alerts.access.roles import ALLOWED, Role
from alerts.db.accounts import Accounts, By
from alerts.db.beside import in_waiting
from alerts.db.store import Store
from alerts.errors import AccountRefused
from alerts.record import records
from alerts.record.chain import check
from alerts.web.access import Access
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, serving, some_settings
from tests.alerts.web.test_login import PASSWORD, hashed, log_in

__all__ = ["hashed"]

BY = By("test")


@pytest.fixture
async def book(parts: Parts, hashed: str) -> Accounts:
    """Wang is admin, Li a volunteer of one camera; both have the password."""
    accounts = Accounts(parts.store, parts.clock)
    for name, role, places in (("wang", Role.ADMIN, None), ("li", Role.VOLUNTEER, ["shed-1"])):
        accounts.add(name, f"{name.title()} Ming", role, places, None, BY)
        accounts.set_password(name, hashed, BY)
    await parts.access.refresh()
    return accounts


@pytest.fixture
async def admin(parts: Parts, book: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    async with parts.client() as client:
        assert (await log_in(client, "wang")).status_code == 200
        yield client


@pytest.fixture
async def li(parts: Parts, book: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    async with parts.client() as client:
        assert (await log_in(client, "li")).status_code == 200
        yield client


async def me(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/me")
    return dict(answer.json()) if answer.status_code == 200 else {"role": None}


async def test_a_new_account_from_the_admin_s_hands_to_its_owner_s(
    parts: Parts, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = {"id": "Zhao", "name": "赵", "role": "building_lead", "places": ["stairs-2"], "language": "zh"}
    made = (await admin.post("/api/users", json=body)).json()
    assert made["account"] | {"created": "", "changed": ""} == {
        "id": "zhao",
        "name": "赵",
        "role": "building_lead",
        "places": ["stairs-2"],
        "password": False,
        "two_step": False,
        "language": "zh",
        "enabled": True,
        "created": "",
        "changed": "",
    }
    token = made["path"].removeprefix("/enter#")
    entered = await stranger.post("/enter", json={"token": token, "password": "a long password"})
    assert entered.status_code == 200 and (await me(stranger))["account"] == "zhao"
    told = json.dumps((await admin.get("/api/users")).json(), ensure_ascii=False)
    assert "zhao" in told and "argon2" not in told and "secret" not in told
    kinds = [(row.kind, row.subject, row.by) for row in records.newest(parts.store, limit=4)]
    assert kinds == [
        ("signed_in", "", "赵"),
        ("set_password", "zhao", "赵"),
        ("made_link", "zhao", "Wang Ming"),
        ("changed_account", "zhao", "Wang Ming"),
    ]
    everything = str(records.newest(parts.store, limit=50))
    assert token not in everything and "a long password" not in everything and "argon2" not in everything


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/users", {"id": "li", "role": "operator"}, 422, "id_taken"),
        ("POST", "/api/users", {"id": "zhao", "name": "li ming", "role": "operator"}, 422, "name_taken"),
        ("POST", "/api/users", {"id": "zhao", "role": "admin", "places": ["shed-1"]}, 422, "admin_everywhere"),
        ("POST", "/api/users", {"id": "zhao", "role": "operator", "places": ["nowhere"]}, 422, "unknown_place"),
        ("POST", "/api/users", {"id": "zhao", "role": "operator", "places": []}, 422, "no_place"),
        ("POST", "/api/users", {"id": "z/h", "role": "operator"}, 422, "bad_id"),
        ("POST", "/api/users", {"id": "zhao", "role": "boss"}, 422, None),
        ("PATCH", "/api/users/wang", {"role": "operator"}, 422, "last_admin"),
        ("PATCH", "/api/users/wang", {"enabled": False}, 422, "last_admin"),
        ("PATCH", "/api/users/li", {"password_hash": "x"}, 422, None),
        ("PATCH", "/api/users/nobody", {"enabled": False}, 404, "no_account"),
        ("DELETE", "/api/users/wang", None, 422, "last_admin"),
        ("DELETE", "/api/users/nobody", None, 404, "no_account"),
        ("POST", "/api/link", {"account": "nobody"}, 404, "no_account"),
        ("POST", "/api/link", {"role": "admin", "places": ["shed-1"]}, 422, "admin_everywhere"),
        ("POST", "/api/users/nobody/two-step-off", None, 404, "no_account"),
    ],
)
async def test_what_is_refused(
    admin: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str | None
) -> None:
    before = (await admin.get("/api/users")).json()
    answer = await admin.request(method, path, json=body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert (await admin.get("/api/users")).json() == before


async def test_a_change_holds_at_once(admin: httpx.AsyncClient, li: httpx.AsyncClient) -> None:
    assert (await li.get("/api/cameras")).json()["cameras"][0]["name"] == "shed-1"
    await admin.patch("/api/users/li", json={"places": ["stairs-2"]})
    assert [one["name"] for one in (await li.get("/api/cameras")).json()["cameras"]] == ["stairs-2"]
    await admin.patch("/api/users/li", json={"role": "admin", "places": None, "name": "Li Hua"})
    now = await me(li)
    assert (now["role"], now["places"], now["name"]) == ("admin", None, "Li Hua")
    assert (await li.get("/api/users")).status_code == 200
    await admin.patch("/api/users/li", json={"role": "auditor"})
    assert (await li.get("/api/users")).status_code == 403
    await admin.patch("/api/users/li", json={"enabled": False})
    assert (await li.get("/api/me")).status_code == 401
    await admin.patch("/api/users/li", json={"enabled": True})
    assert (await li.get("/api/me")).status_code == 401  # what was ended stays ended


async def test_the_names_of_the_records_are_the_accounts_own(parts: Parts, li: httpx.AsyncClient) -> None:
    alert = parts.raise_alert(0)
    steps = f"/api/alerts/{alert.id}/steps"
    assert (await li.post(steps, json={"kind": "accepted", "by": "Wang Ming"})).status_code == 422
    assert (await li.post(steps, json={"kind": "accepted"})).status_code == 200
    assert records.newest(parts.store, limit=1, subject=alert.id)[0].by == "Li Ming"


async def test_one_s_own_password(parts: Parts, li: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    await log_in(stranger, "li")
    for body, status, code in (
        ({"old": "wrong", "new": "another password"}, 403, "wrong_password"),
        ({"old": PASSWORD, "new": "short"}, 422, "password_length"),
        ({"old": PASSWORD, "new": "1234567890"}, 422, "password_weak"),
        ({"old": PASSWORD, "new": "another password"}, 200, None),
    ):
        answer = await li.post("/api/me/password", json=body)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert (await me(li))["account"] == "li"
    assert (await stranger.get("/api/me")).status_code == 401
    assert (await log_in(stranger, "li")).status_code == 403
    assert (await log_in(stranger, "li", "another password")).status_code == 200


async def test_a_stolen_session_does_not_guess_the_password(li: httpx.AsyncClient) -> None:
    said = [
        (await li.post("/api/me/password", json={"old": f"guess {n}", "new": PASSWORD})).status_code for n in range(8)
    ]
    assert said == [403] * 5 + [429] * 3


async def test_the_second_step_from_first_to_last(
    parts: Parts, clock: SimulatedClock, li: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await log_in(stranger, "li")
    assert (await li.put("/api/me/totp", json={"code": "123456"})).status_code == 409
    assert (await li.post("/api/me/totp", json={"password": "wrong"})).status_code == 403
    shown = (await li.post("/api/me/totp", json={"password": PASSWORD})).json()
    assert shown["uri"].startswith("otpauth://totp/") and shown["secret"] in shown["uri"]
    assert shown["svg"].startswith("<svg") and "http://www.w3.org/2000/svg" in shown["svg"]
    assert (await me(li))["two_step"] is False  # not before a code was right
    assert (await li.put("/api/me/totp", json={"code": "abcdef"})).json()["code"] == "wrong_code"
    code = totp.code_at(shown["secret"], totp.step_at(clock.now()))
    assert (await li.put("/api/me/totp", json={"code": code})).status_code == 200
    assert (await me(li))["two_step"] is True
    assert (await stranger.get("/api/me")).status_code == 401
    assert (await li.post("/api/me/totp", json={"password": PASSWORD})).status_code == 409
    assert (await log_in(stranger, "li", code=code)).status_code == 403  # it was used
    clock.step(30)
    code = totp.code_at(shown["secret"], totp.step_at(clock.now()))
    for body, status, said in (
        ({"password": "wrong", "code": code}, 403, "wrong_password"),
        ({"password": PASSWORD, "code": "000000x"}, 403, "wrong_code"),
        ({"password": PASSWORD, "code": code}, 200, None),
    ):
        answer = await li.post("/api/me/totp/off", json=body)
        assert (answer.status_code, answer.json().get("code")) == (status, said)
    assert (await log_in(stranger, "li")).status_code == 200
    assert shown["secret"] not in str(records.newest(parts.store, limit=50))


async def test_a_secret_waits_a_quarter_of_an_hour(clock: SimulatedClock, li: httpx.AsyncClient) -> None:
    secret = (await li.post("/api/me/totp", json={"password": PASSWORD})).json()["secret"]
    clock.step(901)
    code = totp.code_at(secret, totp.step_at(clock.now()))
    assert (await li.put("/api/me/totp", json={"code": code})).status_code == 409


async def test_an_admin_switches_off_a_lost_phone_s_second_step(
    parts: Parts, admin: httpx.AsyncClient, book: Accounts, stranger: httpx.AsyncClient
) -> None:
    book.set_totp("li", parts.box.seal("li", totp.new_secret()), 1, BY)
    await parts.access.refresh()
    assert (await log_in(stranger, "li")).json()["code"] == "code_needed"
    assert (await admin.post("/api/users/li/two-step-off")).json()["account"]["two_step"] is False
    assert (await log_in(stranger, "li")).status_code == 200


async def test_of_two_admins_the_second_is_told(parts: Parts, clock: SimulatedClock, admin: httpx.AsyncClient) -> None:
    seen = next(one for one in (await admin.get("/api/users")).json()["accounts"] if one["id"] == "li")["changed"]
    clock.step(1)
    first = await admin.patch("/api/users/li", json={"role": "operator", "places": None, "seen": seen})
    assert first.status_code == 200
    second = await admin.patch("/api/users/li", json={"role": "auditor", "seen": seen})
    assert (second.status_code, second.json()["code"]) == (409, "overtaken")
    now = first.json()["account"]
    assert (now["role"], now["changed"] == seen) == ("operator", False)
    assert (await admin.patch("/api/users/li", json={"role": "auditor", "seen": now["changed"]})).status_code == 200


async def test_what_an_account_does_is_on_record_with_its_id(
    parts: Parts, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    fire, other = parts.raise_alert(), parts.raise_alert(1, "clutter")
    silence = {"kind": "shelf", "scope_kind": "camera", "scope": "shed-1", "reason": "builders", "minutes": 9}
    seen = parts.desk.alert(fire.id).version
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"/api/alerts/{fire.id}/acknowledge", {"version": seen}),
        (f"/api/alerts/{other.id}/steps", {"kind": "note", "detail": {"note": "x"}, "version": other.version}),
        (f"/api/alerts/{fire.id}/clear", {"reason": "to look"}),
        (f"/api/alerts/{fire.id}/hold", {"reason": "police"}),
        (f"/api/alerts/{fire.id}/release", {}),
        ("/api/silences", silence),
        ("/api/tokens", {"name": "x", "role": "operator", "scopes": ["see"]}),
        ("/api/users/li/leave", {}),
        ("/api/me/password", {"old": PASSWORD, "new": "another password"}),
    ]
    for path, body in asked:
        answer = await admin.post(path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
    [made] = (await admin.get("/api/silences")).json()["silences"]
    assert (await admin.post(f"/api/silences/{made['id']}/end", json={})).status_code == 200
    await parts.enter(stranger, "Zhao")
    parts.recorder.tick()
    rows = records.newest(parts.store, limit=99)
    assert {row.account for row in rows if row.by == "Wang Ming"} == {"wang"}
    assert {row.kind for row in rows if row.account == "wang"} >= {
        *("signed_in", "acknowledged", "stepped", "saw_clear_picture", "held", "released", "silenced"),
        *("ended_silence", "made_token", "ended_sessions", "set_password"),
    }
    assert {row.account for row in rows if row.by in ("system", "Zhao (link)", "test")} == {""}
    assert not list(check(reversed(rows)))
    shown = (await admin.get("/api/records?limit=5")).json()["records"]
    assert "wang" in {row["account"] for row in shown}


async def test_sessions_and_out_everywhere(parts: Parts, li: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    stranger.headers["user-agent"] = "Phone\x07 1"
    await log_in(stranger, "li")
    listed = (await li.get("/api/me/sessions")).json()["sessions"]
    assert {one["current"]: one["agent"] for one in listed} == {False: "Phone 1", True: li.headers["user-agent"]}
    left = await li.delete("/api/me/sessions")
    assert left.status_code == 200 and "Max-Age=0" in left.headers["set-cookie"]
    assert (await stranger.get("/api/me")).status_code == 401
    assert (await li.get("/api/me")).status_code == 401


async def test_who_came_by_a_link_has_no_account_page(operator: httpx.AsyncClient) -> None:
    assert len((await operator.get("/api/me/sessions")).json()["sessions"]) == 1
    for method, path, body in (
        ("POST", "/api/me/password", {"old": "x", "new": "y"}),
        ("POST", "/api/me/totp", {"password": "x"}),
        ("PUT", "/api/me/totp", {"code": "x"}),
        ("DELETE", "/api/me/sessions", None),
    ):
        assert (await operator.request(method, path, json=body)).status_code == 403


async def test_a_guest_s_link(parts: Parts, admin: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    path = (await admin.post("/api/link", json={"role": "volunteer", "places": ["shed-1"]})).json()["path"]
    assert (
        await stranger.post("/enter", json={"token": path.removeprefix("/enter#"), "name": "Sun"})
    ).status_code == 200
    now = await me(stranger)
    assert (now["name"], now["role"], now["places"], now["account"]) == ("Sun (link)", "volunteer", ["shed-1"], "")
    assert (await stranger.post("/api/link")).status_code == 403


async def test_a_session_does_not_come_back_by_a_request_under_way(
    parts: Parts, book: Accounts, li: httpx.AsyncClient, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read from the database, or prolonged, while it is ended."""
    cookie = "; ".join(f"{one.name}={one.value}" for one in li.cookies.jar)
    session = await parts.access.session_of(cookie)
    assert session is not None
    fresh = Access(parts.access._store, parts.settings.console, clock, book)
    real = fresh._store.session
    left: list[str] = []

    def slow(key: str, now: datetime) -> Any:
        found = real(key, now)
        if not left:
            left.append(key)
            asyncio.run_coroutine_threadsafe(fresh.leave(session), loop).result(10)
        return found

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(fresh._store, "session", slow)
    assert await fresh.session_of(cookie) is None
    clock.step(3600)
    assert await fresh.renew(session, cookie) is None
    assert await fresh.session_of(cookie) is None


async def test_a_body_that_takes_its_time_does_not_outlive_the_session(
    admin: httpx.AsyncClient, li: httpx.AsyncClient
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'{"old": "' + PASSWORD.encode() + b'", '
        await admin.patch("/api/users/li", json={"enabled": False})
        yield b'"new": "another password"}'

    answer = await li.post("/api/me/password", content=body(), headers={"content-type": "application/json"})
    assert answer.status_code == 401


async def test_what_commands_do_is_heard_of(parts: Parts, li: httpx.AsyncClient) -> None:
    assert (await me(li))["role"] == "volunteer"
    ended: list[str] = []
    parts.access.on_leave(ended.append)
    beside = Store.beside(parts.settings.store.path)
    command = Accounts(beside, parts.clock, "terminal", in_waiting)
    command.change("li", {"role": Role.AUDITOR}, None, By("terminal"))
    await parts.access.refresh()
    assert (await me(li))["role"] == "auditor" and len(ended) == 1
    command.set_password("li", None, By("terminal"))
    await parts.access.refresh()
    assert (await li.get("/api/me")).status_code == 401 and len(ended) == 2
    beside.close()


async def test_streams_end_when_their_account_changes(tmp_path_factory: pytest.TempPathFactory, hashed: str) -> None:
    """A real server; a command changes the account beside it, whose streams end within a second or two."""
    parts = Parts.build(some_settings(tmp_path_factory.mktemp("served")))
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("li", "", Role.OPERATOR, None, None, BY)
    accounts.set_password("li", hashed, BY)
    beside = Store.beside(parts.settings.store.path)
    command = Accounts(beside, parts.clock, "terminal", in_waiting)
    changes: list[Callable[[], object]] = [
        lambda: command.change("li", {"role": Role.VOLUNTEER}, None, BY),
        lambda: command.change("li", {"enabled": False}, None, BY),
    ]

    def watch_it(url: str) -> None:
        with httpx.Client(base_url=url, headers={"X-Xinan": "test"}) as client:
            assert client.post("/enter/login", json={"account": "li", "password": PASSWORD}).status_code == 200
            for change in changes:
                with client.stream("GET", "/api/events", timeout=20) as stream:
                    lines = stream.iter_lines()
                    assert any(line.startswith("event: hello") for line in lines)
                    change()
                    for _ in lines:  # it ends, or the time is up
                        pass
            assert client.get("/api/me").status_code == 401

    await parts.access.refresh()  # before the server's own loop does
    with serving(parts) as url:
        await asyncio.to_thread(watch_it, url)
    with contextlib.closing(Store.read(parts.settings.store.path)) as store:
        assert len([row for row in records.oldest(store, 0, 99) if row.via == "terminal"]) == 2
    beside.close()
    parts.close()


CHANGES = st.sampled_from(
    [
        "log in",
        "log out",
        "role",
        "places",
        "name",
        "disable",
        "enable",
        "password",
        "remove",
        "add",
        "command",
        "wait",
        "renew",
    ]
)


@given(st.lists(st.tuples(CHANGES, st.sampled_from(list(Role)), st.booleans()), min_size=1, max_size=25))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happens_a_session_never_has_more_than_its_account_has(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, Role, bool]]
) -> None:
    parts = Parts.build(some_settings(tmp_path_factory.mktemp("story")), clock := SimulatedClock())
    beside = Store.beside(parts.settings.store.path)
    here, there = Accounts(parts.store, clock), Accounts(beside, clock, "terminal", in_waiting)
    here.add("boss", "", Role.ADMIN, None, None, BY)
    cookies: list[str] = []
    for what, role, limited in story:
        book = there if what == "command" else here
        places = ["shed-1"] if limited and role is not Role.ADMIN else None
        with contextlib.suppress(AccountRefused):
            if what == "log in":
                account = parts.access.accounts.get("li")
                if account is not None and account.enabled:
                    cookies.append((await parts.access.open(account.name, account, "")).partition(";")[0])
            elif what == "log out" and cookies:
                session = await parts.access.session_of(cookies[0])
                if session is not None:
                    await parts.access.leave(session)
            elif what == "renew" and cookies:
                session = await parts.access.session_of(cookies[-1])
                if session is not None:
                    await parts.access.renew(session, cookies[-1])
            elif what == "wait":
                clock.step(3600.0 * (13 if limited else 3))
            elif what == "add":
                here.add("li", "", role, places, None, BY)
            elif what == "remove":
                here.remove("li", BY)
            elif what == "password":
                here.set_password("li", f"${clock.monotonic_s()}", BY)
            elif what in ("disable", "enable"):
                here.change("li", {"enabled": what == "enable"}, None, BY)
            elif what == "name":
                here.change("li", {"name": f"Li {role}"}, None, BY)
            else:
                book.change("li", {"role": role, "places": places}, None, BY)
        await parts.access.refresh()
        for cookie in cookies:
            await _no_more_than(parts, cookie, here.all().get("li"), clock)
    beside.close()
    parts.close()


async def _no_more_than(parts: Parts, cookie: str, account: Account | None, clock: SimulatedClock) -> None:
    session = await parts.access.session_of(cookie)
    if session is None:
        return
    assert account is not None and account.enabled
    caller = parts.access.caller(session)
    assert ALLOWED[caller.role] == ALLOWED[account.role]
    assert (caller.name, caller.places, caller.account) == (account.name, account.places, "li")
    assert clock.now() < session.expires_at <= session.created_at + timedelta(days=30)
