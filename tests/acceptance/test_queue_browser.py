"""The queue as an operator works with it all night: a real server, a real browser, keys."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.config import Settings
from alerts.db import find as finding
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.rules import ScopeKind
from alerts.routing.plan import AtOnce
from alerts.track.step import StepKind
from alerts.web.alerts_api import alert_out
from tests.acceptance.browser import (
    HELLO,
    KEPT_LINE,
    KNOWN,
    SETTLE_MS,
    come_in,
    leave,
    needs_chromium,
    turned,
    until,
    waits,
)
from tests.alerts.making import alert
from tests.alerts.web.console import Parts, filming, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, Route, expect

pytestmark = needs_chromium

K = StepKind
HOSTILE = "<img src=x onerror=alert(1)>"
ANNOUNCED = """() => {
  window.announced = [];
  const said = document.getElementById("announce");
  new MutationObserver(() => window.announced.push(said.textContent)).observe(said, { childList: true });
}"""
TOAST = """text => import(document.querySelector("script[type=module]").src.replace("main.js", "undo.js"))
  .then(({ toast }) => toast(text))"""
OFFERED_MS = 12_000
"""So long the way back stands in its line."""
TO_THE_END = """(() => {
  const list = document.getElementById("queue-list");
  list.scrollTo(0, list.scrollHeight);
  list.querySelector(".end .more:not(#search-stop)")?.click();
  return list.querySelector(".end")?.textContent === "Nothing earlier";
})()"""
CAMERAS: list[dict[str, Any]] = [
    {"name": "shed-1", "url": "rtsp://u:p@camera/1", "place": "shed"},
    {"name": "stairs-2", "url": "rtsp://u:p@camera/2", "place": "b3"},
    {"name": "gate-3", "url": "rtsp://u:p@camera/3", "place": HOSTILE},
]
PLACES = [
    {"id": "b3", "name": "3号楼", "name_en": "Building 3", "kind": "building"},
    {"id": "shed", "name": "东侧车棚", "name_en": "bike shed", "kind": "shed", "within": "b3"},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = some_settings(tmp_path / "store", CAMERAS)
    return Settings.model_validate({**made.model_dump(), "places": PLACES})


def past(parts: Parts, number: int, **given: Any) -> list[Alert]:
    """Alerts of long ago that are over, a minute apart, the newest first; every one is in the store."""
    new_id, begins = UlidFactory(random.Random(9)), parts.clock.now() - timedelta(days=30)

    def one(at: datetime) -> Alert:
        over = {"resolved_at": at, "acknowledged_at": at, "acknowledged_by": "李", "closed_at": at}
        values = {"camera": "stairs-2", "hazard": "clutter", "place": "3号楼", "place_id": "b3"}
        times = {"started_at": at, "seen_at": at, "fired_at": at}
        return alert(new_id(at), **{**values, **times, **over, **given})

    made = [one(begins + timedelta(minutes=each)) for each in range(number)]
    parts.store.commit([Change(ChangeKind.FIRED, each) for each in made], AtOnce({}), parts.clock.now())
    return made[::-1]


def card(page: Page, of: Alert) -> Locator:
    return page.locator(f'[data-id="{of.id}"]')


def steps(parts: Parts, of: Alert) -> list[str]:
    return [step.kind.value for step in parts.desk.track(of.id)[1].steps]


def test_a_card_says_what_where_how_it_stands_who_has_it_and_why(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire, case = parts.raise_alert(), parts.raise_alert(1, "ebike")
    strange = parts.raise_alert(2, "clutter")
    page, log = come_in(browser, parts, url, locale="en-GB")
    until(page, f"document.querySelector('[data-id=\"{fire.id}\"] img')?.naturalWidth > 0")
    for said in ("Flame", "Building 3", "Not acknowledged", "nobody yet", "Times seen 17", "87 %"):
        expect(card(page, fire)).to_contain_text(said)
    expect(card(page, case)).to_contain_text("for ")
    expect(page.locator("#filter-place")).to_contain_text("Building 3, bike shed")
    expect(page.locator("#tiles .tile-place").first).to_have_text("Building 3, bike shed")
    assert "号楼" not in page.locator("#queue, #wall").all_inner_texts()[0], "an English page names places in Chinese"
    expect(card(page, strange)).to_contain_text(HOSTILE)
    parts.desk.step(fire.id, K.ON_THE_WAY, by=HOSTILE, via="bot")
    expect(card(page, fire).locator(".card-who")).to_have_text(f"{HOSTILE} On the way")
    assert page.locator("img[src=x]").count() == 0
    leave(page, log)


@pytest.mark.parametrize(
    ("locale", "handler", "has"),
    [("zh-CN", "归 物业", "消控室王建国 接手"), ("en-GB", "for Property", "消控室王建国")],
    ids=["zh", "en"],
)
def test_who_has_it_is_read_beside_why_nobody_is_told(
    browser: Browser, console: tuple[Parts, str], locale: str, handler: str, has: str
) -> None:
    parts, url = console
    case = parts.raise_alert(0, "ebike")
    parts.raise_alert()
    page, log = come_in(browser, parts, url, locale=locale, viewport={"width": 1366, "height": 768})
    who, mark = card(page, case).locator(".card-who"), card(page, case).locator(".mark")
    expect(mark).to_contain_text("让位于更急的警情" if locale == "zh-CN" else "stands back")
    expect(who).to_contain_text(handler)
    assert who.evaluate("who => who.scrollWidth <= who.clientWidth"), who.inner_text()
    parts.desk.step(case.id, K.VERIFIED, by="消控室王建国", via="console")
    expect(who).to_contain_text(has)
    assert who.evaluate("who => who.scrollWidth <= who.clientWidth"), who.inner_text()
    leave(page, log)


def test_what_was_closed_stays_closed_when_the_list_comes_anew(browser: Browser, console: tuple[Parts, str]) -> None:
    """Whoever has begun to work is shown nothing of the page's own choice, only what is new."""
    parts, url = console
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url, script=KEPT_LINE)
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    with page.expect_response("**/api/muting"):  # it is asked for after the list
        page.evaluate(HELLO)
    expect(card(page, fire)).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    leave(page, log)


