"""Orders whose answer is late or lost, in a real browser: one at a time, none counted twice, and what was not done
names its alert until somebody has read it. Time is the page's own, and goes ahead as the tests have it go."""

import json
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.track.step import StepKind
from tests.acceptance.browser import come_in, leave, needs_chromium, until, waits
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, Route, expect

pytestmark = needs_chromium

SLOW_MS, ANSWER_MS = 1_500, 11_000
"""Longer than a button waits before it says so, and than the page waits for an answer."""
EXPECTED = ("Failed to load resource", "ERR_")
BULK, STEPS, FALSE = "**/api/bulk", "**/api/alerts/*/steps", "**/api/alerts/*/false-alarm"
SILENCES = "**/api/silences"
STILL = "上一次还在等答复"
KEY_AFTER_MARKS = """new MutationObserver((_, observer) => {
  if (!document.getElementById("bulk").hidden) return;
  observer.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
  window.pressed = true;
}).observe(document.getElementById("bulk"), { attributes: true })"""


def card(page: Page, of: Alert) -> Locator:
    return page.locator(f'[data-id="{of.id}"]')


def mark(page: Page, of: Alert) -> None:
    page.locator(".queue-row", has=card(page, of)).locator(".mark-box").click()


def steps(parts: Parts, of: Alert) -> list[StepKind]:
    return [step.kind for step in parts.desk.track(of.id)[1].steps]


PATIENT = """() => {
  const set = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => set(then, ms === 10_000 ? 600_000 : ms, ...more);
}"""
"""The page waits for an answer for longer than a busy machine takes."""


def begun(browser: Browser, parts: Parts, url: str) -> tuple[Page, Any]:
    """Nothing is selected, and time is the page's own."""
    page, log = come_in(browser, parts, url)
    log.expected = EXPECTED
    page.clock.install()
    page.reload()
    expect(page.locator("#waiting")).not_to_be_empty()
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    return page, log


def held(page: Page, path: str) -> list[Route]:
    """The orders under this path: none of them is answered."""
    routes: list[Route] = []
    page.route(path, lambda route: routes.append(route) if route.request.method == "POST" else route.continue_())
    return routes


def seen_all(page: Page) -> None:
    """What the page had sent before this has been met by its routes."""
    with page.expect_response("**/api/me"):
        page.evaluate("() => { fetch('/api/me'); }")


def test_one_order_about_marked_ones_at_a_time_and_no_key_is_about_another(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    marked = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    for one in marked:
        mark(page, one)
    other = parts.raise_alert(1, "clutter")
    card(page, other).click()
    expect(page.locator("#bulk-number")).to_have_text("已选 2 条")
    routes = held(page, BULK)
    page.keyboard.press("a")
    waits(page, routes)
    page.keyboard.press("a")
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("#bulk-acknowledge")).to_contain_text("正在发送")
    expect(page.locator("#bulk-acknowledge")).to_be_disabled()
    assert len(routes) == 1
    page.clock.fast_forward(ANSWER_MS)
    expect(page.locator("#not-done")).to_contain_text("没有办成：确认 (所选警情)")
    expect(page.locator("#not-done")).to_contain_text("连不上控制台")
    page.unroute(BULK)
    page.evaluate(KEY_AFTER_MARKS)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认 2 条")
    expect(page.locator("#not-done")).to_be_hidden()
    until(page, "window.pressed")
    page.wait_for_timeout(300)
    assert [steps(parts, one) for one in (*marked, other)] == [[StepKind.VERIFIED], [StepKind.VERIFIED], []]
    leave(page, log)


