"""What an operator hears: the tones that a real browser plays, counted as it begins them."""

from typing import Any

import pytest

from alerts.config import Settings
from alerts.track.config import TracksConfig
from alerts.track.step import StepKind
from tests.acceptance.browser import KEPT_LINE, Log, come_in, leave, needs_chromium, until
from tests.alerts.web.console import Parts, serving
from tests.relay import Relay

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
DEAD_MS, DEAF_MS, MINUTE_MS = 26_000, 16_000, 61_000
"""Longer than a line may be without a word, than a lost one is silent, than from one of its tones to the next."""
DEAF = [440, 330, 247]
EXPECTED = ("Failed to load resource", "ERR_")
LOST_TITLE, USUAL_TITLE = "连接已断开，听不到新火情 · 心安", "心安 · 社区消防看护"


def listening(browser: Browser, parts: Parts, url: str, **options: Any) -> tuple[Page, Any]:
    """Who has logged in by a press has the sound without another one."""
    page, log = come_in(browser, parts, url, script=HEARD + KEPT_LINE, **options)
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
        expect(page.locator("#overdue")).to_be_hidden()
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


def deaf_tones(page: Page) -> list[float]:
    """Those played since this was asked last that are not the siren's."""
    return [tone for tone in page.evaluate("window.tones.splice(0)") if tone not in (880, 660)]


def by_clock(browser: Browser, parts: Parts, url: str) -> tuple[Page, Log]:
    """Likewise with its sound; time is the page's own, and goes ahead as the tests have it go."""
    page, log = listening(browser, parts, url)
    log.expected = EXPECTED
    page.clock.install()
    page.reload()
    expect(page.locator("#waiting")).not_to_be_empty()
    page.locator("#waiting").click()  # nobody who reloads has pressed anything
    expect(page.locator("#sound")).to_have_attribute("data-state", "on")
    until(page, "window.line.readyState === EventSource.OPEN")
    return page, log


def lose(page: Page, relay: Relay) -> None:
    relay.hush()
    page.clock.fast_forward(DEAD_MS)
    expect(page.locator("#banner")).to_contain_text("连接已断开")


def find_again(page: Page, relay: Relay) -> None:
    relay.speak()
    page.clock.fast_forward(DEAD_MS)  # what was sent on the dead line is given up
    expect(page.locator("#banner")).to_be_hidden()


def test_a_line_that_is_lost_is_heard_until_it_is_back(browser: Browser, line: tuple[Parts, Relay]) -> None:
    parts, relay = line
    page, log = by_clock(browser, parts, relay.url)
    hush = page.locator("#hush")
    for _ in range(2):  # what was quieted is heard again at the next loss
        lose(page, relay)
        assert deaf_tones(page) == [], "a line that is back at once calls nobody"
        expect(page).to_have_title(USUAL_TITLE)
        expect(hush).to_have_count(0)
        page.clock.fast_forward(DEAF_MS)
        until(page, "window.tones.length === 3")
        assert deaf_tones(page) == DEAF
        expect(page).to_have_title(LOST_TITLE)
        page.clock.fast_forward(MINUTE_MS // 2)
        assert deaf_tones(page) == []
        page.clock.fast_forward(MINUTE_MS // 2)
        until(page, "window.tones.length === 3")
        assert deaf_tones(page) == DEAF
        hush.click()
        expect(hush).to_have_count(0)
        page.clock.fast_forward(MINUTE_MS)
        page.clock.fast_forward(MINUTE_MS)
        expect(page).to_have_title(LOST_TITLE)
        assert deaf_tones(page) == []
        find_again(page, relay)
        expect(page).to_have_title(USUAL_TITLE)
        page.clock.fast_forward(MINUTE_MS)
        expect(page.locator("#banner")).to_be_hidden()  # so long after, the line is made anew
        assert deaf_tones(page) == []
    parts.raise_alert()
    sounds_on(page)
    leave(page, log)


def test_a_lost_line_is_heard_between_sirens_and_not_where_sound_was_switched_off(
    browser: Browser, line: tuple[Parts, Relay]
) -> None:
    parts, relay = line
    parts.raise_alert()
    page, log = by_clock(browser, parts, relay.url)
    sounds_on(page)
    lose(page, relay)
    page.evaluate("window.tones.length = 0")
    page.clock.fast_forward(DEAF_MS)
    until(page, "window.tones.includes(247) && window.tones.includes(880)")
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_have_attribute("data-state", "off")
    page.wait_for_timeout(500)
    page.evaluate("window.tones.length = 0")
    page.clock.fast_forward(MINUTE_MS)
    page.wait_for_timeout(ROUND_MS)
    assert page.evaluate("window.tones") == []
    expect(page.locator("#banner")).to_contain_text("看不到，也听不到")
    leave(page, log)


def test_a_lost_line_is_heard_where_sound_was_switched_off_for_a_fire_that_is_out(
    browser: Browser, line: tuple[Parts, Relay]
) -> None:
    parts, relay = line
    fire = parts.raise_alert()
    page, log = by_clock(browser, parts, relay.url)
    sound = page.locator("#sound")
    sounds_on(page)
    sound.click()
    expect(sound).to_have_attribute("data-state", "off")
    parts.desk.mark_false_alarm(fire.id, by="李", reason="reflection")
    expect(sound).to_have_attribute("data-state", "on")
    sound.click()  # with nothing that burns
    expect(sound).to_have_attribute("data-state", "off")
    lose(page, relay)
    page.evaluate("window.tones.length = 0")
    page.clock.fast_forward(DEAF_MS)
    until(page, "window.tones.length === 3")
    assert deaf_tones(page) == DEAF
    page.evaluate("window.contexts[0].suspend()")
    expect(sound).to_have_attribute("data-state", "locked")
    page.clock.fast_forward(MINUTE_MS)
    until(page, "window.tones.length === 3")  # asked for again and again, not after a minute
    assert deaf_tones(page) == DEAF
    leave(page, log)


def test_who_is_logged_out_hears_that_no_fire_can_be_heard(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = by_clock(browser, parts, url)
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('online'))")  # the line is made anew
    expect(page.locator("#banner a")).to_have_attribute("href", "/enter")
    assert deaf_tones(page) == []
    page.clock.fast_forward(DEAF_MS)
    until(page, "window.tones.length === 3")
    assert deaf_tones(page) == DEAF
    expect(page.locator("#hush")).to_be_visible()
    expect(page).to_have_title("登录已失效，听不到新火情 · 心安")
    expect(page.locator("#banner")).to_contain_text("并重新登录")
    leave(page, log)


def test_a_list_that_comes_without_a_stream_is_no_lost_line(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = by_clock(browser, parts, url)
    page.route("**/api/events", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    for _ in range(6):
        with page.expect_response("**/api/alerts"):
            page.clock.fast_forward(5000)
    assert deaf_tones(page) == []
    expect(page.locator("#hush")).to_have_count(0)
    page.route("**/api/alerts", lambda route: route.abort())
    page.clock.fast_forward(5000)
    page.clock.fast_forward(DEAF_MS)
    until(page, "window.tones.length === 3")
    assert deaf_tones(page) == DEAF
    leave(page, log)
