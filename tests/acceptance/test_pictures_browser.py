"""Pictures of an alert on a bad line, in a real browser: one at a time, so that an order finds a connection; none is
only what the server calls none. Time is the page's own, and goes ahead as the tests have it go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import Alert
from tests.acceptance.browser import come_in, leave, needs_chromium, until
from tests.acceptance.test_proof_browser import cleared, close
from tests.alerts.web.console import Parts
from tests.alerts.web.painting import paint
from tests.relay import Relay

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, Request, Route, expect

pytestmark = needs_chromium

ANSWER_MS, AGAIN_MS = 11_000, 2_500
"""Longer than the page waits for an answer, and for the next try."""
EXPECTED = ("Failed to load resource", "ERR_", "willReadFrequently")
LARGE = ".snapshot .stage img"
PROOF = "**/api/cameras/shed-1/picture.jpg?calm=true&at=*"
LATE = "画面还没有取到，正在重试。"


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0,)


@dataclass
class Held:
    """Requests for pictures of alerts, that wait until a test answers them. open: of those, what the page still waits
    for; given_up: what it waits for no longer. Both by the end of their addresses."""

    routes: list[Route] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def hold(self, page: Page) -> None:
        page.route("**/api/alerts/*/pictures/*", self._take)
        page.on("requestfailed", self._failed)

    def _take(self, route: Route) -> None:
        self.routes.append(route)
        self.asked.append(_mark(route.request))

    def _failed(self, request: Request) -> None:
        if "/pictures/" in request.url:
            self.given_up.append(_mark(request))

    @property
    def open(self) -> list[str]:
        return [_mark(route.request) for route in self.routes if _mark(route.request) not in self.given_up]

    def waits(self, page: Page, number: int) -> None:
        """Until so many have been asked for."""
        for _ in range(400):
            if len(self.asked) >= number:
                return
            page.wait_for_timeout(50)
        raise AssertionError(self.asked)

    def answer(self, **given: Any) -> None:
        """The one that waits: with the picture, or as given."""
        route = self.routes.pop()
        route.fulfill(**given) if given else route.continue_()


def _mark(request: Request) -> str:
    return request.url.rpartition("/")[2]


def filmed_fire(parts: Parts, frames: int) -> Alert:
    """A fire, and what led to it."""
    alert = parts.raise_alert()
    return parts.filmed(alert, [(timedelta(seconds=number), paint(0, number)) for number in range(frames)])


def shown(page: Page, selector: str) -> None:
    until(page, f"document.querySelector('{selector}')?.naturalWidth > 0")


def waited(page: Page, ms: int) -> None:
    """So long after, for the page; and what it does then is done."""
    page.clock.fast_forward(ms)
    page.wait_for_timeout(300)


def begun(browser: Browser, parts: Parts, url: str, **options: Any) -> tuple[Page, Any]:
    page, log = come_in(browser, parts, url, **options)
    log.expected = EXPECTED
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    return page, log


def test_they_are_fetched_one_at_a_time_the_large_one_first_and_an_order_goes_between(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = filmed_fire(parts, 5)
    page, log = begun(browser, parts, url)
    held = Held()
    held.hold(page)
    page.locator(f'[data-id="{fire.id}"]').click()
    expect(page.locator(".film .frame")).to_have_count(6)
    held.waits(page, 1)
    page.wait_for_timeout(500)
    assert len(held.asked) == 1, "all others wait for the large one"
    page.locator("#acknowledge").click()
    expect(page.locator("#toast")).to_contain_text("已确认")
    assert parts.desk.alert(fire.id).acknowledged_at is not None
    large = held.asked[0]
    held.answer()
    shown(page, LARGE)
    for number in range(2, 7):
        held.waits(page, number)
        assert len(held.routes) == 1
        held.answer()
    until(page, "[...document.querySelectorAll('.film img')].every((one) => one.naturalWidth > 0)")
    assert sorted(set(held.asked)) == sorted(held.asked), "each once, the large one's small frame with it"
    assert held.asked.count(large) == 1
    leave(page, log)


def test_what_does_not_come_is_said_and_comes_later(browser: Browser, line: tuple[Parts, Relay]) -> None:
    parts, relay = line
    fire = filmed_fire(parts, 0)
    page, log = begun(browser, parts, relay.url)
    page.clock.install()
    page.reload()
    expect(page.locator("#waiting")).not_to_be_empty()
    held = Held()
    held.hold(page)
    page.locator(f'[data-id="{fire.id}"]').click()
    held.waits(page, 1)
    waited(page, ANSWER_MS)
    expect(page.locator(".snapshot")).to_contain_text(LATE)
    expect(page.locator(".snapshot")).not_to_contain_text("没有截图")
    assert held.open == [], "it is given up, and its connection is free"
    held.routes.clear()
    held.given_up.clear()
    waited(page, AGAIN_MS)
    held.waits(page, 2)
    held.answer(status=503, json={"error": "unavailable", "detail": "the object store does not answer"})
    expect(page.locator(".snapshot .missing")).to_have_text(LATE)
    waited(page, 2 * AGAIN_MS)
    held.waits(page, 3)
    held.answer(status=200, content_type="text/html", body="<p>log in to this Wi-Fi</p>")
    page.wait_for_timeout(300)
    expect(page.locator(".snapshot .missing")).to_have_text(LATE)
    waited(page, 4 * AGAIN_MS)
    held.waits(page, 4)
    held.answer()
    shown(page, LARGE)
    expect(page.locator(".snapshot .missing")).to_be_hidden()
    leave(page, log)


@pytest.mark.parametrize(("locale", "none"), [("zh-CN", "没有截图"), ("en-GB", "No snapshot")])
def test_none_is_what_the_server_calls_none(
    browser: Browser, console: tuple[Parts, str], locale: str, none: str
) -> None:
    parts, url = console
    fire = filmed_fire(parts, 0)
    page, log = begun(browser, parts, url, locale=locale)
    held = Held()
    held.hold(page)
    page.locator(f'[data-id="{fire.id}"]').click()
    held.waits(page, 1)
    held.answer(status=404, json={"error": "not_found", "detail": "the picture is no longer kept"})
    expect(page.locator(".snapshot")).to_contain_text(none)
    page.wait_for_timeout(1000)
    assert len(held.asked) == 1
    leave(page, log)


def test_another_alert_that_is_selected_waits_for_none_of_this_one(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, case = filmed_fire(parts, 5), parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    held = Held()
    held.hold(page)
    page.locator(f'[data-id="{fire.id}"]').click()
    held.waits(page, 1)
    page.locator(f'[data-id="{case.id}"]').click()
    held.waits(page, 2)
    assert held.given_up == held.asked[:1]
    assert fire.id in held.routes[0].request.url and case.id in held.routes[1].request.url
    held.answer()
    shown(page, LARGE)
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert len(held.asked) == 2
    leave(page, log)


def test_frames_that_nobody_sees_are_fetched_for_paper_alone(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = filmed_fire(parts, 5)
    page, log = begun(browser, parts, url, viewport={"width": 900, "height": 600})
    page.evaluate("void (window.print = () => { window.printed = true; })")
    held = Held()
    held.hold(page)
    page.locator(f'[data-id="{fire.id}"]').click()
    held.waits(page, 1)
    while held.routes:
        held.answer()
        page.wait_for_timeout(500)
    seen = set(held.asked)
    unseen = page.locator(".film img:not([src])").count()
    assert unseen > 0 and len(seen) == 6 - unseen
    page.locator("#print").click()
    for number in range(len(seen) + 1, 7):
        held.waits(page, number)
        assert page.evaluate("window.printed ?? false") is False
        held.answer()
    until(page, "window.printed")
    expect(page.locator(".film img:not([src])")).to_have_count(0)
    expect(page.locator("#print")).to_be_enabled()
    leave(page, log)


def test_proof_of_a_clear_place_that_is_late_is_not_called_none(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = cleared(parts, 0)
    page, log = begun(browser, parts, url)
    asked: list[Route] = []
    page.route(PROOF, lambda route: asked.append(route))
    close(page, case)
    expect(page.locator("#step-dialog")).to_contain_text("现场已清除的证明")
    for _ in range(100):
        if asked:
            break
        page.wait_for_timeout(50)
    asked.pop().abort()
    expect(page.locator(".proof .note")).to_have_text(LATE)
    expect(page.locator('[name="proof"][value="picture"]')).to_be_enabled()
    expect(page.locator('[name="proof"][value="picture"]')).to_be_checked()
    page.unroute(PROOF)
    shown(page, ".proof figure:last-of-type img")
    expect(page.locator(".proof .note")).to_be_hidden()
    leave(page, log)


def test_the_picture_of_an_open_dialogue_comes_also_once_another_alert_is_shown(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    case, other = cleared(parts, 0), parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    asked: list[Route] = []
    page.route(PROOF, lambda route: asked.append(route))
    close(page, case)
    for _ in range(100):
        if asked:
            break
        page.wait_for_timeout(50)
    page.evaluate(f"location.hash = 'alert={other.id}'")
    expect(page.locator("#detail h2")).to_contain_text("电动车")
    assert len(asked) == 1
    asked.pop().continue_()
    shown(page, ".proof figure:last-of-type img")
    expect(page.locator("#step-dialog")).to_be_visible()
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#step-dialog")).to_be_hidden()
    assert parts.desk.alert(case).closed_at is not None
    leave(page, log)
