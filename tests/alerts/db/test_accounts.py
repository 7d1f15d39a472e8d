"""Accounts, sessions and links in both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from alerts.access.roles import Role
from alerts.db.accounts import Accounts, By
from alerts.db.beside import in_waiting
from alerts.db.rows import OperatorSession
from alerts.db.schema_access import waiting_records
from alerts.db.sign_ins import SignIns, device_key
from alerts.db.store import Store
from alerts.errors import AccountRefused, StoreError
from alerts.record import records
from alerts.record.chain import check
from alerts.record.records import Kind
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace

BY = By("Admin")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def accounts(store: Store, clock: SimulatedClock) -> Accounts:
    return Accounts(store, clock)


def session(clock: SimulatedClock, key: str, account: str = "") -> OperatorSession:
    now = clock.now()
    return OperatorSession(key, "Wang", now, now + timedelta(hours=12), account, Role.OPERATOR, frozenset({"b1", "a"}))


def kinds(store: Store) -> list[tuple[str, str, str]]:
    return [(row.kind, row.subject, row.by) for row in records.oldest(store, 0, 99) if row.kind != Kind.BEGAN]


def test_an_account_s_life(store: Store, accounts: Accounts, clock: SimulatedClock) -> None:
    made = accounts.add("Wang", "王建国", Role.BUILDING_LEAD, ["b1"], {"b1"}, BY)
    assert accounts.all() == {"wang": made}
    assert (made.places, made.password_hash, made.enabled) == (frozenset({"b1"}), None, True)
    clock.step(60)
    after = accounts.change("wang", {"role": Role.OPERATOR, "places": None}, {"b1"}, BY)
    assert accounts.all() == {"wang": after}
    assert (after.role, after.places, after.changed_at) == (Role.OPERATOR, None, clock.now())
    assert accounts.change("wang", {"role": Role.OPERATOR}, None, BY) == after
    accounts.set_password("wang", "$argon2id$secret", By("王建国"))
    accounts.set_totp("wang", "SECRET", 7, By("王建国"))
    accounts.remove("wang", BY)
    assert accounts.all() == {}
    assert kinds(store) == [
        ("added_account", "wang", "Admin"),
        ("changed_account", "wang", "Admin"),
        ("set_password", "wang", "王建国"),
        ("changed_account", "wang", "王建国"),
        ("removed_account", "wang", "Admin"),
    ]
    rows = records.oldest(store, 0, 99)
    assert rows[2].detail == {
        "role": {"from": "building_lead", "to": "operator"},
        "places": {"from": ["b1"], "to": None},
    }
    assert "secret" not in str(rows).lower().replace("'two_step'", "") and "argon2" not in str(rows)
    assert not list(check(rows))


def test_what_is_refused_changes_nothing(store: Store, accounts: Accounts) -> None:
    accounts.add("wang", "", Role.ADMIN, None, None, BY)
    before, version = accounts.all(), accounts.version()
    for refused in (
        lambda: accounts.add("WANG", "x", Role.OPERATOR, None, None, BY),
        lambda: accounts.add("li", "Wang", Role.OPERATOR, None, None, BY),
        lambda: accounts.add("li", "Li", Role.OPERATOR, ["x"], {"b1"}, BY),
        lambda: accounts.remove("wang", BY),
        lambda: accounts.remove("li", BY),
        lambda: accounts.change("wang", {"enabled": False}, None, BY),
        lambda: accounts.add_link("ab", "li", BY),
        lambda: accounts.set_password("li", "x", BY),
    ):
        with pytest.raises(AccountRefused):
            refused()
    assert (accounts.all(), accounts.version()) == (before, version)
    assert len(kinds(store)) == 1


def test_sessions(store: Store, clock: SimulatedClock) -> None:
    sign_ins, one = SignIns(store), session(clock, "ab" * 32)
    sign_ins.open(one, None)
    assert sign_ins.session(one.token_hash, clock.now()) == one
    assert sign_ins.session(one.token_hash, one.expires_at) is None
    later = one.expires_at + timedelta(hours=1)
    sign_ins.extend(one.token_hash, later)
    assert sign_ins.session(one.token_hash, one.expires_at) == replace(one, expires_at=later)
    sign_ins.close("unknown")
    sign_ins.close(one.token_hash)
    sign_ins.extend(one.token_hash, later)  # what was ended stays ended
    assert sign_ins.session(one.token_hash, clock.now()) is None
    assert sign_ins.open_now(clock.now()) == frozenset()


def test_those_that_expired_go_with_the_next_one(store: Store, clock: SimulatedClock) -> None:
    sign_ins = SignIns(store)
    sign_ins.open(session(clock, "a"), None)
    clock.step(13 * 3600)
    sign_ins.open(session(clock, "b"), None)
    assert sign_ins.open_now(clock.now() - timedelta(hours=13)) == {"b"}


def test_a_change_ends_the_sessions_and_links_of_its_account_alone(accounts: Accounts, store: Store) -> None:
    clock, sign_ins = SimulatedClock(), SignIns(store)
    made = {key: accounts.add(key, "", Role.ADMIN, None, None, BY) for key in ("wang", "li")}
    for change, left in (
        (lambda: accounts.set_password("wang", "x", By("Wang", "w1")), {"w1", "l1", "n1"}),
        (lambda: accounts.set_totp("wang", "S", 1, By("Wang", "w2")), {"w2", "l1", "n1"}),
        (lambda: accounts.change("wang", {"role": Role.OPERATOR}, None, BY), {"w1", "w2", "l1", "n1"}),
        (lambda: accounts.end_sessions("li", By("Li")), {"w1", "w2", "n1"}),
        (lambda: accounts.end_sessions("", BY), {"w1", "w2", "l1"}),
        (lambda: accounts.change("wang", {"enabled": False}, None, BY), {"l1", "n1"}),
        (lambda: accounts.remove("wang", BY), {"l1", "n1"}),
    ):
        for key, account in (("w1", "wang"), ("w2", "wang"), ("l1", "li"), ("n1", "")):
            sign_ins.close(key)
            sign_ins.open(session(clock, key, account), None)
        if enabled := accounts.all()["wang"].enabled:
            accounts.add_link("ab", "wang", BY)
        accounts.add_link("cd", "", BY)
        change()
        now = clock.now()
        assert sign_ins.open_now(now) == left
        assert (sign_ins.link("ab", now) is not None) == (enabled and {"w1", "w2"} <= left)
        assert (sign_ins.link("cd", now) is not None) == ("n1" in left)
    assert made["li"] == accounts.all()["li"]


def test_a_session_is_not_opened_for_an_account_that_changed_meanwhile(accounts: Accounts, store: Store) -> None:
    clock, sign_ins = SimulatedClock(), SignIns(store)
    accounts.add("li", "", Role.ADMIN, None, None, BY)
    seen = accounts.add("wang", "", Role.OPERATOR, None, None, BY)
    sign_ins.open(session(clock, "a", "wang"), seen)
    changes: list[Callable[[], object]] = [
        lambda: accounts.set_password("wang", "new", BY),
        lambda: accounts.set_totp("wang", "S", 1, BY),
        lambda: accounts.change("wang", {"enabled": False}, None, BY),
        lambda: accounts.remove("wang", BY),
    ]
    for number, change in enumerate(changes):
        seen = accounts.all()["wang"]
        change()
        with pytest.raises(AccountRefused, match="changed meanwhile"):
            sign_ins.open(session(clock, f"b{number}", "wang"), seen)
    assert sign_ins.open_now(clock.now()) == frozenset()


def test_a_link_works_once_and_a_new_one_ends_the_old_one(
    accounts: Accounts, store: Store, clock: SimulatedClock
) -> None:
    accounts.add("wang", "", Role.VOLUNTEER, ["b1"], None, BY)
    sign_ins = SignIns(store)
    assert not accounts.has_link("wang")
    accounts.add_link("old", "wang", BY)
    assert accounts.has_link("Wang") and not accounts.has_link("")
    link = accounts.add_link("new", "Wang", BY)
    guest = accounts.add_link("guest", "", BY, Role.AUDITOR, ["b2"])
    now = clock.now()
    assert sign_ins.link("old", now) is None
    assert sign_ins.link("new", now) == link and (link.account, link.role) == ("wang", Role.VOLUNTEER)
    assert sign_ins.link("guest", now) == guest and guest.places == frozenset({"b2"})
    assert sign_ins.link("new", link.expires_at) is None
    won: list[bool] = []
    threads = [threading.Thread(target=lambda: won.append(sign_ins.use_link("new"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]
    with pytest.raises(AccountRefused):
        accounts.add_link("x", "", BY, Role.ADMIN, ["b1"])


def test_a_step_is_used_once_by_whoever_is_first(accounts: Accounts) -> None:
    accounts.add("wang", "", Role.ADMIN, None, None, BY)
    accounts.set_totp("wang", "S", 10, BY)
    assert not accounts.use_step("wang", 10)
    won: list[bool] = []
    threads = [threading.Thread(target=lambda: won.append(accounts.use_step("wang", 11))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]
    assert not accounts.use_step("wang", 9) and not accounts.use_step("nobody", 99)


def test_beside_a_running_watch(place: StorePlace, clock: SimulatedClock) -> None:
    with pytest.raises(StoreError):
        Store.beside(place.folder, place.url)
    watch = place.open()
    running = Accounts(watch, clock)
    version = running.version()
    beside = Store.beside(place.folder, place.url)
    command = Accounts(beside, clock, "terminal", in_waiting)
    clock.step(5)
    said_at = clock.now()
    command.add("wang", "", Role.ADMIN, None, None, By(""))
    assert running.version() != version and set(running.all()) == {"wang"}
    assert kinds(watch) == []
    clock.step(5)
    running.add("li", "", Role.VOLUNTEER, None, None, BY)
    running.take_in()
    running.take_in()
    assert kinds(watch) == [("added_account", "li", "Admin"), ("added_account", "wang", "")]
    newest = records.newest(watch, limit=1)[0]
    assert (newest.via, newest.at) == ("terminal", said_at)
    assert not list(check(records.oldest(watch, 0, 9)))
    with beside.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(waiting_records)) == 0
    beside.close()
    watch.close()


def test_a_command_and_the_watch_change_the_same_at_once(place: StorePlace) -> None:
    """Two admins: each process takes away one; one must stay."""
    watch = place.open()
    running, beside = Accounts(watch, SimulatedClock()), Store.beside(place.folder, place.url)
    command = Accounts(beside, SimulatedClock(), "terminal", in_waiting)
    for name in ("a", "b"):
        running.add(name, "", Role.ADMIN, None, None, BY)
    start, refused = threading.Barrier(2), []

    def remove(accounts: Accounts, name: str) -> None:
        start.wait()
        try:
            accounts.remove(name, BY)
        except AccountRefused as error:
            refused.append(error.code)

    threads = [threading.Thread(target=remove, args=args) for args in ((running, "a"), (command, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_admin"] and len(running.all()) == 1
    beside.close()
    watch.close()


def test_known_browsers_stay_known(store: Store) -> None:
    key = device_key(store)
    assert len(key) == 32 and device_key(store) == key
