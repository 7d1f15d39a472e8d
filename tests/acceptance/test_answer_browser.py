"""A notice is answered on a phone without a log-in, and a console sees it: real server, real browser, two devices."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.track.step import StepKind
from tests.acceptance.browser import SETTLE_MS, Log, come_in, leave, needs_chromium, press, until
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = needs_chromium

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
SEEN_AT = """new MutationObserver(() => {
  if (document.querySelector(".timeline li.from-step")) window.seenAt ??= Date.now();
}).observe(document, { subtree: true, childList: true });"""
FREED = """window.freed = [];
URL.revokeObjectURL = new Proxy(URL.revokeObjectURL, {
  apply(free, self, [url]) { freed.push(url); free.call(self, url); },
});"""
PRESSED_AT = "addEventListener('click', () => { window.pressedAt = Date.now(); }, true);"


def phone_with(browser: Browser, link: str) -> tuple[Page, Log]:
    page = browser.new_context(locale="zh-CN", **PHONE).new_page()  # type: ignore[arg-type]
    log = Log(page)
    page.add_init_script(PRESSED_AT)
    page.goto(link)
    return page, log


def test_an_answer_on_a_phone_is_on_the_console(
    browser: Browser, console: tuple[Parts, str], record_property: Callable[[str, object], None]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    desk, desk_log = come_in(browser, parts, url, SEEN_AT)
    expect(desk.locator("#track .stage")).to_have_text("待确认")
    expect(desk.locator("#track .due")).to_contain_text("下一步：确认")

    phone, log = phone_with(browser, parts.answer_link(fire, "王秀英", kind="on_the_way"))
    expect(phone.locator("#heading h1")).to_have_text("明火")
    expect(phone.locator("#heading")).to_contain_text("3 号车棚")
    first = phone.locator("#buttons .first")
    expect(first).to_have_text("已出发")
    assert parts.desk.track(fire.id)[1].steps == (), "opening the link is no answer"
    first.tap()

    expect(desk.locator(".timeline li.from-step")).to_contain_text(["已出发王秀英bot"])
    expect(desk.locator("#track .stage")).to_have_text("有人处置中")
    expect(desk.locator("#acknowledge")).to_have_count(0)
    passed_ms = desk.evaluate("window.seenAt") - phone.evaluate("window.pressedAt")
    record_property("answer_to_console_ms", passed_ms)
    print(f"answer to console: {passed_ms} ms")

    for answer in ("there", "dealt_with"):
        button = phone.locator("#buttons .first")
        expect(button).to_have_attribute("data-answer", answer)
        phone.wait_for_timeout(SETTLE_MS)
        button.tap()
    phone.wait_for_timeout(SETTLE_MS)
    phone.locator("#reasons [data-sure]").tap()
    expect(phone.locator("#stage")).to_contain_text("王秀英 已处置")
    expect(desk.locator(".timeline li.from-step")).to_have_count(3)
    expect(desk.locator("#track .stage")).to_have_text("已处置")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    leave(phone, log)
    leave(desk, desk_log)


def test_a_whole_channel_s_link_asks_for_a_name_and_a_false_alarm_for_a_reason(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, _ = console
    fire = parts.raise_alert()
    phone, log = phone_with(browser, parts.answer_link(fire))
    phone.locator("#buttons .first").tap()
    expect(phone.locator("#message")).to_have_text("请先填写姓名")
    phone.locator("#name").fill("张伟")
    expect(phone.locator('[data-answer="false_alarm"]')).to_be_disabled()
    phone.wait_for_timeout(SETTLE_MS)
    phone.locator('[data-answer="there"]').tap()
    expect(phone.locator('[data-answer="false_alarm"]')).to_be_enabled()
    phone.wait_for_timeout(SETTLE_MS)
    phone.locator('[data-answer="false_alarm"]').tap()
    assert len(parts.desk.track(fire.id)[1].steps) == 1, "one tap does not silence a fire"
    phone.wait_for_timeout(SETTLE_MS)
    phone.locator('[data-reason="reflection"]').tap()
    expect(phone.locator("#stage")).to_have_text("张伟 已判为误报")
    expect(phone.locator("#buttons button:enabled")).to_have_count(0)
    judged = parts.desk.alert(fire.id)
    assert (judged.false_alarm_by, judged.false_alarm_reason) == ("张伟", "reflection")
    phone.reload()
    expect(phone.locator("#name")).to_have_value("张伟")
    leave(phone, log)


def test_an_answer_to_what_has_changed_is_shown_not_taken(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    parts.desk.step(fire.id, StepKind.THERE, by="王秀英")
    parts.desk.step(fire.id, StepKind.DEALT_WITH, by="李")
    phone, log = phone_with(browser, parts.answer_link(fire, "王秀英"))
    log.expected = ("409", "403")
    expect(phone.locator("#stage")).to_contain_text("李 已处置")
    parts.desk.step(fire.id, StepKind.REOPENED, by="李")
    phone.locator('[data-answer="false_alarm"]').tap()
    phone.wait_for_timeout(SETTLE_MS)
    phone.locator('[data-reason="other"]').tap()
    expect(phone.locator("#waiting .refused")).to_contain_text("情况已变化，请看清后再答复")
    expect(phone.locator("#buttons .first")).to_have_text("收到")
    assert parts.desk.alert(fire.id).false_alarm_at is None
    phone.goto("about:blank")
    phone.goto(f"{url}/answer#wrong")
    expect(phone.locator("#message")).to_contain_text("无效或已过期")
    leave(phone, log)


def test_a_case_from_the_console(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(hazard="ebike")
    desk, log = come_in(browser, parts, url)
    desk.locator(f'[data-id="{case.id}"]').click()
    desk.locator("#acknowledge").click()
    expect(desk.locator("#track .stage")).to_have_text("已核实")
    press(desk, "#step-notice_given")
    desk.locator('#step-fields [name="channel"]').fill("贴在车上")
    desk.locator('#step-fields [name="deadline"]').fill("2099-01-02T08:00")
    desk.locator('#step-form [value="send"]').click()
    expect(desk.locator(".timeline li.from-step").first).to_contain_text("贴在车上")
    expect(desk.locator("#track .due")).to_contain_text("移走暂存")
    press(desk, "#step-moved")
    for name, text in (("item", "电动车"), ("slot", "A3"), ("reason", "堵住安全出口")):
        desk.locator(f'#step-fields [name="{name}"]').fill(text)
    desk.locator('#step-form [value="send"]').click()
    expect(desk.locator("#track .stage")).to_have_text("已移走暂存")
    press(desk, "#custody-claimed-1")
    desk.locator('#step-fields [name="owner"]').fill("赵")
    desk.locator('#step-form [value="send"]').click()
    expect(desk.locator(".timeline li.from-step")).to_have_count(4)
    assert [one.moved.detail["slot"] for one in parts.desk.track(case.id)[1].said.custody] == ["A3"]
    until(desk, "document.querySelectorAll('#step-reported').length === 1")
    log.expected = ("409",)
    parts.desk.step(case.id, StepKind.DISSUADED, by="李", detail={"outcome": "agreed"})
    leave(desk, log)


def test_what_is_overdue_is_counted_and_found(browser: Browser, tmp_path: Path) -> None:
    settings = some_settings(tmp_path / "store")
    tracks = settings.tracks.model_copy(update={"verify_h": 0.1 / 3600})
    parts = Parts.build(settings.model_copy(update={"tracks": tracks}))
    with serving(parts) as url:
        desk, log = come_in(browser, parts, url, locale="en-GB")
        case = parts.raise_alert(hazard="ebike")
        desk.locator("#detail-close").click()
        overdue = desk.locator("#overdue")
        expect(overdue).to_have_text("1 overdue")
        overdue.click()
        expect(desk.locator("#track .due")).to_have_class("due overdue")
        desk.locator("#acknowledge").click()
        expect(overdue).to_be_hidden()
        assert parts.desk.track(case.id)[1].said.verified is not None
        leave(desk, log)
    parts.close()


def test_the_slower_of_two_consoles_sees_what_the_faster_did(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    desk, log = come_in(browser, parts, url)
    log.expected = ("409",)
    expect(desk.locator("#step-accepted")).to_be_visible()
    desk.route("**/api/alerts/*/steps", lambda route: (
        parts.desk.step(fire.id, StepKind.DEALT_WITH, by="李") if route.request.method == "POST" else None,
        route.continue_(),
    ))  # fmt: skip
    desk.locator("#step-accepted").click()
    expect(desk.locator("#not-done")).to_contain_text("别人刚处理过")
    expect(desk.locator(".timeline li.from-step")).to_have_count(1)
    expect(desk.locator(".timeline")).to_contain_text("李")
    leave(desk, log)


def test_a_picture_that_is_replaced_is_let_go(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, _ = console
    fire = parts.raise_alert()
    page = browser.new_context(locale="zh-CN", **PHONE).new_page()  # type: ignore[arg-type]
    page.add_init_script(FREED)
    page.goto(parts.answer_link(fire, "王秀英"))
    shown = "document.querySelector('#picture img').naturalWidth > 0"
    until(page, shown)
    before = page.locator("#picture img").get_attribute("src")

    def newer(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "picture": "newer"})

    page.route("**/answer/show", newer)
    expect(page.locator("#picture img")).not_to_have_attribute("src", before or "")
    until(page, shown)
    assert page.evaluate("window.freed") == [before]
    page.unroute_all(behavior="wait")
    page.context.close()
