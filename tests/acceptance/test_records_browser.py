"""The record in the console, and what a phone's narrow screen makes of it and of the pages around it."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.config import Settings
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.chain import Entry
from alerts.record.records import Kind
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
OUTSIDE = """() => [...document.querySelectorAll("button, a, input, select, li, p, h1, h2, h3, time, img, dd")]
  .filter((one) => one.checkVisibility() && !one.closest(".skip, .visually-hidden, .tiles"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width && (box.left < -0.5 || box.right > innerWidth + 0.5))
  .map(([one, box]) => `${one.tagName}#${one.id} ${one.textContent.slice(0, 30)} ${box.left}–${box.right}`)"""
"""What sticks out of the screen at its sides."""
OVERLAPPING = """(where) => {
  const shown = (one) => {
    const box = one.getBoundingClientRect();
    const view = one.closest(".records, .queue-list, .detail, .mute-now")?.getBoundingClientRect() ?? box;
    return { one, left: box.left, right: box.right, top: Math.max(box.top, view.top), bottom: Math.min(box.bottom, view.bottom) };
  };
  const all = [...document.querySelectorAll(`${where} :is(button, input, select, a)`)]
    .filter((one) => one.checkVisibility()).map(shown).filter(({ top, bottom }) => bottom > top);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const nested = (a, b) => a.one.contains(b.one) || b.one.contains(a.one);
  const name = ({ one }) => one.id || one.textContent;
  return all.flatMap((a, i) => all.slice(i + 1).filter((b) => !nested(a, b) && meet(a, b)).map((b) => `${name(a)} / ${name(b)}`));
}"""  # noqa: E501
"""Controls of a part of the page that lie over each other, as far as they are not scrolled away."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Phones are told."""
    channel = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example", "allow_private": True}
    return Settings.model_validate({**settings.model_dump(), "channels": [channel]})


@pytest.fixture
def console(console: tuple[Parts, str]) -> tuple[Parts, str]:
    """An alert that was acknowledged, a silence of its camera, and sixty looks at the other one's live picture."""
    parts, _ = console
    for number in range(60):
        parts.recorder.note(Entry(Kind.SAW_LIVE, "stairs-2", f"Zhao {number}", "console"))
    alert = parts.raise_alert(0, "ebike")
    parts.desk.acknowledge(alert.id, by="Li")
    parts.desk.silence(
        Order(SilenceKind.DRILL, Scope(ScopeKind.CAMERA, "shed-1"), HOSTILE, "Li", timedelta(minutes=30))
    )
    return console


def test_who_saw_and_did_what(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator("#push")).to_be_visible()  # the last button that comes moves the others
    page.locator("#records").click()
    rows = page.locator("#records-list li")
    expect(rows).to_have_count(50)
    expect(rows.filter(has_text="开始静默")).to_contain_text("Li")
    expect(rows.filter(has_text="开始静默")).to_contain_text(HOSTILE)
    page.locator("#records-more").click()
    expect(rows.filter(has_text="开始记录")).to_have_count(1)
    expect(page.locator("#records-more")).to_be_hidden()
    assert rows.count() >= 65
    page.locator("#records-subject").select_option("stairs-2")
    expect(rows.first).to_contain_text("Zhao 59")
    page.locator("#records-more").click()
    expect(rows).to_have_count(60)
    page.locator("#records-subject").select_option("")
    page.locator("#records-who").fill("zhao 59")
    page.locator("#records-who").press("Tab")
    expect(rows).to_have_count(1)
    page.locator("#records-until").fill("2020-01-01")
    expect(rows).to_have_text(["没有记录"])
    page.locator("#records-dialog button[type=submit]").click()
    page.locator(".card").first.click()
    page.locator("#records-this").click()
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="核实")).to_contain_text("Li")
    page.locator("#language").evaluate("button => button.click()")
    expect(rows.filter(has_text="Alert raised")).to_contain_text("the program")
    page.locator("#records-subject").select_option("")
    rows.filter(has_text="Alert raised").locator("button.link").click()
    expect(page.locator("#records-dialog")).to_be_hidden()
    expect(page.locator("#detail")).to_contain_text("E-bike")
    leave(page, log)


def test_an_error_is_said(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator("#push")).to_be_visible()  # the last button that comes moves the others
    log.expected = ("503",)
    page.route("**/api/records*", lambda route: route.fulfill(status=503, json={"detail": "the store does not answer"}))
    page.locator("#records").click()
    expect(page.locator("#records-error")).to_contain_text("the store does not answer")
    leave(page, log)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_on_a_phone(browser: Browser, console: tuple[Parts, str], locale: str) -> None:
    """Nothing sticks out, and no control lies over another: the queue, an alert, its record, a phone more."""
    parts, url = console
    page, log = come_in(browser, parts, url, **PHONE, locale=locale)

    def fits(where: str) -> None:
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(OVERLAPPING, where) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    fits("body")
    page.locator("#push").click()
    expect(page.locator("#push-name")).to_be_visible()
    fits("#push-dialog")
    page.locator("#push-dialog button[type=submit]").click()
    page.locator("#share").evaluate("button => button.click()")
    expect(page.locator("#share-link")).to_be_visible()
    fits("#share-dialog")
    page.locator("#share-dialog button[type=submit]").click()
    page.locator("#muting").click()
    fits("#mute-dialog")
    page.locator("#mute-dialog button[value=cancel]").click()
    page.locator(".card").first.click()
    expect(page.locator("#detail .timeline")).to_be_visible()
    fits(".top")
    page.locator("#records-this").click()
    expect(page.locator("#records-list li").first).to_be_visible()
    page.locator("#records-subject").select_option("")
    expect(page.locator("#records-list li")).to_have_count(50)
    fits("#records-dialog")
    heights = "() => [...document.querySelectorAll('#records-list time')].map((one) => one.offsetHeight)"
    assert max(page.evaluate(heights)) < 30, "a time stands in one line"
    expect(page.locator("#records-more")).to_be_in_viewport()
    page.locator("#records-dialog button[type=submit]").click()
    leave(page, log)
