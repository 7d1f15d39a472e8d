"""A real Chromium, headless, and the way into the console. Tests skip, saying so, where it is missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path(os.environ.get("XINAN_CHROMIUM", "/usr/bin/chromium"))
SHELL = CHROMIUM.with_name("chromium-headless-shell")
"""The same Chromium without a window around the page, for a third less of the processor. It knows no notifications."""
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from tests.alerts.web.console import Parts  # noqa: E402

expect.set_options(timeout=20_000)  # five seconds pass on a busy machine before a page has asked for anything
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")

KNOWN = """import(document.querySelector("script[type=module]").src.replace("main.js", "state.js"))
  .then(({ allAlerts }) => allAlerts().map(({ id }) => id))"""
"""Ids of the alerts that the console knows."""
KEPT_LINE = """{
  const Real = window.EventSource;
  window.EventSource = class extends Real { constructor(...given) { super(...given); window.line = this; } };
}"""
"""A script for a page's start: `window.line` is its stream of events from then on."""
HELLO = (
    "window.line.dispatchEvent(new MessageEvent('hello', { data: JSON.stringify({ now: new Date(), missed: false }) }))"
)
"""The server said hello, once more."""
SETTLE_MS = 800
"""Longer than a press is ignored after buttons have changed (`static/press.js`)."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(*flags: str, whole: bool = False) -> Iterator[Browser]:
    """A browser with a fresh profile. flags: beside the usual ones. whole: the one that people use, not the shell."""
    program = SHELL if SHELL.exists() and not whole else CHROMIUM
    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=str(program), args=[*FLAGS, *flags])
        try:
            yield launched
        finally:
            launched.close()


def until(page: Page, condition: str) -> None:
    """Wait for a JavaScript expression; the page's policy forbids Playwright's own way of doing so."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {condition}")


def waits(page: Page, held: list[Any], number: int = 1) -> None:
    """Until so many requests are held."""
    for _ in range(400):
        if len(held) >= number:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(held)} of {number} were sent")


def turned(page: Page) -> None:
    """Until the keys are those of what the page has just chosen by itself."""
    page.wait_for_timeout(1000)


class Log:
    """What must not happen in a page. `expected`: parts of messages that a test provokes."""

    def __init__(self, page: Page) -> None:
        self.expected: tuple[str, ...] = ()
        self.problems: list[str] = []
        self.page = page
        page.on("console", lambda said: self.note(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.note(f"page error: {error}"))
        page.on("dialog", lambda dialog: self.note(f"dialog: {dialog.message}"))
        page.add_init_script(
            "window.violations = []; addEventListener('securitypolicyviolation', (event) =>"
            " violations.push(`${event.violatedDirective} ${event.blockedURI}`));"
        )

    def note(self, text: str) -> None:
        if "AudioContext was not allowed to start" in text:
            return  # it is tried, and a press brings it
        self.problems.append(text)

    def check(self) -> None:
        unexpected = [text for text in self.problems if not any(part in text for part in self.expected)]
        assert not unexpected, unexpected
        assert self.page.evaluate("window.violations") == []


def enter_by(browser: Browser, link: str, script: str = "", name: str = "王建国", **options: Any) -> tuple[Page, Log]:
    """A page that has come in by this one-time link. script: run before its own."""
    context = browser.new_context(**{"locale": "zh-CN", "viewport": {"width": 1366, "height": 768}, **options})
    page = context.new_page()
    page.add_init_script(script)
    log = Log(page)
    page.goto(link)
    page.locator("#name").fill(name)
    page.locator("#enter button").click()
    return page, log


def come_in(browser: Browser, parts: Parts, url: str, script: str = "", **options: Any) -> tuple[Page, Log]:
    """A page that has come in by a fresh link. script: run before its own."""
    page, log = enter_by(browser, f"{url}/enter#{parts.access.issue_link()}", script, **options)
    expect(page.locator(".tile")).to_have_count(len(parts.settings.cameras))
    return page, log


def press(page: Page, button: str) -> None:
    """Once it may be pressed, and has stood still."""
    expect(page.locator(button)).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator(button).click()


def leave(page: Page, log: Log) -> None:
    log.check()
    page.context.close()
