"""The phone's first page while the server is slow: whatever comes late, nothing that is shown moves."""

from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from tests.acceptance.browser import needs_chromium, until
from tests.acceptance.test_looks_browser import phone
from tests.acceptance.test_phone_browser import settings as with_duty
from tests.alerts.web.console import Parts, serving

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = needs_chromium
NOTIFIED = True

HELD_MS = 2000
MOVED = 0.01
"""Cumulative layout shift: a line of text that has moved by its height."""
RAISED = {
    "nothing": [],
    "fire": [(0, "flame", 1)],
    "clutter": [(0, "clutter", 1)],
    "many": [(0, "flame", 1), *((1, "ebike", number) for number in range(2, 6))],
}
LONG_AGO = """localStorage.setItem("xinan.phone",
  JSON.stringify({...JSON.parse(localStorage.getItem("xinan.phone")), seenAt: Date.now() - 3_600_000}))"""


@pytest.mark.parametrize(
    ("raised", "late", "kept"),
    [
        ("nothing", "phone/now", "nothing"),
        ("fire", "phone/now", "nothing"),
        ("clutter", "phone/now", "nothing"),
        ("many", "phone/now", "just now"),
        ("many", "phone/now", "long ago"),
        ("clutter", "duty*", "nothing"),
        ("clutter", "duty*", "just now"),
        ("fire", "push", "nothing"),
    ],
)
def test_nothing_moves_on_a_phone_on_which_something_comes_late(
    browser: Browser, tmp_path: Path, raised: str, late: str, kept: str
) -> None:
    """On a slow line, or beside a busy server. kept: when the phone last heard that there is none."""
    parts = Parts.build(with_duty(tmp_path / "store"))
    with closing(parts), serving(parts) as url:
        page = phone(browser, "dark")
        enter(page, parts, url)
        if kept != "nothing":
            page.goto(f"{url}/phone")
            until_there(page)
        if kept == "long ago":
            page.evaluate(LONG_AGO)
        for camera, hazard, number in RAISED[raised]:
            parts.raise_alert(camera, hazard, key=str(number))
        path = f"**/api/{late}"
        held: list[Route] = []
        over = Event()
        page.route(path, lambda route: route.continue_() if over.is_set() else held.append(route))
        page.goto(f"{url}/phone")
        until(page, "document.querySelector('#now > *') !== null")
        page.wait_for_timeout(HELD_MS)
        assert held, "nobody asked"
        over.set()  # first: one that is asked for in between would be held for ever
        for route in held:
            route.continue_()
        expect(page.locator("#now > .alerts a, #now > .calm strong")).to_have_count(len(RAISED[raised]) or 1)
        until_there(page)
        page.wait_for_timeout(500)
        moved = page.evaluate("window.shifted")
        page.context.close()
    assert moved < MOVED


def enter(page: Page, parts: Parts, url: str) -> None:
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("李雷")
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")


def until_there(page: Page) -> None:
    """All that the first page of a phone shows has come."""
    expect(page.locator("#next-duty a")).to_be_visible()
    expect(page.locator("#push-tile")).to_be_visible()
    expect(page.locator(".ways a")).to_be_visible()


def test_nothing_waits_for_a_worker_whose_files_do_not_come(browser: Browser, tmp_path: Path) -> None:
    """A phone that was told of alerts before: whether its address is still the same is asked of the worker."""
    parts = Parts.build(with_duty(tmp_path / "store"))
    with closing(parts), serving(parts) as url:
        page = phone(browser, "dark")
        page.context.grant_permissions(["notifications"])
        enter(page, parts, url)
        page.evaluate(
            "localStorage.setItem('xinan.push', JSON.stringify({id: 'x', endpoint: 'https://push.example/x'}))"
        )
        page.add_init_script("navigator.serviceWorker.register = () => new Promise(() => {})")
        page.goto(f"{url}/phone")
        assert page.evaluate("Notification.permission") == "granted", "or nobody asks the worker"
        until_there(page)
        page.context.close()
