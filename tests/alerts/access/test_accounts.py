"""What an account may be."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.access.accounts import (
    LINK_MARK,
    Account,
    Changes,
    account_id,
    changed,
    checked_id,
    checked_name,
    checked_places,
    shown_name,
)
from alerts.access.roles import Role
from alerts.errors import AccountRefused

AT = datetime(2026, 5, 4, 8, tzinfo=UTC)
LATER = datetime(2026, 5, 5, 8, tzinfo=UTC)


def one(name: str, role: Role = Role.OPERATOR, disabled: bool = False) -> Account:
    return Account(name, name.upper(), role, AT, AT, disabled_at=AT if disabled else None)


def several(*accounts: Account) -> Mapping[str, Account]:
    return {account.id: account for account in accounts}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("wang", "wang"), (" Wang ", "wang"), ("王建国", "王建国"), ("ＷＡＮＧ", "wang"), ("li-2.b", "li-2.b")],
)
def test_short_names_are_the_same_however_typed(typed: str, kept: str) -> None:
    assert checked_id(typed) == account_id(typed) == kept


@pytest.mark.parametrize("typed", ["", " ", "-a", ".", "a b", "a/b", "a@b", "x" * 33, "a\nb", "ﷺ" * 30])
def test_what_is_no_short_name(typed: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        checked_id(typed)
    assert refused.value.code == "bad_id"


@given(st.text(max_size=300))
def test_a_short_name_does_not_change_when_it_is_read_again(typed: str) -> None:
    try:
        kept = checked_id(typed)
    except AccountRefused:
        return
    assert checked_id(kept) == kept and len(kept) <= 32


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "bad_name"),
        ("x" * 41, "bad_name"),
        ("Wang (link)", "bad_name"),
        ("Wang (LINK)", "bad_name"),
        ("System", "bad_name"),
        ("LI", "name_taken"),
        ("Li", "name_taken"),
        ("li", "name_taken"),
        ("ＬＩ", "name_taken"),
    ],
)
def test_nobody_is_called_as_somebody_else_is(typed: str, code: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        checked_name(typed, "wang", [one("wang"), one("li")])
    assert refused.value.code == code


def test_one_s_own_name_is_no_matter() -> None:
    assert checked_name(" Wang\n Jianguo ", "wang", [one("wang")]) == "Wang Jianguo"
    assert checked_name("Wang", "wang", [one("wang")]) == "Wang"


def test_who_came_by_a_link_is_marked_once_there_are_accounts() -> None:
    assert shown_name("Wang", ()) == "Wang"
    assert shown_name("Wang", [one("li")]) == f"Wang{LINK_MARK}"
    assert shown_name("", [one("li")]) == "(link)"


@pytest.mark.parametrize(
    ("role", "places", "code"),
    [
        (Role.ADMIN, ["b1"], "admin_everywhere"),
        (Role.OPERATOR, [], "no_place"),
        (Role.VOLUNTEER, ["b1", "x"], "unknown_place"),
    ],
)
def test_limits_that_may_not_be(role: Role, places: list[str], code: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        checked_places(role, places, {"b1", "b2"})
    assert refused.value.code == code


def test_limits_that_may_be() -> None:
    assert checked_places(Role.ADMIN, None, ()) is None
    assert checked_places(Role.ADMIN, ["site"], ()) is None
    assert checked_places(Role.VOLUNTEER, ["b2", "b1", "b1"], {"b1", "b2"}) == frozenset({"b1", "b2"})


@pytest.mark.parametrize("wanted", [Changes(role=Role.AUDITOR), Changes(enabled=False)])
def test_the_last_admin_stays(wanted: Changes) -> None:
    for others in ((), (one("li"),), (one("li", Role.ADMIN, disabled=True),)):
        with pytest.raises(AccountRefused) as refused:
            changed(several(one("wang", Role.ADMIN), *others), "wang", wanted, None, LATER)
        assert refused.value.code == "last_admin"
    both = several(one("wang", Role.ADMIN), one("li", Role.ADMIN))
    assert changed(both, "Wang", wanted, None, LATER).changed_at == LATER


def test_what_is_not_named_stays() -> None:
    before = several(one("wang", disabled=True))
    assert changed(before, "wang", Changes(), None, LATER) == before["wang"]
    assert changed(before, "wang", Changes(enabled=False), None, LATER) == before["wang"]
    after = changed(before, "wang", Changes(enabled=True, name="Wang"), None, LATER)
    assert (after.disabled_at, after.name, after.role) == (None, "Wang", Role.OPERATOR)
    with pytest.raises(AccountRefused, match="no such account: zhao"):
        changed(before, "zhao", Changes(), None, LATER)
    limited = changed(before, "wang", Changes(places=["b1"]), {"b1"}, LATER)
    with pytest.raises(AccountRefused):  # the places go on, and no admin has any
        changed(several(limited), "wang", Changes(role=Role.ADMIN), None, LATER)
    assert changed(several(limited), "wang", Changes(role=Role.ADMIN, places=None), None, LATER).places is None


def test_secrets_are_not_shown() -> None:
    account = Account("wang", "Wang", Role.ADMIN, AT, AT, password_hash="$argon2id$x", totp_secret="GEZDGNBV")
    assert "argon2" not in repr(account) and "GEZD" not in repr(account)
