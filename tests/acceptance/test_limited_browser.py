"""The console as somebody meets it who may not do everything, and not everywhere: a real server, a real browser."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from alerts.access.principal import Principal
from alerts.access.roles import Permission, Role
from alerts.db.schema_records import holds
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.web.caller import caller_of
from tests.acceptance.browser import Log, leave, needs_chromium
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

ORDERS = {
    "#share": "admin", "#push": "phone", "#acknowledge": "answer", "#false-alarm": "judge", "#show-clear": "clear",
    "#hold": "hold", "#mute-this": "silence", "#notices": "deliveries",
}  # fmt: skip
KEYS = {
    "help.acknowledge": "answer", "help.dispatch": "answer", "help.undo": "answer", "help.mark": "answer",
    "help.next": "answer", "help.steps": "answer", "help.ending": "judge", "help.custody": "judge",
    "help.false_alarm": "judge", "help.shelve": "silence", "help.wall_full": "live",
}  # fmt: skip


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0, 1)


def come_in(browser: Browser, parts: Parts, url: str, caller: Principal) -> tuple[Page, Log]:
    parts.app.dependency_overrides[caller_of] = lambda: caller
    context = browser.new_context(locale="en", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    log = Log(page)
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("Li")
    page.locator("#enter button").click()
    return page, log


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.AUDITOR, Role.BUILDING_LEAD])
def test_nothing_is_shown_that_they_may_not_do(browser: Browser, console: tuple[Parts, str], role: Role) -> None:
    parts, url = console
    parts.raise_alert(1)
    mine = parts.raise_alert(0, "clutter")
    caller = Principal("li", "Li", role, frozenset({"shed-1"}), session="s")
    page, log = come_in(browser, parts, url, caller)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".card")).to_have_count(1)
    page.locator(".card").click()
    expect(page.locator("#track")).to_be_visible()
    may = {"#push": False} | {
        button: permission in {one.value for one in _allowed(caller)}
        for button, permission in ORDERS.items()
        if button != "#push"  # no phones are told here
    }
    for button, allowed in may.items():
        assert page.locator(button).is_visible() is allowed, button
    page.keyboard.press("?")
    for key, permission in KEYS.items():
        needed = page.locator(f"#help-dialog dd[data-i18n='{key}']")
        assert needed.is_visible() is (permission in {one.value for one in _allowed(caller)}), key
    expect(page.locator("#help-dialog dd[data-i18n='help.search']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#muting")).to_be_hidden()
    shelf = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "shed-1"), "moving house", "Wang", timedelta(hours=1))
    parts.desk.silence(shelf)
    page.locator("#muting").click()
    expect(page.locator("#mute-now")).to_contain_text("moving house")
    assert page.locator("#mute-reason").is_visible() is may["#mute-this"]
    page.keyboard.press("Escape")
    elsewhere = parts.raise_alert(1, "ebike", key="2")
    here = parts.raise_alert(0, "ebike", key="3")
    expect(page.locator(".card")).to_have_count(2)
    assert elsewhere.id not in page.content() and {mine.camera, here.camera} == {"shed-1"}
    leave(page, log)


def _allowed(caller: Principal) -> set[Permission]:
    return {permission for permission in Permission if caller.may(permission)}


def test_who_has_no_name_is_asked_for_one_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    raised = parts.raise_alert(0, "clutter")
    page, log = come_in(browser, parts, url, Principal("", "", Role.ADMIN, session="s"))
    page.locator(".card").click()
    page.locator("#show-clear").click()
    page.locator("#clear-verify").click()
    page.locator("#name-own").fill("Zhao")
    page.locator("#name-send").click()
    expect(page.locator("#show-clear")).to_have_count(0)
    page.locator("#hold-why").fill("insurance")
    page.locator("#hold").click()
    expect(page.locator("#release")).to_be_visible()
    leave(page, log)
    with parts.store.reading() as connection:
        names = set(connection.scalars(select(holds.c.by).where(holds.c.alert_id == raised.id)))
    assert names == {"Zhao"}