def test_what_was_judged_and_not_answered_counts_at_the_second_press(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    cases = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    for one in cases:
        mark(page, one)
    page.locator("#bulk-false").click()
    page.locator("#false-other").fill("搬家")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(BULK, lose)
    page.locator("#false-send").click()
    expect(page.locator("#false-error")).to_contain_text("连不上控制台")
    page.unroute(BULK)
    page.locator("#false-send").click()
    expect(page.locator("#toast")).to_contain_text("2 条已判为误报。")
    expect(page.locator("#toast")).not_to_contain_text("未成功")
    expect(page.locator("#false-dialog")).to_be_hidden()
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    assert [steps(parts, one) for one in cases] == [[StepKind.FALSE_ALARM, StepKind.UNDONE]] * 2
    leave(page, log)


def test_an_undo_that_nobody_answers_is_said_and_can_be_pressed_again(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    page.keyboard.press("a")
    expect(page.locator("#undo")).to_be_visible()
    routes = held(page, BULK)
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_have_text("正在发送…")
    waits(page, routes)
    page.clock.fast_forward(ANSWER_MS)
    expect(page.locator("#not-done")).to_contain_text("没有办成：撤销")
    page.unroute(BULK)
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    expect(page.locator("#not-done")).to_be_hidden()
    assert steps(parts, case) == [StepKind.VERIFIED, StepKind.UNDONE]
    leave(page, log)


def test_many_are_judged_and_taken_back_in_parts(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    cases = [parts.raise_alert(1, "clutter", key=str(number)) for number in range(60)]
    page, log = begun(browser, parts, url)
    page.locator(".fold-mark").click()
    expect(page.locator("#bulk-number")).to_have_text("已选 60 条")
    sent: list[int] = []

    def count(route: Route) -> None:
        sent.append(len(json.loads(route.request.post_data or "")["alerts"]))
        route.continue_()

    page.route(BULK, count)
    page.locator("#bulk-false").click()
    page.locator("#false-reasons label").first.click()
    page.locator("#false-send").click()
    expect(page.locator("#toast")).to_contain_text("60 条已判为误报")
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    assert sent == [50, 10] * 2
    assert all(parts.desk.alert(one.id).false_alarm_at is None for one in cases)
    leave(page, log)


def test_parts_that_were_taken_are_not_sent_again_and_are_taken_back_with_the_rest(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    cases = [parts.raise_alert(1, "clutter", key=str(number)) for number in range(60)]
    page, log = begun(browser, parts, url)
    page.locator(".fold-mark").click()
    sent: list[int] = []

    def lose_the_second(route: Route) -> None:
        sent.append(len(json.loads(route.request.post_data or "")["alerts"]))
        if len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(BULK, lose_the_second)
    page.locator("#bulk-false").click()
    page.locator("#false-reasons label").first.click()
    page.locator("#false-send").click()
    expect(page.locator("#false-error")).to_contain_text("连不上控制台")
    page.locator("#false-send").click()
    expect(page.locator("#toast")).to_contain_text("60 条已判为误报")
    expect(page.locator("#toast")).not_to_contain_text("未成功")
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    assert sent == [50, 10, 10, 50, 10]
    assert all(parts.desk.alert(one.id).false_alarm_at is None for one in cases)
    leave(page, log)


def stopped_midway(page: Page) -> None:
    """60 are marked and acknowledged; the second part of that order is lost on its way there."""
    page.locator(".fold-mark").click()
    expect(page.locator("#bulk-number")).to_have_text("已选 60 条")
    sent: list[Route] = []

    def lose_the_second(route: Route) -> None:
        sent.append(route)
        if len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(BULK, lose_the_second)
    page.keyboard.press("a")
    expect(page.locator("#not-done")).to_contain_text("没有办成：确认")


def test_an_order_that_stopped_midway_is_not_called_not_done_once_the_rest_is_done(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    for number in range(60):
        parts.raise_alert(1, "clutter", key=str(number))
    page, log = begun(browser, parts, url)
    stopped_midway(page)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认 60 条")
    expect(page.locator("#not-done")).to_be_hidden()
    leave(page, log)


def test_one_of_the_rest_whose_marks_were_given_up_is_an_order_of_its_own(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    cases = [parts.raise_alert(1, "clutter", key=str(number)) for number in range(60)]
    page, log = begun(browser, parts, url)
    stopped_midway(page)
    page.locator("#bulk-none").click()
    expect(page.locator("#bulk")).to_be_hidden()
    if not page.locator(".mark-box").count():
        page.locator(".card.fold").first.click()
    expect(page.locator(".mark-box").first).to_be_visible()
    rest = next(one for one in cases if not steps(parts, one) and card(page, one).count())
    mark(page, rest)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认 1 条")
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    assert sum(StepKind.UNDONE in steps(parts, one) for one in cases) == 1
    leave(page, log)


def test_what_is_marked_while_others_are_ordered_about_stays_marked(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    first, other = parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")
    page, log = begun(browser, parts, url)
    mark(page, first)
    routes = held(page, BULK)
    page.keyboard.press("a")
    waits(page, routes)
    mark(page, other)
    expect(page.locator("#bulk-number")).to_have_text("已选 2 条")
    routes[0].continue_()
    expect(page.locator("#toast")).to_contain_text("已确认 1 条")
    expect(page.locator("#bulk-number")).to_have_text("已选 1 条")
    assert [steps(parts, one) for one in (first, other)] == [[StepKind.VERIFIED], []]
    leave(page, log)


def test_nobody_was_sent_and_that_stays_said_with_the_alert_until_it_is_read(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, case = parts.raise_alert(), parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, fire).click()
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    routes = held(page, STEPS)
    page.keyboard.press("d")
    page.locator("#dispatch-to").fill("老赵")
    page.locator("#dispatch-send").click()
    waits(page, routes)
    page.keyboard.press("Escape")
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("#dispatch")).to_contain_text("正在发送")
    page.keyboard.press("d")
    page.locator("#dispatch-to").fill("老赵")
    page.locator("#dispatch-send").click()
    expect(page.locator("#dispatch-error")).to_contain_text(STILL)
    assert len(routes) == 1
    page.keyboard.press("Escape")
    page.clock.fast_forward(ANSWER_MS)
    said = page.locator("#not-done")
    expect(said).to_contain_text("没有办成：派出")
    expect(said).to_contain_text("明火 · 3 号车棚")
    expect(page.locator("#dispatch")).to_contain_text("没有送到")
    card(page, case).click()
    page.clock.fast_forward(SLOW_MS)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认")
    expect(said).to_contain_text("明火 · 3 号车棚")
    page.locator("#not-done-show").click()
    expect(page.locator("#detail h2")).to_contain_text("明火")
    page.locator("#not-done-seen").click()
    expect(said).to_be_hidden()
    leave(page, log)


def test_a_dialogue_that_is_opened_again_does_not_close_as_if_it_had_been_taken(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    routes = held(page, FALSE)
    for _ in range(2):
        page.locator("#false-alarm").click()
        page.locator("#false-reasons label").first.click()
        page.locator("#false-send").click()
        waits(page, routes)
        if not page.locator("#false-error").inner_text():
            page.keyboard.press("Escape")
    page.locator("#false-alarm").click(trial=True, force=True)
    assert len(routes) == 1 and parts.desk.alert(case.id).false_alarm_at is None
    leave(page, log)


def test_what_is_muted_is_muted_once_and_its_dialogue_waits_for_the_server(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    marked = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    for one in marked:
        mark(page, one)
    page.keyboard.press("s")
    page.locator("#mute-scope").select_option("marked:")
    page.locator("#mute-reason").fill("搬家")
    routes = held(page, SILENCES)
    send = page.locator("#mute-form button[value=send]")
    send.click()
    waits(page, routes)
    send.click()
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("#mute-error")).to_contain_text("正在发送")
    routes[0].continue_()
    waits(page, routes, 2)
    routes[1].abort()
    expect(page.locator("#mute-error")).to_contain_text("连不上")
    expect(page.locator("#mute-reason")).to_have_value("搬家")
    assert len(parts.desk.muting.silences.active(parts.clock.now())) == 1
    send.click()
    waits(page, routes, 3)
    routes[2].continue_()  # what was taken is sent again, and is not begun again
    waits(page, routes, 4)
    page.keyboard.press("Escape")
    page.locator("#muting").click()
    page.locator("#mute-reason").fill("另一件事")
    routes[3].continue_()
    expect(page.locator("#mute-now button")).to_have_count(2)
    expect(page.locator("#mute-reason")).to_have_value("另一件事")
    found = parts.desk.muting.silences.active(parts.clock.now())
    assert len({silence.scope for silence in found}) == len(found) == 2
    leave(page, log)


def asking_to_mute(page: Page, marked: list[Alert]) -> Locator:
    """About all of these; its button."""
    for one in marked:
        mark(page, one)
    page.keyboard.press("s")
    page.locator("#mute-scope").select_option("marked:")
    page.locator("#mute-reason").fill("搬家")
    return page.locator("#mute-form button[value=send]")


@pytest.mark.parametrize("closed", [False, True])
def test_what_was_muted_without_an_answer_is_muted_once(
    closed: bool, browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    marked = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    send = asking_to_mute(page, marked)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(SILENCES, lose)
    send.click()
    expect(page.locator("#mute-error")).to_contain_text("连不上")
    assert len(parts.desk.muting.silences.active(parts.clock.now())) == 1
    page.unroute(SILENCES)
    if closed:
        page.keyboard.press("Escape")
        asking_to_mute(page, [])
    send.click()
    expect(page.locator("#mute-dialog")).to_be_hidden()
    found = parts.desk.muting.silences.active(parts.clock.now())
    assert len({silence.scope for silence in found}) == len(found) == 2
    leave(page, log)


def test_what_is_changed_after_a_part_was_muted_is_about_all_of_them(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    marked = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    send = asking_to_mute(page, marked)
    routes = held(page, SILENCES)
    send.click()
    waits(page, routes)
    routes[0].continue_()
    waits(page, routes, 2)
    routes[1].abort()
    expect(page.locator("#mute-error")).to_contain_text("连不上")
    page.unroute(SILENCES)
    page.locator("#mute-reason").fill("搬家，至中午")
    send.click()
    expect(page.locator("#mute-dialog")).to_be_hidden()
    found = parts.desk.muting.silences.active(parts.clock.now())
    assert len({silence.scope for silence in found if silence.reason == "搬家，至中午"}) == 2
    leave(page, log)


def test_who_is_logged_out_and_mutes_is_led_to_the_log_in(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    marked = [parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")]
    page, log = begun(browser, parts, url)
    send = asking_to_mute(page, marked)
    page.context.clear_cookies()
    send.click()
    expect(page.locator("#banner a")).to_have_attribute("href", "/enter")
    expect(page.locator("#mute-reason")).to_have_value("搬家")
    expect(page.locator("#not-done")).to_contain_text("没有办成：静默与演练")
    leave(page, log)


def test_a_list_that_comes_late_brings_nothing_back(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = begun(browser, parts, url)
    card(page, fire).click()
    page.evaluate(PATIENT)
    routes: list[Route] = []
    page.route("**/api/queue", lambda route: routes.append(route) if not routes else route.continue_())
    page.clock.fast_forward(31_000)
    waits(page, routes)
    late = routes[0].fetch()
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认")
    page.clock.fast_forward(SLOW_MS)
    who = card(page, fire).locator(".card-who")
    expect(who).to_contain_text("王建国")
    parts.desk.step(fire.id, StepKind.ON_THE_WAY, by="李雷", via="console")
    page.clock.fast_forward(SLOW_MS)
    expect(who).to_contain_text("李雷 已出发")
    assert routes[0].request.failure is None, "the page has given up waiting: nothing would be tried"
    with page.expect_event("requestfinished", lambda request: request == routes[0].request):
        routes[0].fulfill(response=late)
    page.wait_for_timeout(500)
    expect(who).to_contain_text("李雷 已出发")
    leave(page, log)
