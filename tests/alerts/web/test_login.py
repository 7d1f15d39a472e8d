"""Log-in by password and by an account's link; who is slowed down, and who never is."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import passwords, totp
from alerts.access.roles import Role
from alerts.access.secret_box import SecretBox
from alerts.db.accounts import Accounts, By
from alerts.db.sign_ins import SignIns, device_key
from alerts.record import records
from alerts.web import login as logins
from alerts.web.access import LONGEST_LIFE, SESSION_LIFE, digest
from alerts.web.login import FREE_OF_CLIENT, FREE_TRIES, MOST_WAITING, Client, Login, WrongLogin
from alerts.web.tries import TooManyTries
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

PASSWORD = "correct horse"


@pytest.fixture(scope="session")
def hashed() -> str:
    return passwords.hashed(PASSWORD)


@pytest.fixture
async def book(parts: Parts, hashed: str) -> Accounts:
    """Wang, an admin, and Li, a volunteer of one camera, with passwords; Zhao without one."""
    accounts = Accounts(parts.store, parts.clock)
    for name, role, places in (
        ("wang", Role.ADMIN, None),
        ("li", Role.VOLUNTEER, ["shed-1"]),
        ("zhao", Role.OPERATOR, None),
    ):
        accounts.add(name, f"{name.title()} Ming", role, places, None, By("test"))
        if name != "zhao":
            accounts.set_password(name, hashed, By("test"))
    await parts.access.refresh()
    return accounts


async def log_in(
    client: httpx.AsyncClient, account: str = "wang", password: str = PASSWORD, **more: Any
) -> httpx.Response:
    return await client.post("/enter/login", json={"account": account, "password": password, **more})


async def test_by_password(parts: Parts, book: Accounts, stranger: httpx.AsyncClient) -> None:
    answer = await log_in(stranger, " Li ")
    assert answer.status_code == 200
    session, known = answer.headers.get_list("set-cookie")
    for cookie in (session, known):
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie and "Secure" not in cookie
    me = (await stranger.get("/api/me")).json()
    assert (me["account"], me["name"], me["role"], me["places"]) == ("li", "Li Ming", "volunteer", ["shed-1"])
    assert me["permissions"] == ["answer", "phone", "see"] and me["two_step"] is False
    assert (await stranger.get("/api/users")).status_code == 403
    newest = records.newest(parts.store, limit=1)[0]
    assert (newest.kind, newest.by, newest.account) == ("signed_in", "Li Ming", "li")
    assert newest.detail == {"how": "password", "address": "127.0.0.1"}


@pytest.mark.parametrize(
    ("account", "password"),
    [
        ("li", "wrong password"),
        ("nobody", PASSWORD),
        ("zhao", PASSWORD),
        ("zhao", ""),
        ("li", ""),
        ("a/../b", "x"),
        ("disabled", PASSWORD),
    ],
)
async def test_whatever_is_wrong_is_answered_the_same_after_the_same_work(
    parts: Parts,
    book: Accounts,
    stranger: httpx.AsyncClient,
    hashed: str,
    monkeypatch: pytest.MonkeyPatch,
    account: str,
    password: str,
) -> None:
    book.add("disabled", "", Role.OPERATOR, None, None, By("test"))
    book.set_password("disabled", hashed, By("test"))
    book.change("disabled", {"enabled": False}, None, By("test"))
    await parts.access.refresh()
    asked: list[str | None] = []

    def verify(password_hash: str | None, given: str) -> bool:
        asked.append(password_hash)
        return real(password_hash, given)

    real = passwords.verify
    monkeypatch.setattr(passwords, "verify", verify)
    answer = await log_in(stranger, account, password)
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "forbidden", "detail": "the account or the password is wrong", "code": "wrong"},
    )
    assert "set-cookie" not in answer.headers
    assert asked == [hashed if account in ("li", "disabled") else None]  # None: as much work (test_passwords)


async def test_guesses_are_slowed_down(parts: Parts, book: Accounts, clock: SimulatedClock) -> None:
    """From ever other addresses: within a day, and from thousands of them, some hundred guesses."""
    login, tried, waits = a_login(parts), 0, []
    for _ in range(2000):
        try:
            await login.by_password("wang", "x", "", Client(f"10.0.{tried // 250}.{tried % 250}"))
        except WrongLogin:
            tried += 1
        except TooManyTries as error:
            waits.append(error.retry_s)
            clock.step(error.retry_s)
        if clock.monotonic_s() > 24 * 3600:
            break
    assert waits[:5] == [1, 2, 4, 8, 16] and max(waits) == 900
    assert FREE_TRIES < tried < 150


def a_login(parts: Parts) -> Login:
    """Without the cost of hashing: every password is wrong but the right one."""
    login = Login(parts.access, parts.clock, device_key(parts.store), parts.box)

    async def quick(work: Any, *values: Any) -> Any:
        return values[1] == PASSWORD if work is passwords.verify else work(*values)

    login._hash = quick  # type: ignore[method-assign]
    return login


async def test_many_at_once_are_not_all_free(parts: Parts, book: Accounts) -> None:
    login = a_login(parts)
    said = await asyncio.gather(
        *(login.by_password("wang", f"guess {number}", "", Client(f"10.0.0.{number}")) for number in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, WrongLogin) for one in said) == FREE_TRIES
    assert sum(isinstance(one, TooManyTries) for one in said) == 50 - FREE_TRIES


async def test_one_address_is_slowed_down_over_all_accounts(parts: Parts, book: Accounts) -> None:
    login, said = a_login(parts), []
    for number in range(FREE_OF_CLIENT + 5):
        try:
            await login.by_password(f"name{number}", "x", "", Client(f"2001:db8:1:2:3:4:5:{number:x}"))
        except (WrongLogin, TooManyTries) as error:
            said.append(type(error))
    assert said == [WrongLogin] * FREE_OF_CLIENT + [TooManyTries] * 5


async def test_a_right_one_in_between_does_not_free_the_address(parts: Parts, book: Accounts) -> None:
    """Whoever has an account must not guess those of others between his own log-ins."""
    login, wrong = a_login(parts), 0
    with pytest.raises(TooManyTries):
        for number in range(100):
            await login.by_password("li", PASSWORD, "", Client("10.0.0.9"))
            with pytest.raises(WrongLogin):
                await login.by_password(f"name{number}", "x", "", Client("10.0.0.9"))
            wrong += 1
    assert wrong == FREE_OF_CLIENT


async def flood(login: Login, account: str = "wang", address: str = "10.0.0.66") -> None:
    """Somebody guesses until he has to wait for long."""
    for _ in range(2 * FREE_OF_CLIENT):
        try:
            await login.by_password(account, "guess", "", Client(address))
        except WrongLogin:
            continue
        except TooManyTries:
            assert isinstance(login._clock, SimulatedClock)
            login._clock.step(30)


async def test_a_known_browser_is_not_locked_out_by_others(parts: Parts, book: Accounts) -> None:
    login, proxy = a_login(parts), "10.0.0.66"
    _, (_, device) = await login.by_password("wang", PASSWORD, "", Client(proxy))
    known = Client(proxy, cookies=device.partition(";")[0])
    for account in ("wang", "li"):
        await flood(login, account)
        with pytest.raises(TooManyTries):
            await login.by_password(account, PASSWORD, "", Client(proxy))
    await login.by_password("wang", PASSWORD, "", known)
    with pytest.raises(TooManyTries):  # it is known for one account
        await login.by_password("li", PASSWORD, "", known)
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongLogin):
            await login.by_password("wang", "guess", "", known)
    with pytest.raises(TooManyTries):  # and may not guess for ever either
        await login.by_password("wang", PASSWORD, "", known)


@pytest.mark.parametrize("forged", ["x", "x.y", ".", "x." + "0" * 64, "é.é"])
async def test_nobody_makes_himself_a_known_browser(parts: Parts, book: Accounts, forged: str) -> None:
    login = a_login(parts)
    await flood(login)
    with pytest.raises(TooManyTries):
        await login.by_password(
            "wang", PASSWORD, "", Client("10.0.0.66", cookies=f"{parts.access.cookies.device}={forged}")
        )


async def test_a_link_works_whatever_others_do(parts: Parts, book: Accounts) -> None:
    login = a_login(parts)
    await flood(login)
    book.add_link(digest("token"), "wang", By("test"))
    link = await parts.access.link_of("token")
    assert link is not None
    done = await login.by_link("token", link, "", "", Client("10.0.0.66"))
    assert done is not None and done[0].id == "wang"
    assert await login.by_link("token", link, "", "", Client("10.0.0.66")) is None


async def test_a_flood_takes_two_threads(parts: Parts, book: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    login = Login(parts.access, parts.clock, b"k" * 32, parts.box)
    running, most, go = 0, 0, asyncio.Event()
    loop = asyncio.get_running_loop()

    def verify(password_hash: str | None, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asyncio.run_coroutine_threadsafe(go.wait(), loop).result(20)
        running -= 1
        return False

    monkeypatch.setattr(passwords, "verify", verify)
    waiting = [
        asyncio.create_task(login.by_password(f"n{number}", "x", "", Client(f"10.0.{number}.1")))
        for number in range(MOST_WAITING + 20)
    ]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) <= 20 and all(isinstance(task.exception(), TooManyTries) for task in done)
    assert await asyncio.to_thread(lambda: 7) == 7  # others' threads are free
    go.set()
    said = await asyncio.gather(*waiting, return_exceptions=True)
    assert most == logins.HASHES_AT_ONCE
    assert sum(isinstance(one, WrongLogin) for one in said) == MOST_WAITING


async def test_a_refused_log_in_is_on_record_once(parts: Parts, book: Accounts, stranger: httpx.AsyncClient) -> None:
    for _ in range(3):
        await log_in(stranger, "li", "wrong password")
        await log_in(stranger, "nobody", "wrong password")
    parts.recorder.tick()
    found = records.newest(parts.store, kinds=["sign_in_refused"])
    assert [(row.subject, row.by, row.via) for row in found] == [("li", "", "console")]


async def test_an_account_s_link_asks_for_a_password(parts: Parts, book: Accounts, stranger: httpx.AsyncClient) -> None:
    book.add_link(digest("t"), "zhao", By("test"))
    assert (await stranger.post("/enter/link", json={"token": "t"})).json() == {
        "account": "zhao",
        "name": "Zhao Ming",
        "needs_password": True,
        "needs_code": False,
    }
    for body, status, code in (
        ({}, 403, "password_needed"),
        ({"password": "short"}, 422, "password_length"),
        ({"password": "1234567890"}, 422, "password_weak"),
        ({"password": "Zhao  Ming"}, 200, None),
        ({"password": PASSWORD}, 403, None),
    ):
        answer = await stranger.post("/enter", json={"token": "t", **body})
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert (await stranger.get("/api/me")).json()["account"] == "zhao"
    assert (await stranger.post("/enter/link", json={"token": "t"})).status_code == 403
    async with parts.client() as elsewhere:
        assert (await log_in(elsewhere, "zhao", "Zhao  Ming")).status_code == 200


async def test_a_link_for_a_new_password_ends_the_other_sessions(
    parts: Parts, book: Accounts, stranger: httpx.AsyncClient
) -> None:
    async with parts.client() as elsewhere:
        await log_in(elsewhere, "li")
        book.add_link(digest("t"), "li", By("test"))
        assert (await stranger.post("/enter", json={"token": "t", "password": "another password"})).status_code == 200
        assert (await elsewhere.get("/api/me")).status_code == 401
        assert (await stranger.get("/api/me")).json()["account"] == "li"
        assert (await log_in(elsewhere, "li")).status_code == 403


async def test_a_link_of_a_disabled_or_removed_account_opens_nothing(
    parts: Parts, book: Accounts, stranger: httpx.AsyncClient
) -> None:
    for name, change in (
        ("zhao", lambda: book.change("zhao", {"enabled": False}, None, By("test"))),
        ("li", lambda: book.remove("li", By("test"))),
    ):
        book.add_link(digest(name), name, By("test"))
        change()
        await parts.access.refresh()
        for path in ("/enter", "/enter/link"):
            assert (await stranger.post(path, json={"token": name})).status_code == 403


@pytest.fixture
async def secret(parts: Parts, book: Accounts) -> str:
    """Of Wang, who has a second step now."""
    made = totp.new_secret()
    book.set_totp("wang", parts.box.seal("wang", made), totp.step_at(parts.clock.now()) - 5, By("test"))
    await parts.access.refresh()
    return made


async def test_the_second_step(parts: Parts, secret: str, clock: SimulatedClock, stranger: httpx.AsyncClient) -> None:
    code = totp.code_at(secret, totp.step_at(clock.now()))
    assert (await log_in(stranger)).json()["code"] == "code_needed"
    assert (await log_in(stranger, code=f"{(int(code) + 1) % 10**6:06d}")).json()["code"] == "wrong_code"
    assert (await log_in(stranger, password="wrong password", code=code)).json()["code"] == "wrong"
    assert (await log_in(stranger, code=f"{code[:3]} {code[3:]}")).status_code == 200
    async with parts.client() as other:
        assert (await log_in(other, code=code)).json()["code"] == "wrong_code"  # it was used
        clock.step(30)
        assert (await log_in(other, code=totp.code_at(secret, totp.step_at(clock.now())))).status_code == 200


async def test_a_key_that_was_lost_keeps_out_until_the_second_step_is_switched_off(
    parts: Parts, book: Accounts, secret: str, stranger: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    book.set_totp("wang", SecretBox(b"another".ljust(32)).seal("wang", secret), 0, By("test"))
    await parts.access.refresh()
    code = totp.code_at(secret, totp.step_at(parts.clock.now()))
    for _ in range(FREE_TRIES + 2):
        assert (await log_in(stranger, code=code)).json()["code"] == "code_lost"
    assert (await log_in(stranger, password="wrong password", code=code)).json()["code"] == "wrong"
    assert "xinan users totp-off wang" in caplog.text and secret not in caplog.text
    book.set_totp("wang", None, None, By("test"))
    await parts.access.refresh()
    assert (await log_in(stranger)).status_code == 200


async def test_codes_are_not_guessed_by_who_knows_the_password(
    parts: Parts, secret: str, clock: SimulatedClock
) -> None:
    """Asking without a code in between frees nobody."""
    login, guessed = a_login(parts), 0
    for number in range(400):
        try:
            with pytest.raises(WrongLogin):
                await login.by_password("wang", PASSWORD, "", Client(f"10.0.{number}.1"))
            with pytest.raises(WrongLogin):
                await login.by_password("wang", PASSWORD, "abcdef", Client(f"10.0.{number}.2"))
            guessed += 1
        except TooManyTries as error:
            clock.step(error.retry_s)
        if clock.monotonic_s() > 24 * 3600:
            break
    assert guessed < 150


async def test_a_link_replaces_the_password_not_the_code(
    parts: Parts, book: Accounts, secret: str, stranger: httpx.AsyncClient
) -> None:
    book.add_link(digest("t"), "wang", By("test"))
    assert (await stranger.post("/enter/link", json={"token": "t"})).json()["needs_code"] is True
    for code, said in (("", "code_needed"), ("000000x", "wrong_code")):
        assert (await stranger.post("/enter", json={"token": "t", "code": code})).json()["code"] == said
    code = totp.code_at(secret, totp.step_at(parts.clock.now()))
    assert (await stranger.post("/enter", json={"token": "t", "code": code})).status_code == 200


async def test_two_at_once_use_a_code_once(parts: Parts, secret: str) -> None:
    login, code = a_login(parts), totp.code_at(secret, totp.step_at(parts.clock.now()))
    said = await asyncio.gather(
        *(login.by_password("wang", PASSWORD, code, Client(f"10.0.0.{number}")) for number in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, WrongLogin) for one in said) == 3


async def test_an_older_hash_is_made_anew(
    parts: Parts, book: Accounts, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = book.all()["li"].password_hash
    monkeypatch.setattr(passwords, "outdated", lambda kept: kept == old)
    assert (await log_in(stranger, "li")).status_code == 200
    renewed = book.all()["li"].password_hash
    assert renewed != old and passwords.verify(renewed, PASSWORD)
    assert (await stranger.get("/api/me")).status_code == 200


async def test_a_new_log_in_ends_the_browser_s_old_session(
    parts: Parts, book: Accounts, stranger: httpx.AsyncClient
) -> None:
    await parts.enter(stranger)
    before = SignIns(parts.store).open_now(parts.clock.now())
    await log_in(stranger, "li")
    after = SignIns(parts.store).open_now(parts.clock.now())
    assert len(before) == len(after) == 1 and before != after


async def test_a_session_ends_after_thirty_days_however_it_is_used(
    parts: Parts, book: Accounts, clock: SimulatedClock, stranger: httpx.AsyncClient
) -> None:
    await log_in(stranger, "li")
    half = SESSION_LIFE.total_seconds() / 2
    for _ in range(int(LONGEST_LIFE.total_seconds() / half) - 1):
        clock.step(half)
        assert (await stranger.get("/api/me")).status_code == 200
    clock.step(half - 1)
    assert (await stranger.get("/api/me")).status_code == 200
    clock.step(1)
    assert (await stranger.get("/api/me")).status_code == 401
    assert timedelta(days=30) == LONGEST_LIFE


@pytest.fixture
def behind_https(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(some_settings(tmp_path / "store", public_url="https://console.example.org"), clock)
    yield built
    built.close()


async def test_behind_https_no_cookie_travels_in_the_clear(behind_https: Parts, hashed: str) -> None:
    accounts = Accounts(behind_https.store, behind_https.clock)
    accounts.add("wang", "", Role.ADMIN, None, None, By("test"))
    accounts.set_password("wang", hashed, By("test"))
    await behind_https.access.refresh()
    transport = httpx.ASGITransport(behind_https.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://console.example.org", headers={"X-Xinan": "test"}
    ) as client:
        answer = await log_in(client)
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2
        for cookie in cookies:
            assert cookie.startswith("__Host-xinan_") and "; Secure" in cookie and "; Path=/;" in cookie
            assert "Domain" not in cookie
        assert (await client.get("/api/me")).json()["account"] == "wang"
        left = (await client.post("/api/leave")).headers["set-cookie"]
        assert left.startswith("__Host-") and "Max-Age=0" in left and "; Secure" in left


async def test_what_a_link_session_is_called(parts: Parts, book: Accounts, stranger: httpx.AsyncClient) -> None:
    """He may call himself as somebody who has an account: the records show that he came by a link."""
    await parts.enter(stranger, "Wang Ming")
    assert (await stranger.get("/api/me")).json()["name"] == "Wang Ming (link)"
