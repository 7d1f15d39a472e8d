"""A phone that several people use: what one of them said there waits for them, whoever is logged in meanwhile and
whatever that person may."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.access.passwords import hashed
from alerts.access.roles import Role
from alerts.db.accounts import Accounts, By
from alerts.track.step import StepKind
from tests.acceptance.browser import needs_chromium
from tests.alerts.web.console import Parts, serving
from vision.blur import Private

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.test_phone_browser import SETTLE_MS, Site, context, settings, steps
from tests.acceptance.test_photos_browser import choose

__all__ = ["context"]

pytestmark = needs_chromium
NOTIFIED = True

K = StepKind
PASSWORD = "correct horse"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """With accounts of 李雷, a volunteer, and of three who may less than he, or not the same."""
    parts = Parts.build(settings(tmp_path / "store"))
    parts.desk._pictures._private_in = lambda jpeg: Private()
    accounts, by = Accounts(parts.store, parts.clock), By("test")
    accounts.add("li", "李雷", Role.VOLUNTEER, None, None, by)
    accounts.add("wang", "王秀英", Role.VOLUNTEER, None, None, by)
    accounts.add("shed", "赵师傅", Role.VOLUNTEER, frozenset({"shed"}), None, by)
    accounts.add("zhou", "周审计", Role.AUDITOR, None, None, by)
    for account in ("li", "wang", "shed", "zhou"):
        accounts.set_password(account, hashed(PASSWORD), by)
    with serving(parts) as url:
        yield Site(parts, url)
    parts.close()


def log_in(site: Site, page: Page, account: str) -> None:
    """By the phone's log-in, in place of whoever was there."""
    page.context.clear_cookies()
    page.goto(f"{site.url}/enter")
    page.locator("#account").fill(account)
    page.locator("#password").fill(PASSWORD)
    page.locator("#enter button").click()
    page.wait_for_url(re.compile("/(phone|)$"))


def session_of(site: Site, browser: Browser, account: str) -> list[Any]:
    """Cookies of whoever has logged in elsewhere."""
    elsewhere = browser.new_context()
    log_in(site, elsewhere.new_page(), account)
    cookies = elsewhere.cookies()
    elsewhere.close()
    return cookies


@pytest.mark.parametrize(("other", "is_out_first"), [("wang", True), ("wang", False), ("shed", False), ("zhou", False)])
def test_what_one_person_said_is_never_judged_by_what_another_may(
    site: Site, browser: Browser, context: BrowserContext, other: str, is_out_first: bool
) -> None:
    """is_out_first: nobody is logged in when the line comes back; else already somebody else."""
    fire, case = site.parts.raise_alert(0), site.parts.raise_alert(0, "clutter")
    site.parts.desk.step(fire.id, K.THERE, by="李雷")
    theirs = session_of(site, browser, other)
    page, second = context.new_page(), context.new_page()
    log_in(site, page, "li")
    page.goto(f"{site.url}/answer#alert={fire.id}")
    second.goto(f"{site.url}/answer#alert={case.id}")
    expect(page.locator("[data-answer='false_alarm']")).to_be_enabled()
    expect(second.locator("#add-photo")).to_be_visible()
    context.set_offline(True)
    page.wait_for_timeout(SETTLE_MS)
    page.locator("[data-answer='false_alarm']").tap()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("[data-reason]").first.tap()
    expect(page.locator("#waiting li")).to_have_count(1)
    choose(second, "#photo")
    expect(second.locator("#waiting li")).to_have_count(1)
    second.close()
    context.clear_cookies()
    rows = page.locator("#waiting li")
    if is_out_first:
        context.set_offline(False)
        page.reload()
        expect(rows.last).to_contain_text("登录后自动发送")
        log_in(site, page, other)
    else:
        context.add_cookies(theirs)
        context.set_offline(False)
        page.goto(f"{site.url}/phone")
    expect(rows).to_have_count(2)
    for row in rows.all():
        expect(row).to_contain_text("李雷在这部手机上登录后自动发送")
    assert steps(site, fire) == [K.THERE] and steps(site, case) == []
    log_in(site, page, "li")
    expect(rows).to_have_count(0)
    assert [(one.kind, one.by) for one in site.parts.desk.track(fire.id)[1].steps][1:] == [(K.FALSE_ALARM, "李雷")]
    assert steps(site, case) == [K.PHOTO]
