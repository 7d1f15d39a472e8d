"""What is told to everybody is told to nobody of more than they may see."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.access.accounts import Account
from alerts.access.hearing import hears
from alerts.access.roles import Role
from alerts.config import Settings
from tests.alerts.making import START, alert

REGISTRY = Settings.model_validate(
    {
        "places": [{"id": name, "kind": "building", "name": name} for name in ("b3", "b4")],
        "cameras": [{"name": f"{name}-cam", "url": "0", "place": name} for name in ("b3", "b4")],
    }
).registry()
LI = Account("li", "Li", Role.VOLUNTEER, START, START)
HERE, ELSEWHERE = alert(camera="b3-cam", place_id="b3"), alert(camera="b4-cam", place_id="b4")


@pytest.mark.parametrize(
    ("changed", "here", "elsewhere"),
    [
        ({}, True, True),
        ({"places": frozenset({"b3"})}, True, False),
        ({"places": frozenset({"b3-cam"})}, True, False),
        ({"places": frozenset({"site"})}, True, True),
        ({"disabled_at": START}, False, False),
        ({"role": Role.AUDITOR}, False, False),
    ],
)
def test_an_account_hears_of_what_it_may_see(changed: dict[str, Any], here: bool, elsewhere: bool) -> None:
    accounts = {"li": replace(LI, **changed)}
    assert hears(accounts, "li", HERE, REGISTRY) is here
    assert hears(accounts, "li", ELSEWHERE, REGISTRY) is elsewhere


def test_an_account_that_is_gone_hears_nothing_and_a_link_all() -> None:
    assert not hears({}, "li", HERE, REGISTRY)
    assert hears({}, "", ELSEWHERE, REGISTRY)
