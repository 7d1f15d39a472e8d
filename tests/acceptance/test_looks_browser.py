"""Every screen in both themes and both languages: axe-core finds nothing serious, and nothing moves while it loads."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.acceptance.test_answer_browser import PHONE
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
THEMES = ("dark", "light")
KEEP_THEME = "localStorage.setItem('xinan.theme', '{}');"
SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
MOST_SHIFTED = 0.1
"""Cumulative layout shift that Core Web Vitals call good (https://web.dev/articles/cls)."""
GRAVE = {"serious", "critical", "moderate", "minor"}


def found(page: Page) -> list[str]:
    """What axe-core calls serious or critical, a line each: rule, element, what is wrong."""
    page.evaluate("document.getAnimations().forEach((one) => one.cancel())")  # half-way colours are nobody's contrast
    wrong = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}: {node['failureSummary'][:300]}"
        for one in wrong
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def with_theme(theme: str) -> str:
    return KEEP_THEME.format(theme) + SHIFTS


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_console_is_accessible(browser: Browser, console: tuple[Parts, str], theme: str, locale: str) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, with_theme(theme), locale=locale)
    assert page.locator("html").get_attribute("data-theme") == theme
    assert found(page) == []
    parts.raise_alert(1, "clutter")
    fire = parts.raise_alert()
    page.locator(f'[data-id="{fire.id}"]').click()
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator("#track .stage")).to_be_visible()
    assert found(page) == []
    leave(page, log)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("opener", "dialog"),
    [("#help-button", "#help-dialog"), ("#muting", "#mute-dialog"), ("#records", "#records-dialog"),
     ("#account", "#account-dialog"), ("#share", "#share-dialog"), ("#false-alarm", "#false-dialog")],
)  # fmt: skip
def test_dialogs_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, opener: str, dialog: str
) -> None:
    parts, url = console
    raised = parts.raise_alert(1, "ebike")
    page, log = come_in(browser, parts, url, with_theme(theme))
    page.locator(f'[data-id="{raised.id}"]').click()
    page.locator(opener).click()
    expect(page.locator(dialog)).to_be_visible()
    assert found(page) == []
    leave(page, log)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", ["/enter", "/patrol"])
def test_pages_outside_the_console_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, path: str
) -> None:
    _, url = console
    page = phone(browser, theme)
    page.goto(f"{url}{path}")
    expect(page.locator("#language")).to_be_visible()
    assert found(page) == []
    page.context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_an_answer_is_accessible(browser: Browser, console: tuple[Parts, str], theme: str) -> None:
    parts, _ = console
    page = phone(browser, theme)
    page.goto(parts.answer_link(parts.raise_alert(), "王秀英"))
    expect(page.locator("#buttons .first")).to_be_visible()
    assert found(page) == []
    page.context.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", ["home", "duty", "patrol"])
def test_the_pages_for_a_phone_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, view: str
) -> None:
    parts, url = console
    page = phone(browser, theme)
    parts.raise_alert(1, "clutter")
    parts.raise_alert(1, confirmed=False)
    parts.raise_alert(1, "ebike", confirmed=False)
    parts.raise_alert()
    muted = Scope(ScopeKind.ALERT, parts.raise_alert(key="2").id)
    parts.desk.silence(Order(SilenceKind.SHELF, muted, "动火作业", "王秀英", timedelta(hours=1), fire=True))
    parts.desk.tick()
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("李雷")
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/phone#{view}")
    expect(page.locator("#hazards .choice" if view == "patrol" else ".alerts a").first).to_be_attached()
    if view == "home":
        expect(page.locator(".alerts .held")).to_be_visible()
        page.locator(".fold summary").tap()
        expect(page.locator(".fold a")).to_be_visible()
    assert found(page) == []
    page.context.close()


@pytest.mark.parametrize("hazard", ["flame", "ebike"])
def test_nothing_moves_on_a_phone_while_a_suspicion_is_shown(
    browser: Browser, console: tuple[Parts, str], hazard: str
) -> None:
    parts, url = console
    page = phone(browser, "dark")
    suspicion = parts.raise_alert(0, hazard, confirmed=False)
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("李雷")
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    for path in ("/phone", f"/answer#alert={suspicion.id}"):
        page.goto(f"{url}{path}")
        expect(page.locator(".suspected, .fold").first).to_be_visible()
        expect(page.locator("[data-zone]")).not_to_have_text("")
        page.wait_for_timeout(500)
        assert page.evaluate("window.shifted") < MOST_SHIFTED, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.context.close()


def phone(browser: Browser, theme: str) -> Page:
    options: dict[str, Any] = PHONE
    page = browser.new_context(locale="zh-CN", **options).new_page()
    page.add_init_script(with_theme(theme))
    return page


def test_the_theme_is_the_systems_until_somebody_chooses(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, color_scheme="dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-theme", "light")
    page.locator("[data-switch='theme']").click()
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="dark")
    page.emulate_media(color_scheme="light")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    leave(page, log)
    options: dict[str, Any] = PHONE
    small = browser.new_context(color_scheme="light", **options).new_page()
    small.goto(f"{url}/enter")
    expect(small.locator("html")).to_have_attribute("data-theme", "light")
    small.context.close()


@pytest.mark.parametrize("viewport", [{"width": 1366, "height": 768}, {"width": 3840, "height": 2160}])
def test_nothing_moves_while_it_loads(browser: Browser, console: tuple[Parts, str], viewport: dict[str, int]) -> None:
    parts, url = console
    raised = parts.raise_alert()
    page, log = come_in(browser, parts, url, SHIFTS, viewport=viewport)
    page.reload()
    expect(page.locator(f'[data-id="{raised.id}"]')).to_be_visible()
    expect(page.locator(".tile")).to_have_count(2)
    assert page.evaluate("window.shifted") < MOST_SHIFTED
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    leave(page, log)
