"""What the console makes of a line that comes back: nothing that was missed stays unread, nothing that the server has
not kept is believed."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from tests.acceptance.browser import HELLO, KEPT_LINE, KNOWN, come_in, leave, needs_chromium, until
from tests.alerts.making import alert
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Route, expect

pytestmark = needs_chromium

EXPECTED = ("Failed to load resource", "ERR_")
BURNS = "document.body.classList.contains('alarm')"
BEAT = "window.line.dispatchEvent(new MessageEvent('beat', { data: '{}' }))"
ROUND_MS = 2_100
"""By when what changes at once has asked its questions."""


def over(parts: Parts, number: int) -> None:
    """So many alerts, a millisecond apart from now on, that are over."""
    new_id, begins = UlidFactory(random.Random(3)), parts.clock.now()
    made = []
    for each in range(number):
        at = begins + timedelta(milliseconds=each + 1)
        over = {"resolved_at": at, "acknowledged_at": at, "acknowledged_by": "李", "closed_at": at}
        made.append(
            alert(new_id(at), camera="stairs-2", hazard="clutter", started_at=at, seen_at=at, fired_at=at, **over)
        )
    parts.store.commit([Change(ChangeKind.FIRED, each) for each in made], AtOnce({}), parts.clock.now())


def test_what_was_ended_while_the_line_was_lost_burns_no_longer(browser: Browser, tmp_path: Path) -> None:
    settings = some_settings(tmp_path / "store")
    parts = Parts.build(settings)
    fire, other = parts.raise_alert(), parts.raise_alert(1)
    over(parts, 60)
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        log.expected = EXPECTED
        page.locator(f'[data-id="{fire.id}"]').click()
        expect(page.locator("#track .stage")).to_have_attribute("data-stage", "firing")
        until(page, BURNS)
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    parts.desk.mark_false_alarm(fire.id, by="李", reason="reflection")
    parts.close()
    again = Parts.build(settings)
    with serving(again):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        expect(page.locator("#track .stage")).to_have_attribute("data-stage", "false_alarm")
        expect(page.locator(f'[data-group="open"] [data-id="{fire.id}"]')).to_have_count(0)
        expect(page.locator(f'[data-group="open"] [data-id="{other.id}"]')).to_have_count(1)
        assert page.evaluate(BURNS), "the other one goes on"
        again.desk.acknowledge(other.id, by="李")
        until(page, f"!{BURNS}")
        leave(page, log)
    again.close()


def test_a_first_list_comes_on_a_line_that_breaks_again_and_again(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "clutter")
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(KEPT_LINE)
    asked: list[Route] = []
    page.route("**/api/alerts", lambda route: asked.append(route))
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("王建国")
    with page.expect_navigation():
        page.locator("#enter button").click()
    for _ in range(5):
        until(page, "Boolean(window.line)")
        page.evaluate(HELLO)
        page.wait_for_timeout(200)
    assert len(asked) == 1, "each hello began the list anew"
    asked[0].continue_()
    page.unroute("**/api/alerts")
    expect(page.locator(f'[data-id="{case.id}"]')).to_be_visible()
    later = parts.raise_alert(1, "flame")
    expect(page.locator(f'[data-id="{later.id}"]')).to_be_visible()
    context.close()


def test_what_the_server_has_forgotten_is_forgotten(browser: Browser, tmp_path: Path) -> None:
    """It ended before the last words were stored: whoever is asked again must be called again."""
    settings = some_settings(tmp_path / "store")
    parts = Parts.build(settings)
    fire, kept = parts.raise_alert(), tmp_path / "kept"
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        log.expected = EXPECTED
    parts.close()
    shutil.copytree(settings.store.path, kept)
    parts = Parts.build(settings)
    with serving(parts):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        page.locator(f'[data-id="{fire.id}"]').click()
        page.keyboard.press("a")
        until(page, f"!{BURNS}")
        expect(page.locator("#track .stage")).to_have_attribute("data-stage", "acknowledged")
    parts.close()
    shutil.rmtree(settings.store.path)
    shutil.copytree(kept, settings.store.path)
    again = Parts.build(settings)
    with serving(again):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        until(page, BURNS)
        expect(page.locator("#track .stage")).to_have_attribute("data-stage", "firing")
        page.keyboard.press("a")
        until(page, f"!{BURNS}")
        assert again.desk.alert(fire.id).acknowledged_at is not None
        leave(page, log)
    again.close()


def test_what_was_missed_is_read_to_its_end_though_a_page_of_it_fails(browser: Browser, tmp_path: Path) -> None:
    settings = some_settings(tmp_path / "store")
    parts = Parts.build(settings)
    parts.raise_alert(1, "clutter")
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        log.expected = EXPECTED
    parts.close()
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    again = Parts.build(settings)
    over(again, 250)
    failed: list[Route] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route)
            route.fulfill(status=500, json={})

    page.route("**/api/alerts?*before=*", fail_once)
    with serving(again):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        until(page, f"{KNOWN}.then((known) => known.length >= 251)")
        assert failed
        leave(page, log)
    again.close()


def test_what_is_asked_again_and_again_rests_with_nobody_logged_in_and_goes_on_after_it(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, script=KEPT_LINE)
    log.expected = EXPECTED
    page.clock.install()
    page.reload()
    expect(page.locator("#waiting")).not_to_be_empty()
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    page.wait_for_timeout(ROUND_MS)
    asked: list[str] = []
    each = {"/api/due", "/api/queue", "/api/muting"}
    page.on("request", lambda request: asked.append(request.url.removeprefix(url)))

    def go_round() -> None:
        """The time goes by after which each is asked once more."""
        asked.clear()
        for _ in range(2):
            page.clock.fast_forward(16_000)
            page.evaluate(BEAT)  # else the line would be made anew, and all be asked for that

    def asks_each() -> None:
        go_round()
        for _ in range(400):
            if each <= set(asked):
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"asked for {asked} alone")

    asks_each()
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('online'))")  # the line is made anew
    expect(page.locator("#banner a")).to_have_attribute("href", "/enter")
    go_round()
    page.wait_for_timeout(ROUND_MS)
    assert not each & set(asked)
    other = page.context.new_page()
    other.goto(f"{url}/enter#{parts.access.issue_link()}")
    other.locator("#name").fill("李")
    other.locator("#enter button").click()
    expect(other.locator("#waiting")).not_to_be_empty()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#banner")).to_be_hidden()
    page.wait_for_timeout(ROUND_MS)
    asks_each()
    leave(page, log)
