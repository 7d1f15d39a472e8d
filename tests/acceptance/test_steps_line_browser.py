"""Steps and remarks whose answer is late or lost, in a real browser: sent once, on record once, and what was said not
to be done is not said any more once the alert shows that it was."""

import pytest

from alerts.track.step import StepKind
from tests.acceptance.browser import SETTLE_MS, leave, needs_chromium, press, until, waits
from tests.acceptance.test_orders_browser import ANSWER_MS, SLOW_MS, STEPS, begun, card, held, seen_all, steps
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = needs_chromium

K = StepKind
ACKNOWLEDGE = "**/api/alerts/*/acknowledge"
ANSWERED = """!document.getElementById("step-dialog").open
  || !/^$|正在发送/.test(document.getElementById("step-error").textContent)"""
"""What the dialogue has sent was taken, or refused."""


def lose_answers(page: Page, path: str, shown: str) -> list[Route]:
    """The server takes what is posted there, and nobody hears of it; what it has taken so far. shown: stands there once
    its track has come."""
    expect(page.locator(shown)).to_be_visible()
    posted: list[Route] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            posted.append(route)
        route.abort()  # nor is heard how it stands

    page.route(path, lose)
    return posted


def test_a_step_that_waits_says_so_and_is_not_sent_twice(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    parts.desk.acknowledge(fire.id, by="李")
    page, log = begun(browser, parts, url)
    card(page, fire).click()
    routes = held(page, STEPS)
    press(page, "#step-accepted")
    waits(page, routes)
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("#step-accepted")).to_contain_text("正在发送")
    press(page, "#step-accepted")
    seen_all(page)
    assert len(routes) == 1
    routes[0].continue_()
    expect(page.locator("#step-accepted")).to_have_class("step done quiet")
    expect(page.locator("#not-done")).to_be_hidden()
    assert steps(parts, fire) == [K.ACKNOWLEDGED, K.ACCEPTED]
    leave(page, log)


def test_a_step_that_was_taken_without_an_answer_counts_once_it_is_seen(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, other = parts.raise_alert(), parts.raise_alert(1, "ebike")
    parts.desk.acknowledge(fire.id, by="李")
    page, log = begun(browser, parts, url)
    card(page, fire).click()
    posted = lose_answers(page, STEPS, "#step-accepted")
    press(page, "#step-accepted")
    expect(page.locator("#not-done")).to_contain_text("没有办成：收到")
    expect(page.locator("#step-accepted")).to_contain_text("没有送到")
    press(page, "#step-accepted")
    waits(page, posted, 2)
    page.unroute_all(behavior="wait")
    card(page, other).click()
    card(page, fire).click()
    expect(page.locator("#step-accepted")).to_have_class("step done quiet")
    expect(page.locator("#not-done")).to_be_hidden()
    expect(page.locator("#step-accepted")).not_to_contain_text("没有送到")
    assert steps(parts, fire) == [K.ACKNOWLEDGED, K.ACCEPTED]
    leave(page, log)


def test_what_the_stream_shows_to_be_acknowledged_is_not_called_not_done(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = begun(browser, parts, url)
    card(page, fire).click()
    routes = held(page, ACKNOWLEDGE)
    press(page, "#acknowledge")
    waits(page, routes)
    page.clock.fast_forward(ANSWER_MS)
    expect(page.locator("#not-done")).to_contain_text("没有办成：确认")
    parts.desk.acknowledge(fire.id, by="王建国")
    expect(page.locator("#not-done")).to_be_hidden()
    leave(page, log)


def test_a_remark_whose_answer_was_lost_is_on_record_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    lose_answers(page, STEPS, "#comment")
    page.locator("#comment").fill("楼长已到")
    page.locator("#comment-send").click()
    expect(page.locator("#not-done")).to_contain_text("没有办成：备注")
    page.unroute_all(behavior="wait")
    page.locator("#comment").press("Enter")
    expect(page.locator("#comment")).to_have_value("")
    expect(page.locator("#not-done")).to_be_hidden()
    page.wait_for_timeout(SETTLE_MS)
    assert steps(parts, case) == [K.NOTE]
    page.locator("#comment").fill("楼长已到")
    page.locator("#comment-send").click()
    expect(page.locator("#comment")).to_have_value("")
    assert steps(parts, case) == [K.NOTE] * 2, "whoever says it once more says it"
    leave(page, log)


def test_what_is_typed_while_a_remark_is_on_its_way_stays(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    routes = held(page, STEPS)
    page.locator("#comment").fill("楼长已到")
    page.locator("#comment-send").click()
    waits(page, routes)
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("#comment-send")).to_contain_text("正在发送")
    page.locator("#comment").fill("物业也到了")
    page.locator("#comment-send").click()
    seen_all(page)
    assert len(routes) == 1
    routes[0].continue_()
    expect(page.locator("#toast")).to_contain_text("已记录")
    expect(page.locator("#comment")).to_have_value("物业也到了")
    expect(page.locator("#comment-send")).to_have_text("记录")
    leave(page, log)


def test_a_remark_like_one_without_an_answer_is_not_taken_for_it(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    lose_answers(page, STEPS, "#comment")
    comment, said = page.locator("#comment"), page.locator("#not-done")
    comment.fill("楼长已到")
    page.locator("#comment-send").click()
    expect(said).to_contain_text("没有办成：备注")
    page.unroute_all(behavior="wait")
    comment.fill("车主在楼上")
    for _ in range(20):  # refused once, where the page has not seen the first on record yet; not sent while one is out
        comment.press("Enter")
        page.wait_for_timeout(SETTLE_MS)
        if not comment.input_value():
            break
    expect(comment).to_have_value("")
    notes = [step.detail["note"] for step in parts.desk.track(case.id)[1].steps]
    assert notes == ["楼长已到", "车主在楼上"]
    leave(page, log)


def test_a_step_like_one_without_an_answer_is_on_record_by_itself(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "clutter")
    parts.desk.acknowledge(case.id, by="李")
    page, log = begun(browser, parts, url)
    card(page, case).click()
    posted = lose_answers(page, STEPS, "#step-dissuaded")

    def dissuade(outcome: str) -> None:
        press(page, "#step-dissuaded")
        page.locator('#step-fields [name="outcome"]').select_option(outcome)
        page.locator("#step-form button[value=send]").click()

    dissuade("absent")
    waits(page, posted)
    expect(page.locator("#step-error")).to_contain_text("连不上")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Escape")
    dissuade("refused")
    until(page, ANSWERED)
    if page.locator("#step-dialog").is_visible():  # refused once, where the page has not seen the first on record yet
        page.locator("#step-form button[value=send]").click()
    expect(page.locator("#step-dialog")).to_be_hidden()
    said = [step.detail["outcome"] for step in parts.desk.track(case.id)[1].steps if step.kind is K.DISSUADED]
    assert said == ["absent", "refused"]
    leave(page, log)
