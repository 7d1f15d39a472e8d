"""What an operator hears: the tones that a real browser plays, counted as it begins them."""

from typing import Any

import pytest

from alerts.config import Settings
from alerts.track.config import TracksConfig
from alerts.track.step import StepKind
from tests.acceptance.browser import Log, come_in, leave, needs_chromium, until
from tests.alerts.web.console import Parts, serving

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

HEARD = """{
  window.tones = [];
  window.contexts = [];
  const begin = AudioScheduledSourceNode.prototype.start;
  AudioScheduledSourceNode.prototype.start = function (...given) {
    if (this.context.state === "running") window.tones.push(this.frequency.value);
    return begin.apply(this, given);
  };
  const Own = window.AudioContext;
  window.AudioContext = class extends Own {
    constructor(...given) {
      super(...given);
      window.contexts.push(this);
    }
  };
}"""
ROUND_MS = 2000
"""From one siren to the next."""


def listening(browser: Browser, parts: Parts, url: str, **options: Any) -> tuple[Page, Any]:
    """Who has logged in by a press has the sound without another one."""
    page, log = come_in(browser, parts, url, script=HEARD, **options)
    expect(page.locator("#sound")).to_have_attribute("data-state", "on")
    return page, log


def sounds_on(page: Page) -> None:
    """More than one siren from now on."""
    page.evaluate("window.tones.length = 0")
    until(page, "window.tones.length >= 6")
    assert set(page.evaluate("window.tones")) == {880, 660}


def is_silent(page: Page) -> None:
    """For longer than from one siren to the next."""
    page.wait_for_timeout(500)  # the last one may have begun just now
    page.evaluate("window.tones.length = 0")
    page.wait_for_timeout(2 * ROUND_MS)
    assert page.evaluate("window.tones") == []


def test_a_fire_sounds_until_somebody_acknowledges_it(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = listening(browser, parts, url)
    is_silent(page)
    first, second = parts.raise_alert(), parts.raise_alert(1)
    sounds_on(page)
    parts.desk.acknowledge(first.id, by="李")
    sounds_on(page)
    page.locator(f'[data-id="{second.id}"]').click()
    page.keyboard.press("a")
    expect(page.locator("#waiting")).to_have_text("全部已确认")
    is_silent(page)
    leave(page, log)


def test_a_violation_is_one_tone(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = listening(browser, parts, url)
    parts.raise_alert(1, "clutter")
    until(page, "window.tones.length === 1")
    assert page.evaluate("window.tones") == [523]
    is_silent(page)
    leave(page, log)


def test_sound_that_the_browser_takes_away_is_said_and_comes_back_with_a_press(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = listening(browser, parts, url)
    sound = page.locator("#sound")
    page.evaluate("window.contexts[0].suspend()")
    expect(sound).to_have_attribute("data-state", "locked")
    page.keyboard.press("x")
    expect(sound).to_have_attribute("data-state", "on")
    page.evaluate("window.contexts[0].suspend()")
    expect(sound).to_have_attribute("data-state", "locked")
    sound.click()
    expect(sound).to_have_attribute("data-state", "on")
    sound.click()
    expect(sound).to_have_attribute("data-state", "off")
    parts.raise_alert(1, "clutter")
    is_silent(page)
    sound.click()
    parts.raise_alert()
    sounds_on(page)
    page.evaluate("window.contexts[0].suspend()")
    sounds_on(page)
    leave(page, log)


def test_sound_that_was_switched_off_for_one_fire_is_there_for_the_next(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = listening(browser, parts, url)
    sound = page.locator("#sound")
    parts.raise_alert()
    sounds_on(page)
    sound.click()
    expect(sound).to_have_attribute("data-state", "off")
    is_silent(page)
    parts.raise_alert(1, "clutter")
    is_silent(page)
    parts.raise_alert(1)
    expect(sound).to_have_attribute("data-state", "on")
    sounds_on(page)
    leave(page, log)


def test_an_acknowledged_fire_that_nobody_goes_to_is_heard_again(browser: Browser, settings: Settings) -> None:
    parts = Parts.build(settings.model_copy(update={"tracks": TracksConfig(respond_s=20)}))
    with serving(parts) as url:
        page, log = listening(browser, parts, url)
        fire = parts.raise_alert()
        sounds_on(page)
        parts.desk.acknowledge(fire.id, by="李")
        expect(page.locator("#waiting")).to_have_text("全部已确认")
        is_silent(page)
        expect(page.locator("#overdue")).to_be_visible(timeout=60_000)
        sounds_on(page)
        parts.desk.step(fire.id, StepKind.ON_THE_WAY, by="李雷", via="phone")
        expect(page.locator("#overdue")).to_be_hidden(timeout=20_000)
        page.evaluate("window.tones.length = 0")
        page.wait_for_timeout(12_000)
        assert page.evaluate("window.tones") == []
        leave(page, log)
    parts.close()


def test_hand_over_stands_beside_the_console_which_goes_on_to_sound(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = listening(browser, parts, url)
    with page.context.expect_page() as opened:
        page.locator("#shift").click()
    shift = opened.value
    heard = Log(shift)
    expect(shift.locator("h2").first).to_contain_text("交接班表")
    parts.raise_alert()
    sounds_on(page)
    with shift.expect_event("close"):
        shift.locator("#console").click()
    assert heard.problems == []
    assert [one.url for one in page.context.pages] == [page.url]
    leave(page, log)
