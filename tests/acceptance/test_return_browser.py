"""A fire that comes back after people were done with it, on console and phone; and buttons that keep their places."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Alert
from alerts.track.step import StepKind
from tests.acceptance.browser import SETTLE_MS, Log, come_in, leave, needs_chromium, until
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = needs_chromium

K = StepKind
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def back_after_five_minutes(parts: Parts) -> Alert:
    """A fire that 李雷 has put out five minutes after it was raised, and that is seen again."""
    fire = parts.raise_alert()
    early = timedelta(seconds=300)
    with parts.desk._book.holding(fire.id) as known:  # raised long ago: the real clock does not wait for a test
        old = replace(known.alert, started_at=fire.started_at - early, fired_at=fire.started_at - early)
        parts.desk._book.adopt(old)
    parts.desk.step(fire.id, K.ACCEPTED, by="李雷")
    parts.desk.step(fire.id, K.DEALT_WITH, by="李雷")
    look = parts.look(0)
    for seconds in range(5, 20, 5):
        parts.desk.receive(replace(look, monotonic_s=look.monotonic_s + seconds))
    again = replace(parts.finding(0), monotonic_s=look.monotonic_s + 25)
    changes = parts.desk.receive(replace(parts.look(0, again), monotonic_s=look.monotonic_s + 25))
    assert [change.kind for change in changes] == ["reopened"]
    return changes[0].alert


def test_a_fire_that_is_back_asks_anew_and_says_what_was_before(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    desk, log = come_in(browser, parts, url)
    fire = back_after_five_minutes(parts)
    card = desk.locator(f'[data-id="{fire.id}"]')
    expect(card.locator(".again")).to_have_text("再次报警")
    expect(card.locator(".card-age")).to_contain_text("秒")
    expect(desk.locator("#announce")).to_contain_text("火情再次出现")
    card.click()
    expect(desk.locator("#track .earlier")).to_contain_text("再次报警前： 李雷 已处置")
    expect(desk.locator("#track .stage")).to_have_text("待确认")
    expect(desk.locator("#call-119")).to_be_hidden()
    expect(desk.locator("#acknowledge")).to_be_enabled()
    expect(desk.locator(".timeline .from-life").first).to_contain_text("再次出现")
    owed = desk.locator("#track .due").get_attribute("data-due")
    assert owed is not None and fire.reopened_at is not None
    assert owed > fire.reopened_at.isoformat(), "from the return on, not from five minutes ago"
    phone = browser.new_context(locale="zh-CN", **PHONE).new_page()  # type: ignore[arg-type]
    phone_log = Log(phone)
    phone.goto(parts.answer_link(fire, "李雷"))
    expect(phone.locator("#earlier")).to_contain_text("李雷 已处置")
    expect(phone.locator("#heading .since")).to_contain_text("再次报警")
    expect(phone.locator("#responders li")).to_have_count(0)
    expect(phone.locator("#buttons .done")).to_have_count(0)
    leave(phone, phone_log)
    leave(desk, log)


SHAKES = """async ([press, done, then]) => {
  const click = (selector) => document.querySelector(selector).click();
  click(press);
  click(press);
  while (!document.querySelector(done)) await new Promise(requestAnimationFrame);
  click(then);
}"""
"""A thumb that shakes: it presses where it pressed, whatever stands there by now, also just after it has changed; in
the page itself, so that a busy machine puts no time between."""


def places(buttons: Locator) -> list[tuple[int, int, int, int]]:
    shown = buttons.evaluate_all("all => all.map((one) => one.getBoundingClientRect().toJSON())")
    return [tuple(round(one[name]) for name in ("x", "y", "width", "height")) for one in shown]


def tap(page: Page, answer: str) -> None:
    """Once the buttons have stood still."""
    expect(page.locator(f'[data-answer="{answer}"]')).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator(f'[data-answer="{answer}"]').tap()


@pytest.mark.parametrize("offline", [False, True])
def test_on_a_phone_no_button_moves_and_a_second_press_does_nothing(
    browser: Browser, console: tuple[Parts, str], offline: bool
) -> None:
    parts, _ = console
    fire = parts.raise_alert()
    context = browser.new_context(locale="zh-CN", **PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(parts.answer_link(fire, "王秀英"))
    buttons = page.locator("#buttons button")
    expect(buttons).to_have_count(5)
    until(page, "document.querySelector('#picture img').naturalWidth === 640")
    stood = places(buttons)
    context.set_offline(offline)
    first = page.locator("#buttons .first")
    expect(first).to_have_text("收到")
    page.evaluate(SHAKES, ["#buttons .first", "#buttons .done", "#buttons .first"])
    expect(page.locator("#buttons .done")).to_have_count(1)
    expect(first).to_have_text("已出发")
    assert places(buttons) == stood
    tap(page, "on_the_way")
    expect(page.locator("#buttons .done")).to_have_count(2)
    tap(page, "dealt_with")
    expect(page.locator("#reasons [data-sure]")).to_be_visible()
    page.evaluate("window.pressed = document.querySelector('#reasons [data-sure]'); dispatchEvent(new Event('online'))")
    page.wait_for_timeout(SETTLE_MS)
    assert page.evaluate("pressed.isConnected"), "a look takes no button from under a thumb"
    page.locator("#reasons [data-back]").tap()
    tap(page, "dealt_with")
    page.locator("#reasons [data-sure]").dispatch_event("click")
    expect(page.locator("#reasons [data-sure]")).to_be_visible()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#reasons [data-back]").tap()
    expect(page.locator("#buttons .done")).to_have_count(2)
    assert places(buttons) == stood
    tap(page, "dealt_with")
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#reasons [data-sure]").tap()
    expect(page.locator("#buttons .done")).to_have_count(4)
    expect(page.locator("#buttons button:enabled")).to_have_count(0)
    context.set_offline(False)
    expect(page.locator("#stage")).to_contain_text("王秀英 已处置", timeout=30_000)
    kinds = [step.kind for step in parts.desk.track(fire.id)[1].steps]
    assert kinds == [K.ACCEPTED, K.ON_THE_WAY, K.DEALT_WITH]
    context.close()


def test_on_the_console_every_step_has_its_place_and_the_end_is_asked_once_more(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    desk, log = come_in(browser, parts, url)
    desk.locator(f'[data-id="{fire.id}"]').click()
    steps = desk.locator("#track .step")
    expect(steps).to_have_count(7)
    ids = steps.evaluate_all("all => all.map((one) => one.id)")
    stood = places(steps)
    desk.wait_for_timeout(SETTLE_MS)
    desk.evaluate(SHAKES, ["#step-accepted", "#step-accepted.done", "#step-on_the_way"])
    expect(desk.locator("#step-accepted")).to_have_class("step done quiet")
    desk.wait_for_timeout(SETTLE_MS)
    assert [step.kind for step in parts.desk.track(fire.id)[1].steps] == [K.ACCEPTED]
    assert steps.evaluate_all("all => all.map((one) => one.id)") == ids
    assert places(steps) == stood
    desk.locator("#step-dealt_with").click()
    expect(desk.locator("#step-dialog")).to_contain_text("现场已处置完毕")
    desk.locator('#step-dialog [value="cancel"]').click()
    assert parts.desk.alert(fire.id).dealt_with_at is None
    desk.locator("#step-dealt_with").click()
    desk.locator('#step-dialog [value="send"]').click()
    expect(desk.locator("#track .stage")).to_have_text("已处置")
    assert parts.desk.alert(fire.id).dealt_with_at is not None
    leave(desk, log)
