"""The console on a bad line, in a real browser: what is known stays, what is not known is said, and what was ordered
and not done is seen. Time is the page's own, and goes ahead as the tests have it go."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.web.events import MAX_STREAMS
from tests.acceptance.browser import come_in, leave, needs_chromium, until
from tests.alerts.web.console import Parts
from tests.relay import Relay

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, Route, expect

pytestmark = needs_chromium

DEAD_MS, ANSWER_MS = 26_000, 11_000
"""Longer than the page waits for a word of the stream, and for the answer to an order."""
EXPECTED = ("Failed to load resource", "ERR_", "willReadFrequently")
BURNS = "document.body.classList.contains('alarm')"
DRAWN = """(() => {
  const canvas = document.querySelector("[data-camera=shed-1] canvas");
  return canvas.width > 0 && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
})()"""


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0,)


def card(page: Page, of: Alert) -> Locator:
    return page.locator(f'[data-id="{of.id}"]')


def ahead(page: Page, ms: int) -> None:
    """So long after, for the page."""
    page.clock.fast_forward(ms)


def back(page: Page, condition: str) -> None:
    """Until it is so, once whatever was sent on a dead line is given up; from then on at the pace of the clock."""
    for _ in range(6):
        ahead(page, ANSWER_MS)
        page.wait_for_timeout(250)
    until(page, condition)


def came_in(browser: Browser, parts: Parts, relay: Relay, **options: Any) -> tuple[Page, Any]:
    page, log = come_in(browser, parts, relay.url, **options)
    log.expected = EXPECTED
    page.clock.install()
    page.reload()
    expect(page.locator("#waiting")).not_to_be_empty()
    return page, log


def test_a_line_that_dies_without_a_word_is_said_and_mended(browser: Browser, line: tuple[Parts, Relay]) -> None:
    parts, relay = line
    burning = parts.raise_alert()
    page, log = came_in(browser, parts, relay)
    tile = page.locator('[data-camera="shed-1"]')
    expect(tile).to_have_attribute("data-kind", "webrtc")
    until(page, DRAWN)
    relay.hush()
    until(page, f"!{DRAWN}")
    expect(tile).to_have_attribute("data-kind", "webrtc")  # video comes by another way
    ahead(page, DEAD_MS)
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    expect(card(page, burning)).to_be_visible()
    assert page.evaluate(BURNS), "what is known to burn burns on"
    meanwhile = parts.raise_alert(1, "clutter")
    relay.speak()
    back(page, "document.getElementById('banner').hidden")
    expect(card(page, meanwhile)).to_be_visible()
    parts.desk.acknowledge(burning.id, by="李")
    expect(card(page, burning)).to_contain_text("已确认")
    leave(page, log)


@pytest.mark.parametrize(
    ("locale", "waits", "not_done", "why"),
    [
        ("zh-CN", "正在发送", "没有送到", "连不上控制台"),
        ("en-GB", "Sending", "Not done: press again", "cannot be reached"),
    ],
)
def test_an_order_that_nobody_answers_is_seen_not_to_be_done(
    browser: Browser, line: tuple[Parts, Relay], locale: str, waits: str, not_done: str, why: str
) -> None:
    parts, relay = line
    fire = parts.raise_alert()
    page, log = came_in(browser, parts, relay, locale=locale)
    card(page, fire).click()
    button = page.locator("#acknowledge")
    expect(button).to_be_enabled()
    relay.hush()
    page.keyboard.press("a")
    ahead(page, 1500)
    expect(button).to_contain_text(waits)
    ahead(page, ANSWER_MS)
    expect(button).to_contain_text(not_done)
    expect(page.locator("#not-done")).to_contain_text(why)
    ahead(page, 60_000)
    expect(page.locator("#not-done")).to_contain_text(why)
    assert page.evaluate(BURNS)
    page.locator("#not-done-seen").click()
    expect(page.locator("#not-done")).to_be_hidden()
    assert parts.desk.alert(fire.id).acknowledged_at is None
    relay.speak()
    back(page, "document.getElementById('banner').hidden")
    page.keyboard.press("a")
    expect(button).to_have_count(0)
    assert parts.desk.alert(fire.id).acknowledged_at is not None
    until(page, f"!{BURNS}")
    leave(page, log)


@pytest.mark.parametrize(
    ("locale", "sending", "why"), [("zh-CN", "正在发送", "连不上控制台"), ("en-GB", "Sending", "cannot be reached")]
)
def test_a_dialogue_stays_until_the_server_has_taken_it(
    browser: Browser, line: tuple[Parts, Relay], locale: str, sending: str, why: str
) -> None:
    parts, relay = line
    case = parts.raise_alert(1, "ebike")
    page, log = came_in(browser, parts, relay, locale=locale)
    card(page, case).click()
    page.locator("#false-alarm").click()
    relay.hush()
    page.locator("#false-other").fill("孩子的滑板车")
    page.locator("#false-send").click()
    ahead(page, 1500)
    expect(page.locator("#false-error")).to_contain_text(sending)
    ahead(page, ANSWER_MS)
    expect(page.locator("#false-error")).to_contain_text(why)
    expect(page.locator("#false-other")).to_have_value("孩子的滑板车")
    assert parts.desk.alert(case.id).false_alarm_at is None
    relay.speak()
    back(page, "document.getElementById('banner').hidden")
    page.locator("#false-send").click()
    expect(page.locator("#false-dialog")).to_be_hidden()
    assert parts.desk.alert(case.id).false_alarm_reason == "孩子的滑板车"
    leave(page, log)


def test_a_dialogue_that_has_closed_leaves_word_of_what_was_not_done(
    browser: Browser, line: tuple[Parts, Relay]
) -> None:
    parts, relay = line
    case = parts.raise_alert(1, "ebike")
    page, log = came_in(browser, parts, relay)
    card(page, case).click()
    page.locator("#false-alarm").click()
    relay.hush()
    page.get_by_text("普通自行车").click()
    page.locator("#false-send").click()
    page.keyboard.press("Escape")
    expect(page.locator("#false-dialog")).to_be_hidden()
    ahead(page, ANSWER_MS)
    expect(page.locator("#not-done")).to_contain_text("连不上控制台")
    expect(page.locator("#false-alarm")).to_contain_text("没有送到")
    assert parts.desk.alert(case.id).false_alarm_at is None
    relay.speak()
    back(page, "document.getElementById('banner').hidden")
    parts.desk.mark_false_alarm(case.id, by="李", reason="bicycle")
    expect(card(page, case)).to_contain_text("误报")
    expect(page.locator("#false-alarm")).not_to_contain_text("没有送到")
    leave(page, log)


@pytest.mark.parametrize("path", ["me", "cameras", "hazards", "places", "muting"])
def test_one_answer_that_fails_keeps_no_alert_back_and_is_asked_for_again(
    browser: Browser, console: tuple[Parts, str], path: str
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    page.route(f"**/api/{path}", lambda route: route.fulfill(status=500, json={"error": "internal_server_error"}))
    page.reload()
    expect(card(page, fire)).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("正在重试")
    until(page, BURNS)
    page.unroute(f"**/api/{path}")
    expect(page.locator("#banner")).to_be_hidden()
    expect(card(page, fire)).to_contain_text("明火")
    card(page, fire).click()
    expect(page.locator("#acknowledge")).to_be_enabled()
    expect(page.locator(".tile")).to_have_count(2)
    leave(page, log)


def test_what_the_list_lacks_is_asked_for_at_once_and_keeps_no_list_back(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    cases = [parts.raise_alert(1, "ebike", key=str(number)) for number in range(8)]
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    expect(page.locator("#waiting")).to_have_text("待确认 8")
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=500, json={"error": "internal_server_error"})

    page.route("**/api/alerts/some?*", refuse)
    page.route("**/api/alerts", lambda route: route.fulfill(json={"alerts": [], "next": None}))
    lists: list[str] = []
    page.on("request", lambda request: lists.append(request.url) if request.url.endswith("/api/alerts") else None)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#banner")).to_contain_text("正在重试")
    expect(page.locator("#waiting")).to_have_text("待确认 8")
    assert all(url.count("ids=") == 8 for url in asked) and len(lists) == 1
    for case in cases:
        parts.desk.mark_false_alarm(case.id, by="李", reason="bicycle")
    page.unroute("**/api/alerts/some?*")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#waiting")).to_have_text("全部已确认")
    assert len(lists) == 1
    leave(page, log)


def test_a_fire_is_seen_however_long_the_first_list_takes(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    page.route("**/api/alerts", lambda route: None)
    page.reload()
    expect(page.locator("#banner")).to_be_hidden()
    fire = parts.raise_alert()
    expect(card(page, fire)).to_be_visible()
    until(page, BURNS)
    leave(page, log)


def test_before_the_first_list_nothing_is_called_calm(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    held: list[Route] = []
    page.route("**/api/alerts", lambda route: held.append(route))
    page.reload()
    for _ in range(500):
        if held:
            break
        page.wait_for_timeout(20)
    assert "全部已确认" not in page.locator("body").inner_text()
    held.pop().fulfill(status=500, json={"error": "internal_server_error"})
    expect(page.locator("#queue-list")).to_contain_text("正在读取警情")
    expect(page.locator("#waiting")).to_be_empty()
    page.unroute("**/api/alerts")
    expect(page.locator("#queue-list")).to_contain_text("当前没有未结束的警情")
    expect(page.locator("#waiting")).to_have_text("全部已确认")
    leave(page, log)


def test_whoever_is_nobody_any_more_is_led_to_the_log_in_and_keeps_what_is_known(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    card(page, fire).click()
    expect(page.locator("#acknowledge")).to_be_enabled()
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.locator("#banner a")).to_have_attribute("href", "/enter")
    expect(card(page, fire)).to_be_visible()
    assert page.evaluate(BURNS)
    page.locator("#banner a").click()
    page.wait_for_url(f"{url}/enter")
    leave(page, log)


def test_the_console_for_which_there_is_no_place_says_so_and_asks(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    before = parts.raise_alert(1, "ebike")
    parts.app.state.streams._open = {asyncio.Event(): "" for _ in range(MAX_STREAMS)}
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    banner = page.locator("#banner")
    expect(banner).to_contain_text("打开的控制台太多")
    page.locator("#language").click()
    expect(banner).to_contain_text("Too many consoles are open")
    expect(card(page, before)).to_be_visible()
    expect(page.locator("#cameras-online")).to_be_visible()
    fire = parts.raise_alert()
    expect(card(page, fire)).to_be_visible()
    until(page, BURNS)
    parts.desk.acknowledge(fire.id, by="李")
    until(page, f"!{BURNS}")
    parts.app.state.streams._open = {}
    expect(banner).to_be_hidden(timeout=30_000)
    leave(page, log)
