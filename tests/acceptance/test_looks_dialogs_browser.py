"""What takes something to get to: dialogues, a flood, plans, the full screen, pages of other people. axe-core finds
nothing serious there either, dark in Chinese and light in English; and no page moves while it loads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.plans.picture import redrawn
from alerts.plans.store import Spot
from alerts.web.caller import caller_of
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.acceptance.test_answer_browser import PHONE
from tests.acceptance.test_looks_browser import MOST_SHIFTED, found, with_theme
from tests.acceptance.watching import until
from tests.alerts.plans.pictures import coded, sheet
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

LOOKS = [("dark", "zh-CN"), ("light", "en-GB")]
DIALOGS = [
    (("d",), "#dispatch-dialog"),
    (("#letters",), "#letters-dialog"),
    (("#push",), "#push-dialog"),
    (("#export",), "#export-dialog"),
    (("#step-dealt_with",), "#step-dialog"),
    (("#account", "#account-users"), "#users-dialog"),
]
"""How to get there, a key or buttons; and what is there then."""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Phones that can be told, an office that takes nothing, two registered places."""
    given = some_settings(tmp_path / "store").model_dump()
    for camera, place in zip(given["cameras"], ("shed", "b3"), strict=True):
        camera["place"] = place
    places = [{"id": "shed", "kind": "shed", "name": "东侧车棚"}, {"id": "b3", "kind": "building", "name": "3号楼"}]
    phones = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example", "allow_private": True}
    people = [{"id": "li", "name": "李志愿", "channels": [{"channel": "office"}]}]
    with Receiver(lambda _: Answer(400)) as receiver:
        more = {"places": places, "channels": [phones], "people": people}
        hooks = [{"name": "office", "url": receiver.url}]
        yield Settings.model_validate({**given, **more, "webhooks": hooks})


@pytest.mark.parametrize(("theme", "locale"), LOOKS)
def test_dialogues_are_accessible(browser: Browser, console: tuple[Parts, str], theme: str, locale: str) -> None:
    parts, url = console
    parts.raise_alert()
    until(parts.store.dead, "a notice that reaches nobody")
    page, log = come_in(browser, parts, url, with_theme(theme), locale=locale)
    expect(page.locator("#track .stage")).to_be_visible()
    for ways, dialog in DIALOGS:
        for way in ways:
            page.locator(way).click() if way.startswith("#") else page.keyboard.press(way)
        expect(page.locator(dialog)).to_be_visible()
        assert found(page) == [], dialog
        while page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
    parts.app.dependency_overrides[caller_of] = lambda: Principal("", "", Role.ADMIN, session="s")
    page.reload()
    page.locator("#letters").click()
    page.locator("#letters-list .letter button.quiet").first.click()
    expect(page.locator("#name-dialog")).to_be_visible()
    assert found(page) == []
    leave(page, log)


@pytest.mark.parametrize(("theme", "locale"), LOOKS)
def test_a_flood_and_what_is_marked_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, locale: str
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, with_theme(theme), locale=locale)
    for number in range(10):
        parts.raise_alert(1, "clutter", key=str(number))
    expect(page.locator("#flood")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    assert found(page) == []
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card")).not_to_have_count(1)
    assert found(page) == []
    leave(page, log)


@pytest.mark.parametrize(("theme", "locale"), LOOKS)
def test_plans_and_the_full_screen_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, locale: str
) -> None:
    parts, url = console
    store = parts.app.state.plans.store
    store.hang("shed", {"shed-1": Spot(x=0.5, y=0.5)}, store.draw("shed", redrawn(coded(sheet()))).version)
    parts.raise_alert()
    page, log = come_in(browser, parts, url, with_theme(theme), locale=locale)
    expect(page.locator("#track .stage")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(page.locator(".top")).to_be_hidden()
    assert found(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".top")).to_be_visible()
    page.keyboard.press("m")
    page.locator(".plan-bar select").select_option("shed")
    expect(page.locator('.spot[data-key="shed-1"]')).to_be_visible()
    assert found(page) == []
    page.locator("#plan-edit").click()
    expect(page.locator("#plan-save")).to_be_visible()
    assert found(page) == []
    leave(page, log)


@pytest.mark.parametrize(("theme", "locale"), LOOKS)
def test_who_may_not_open_a_page_is_told_accessibly(
    browser: Browser, console: tuple[Parts, str], theme: str, locale: str
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, with_theme(theme), locale=locale)
    log.expected = ("403",)
    parts.app.dependency_overrides[caller_of] = lambda: Principal("li", "李", Role.VOLUNTEER, session="s")
    page.goto(f"{url}/setup")
    expect(page.locator("h1")).not_to_be_empty()
    assert found(page) == []
    leave(page, log)


def on_phone(browser: Browser, locale: str) -> Page:
    options: dict[str, Any] = PHONE
    page = browser.new_context(locale=locale, **options).new_page()
    page.add_init_script(with_theme("light" if locale == "en-GB" else "dark"))
    return page


def settled(page: Page) -> None:
    """It is wholly there, and nothing in it has moved on the way."""
    page.wait_for_timeout(1000)
    assert page.evaluate("window.shifted") < MOST_SHIFTED, page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"


def test_pages_of_a_phone_are_accessible_in_english_and_stand_still(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    parts.raise_alert(1, "clutter")
    page = on_phone(browser, "en-GB")
    page.goto(f"{url}/patrol")
    expect(page.locator("#language")).to_be_visible()
    assert found(page) == []
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    expect(page.locator("#language")).to_be_visible()
    assert found(page) == []
    page.locator("#name").fill("Li")
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    seen = {
        "/phone": ".alerts a",
        "/phone#duty": "#duty-now",
        "/phone#patrol": "#hazards .choice",
        f"/answer#alert={fire.id}": "#buttons .first",
    }
    for path, shown in seen.items():
        page.goto("about:blank")
        page.goto(url + path)
        expect(page.locator(shown).first).to_be_visible()
        assert found(page) == [], path
        page.reload()
        expect(page.locator(shown).first).to_be_visible()
        settled(page)
    page.context.close()


def test_the_pages_of_the_shift_stand_still_while_they_load(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert()
    parts.desk.mark_false_alarm(parts.raise_alert(1, "clutter").id, by="李", reason="shadow")
    page, log = come_in(browser, parts, url, with_theme("dark"))
    seen = {
        "sheet": "#sheet-body tbody",
        "figures": "#figures svg.chart",
        "lessons": ".lesson",
        "drills": "#drill-form",
    }
    for part, shown in seen.items():
        page.goto(f"{url}/shift#{part}")
        page.reload()
        expect(page.locator(shown).first).to_be_visible()
        settled(page)
    leave(page, log)
