"""What a phone remembers of the alerts that were looked at last: shown without a line, its person's alone, a few."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.web.caller import caller_of
from tests.acceptance.browser import needs_chromium, until
from tests.acceptance.test_phone_browser import PHONE, Site, come_in, settings
from tests.alerts.web.console import Parts, serving

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = needs_chromium

SHOWN = "document.querySelector('#picture img').naturalWidth > 0"
KEPT = "Object.keys(localStorage).filter((key) => /^xinan[.](page|picture|phone)/.test(key)).sort()"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    parts = Parts.build(settings(tmp_path / "store"))
    with serving(parts) as url:
        yield Site(parts, url)
    parts.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(**PHONE)
    yield made
    made.close()


def seen(page: Page, site: Site, number: int) -> str:
    """The id of a fire that is raised now, and was looked at on the phone with its picture."""
    fire = site.parts.raise_alert(key=str(number))
    page.goto("about:blank")  # another hash alone is the same page
    page.goto(f"{site.url}/answer#alert={fire.id}")
    until(page, SHOWN)
    until(page, f"localStorage.getItem('xinan.picture.{fire.id}') !== null")
    return fire.id


def test_an_alert_stands_there_without_a_line_with_its_picture_in_any_window(
    site: Site, context: BrowserContext
) -> None:
    page = come_in(site, context)
    fire = seen(page, site, 1)
    context.set_offline(True)
    page.reload()
    other = context.new_page()
    other.goto(f"{site.url}/answer#alert={fire}")
    for one in (page, other):
        expect(one.locator("#heading h1")).to_have_text("明火")
        until(one, SHOWN)
        expect(one.locator("#picture-why")).to_be_hidden()


def test_a_picture_that_is_not_kept_is_said_not_to_be(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = seen(page, site, 1)
    page.evaluate(f"localStorage.removeItem('xinan.picture.{fire}')")
    context.set_offline(True)
    page.reload()
    expect(page.locator("#picture-why")).to_contain_text("照片没有存在这部手机上")
    assert page.locator("#picture img").is_hidden(), "no black box that looks like a picture"
    context.set_offline(False)
    until(page, SHOWN)
    expect(page.locator("#picture-why")).to_be_hidden()


def test_the_first_page_knows_what_the_alerts_own_page_heard_later(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.reload()
    expect(page.locator(".alerts .state")).to_contain_text("无人前往")
    page.locator(".alerts a").tap()
    page.locator("#buttons .first").tap()
    expect(page.locator("#responders li")).to_contain_text(["李雷收到"])
    until(page, f"JSON.parse(localStorage.getItem('xinan.page.{fire.id}')).page.said === 'accepted'")
    context.set_offline(True)
    page.locator("#home").tap()
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator(".alerts .state")).to_contain_text("您已答复：收到")
    expect(page.locator(".alerts .state")).not_to_contain_text("无人前往")


def test_it_is_the_newest_few_of_this_person_until_they_log_out(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fires = [seen(page, site, number) for number in range(7)]
    names = [f"xinan.{part}.{fire}" for part in ("page", "picture") for fire in fires[2:]]
    assert page.evaluate(KEPT) == sorted([*names, "xinan.pages", "xinan.phone"])
    page.goto(f"{site.url}/?console")
    page.locator("#account").tap()
    page.locator("#leave").tap()
    page.wait_for_url(f"{site.url}/enter*")
    assert page.evaluate(KEPT) == []


def test_a_picture_of_before_does_not_stand_for_one_that_cannot_be_had(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = seen(page, site, 1)
    page.route("**/picture*", lambda route: route.abort())
    page.evaluate(
        f"""(() => {{
          const kept = JSON.parse(localStorage.getItem('xinan.picture.{fire}'));
          localStorage.setItem('xinan.picture.{fire}', JSON.stringify({{...kept, mark: 'before'}}));
          const page = JSON.parse(localStorage.getItem('xinan.page.{fire}'));
          page.page.picture = 'before';
          localStorage.setItem('xinan.page.{fire}', JSON.stringify(page));
        }})()"""
    )  # as if the fire had been raised again since
    page.reload()
    expect(page.locator("#picture-why")).to_contain_text("照片没有存在这部手机上")
    expect(page.locator("#picture img")).to_be_hidden()


def test_another_log_in_finds_nothing_before_any_page_has_heard_who_it_is(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = seen(page, site, 1)
    page.route("**/api/phone/now*", lambda route: route.abort())  # the first page would find it out by itself
    for name, stays in (("李雷", True), ("王秀英", False)):
        caller = Principal(name, name, Role.VOLUNTEER, session="s")
        site.parts.app.dependency_overrides[caller_of] = lambda caller=caller: caller
        page.goto(f"{site.url}/enter#{site.parts.access.issue_link()}")
        page.locator("#name").fill(name)
        page.locator("#enter button").click()
        page.wait_for_url(f"{site.url}/phone*")
        assert (fire in str(page.evaluate(KEPT))) == stays, f"{name} has come in"


def test_whoever_logs_in_next_finds_nothing_of_the_one_before(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fires = [seen(page, site, number) for number in range(2)]
    page.evaluate("localStorage.setItem('xinan.pages', '王秀英')")  # as if these were hers
    page.reload()
    until(page, f"localStorage.getItem('xinan.page.{fires[0]}') === null")
    assert page.evaluate(f"localStorage.getItem('xinan.page.{fires[1]}') !== null"), "this one was looked at just now"
