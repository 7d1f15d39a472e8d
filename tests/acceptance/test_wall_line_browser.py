"""The wall beside a line that changes, in a real browser: who is logged out asks for nothing more, and what the stream
tells of a camera is newer than a list that was on its way."""

from collections.abc import Sequence

import pytest

from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Route, expect

pytestmark = needs_chromium


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0,)


def test_after_a_log_out_the_wall_asks_no_more(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    log.expected = ("Failed to load resource", "ERR_", "willReadFrequently")
    tile = page.locator('[data-camera="shed-1"]')
    expect(tile).to_have_attribute("data-kind", "webrtc")
    page.locator(f'[data-id="{fire.id}"]').click()
    expect(page.locator("#acknowledge")).to_be_enabled()
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.locator("#banner a")).to_have_attribute("href", "/enter")
    expect(tile).to_have_attribute("data-kind", "")
    page.wait_for_timeout(1000)  # what was on its way has come
    asked: list[str] = []
    live = ("/picture.jpg", "/whep", "/api/boxes")
    page.on("request", lambda request: asked.append(request.url) if any(one in request.url for one in live) else None)
    page.locator("#language").click()
    page.locator("#language").click()
    page.wait_for_timeout(3000)
    assert asked == []
    expect(tile).to_have_attribute("data-kind", "")
    leave(page, log)


def test_a_list_of_cameras_overwrites_nothing_that_was_told_since(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.online(1)
    page, log = come_in(browser, parts, url)
    log.expected = ("Failed to load resource", "ERR_")
    tile = page.locator('[data-camera="stairs-2"]')
    expect(tile).to_have_attribute("data-health", "online")
    late: list[Route] = []
    page.route("**/api/cameras", lambda route: late.append(route))
    with page.expect_request("**/api/cameras"):
        page.evaluate("dispatchEvent(new Event('online'))")
    for _ in range(200):
        if late:
            break
        page.wait_for_timeout(50)
    answers = [(route, route.fetch()) for route in late]
    parts.online(1, "offline", "no route to host")
    expect(tile).to_have_attribute("data-health", "offline")
    for route, answer in answers:
        route.fulfill(response=answer)
    page.wait_for_timeout(1000)
    expect(tile).to_have_attribute("data-health", "offline")
    leave(page, log)
