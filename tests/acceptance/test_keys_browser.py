"""One key for each step, and a switch for whoever wants no key that types a character to be one (WCAG 2.1.4)."""

from typing import Any

import pytest

from alerts.alert import Alert
from alerts.track.step import StepKind
from tests.acceptance.browser import SETTLE_MS, Log, come_in, leave, needs_chromium, press, turned
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

K = StepKind
BY_METHOD = "code => document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Process', code, bubbles: true}))"
"""A key while an input method is on."""
AS_IT_CHANGES = """([marked, key]) => new MutationObserver((_, observer) => {
  if (!document.querySelector(marked)) return;
  observer.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}).observe(document.getElementById("detail"), { childList: true, subtree: true })"""
"""A key that comes with the change of the page."""
AT_ONCE = """keys => {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""
"""Keys that were pressed while the page was busy, so that nothing is drawn between them."""


def steps(parts: Parts, of: Alert) -> list[StepKind]:
    return [step.kind for step in parts.desk.track(of.id)[1].steps]


def opened(browser: Browser, parts: Parts, url: str, alert: Alert, **options: Any) -> tuple[Page, Log]:
    """A console with this alert open, which stands still."""
    page, log = come_in(browser, parts, url, **options)
    page.locator(f'[data-id="{alert.id}"]').click()
    expect(page.locator("#track .step").first).to_be_visible()
    page.wait_for_timeout(SETTLE_MS)
    return page, log


def switch(page: Page, on: bool) -> None:
    """By the mouse and what types nothing alone."""
    page.locator("#help-button").click()
    page.locator("#letters-on").set_checked(on)
    page.keyboard.press("Escape")
    expect(page.locator("#help-dialog")).to_be_hidden()


def asks(page: Page, *expected: tuple[str, str]) -> None:
    """Keys whose steps ask for something first, by what they ask about."""
    for key, title in expected:
        page.wait_for_timeout(SETTLE_MS)
        page.keyboard.press(key)
        expect(page.locator("#step-title")).to_have_text(title)
        page.keyboard.press("Escape")
        expect(page.locator("#step-dialog")).to_be_hidden()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_keys_that_type_a_character_can_be_switched_off(
    browser: Browser, console: tuple[Parts, str], locale: str
) -> None:
    parts, url = console
    fire, case = parts.raise_alert(), parts.raise_alert(1, "ebike")
    page, log = opened(browser, parts, url, case, locale=locale)
    expect(page.locator("#false-alarm kbd")).to_be_visible()
    switch(page, on=False)
    page.reload()  # it is kept
    page.locator(f'[data-id="{case.id}"]').click()
    expect(page.locator("#step-verified")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    expect(page.locator("#false-alarm kbd")).to_be_hidden()
    expect(page.locator("#help-button kbd")).to_be_visible()  # it is all that stands on the button
    assert "/" not in (page.locator("#filter-text").get_attribute("placeholder") or "")
    for key in ["a", "d", "f", "s", "x", "o", "n", "1", "2", "i", "c", "r", "w", "m", "[", "]", "/", "?"]:
        page.keyboard.press(key)
    for code in ("KeyA", "KeyO", "KeyW", "KeyM", "Digit1", "BracketRight"):
        page.evaluate(BY_METHOD, code)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#detail-wide")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#filter-text")).not_to_be_focused()
    expect(page.locator("#plan")).to_be_hidden()
    assert page.evaluate("document.body.classList.contains('wall-only')") is False
    assert (steps(parts, fire), steps(parts, case)) == ([], [])
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    for key in ("1", "w", "m"):  # of the wall
        page.keyboard.press(key)
    expect(page.locator("#wall-all")).to_have_count(0)
    page.keyboard.press("ArrowDown")  # what types nothing is a key all the same
    expect(page.locator(f'[data-id="{fire.id}"]')).to_have_attribute("aria-current", "true")

    page.locator("#account").click()
    page.locator("#account-keys").click()  # also where the screen has no room for the other button
    note = "仅对本浏览器有效" if locale == "zh-CN" else "Kept in this browser"
    expect(page.locator("#letters-note")).to_contain_text(note)
    expect(page.locator("#letters-on")).not_to_be_checked()
    page.locator("#letters-on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    assert steps(parts, fire) == [K.ACKNOWLEDGED]
    leave(page, log)


def test_one_key_does_what_comes_next(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = opened(browser, parts, url, fire)
    page.keyboard.press("n")
    expect(page.locator("#dispatch")).to_be_visible()
    page.keyboard.press("n")  # the large button has just become another one
    expect(page.locator("#dispatch-dialog")).to_be_hidden()
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("n")
    page.locator("#dispatch-to").fill("老赵")
    page.keyboard.press("Enter")
    expect(page.locator("#step-accepted")).to_have_class("step is-due")
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("n")  # what they owe who were sent
    expect(page.locator("#step-accepted")).to_have_class("step done quiet")
    assert steps(parts, fire) == [K.ACKNOWLEDGED, K.DISPATCHED, K.ACCEPTED]
    parts.desk.step(fire.id, K.DEALT_WITH, by="李")
    expect(page.locator("#ending")).to_have_text("结案N")
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("n")
    expect(page.locator("#step-title")).to_have_text("结案")
    leave(page, log)


def test_each_step_of_a_case_has_its_key(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "clutter")
    page, log = opened(browser, parts, url, case)
    log.expected = ("404",)  # the camera has no picture of now
    for button in page.locator("#track .step").all():
        expect(button.locator("kbd")).to_be_visible()
    keys = page.locator("#track .step kbd").all_inner_texts()
    assert len(set(keys)) == len(keys) == 14
    for key, kind in (("1", K.VERIFIED), ("2", K.ACCEPTED), ("3", K.ON_THE_WAY), ("4", K.THERE)):
        page.wait_for_timeout(SETTLE_MS)
        page.keyboard.press(key)
        expect(page.locator(f"#step-{kind}")).to_be_disabled()
    assert steps(parts, case) == [K.VERIFIED, K.ACCEPTED, K.ON_THE_WAY, K.THERE]
    asks(page, ("5", "劝阻"), ("6", "提醒"), ("7", "限期通知"))
    notice = {"channel": "门上", "deadline": parts.clock.now().isoformat()}
    parts.desk.step(case.id, K.NOTICE_GIVEN, by="李", detail=notice)
    expect(page.locator("#step-moved")).to_be_enabled()
    asks(page, ("8", "移走暂存"), ("9", "上报"), ("0", "已处置"))
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("9")
    page.locator('#step-fields [name="to"]').fill("消防站")
    page.keyboard.press("Enter")
    expect(page.locator("#step-dialog")).to_be_hidden()
    assert steps(parts, case)[-1] is K.REPORTED
    parts.desk.step(case.id, K.MOVED, by="李", detail={"item": "纸箱", "slot": "A1"})
    expect(page.locator(".custody kbd")).to_have_text(["L", "H"])
    asks(page, ("l", "物主认领"), ("h", "交还"), ("i", "复查已清除"))
    parts.desk.step(case.id, K.DEALT_WITH, by="李")
    parts.desk.step(case.id, K.INSPECTED, by="李", detail={"reason": "x", "unproven": "x"})
    expect(page.locator("#step-closed")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("c")
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#step-reopened")).to_be_enabled()
    asks(page, ("r", "重新打开"))
    leave(page, log)


def test_a_key_is_no_step_of_what_has_changed_under_the_finger(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator("#queue-list")).to_contain_text("当前没有未结束的警情")
    page.evaluate(AS_IT_CHANGES, ["#acknowledge:enabled", "n"])
    fire = parts.raise_alert()
    expect(page.locator("#acknowledge")).to_be_enabled()  # the page has chosen it
    page.evaluate(AS_IT_CHANGES, ["#step-accepted:enabled", "2"])
    parts.desk.acknowledge(fire.id, by="李")
    expect(page.locator("#step-accepted")).to_be_enabled()
    turned(page)
    assert steps(parts, fire) == [K.ACKNOWLEDGED]
    parts.desk.step(fire.id, K.ON_THE_WAY, by="李")
    expect(page.locator("#track .responders")).to_contain_text("李")
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate(AS_IT_CHANGES, ["#ending", "n"])
    parts.desk.step(fire.id, K.DEALT_WITH, by="李")
    press(page, "#ending")
    expect(page.locator("#step-title")).to_have_text("结案")
    assert steps(parts, fire) == [K.ACKNOWLEDGED, K.ON_THE_WAY, K.DEALT_WITH]
    leave(page, log)


def test_a_key_on_the_heels_of_an_arrow_is_no_step_of_the_alert_that_was_left(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    upper, fire, case = parts.raise_alert(1), parts.raise_alert(), parts.raise_alert(1, "ebike")
    parts.desk.acknowledge(case.id, by="李")
    page, log = opened(browser, parts, url, case)
    expect(page.locator("#step-accepted")).to_be_enabled()
    first = page.locator("#queue-list [data-id]").first
    above = [fire, upper] if first.get_attribute("data-id") == upper.id else [upper, fire]
    for key, now in zip("2n", above, strict=True):
        page.evaluate(AT_ONCE, ["ArrowUp", key])
        expect(page.locator(f'[data-id="{now.id}"]')).to_have_attribute("aria-current", "true")
        page.wait_for_timeout(SETTLE_MS)
    assert [steps(parts, one) for one in (case, *above)] == [[K.VERIFIED], [], []]
    leave(page, log)


def test_with_the_focus_on_the_wall_digits_are_its_own(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    parts.desk.acknowledge(fire.id, by="李")
    page, log = opened(browser, parts, url, fire)
    page.locator(".tile-open").first.focus()
    for digit in ("3", "4"):  # there is no such tile
        page.keyboard.press(digit)
    page.locator("#detail-close").focus()
    page.keyboard.press("2")
    expect(page.locator("#step-accepted")).to_be_disabled()
    assert steps(parts, fire) == [K.ACKNOWLEDGED, K.ACCEPTED]
    leave(page, log)
