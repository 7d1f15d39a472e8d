"""What reached nobody, as an operator meets it in a real browser: why, and sending it again; and the banners."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.access.roles import Role
from alerts.db.sign_ins import SignInLink, SignIns
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.actor import Actor
from alerts.routing.plan import AtOnce
from alerts.web.access import digest
from tests.acceptance.browser import Log, come_in, leave, needs_chromium
from tests.alerts.making import alert
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect

from tests.acceptance.test_console_browser import CAMERAS

pytestmark = needs_chromium


def with_more(folder: Path, **more: Any) -> Parts:
    made = some_settings(folder, CAMERAS)
    return Parts.build(type(made).model_validate({**made.model_dump(exclude=set(more)), **more}))


def until(true: Callable[[], bool]) -> None:
    """Wait for it, generously."""
    for _ in range(400):
        if true():
            return
        threading.Event().wait(0.05)
    raise AssertionError("never true")


def test_who_may_not_send_again_is_not_offered_it_and_what_fails_is_said_in_words(
    browser: Browser, tmp_path: Path
) -> None:
    with Receiver(lambda _: Answer(400)) as receiver:
        hooks = [{"name": name, "url": receiver.url} for name in ("office", "district")]
        parts = with_more(tmp_path / "store", webhooks=hooks)
        with serving(parts) as url:
            parts.raise_alert()
            until(lambda: len(parts.store.dead()) == 2)
            page, log = come_in(browser, parts, url)
            log.expected = ("503",)
            page.route("**/api/deliveries/resend", lambda route: route.fulfill(status=503, json=AWAY))
            page.locator("#letters").click()
            page.locator("#letters-all").click()
            expect(page.locator("#letters-said")).to_contain_text("数据库没有响应")
            leave(page, log)
            page = browser.new_context(locale="zh-CN").new_page()
            log = Log(page)
            link = SignInLink(digest("t"), "", parts.clock.now() + timedelta(hours=1), Role.AUDITOR)
            SignIns(parts.store).add_link(link)
            page.goto(f"{url}/enter#t")
            page.locator("#name").fill("审计")
            page.locator("#name").press("Enter")
            page.locator("#letters").click()
            dialog = page.locator("#letters-dialog")
            expect(dialog.locator(".letter")).to_have_count(2)
            expect(dialog.locator(".letter button.quiet")).to_have_count(0)
            expect(page.locator("#letters-all")).to_be_hidden()
            dialog.locator(".letter .link").first.click()
            page.locator("#notices").click()
            expect(dialog.locator(".letter.dead")).to_have_count(2)
            expect(dialog.locator(".letter button.quiet")).to_have_count(0)
            leave(page, log)


AWAY = {"error": "service_unavailable", "detail": "the store does not answer"}


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_who_was_not_reached_and_why_and_sent_again(browser: Browser, tmp_path: Path, size: tuple[int, int]) -> None:
    answers = [Answer(400), Answer(400)]
    with Receiver(lambda _: answers.pop(0) if answers else Answer()) as receiver:
        hooks = [{"name": "property-office", "url": receiver.url}, {"name": "<b>district</b>", "url": receiver.url}]
        parts = with_more(tmp_path / "store", webhooks=hooks)
        with serving(parts) as url:
            viewport = {"width": size[0], "height": size[1]}
            page, log = come_in(browser, parts, url, viewport=viewport, has_touch=size[0] < 800)
            expect(page.locator("#letters")).to_be_hidden()
            raised = parts.raise_alert()
            until(lambda: len(parts.store.dead()) == 2)
            page.reload()
            page.locator("#letters").click()
            dialog = page.locator("#letters-dialog")
            expect(dialog.locator(".letter")).to_have_count(2)
            expect(dialog).to_contain_text("<b>district</b>")
            expect(dialog).to_contain_text("HTTP 400")
            expect(dialog).to_contain_text("明火 · 3 号车棚 · 报警")
            box = dialog.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
            assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth")
            dialog.locator(".letter button.quiet").first.click()
            expect(page.locator("#letters-said")).to_contain_text("1")
            expect(dialog.locator(".letter")).to_have_count(1)
            until(lambda: len(parts.store.dead()) == 1 and len(receiver.got) == 3)
            dialog.locator(".letter .link").click()
            expect(page.locator("#detail")).to_be_visible()
            told = page.locator("#notices")
            expect(told.locator(".letter")).to_have_count(2)
            expect(told.locator(".letter.dead")).to_have_count(1)
            expect(told.locator(".letter.delivered")).to_have_count(1)
            assert parts.desk.alert(raised.id).open
            leave(page, log)
        parts.close()


def test_older_ones_are_fetched_when_asked_for_and_stay(browser: Browser, tmp_path: Path) -> None:
    parts = with_more(tmp_path / "store")
    for number in range(120):
        raised = alert(f"01A{number:03d}")
        parts.store.commit([Change(ChangeKind.FIRED, raised)], AtOnce({"office": 60.0}), parts.clock.now())
        [told] = parts.store.deliveries_of(raised.id)
        parts.store.mark_failed(told.id, "HTTP 400", None, parts.clock.now())
    with serving(parts) as url:
        page, log = come_in(browser, parts, url, locale="en-GB")
        expect(page.locator("#letters")).to_have_text("50+ undelivered")
        page.locator("#letters").click()
        listed, more = page.locator("#letters-list .letter"), page.locator("#letters-more")
        expect(page.locator("#letters-all")).to_have_text("Send these 50 again")
        more.click()
        expect(listed).to_have_count(100)
        listed.nth(99).locator("button.quiet").click()
        expect(page.locator("#letters-said")).to_contain_text("1 is sent again")
        expect(listed).to_have_count(100)  # as many as were shown
        more.click()
        expect(listed).to_have_count(119)
        expect(more).to_be_hidden()
        expect(page.locator("#letters-all")).to_have_text("Send all again")
        expect(page.locator("#letters")).to_have_text("119 undelivered")
        leave(page, log)
    parts.close()


def test_in_a_drill_the_banner_says_that_it_is_one(browser: Browser, tmp_path: Path) -> None:
    parts = with_more(tmp_path / "store", routing={"fire": {"ladder": [{"after_s": 0, "call_119": True}]}})
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        everywhere = Scope(ScopeKind.PLACE, "site")
        parts.desk.silence(Order(SilenceKind.DRILL, everywhere, "yearly drill", "li", timedelta(hours=1)))
        now = replace(parts.finding(), since_s=parts.clock.monotonic_s(), since_at=parts.clock.now())
        [fired] = parts.desk.receive(parts.look(0, now))
        assert fired.alert.exercise
        expect(page.locator("#call-119")).to_contain_text("演练")
        expect(page.locator("#call-119")).not_to_contain_text("请立即")
        expect(page.locator(".fire-call")).to_have_text("演练：仅在发生真实火情时拨打 119。")
        [silence] = parts.desk.muted_now().silences
        parts.desk.muting.end(silence.id, Actor("li", "console"))
        parts.raise_alert(camera=2)
        expect(page.locator("#call-119")).to_contain_text("请立即拨打119：9 号楼 客梯")  # a real one goes before
        leave(page, log)
    parts.close()


def test_why_settings_are_not_in_force_is_shown(browser: Browser, tmp_path: Path) -> None:
    said: dict[str, Any] = {"disk": "", "store": "", "lost": {}, "settings": "", "restart": []}
    parts = Parts.build(some_settings(tmp_path / "store", CAMERAS), status=lambda: dict(said))
    with serving(parts) as url:
        page, log = come_in(browser, parts, url, locale="en-GB")
        expect(page.locator("#banner")).to_be_hidden()
        said["settings"] = "xinan.toml: people.0.id: <img src=x>"
        expect(page.locator("#banner")).to_have_text(
            "The settings are not all in force: xinan.toml: people.0.id: <img src=x>Set-up"
        )
        expect(page.locator("#banner a")).to_have_attribute("href", "/setup")
        corner = {"loc": ["cameras", 1, "zones", 0, "polygon"], "code": "too_short", "message": "List should have"}
        said["problems"] = [{**corner, "values": {"min_length": "3"}}]
        expect(page.locator("#banner")).to_have_text(
            "The settings are not all in force: Cameras 2 · Zones 1 · Outline: At least 3 are neededSet-up"
        )
        page.locator("#language").click()
        expect(page.locator("#banner")).to_contain_text("配置未全部生效：摄像机 2 · 区域 1 · 范围：至少要有 3 项")
        page.locator("#language").click()
        said["problems"] = [{"loc": [], "code": "of_tomorrow", "message": "<b>new</b>", "values": {}}]
        expect(page.locator("#banner")).to_contain_text("in force: <b>new</b>")
        said["lost"] = {"pictures": 3, "violation": 2, "fire": 1}
        expect(page.locator("#banner")).to_contain_text("3 changes (1 of fires) and 3 newer pictures")
        said.update(settings="", problems=[], lost={}, restart=["hazards", "console"])
        expect(page.locator("#banner")).to_have_text(
            "Changed in the settings, in force once xinan watch is started again: Hazard rules, Console"
        )
        said["disk"] = "full"
        other = browser.new_context(locale="zh-CN").new_page()
        SignIns(parts.store).add_link(
            SignInLink(digest("t"), "", parts.clock.now() + timedelta(hours=1), Role.OPERATOR)
        )
        other.goto(f"{url}/enter#t")
        other.locator("#name").fill("王")
        other.locator("#name").press("Enter")
        expect(other.locator("#banner")).to_have_text(
            "磁盘已满：警情照常报出并以文字通知，但不再保存截图和录像。请尽快腾出空间。"
        )  # and nothing that they cannot mend
        other.close()
        said.update(disk="", restart=[])
        expect(page.locator("#banner")).to_be_hidden()
        leave(page, log)
    parts.close()