def test_a_fire_that_is_lost_from_sight_stays_up_until_people_end_it(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, case = parts.raise_alert(), parts.raise_alert(1, "ebike")
    page, log = come_in(browser, parts, url, locale="en-GB")
    parts.desk.acknowledge(fire.id, by="李")
    parts.clear(0)
    expect(card(page, fire)).to_contain_text("Out of sight, to be checked there")
    expect(page.locator(".card").first).to_have_attribute("data-id", fire.id)
    expect(card(page, case)).to_be_visible()
    for said in (K.DEALT_WITH, K.CLOSED):
        parts.desk.step(fire.id, said, by="李")
    expect(page.locator("#queue-list h3").last).to_contain_text("Closed")
    leave(page, log)


def test_a_slip_is_taken_back_by_one_key(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    fire = parts.raise_alert()
    expect(page.locator("#acknowledge")).to_be_enabled()
    turned(page)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("撤销")
    expect(card(page, fire)).to_contain_text("王建国 接手")
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    expect(card(page, fire)).to_contain_text("待确认")
    assert steps(parts, fire) == ["acknowledged", "undone"], "both are on record"
    leave(page, log)


def test_a_slip_is_taken_back_for_a_minute_unless_something_else_was_done(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, case, other = parts.raise_alert(), parts.raise_alert(1, "ebike"), parts.raise_alert(2, "clutter")
    page, log = come_in(browser, parts, url)
    card(page, fire).click()
    page.keyboard.press("a")
    expect(page.locator("#undo")).to_be_visible()
    page.evaluate(TOAST, "消息")  # something else is told
    expect(page.locator("#toast")).to_have_text("消息")
    expect(page.locator("#toast")).to_be_hidden()
    page.wait_for_timeout(OFFERED_MS)
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_have_text(re.compile("^已撤回，记录中两者都保留：已确认 · 明火 · "))
    assert steps(parts, fire) == ["acknowledged", "undone"]

    card(page, case).click()
    expect(page.locator("#step-verified")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-verified").click()
    expect(page.locator("#undo")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回，记录中两者都保留：已记录：核实 · 电动车")
    assert steps(parts, case) == ["verified", "undone"]

    turned(page)
    page.keyboard.press("a")
    expect(page.locator("#undo")).to_be_visible()
    parts.desk.acknowledge(other.id, by="李")
    card(page, other).click()
    expect(page.locator("#step-accepted")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-accepted").click()
    expect(page.locator("#toast")).to_have_text("已记录：收到")
    page.keyboard.press("z")  # nobody would mean the other alert
    expect(page.locator("#toast")).to_be_hidden()
    assert steps(parts, case) == ["verified", "undone", "verified"]
    leave(page, log)


@pytest.mark.parametrize(
    ("hazard", "typed", "said", "done"),
    [
        ("flame", "老赵", "已派 老赵（未通知）", ["dispatched"]),
        ("ebike", "", "已派 物业（未通知）", ["verified", "dispatched"]),
    ],
)
def test_somebody_is_sent(
    browser: Browser, console: tuple[Parts, str], hazard: str, typed: str, said: str, done: Sequence[str]
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    raised = parts.raise_alert(1, hazard)
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#dispatch-dialog")).to_be_visible()
    if not typed:
        expect(page.locator("#dispatch-who input:checked + .who")).to_have_text("物业")
    if typed:
        page.locator("#dispatch-to").fill(typed)
    page.keyboard.press("Enter")
    expect(card(page, raised).locator(".card-who")).to_have_text(said)
    assert steps(parts, raised) == list(done)
    page.keyboard.press("z")
    expect(card(page, raised)).to_contain_text("待确认")
    assert steps(parts, raised) == [*done, *["undone"] * len(done)]
    leave(page, log)


def test_a_fire_on_the_screen_goes_before_what_is_marked(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = come_in(browser, parts, url)
    card(page, case).click()
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    expect(page.locator("#bulk-acknowledge kbd")).to_be_visible()
    fire = parts.raise_alert()
    card(page, fire).click()
    expect(page.locator("#bulk-acknowledge kbd")).to_be_hidden()  # the keys are the fire's
    page.keyboard.press("s")
    expect(page.locator("#mute-scope")).to_have_value("camera_hazard:flame@shed-1")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    assert (steps(parts, fire), steps(parts, case)) == (["acknowledged"], [])
    page.keyboard.press("a")  # nothing of the fire waits any more
    expect(page.locator("#bulk")).to_be_hidden()
    assert (steps(parts, fire), steps(parts, case)) == (["acknowledged"], ["verified"])

    page.keyboard.press("x")  # a fire cannot be marked
    card(page, case).click()
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    suspected = parts.raise_alert(2, confirmed=False)
    card(page, suspected).click()
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    assert steps(parts, suspected) == ["acknowledged"]
    again = parts.raise_alert(1)
    card(page, again).click()
    page.keyboard.press("f")
    page.locator("#false-reasons input").first.check()
    page.locator('#false-dialog [value="send"]').click()
    expect(card(page, again)).to_contain_text("误报")
    assert (steps(parts, again), steps(parts, case)) == (["false_alarm"], ["verified"])
    leave(page, log)


def test_letters_are_for_the_alert_where_they_mean_nothing_else(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    fire, case = parts.raise_alert(), parts.raise_alert(1, "clutter")
    with filming(parts, [1]):
        parts.clear(1)
    wide = page.locator("#detail-wide")
    card(page, case).click()
    page.locator("#compare").focus()  # a slider: arrows are its own
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#compare")).to_have_value("49")
    page.keyboard.press("o")
    expect(wide).to_have_attribute("aria-pressed", "true")
    typed = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Process', code: 'KeyO', bubbles: true}))"
    page.evaluate(typed)  # an input method is on
    expect(wide).to_have_attribute("aria-pressed", "false")
    card(page, fire).click()
    page.locator("#filters-open").click()
    hazards = page.locator("#filter-hazard")
    hazards.focus()
    page.keyboard.press("a")  # by the keyboard letters look for an entry of the list
    assert steps(parts, fire) == []
    hazards.dispatch_event("pointerdown")
    hazards.select_option("flame")
    expect(hazards).not_to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    assert steps(parts, fire) == ["acknowledged"]
    leave(page, log)


def test_one_hazard_of_one_camera_is_shelved_by_a_key(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    raised = parts.raise_alert(1, "ebike")
    expect(page.locator("#detail")).to_be_visible()
    turned(page)
    page.keyboard.press("s")
    expect(page.locator("#mute-scope")).to_have_value("camera_hazard:ebike@stairs-2")
    page.keyboard.type("装修搬家")
    page.keyboard.press("Enter")
    expect(page.locator("#mute-dialog")).to_be_hidden()
    expect(card(page, raised).locator(".mark")).to_contain_text("人工搁置")
    [silence] = parts.desk.muted_now().silences
    assert (silence.scope.kind, silence.reason) == (ScopeKind.CAMERA_HAZARD, "装修搬家")
    leave(page, log)


def test_in_a_flood_fires_stand_alone_and_the_rest_together(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    page.keyboard.press("Escape")
    cases = [parts.raise_alert(1, "clutter", key=str(number)) for number in range(9)]
    expect(page.locator("#flood")).to_be_hidden()
    fire = parts.raise_alert()
    expect(page.locator("#flood")).to_contain_text("10 分钟内 10 条")
    rows = page.locator(".card")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_have_attribute("data-id", fire.id)
    expect(rows.nth(1)).to_contain_text("× 9")
    page.locator("#detail-close").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".indent").first).to_be_visible()
    expect(rows.nth(1)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(2)
    page.keyboard.press("x")
    expect(page.locator("#bulk-number")).to_have_text("已选 9 条")
    page.keyboard.press("f")
    page.locator("#false-reasons label").first.click()
    page.locator("#false-send").click()
    expect(page.locator("#toast")).to_contain_text("9 条已判为误报")
    assert all(parts.desk.alert(one.id).false_alarm_by == "王建国" for one in cases)
    assert parts.desk.alert(fire.id).false_alarm_at is None
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("已撤回")
    assert all(parts.desk.alert(one.id).false_alarm_at is None for one in cases)
    leave(page, log)


def test_a_fire_that_comes_takes_no_key_that_was_on_its_way(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "ebike")
    page, log = come_in(browser, parts, url)
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".mark-box").click()
    expect(page.locator("#bulk")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    fire = parts.raise_alert()
    expect(card(page, fire)).to_be_visible()
    until(page, "document.body.classList.contains('alarm')")
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("已确认 1 条")
    assert (steps(parts, fire), steps(parts, case)) == ([], ["verified"])
    expect(page.locator("#detail")).to_be_hidden()
    leave(page, log)


def test_a_key_is_no_order_about_what_the_page_has_just_chosen(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator("#queue-list")).to_contain_text("当前没有未结束的警情")
    page.evaluate("""new MutationObserver((_, observer) => {
      if (!document.querySelector("#acknowledge:enabled")) return;
      observer.disconnect();
      for (const key of ["a", "f"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }).observe(document.getElementById("detail"), { childList: true, subtree: true })""")
    fire = parts.raise_alert(1)
    expect(page.locator("#acknowledge")).to_be_enabled()
    turned(page)
    expect(page.locator("#false-dialog")).to_be_hidden()
    assert steps(parts, fire) == []
    page.keyboard.press("f")
    expect(page.locator("#false-about")).to_have_text(re.compile("^明火 · ."))
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#dispatch")).to_be_visible()
    assert steps(parts, fire) == ["acknowledged"]
    leave(page, log)


def test_marked_violations_are_acknowledged_together_and_fires_cannot_be_marked(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire, one, two = parts.raise_alert(), parts.raise_alert(1, "ebike"), parts.raise_alert(0, "clutter")
    page, log = come_in(browser, parts, url)
    expect(page.locator(".mark-box")).to_have_count(2)
    page.locator(".mark-box").first.click()
    page.locator(".mark-box").last.click()
    expect(page.locator("#bulk-number")).to_have_text("已选 2 条")
    page.locator("#bulk-acknowledge").click()
    expect(page.locator("#toast")).to_contain_text("已确认 2 条")
    expect(page.locator("#bulk")).to_be_hidden()
    assert all(parts.desk.alert(each.id).acknowledged_by == "王建国" for each in (one, two))
    assert parts.desk.alert(fire.id).acknowledged_at is None
    leave(page, log)


def test_a_search_goes_on_by_itself_says_how_far_it_is_and_can_be_stopped(
    browser: Browser, console: tuple[Parts, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 10)
    monkeypatch.setattr(finding, "LOOKS_S", 0.0)
    parts, url = console
    newest, *_, oldest = past(parts, 130, hazard="ebike")
    parts.raise_alert(1, "clutter")
    page, log = come_in(browser, parts, url, locale="en-GB")
    held: list[Route] = []
    page.route("**/api/history?*", lambda route: held.append(route))

    def answer_one() -> None:
        waits(page, held)
        held.pop().continue_()

    turned(page)
    page.keyboard.press("/")
    expect(page.locator("#filter-text")).to_be_focused()
    page.keyboard.type("e-bike １号楼")
    answer_one()
    expect(page.locator(".queue-row.end")).to_contain_text("Looked back to")
    expect(page.locator(".queue-row.end")).to_contain_text("0 found")
    page.locator("#search-stop").click()
    answer_one()
    expect(page.locator(".queue-row.end button")).to_have_text("Look further back")
    page.wait_for_timeout(200)
    assert not held, "it goes on although it was stopped"
    page.unroute("**/api/history?*")
    page.locator("#filter-text").fill("E-BIKE ３号楼")
    expect(card(page, newest)).to_be_visible()
    until(page, TO_THE_END)
    expect(card(page, oldest)).to_be_visible()
    leave(page, log)


def test_what_is_looked_for_anew_is_looked_for_by_one_search(
    browser: Browser, console: tuple[Parts, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 10)
    monkeypatch.setattr(finding, "LOOKS_S", 0.0)
    parts, url = console
    past(parts, 130)
    page, log = come_in(browser, parts, url)
    held: list[Route] = []
    page.route("**/api/history?*", lambda route: held.append(route))
    for number, text in enumerate(("angle", "b3", "angle"), start=1):
        page.locator("#filter-text").fill(text)
        waits(page, held, number)
    with page.expect_response("**/api/history?*"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert len(held) == 3, "what was wanted first goes on, too"
    held[2].continue_()
    waits(page, held, 4)
    page.unroute("**/api/history?*")
    leave(page, log)


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (
            lambda route: route.fulfill(status=503, json={"error": "service_unavailable"}),
            "The database does not answer",
        ),
        (lambda route: route.abort(), "The console cannot be reached"),
    ],
)
def test_a_search_that_fails_says_why_and_is_tried_again(
    browser: Browser, console: tuple[Parts, str], fails: Callable[[Route], None], why: str
) -> None:
    parts, url = console
    past(parts, 130)
    [oldest] = past(parts, 1, hazard="ebike")  # in place of the oldest of them, which the page does not have yet
    page, log = come_in(browser, parts, url, locale="en-GB")
    log.expected = ("503", "net::", "ERR_FAILED")
    expect(page.locator(".queue-row.calm")).to_have_text("Nothing open")
    page.route("**/api/history?*", fails)
    page.locator("#filter-text").fill("e-bike")
    said = page.locator("#queue-list [role=alert]")
    expect(said).to_contain_text(f"The search failed. {why}")
    expect(page.locator(".queue-row.calm")).to_have_text("The search did not finish: nobody knows yet")
    expect(page.locator("#toast")).to_be_hidden()
    page.unroute("**/api/history?*")
    page.locator("#search-again").click()
    expect(card(page, oldest)).to_be_visible()
    expect(page.locator(".queue-row.calm")).to_have_text("Nothing open that fits")
    expect(said).to_have_count(0)
    leave(page, log)


def test_what_has_failed_is_read_out_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    past(parts, 130)
    page, log = come_in(browser, parts, url, locale="en-GB")
    log.expected = ("net::", "ERR_FAILED")
    page.route("**/api/alerts?limit=*", lambda route: route.abort())
    rows, said = page.locator("#queue-list"), page.locator("#queue-list [role=alert]")
    bottom = "list => list.scrollTo(0, list.scrollHeight)"
    rows.evaluate(bottom)
    expect(said).to_contain_text("The console cannot be reached")
    rows.evaluate("list => list.scrollTo(0, 0)")
    expect(page.locator("#search-again")).to_have_count(0)
    rows.evaluate(bottom)  # the row is made anew
    expect(page.locator(".queue-row.end")).to_contain_text("The console cannot be reached")
    expect(said).to_have_count(0)
    page.locator("#search-again").click()
    expect(said).to_contain_text("The console cannot be reached")  # it has failed once more
    leave(page, log)


def test_all_that_ever_was_is_found_and_a_view_of_it_is_kept(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    [*_, wanted] = past(parts, 130)
    [odd] = past(parts, 1, hazard="ebike", zone=f"角落 {HOSTILE}", place="无名处", place_id=None, camera="gone")
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    assert odd.id not in page.evaluate(KNOWN), "it would be shown anyhow"
    page.keyboard.press("/")
    page.keyboard.type("角落")
    expect(card(page, odd)).to_be_visible()
    expect(page.locator(".card")).to_have_count(2)
    expect(card(page, fire)).to_be_visible()  # nobody has acknowledged it: no search hides it
    parts.desk.acknowledge(fire.id, by="王")
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press("Escape")  # ends the search, too
    expect(page.locator("#filter-text")).to_have_value("")
    expect(card(page, fire)).to_be_visible()
    page.locator("#filters-open").click()
    page.locator("#filter-hazard").select_option("ebike")
    page.locator("#filter-standing").select_option("ended")
    expect(page.locator(".card")).to_have_count(1)
    page.locator("#view-name").fill(HOSTILE)
    page.locator("#view-save").click()
    page.locator("#filter-view").select_option("")
    expect(page.locator("#queue-list h3").last).to_contain_text("已结束")
    page.reload()
    page.locator("#filter-view").select_option(HOSTILE)
    expect(card(page, odd)).to_be_visible()
    expect(page.locator(".card")).to_have_count(1)
    page.locator("#filter-view").select_option("")
    page.locator("#filters-open").click()
    page.locator("#filter-place").select_option("b3")
    page.locator("#filter-who").fill("李")
    expect(page.locator("#queue-list h3").last).to_contain_text(re.compile("已结束 ?1[0-3]\\d"))
    page.locator("#queue-list").hover()
    for _ in range(200):
        if wanted.id in page.evaluate(KNOWN):
            break
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the end of the queue brings no earlier alerts")
    leave(page, log)


def test_ten_thousand_alerts_are_some_rows_in_the_page(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    one = {**alert_out(past(parts, 1)[0]), "evidence": {}}
    many = [{**one, "id": f"{number:026d}", "place": f"{number}号楼"} for number in range(10_000)]
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.route("**/api/alerts", lambda route: route.fulfill(json={"alerts": many, "next": None}))
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("王建国")
    page.locator("#enter button").click()
    expect(page.locator("#queue-list h3").last).to_contain_text("10000", timeout=60_000)
    for share in (0, 0.31, 0.77, 1):
        page.evaluate(
            "(share) => { const q = document.querySelector('#queue-list'); q.scrollTop = share * q.scrollHeight; }",
            share,
        )
        until(
            page, f"Math.abs(parseInt(document.querySelector('.card-place').textContent) - {9_999 * (1 - share)}) < 40"
        )
        assert page.evaluate("document.querySelectorAll('#queue-list *').length") < 900
    expect(page.locator(".card", has_text=re.compile(r"(^|\D)0号楼"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[aria-current="true"]')).to_be_in_viewport()
    context.close()


def test_after_a_restart_nothing_is_missing_and_nothing_comes_twice(browser: Browser, settings: Settings) -> None:
    parts = Parts.build(settings)
    before = parts.raise_alert(1, "ebike")
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        page.evaluate(ANNOUNCED)
        parts.raise_alert(0, "flying_lead")
        expect(page.locator("#announce")).to_contain_text("飞线")
    parts.close()
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    log.expected = ("ERR_", "Failed to load resource")
    again = Parts.build(settings)
    now = again.clock.now()
    gone = [replace(one, id=UlidFactory(random.Random(number))(now)) for number, one in enumerate(past(again, 120))]
    again.store.commit([Change(ChangeKind.FIRED, one) for one in gone], AtOnce({}), now)
    meanwhile = again.raise_alert()
    with serving(again):
        expect(page.locator("#banner")).to_be_hidden(timeout=30_000)
        expect(card(page, meanwhile)).to_be_visible()
        after = again.raise_alert(2, "clutter")
        expect(card(page, after)).to_be_visible()
        known = page.evaluate(KNOWN)
        assert {before.id, meanwhile.id, after.id} | {one.id for one in gone} <= set(known)
        assert len(known) == len(set(known))
        expect(card(page, meanwhile)).to_have_count(1)
        announced = page.evaluate("window.announced")
        assert [sum(word in text for text in announced) for word in ("飞线", "明火", "堆物")] == [1, 1, 1]
        leave(page, log)
    again.close()
