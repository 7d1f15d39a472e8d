"""Somebody is sent from the console: told by their channel, seen on their phone, answered, and back at the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.config import Settings
from alerts.track.step import StepKind
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.acceptance.test_answer_browser import phone_with
from tests.alerts.receiver import Receiver
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Route, expect

pytestmark = needs_chromium


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> Settings:
    people = [
        {"id": "li", "name": "李志愿", "channels": [{"channel": "hook", "address": "li"}]},
        {"id": "chen", "name": "陈队长", "channels": [{"channel": "hook", "address": "chen"}]},
    ]
    rota = {"shifts": [{"who": ["chen"]}]}
    hooks = [{"name": "hook", "url": receiver.url}]
    given = some_settings(tmp_path / "store").model_dump()
    # Nobody but whoever is sent is called, however long the browser takes.
    routing = {"fire": {"ladder": [{"after_s": 3600.0, "tell": ["on_duty"]}]}}
    return Settings.model_validate({**given, "webhooks": hooks, "people": people, "rota": rota, "routing": routing})


def test_whoever_is_sent_is_told_and_comes(browser: Browser, console: tuple[Parts, str], receiver: Receiver) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    fire = parts.raise_alert()
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#dispatch-who input:checked + .who")).to_have_text("陈队长")
    expect(page.locator("#dispatch-told")).to_have_text("立即通知：陈队长。")
    page.locator("#dispatch-to").fill("老赵")
    expect(page.locator("#dispatch-told")).to_contain_text("系统不会通知老赵")
    page.locator("#dispatch-to").fill("")
    page.locator("#dispatch-note").fill("带灭火毯")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("已派 陈队长，通知已发出")
    expect(page.locator("#track .unanswered")).to_have_text("陈队长：已派，尚未回应")
    expect(page.locator("#notices li.delivered", has_text="派遣")).to_have_count(1)
    assert [got.event["type"].rpartition(".")[2] for got in receiver.wait_for(1)] == ["dispatched"]

    phone, phone_log = phone_with(browser, parts.answer_link(fire, "陈队长"))
    expect(phone.locator("#sent-you")).to_contain_text("派您前往（王建国")
    expect(phone.locator("#sent-you")).to_contain_text("带灭火毯")
    phone.locator("#buttons .first").tap()
    expect(page.locator("#track .responders")).to_have_text("陈队长: 收到")
    page.keyboard.press("d")
    page.locator("#dispatch-who label", has_text="李志愿").locator("input").check()
    page.locator("#dispatch-who label", has_text="陈队长").locator("input").uncheck()
    page.locator("#dispatch-to").fill("老赵")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("已通知 李志愿；老赵未通知，请打电话")
    expect(page.locator("#track .unanswered")).to_have_text(
        ["李志愿：已派，尚未回应", "老赵：已派，系统未通知，请打电话"]
    )
    leave(phone, phone_log)
    leave(page, log)


def test_what_others_do_meanwhile_is_seen_and_refuses_nobody(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    fire = parts.raise_alert()
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#dispatch-now")).to_have_text("还无人接手")
    expect(page.locator("#dispatch-who input:checked")).to_have_count(1)  # who may be sent comes after the dialogue
    page.locator("#dispatch-note").fill("带灭火毯")
    parts.desk.step(fire.id, StepKind.ACCEPTED, by="赵")
    expect(page.locator("#dispatch-now")).to_have_text("赵 收到")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("已派 陈队长，通知已发出")
    expect(page.locator("#dispatch-dialog")).to_be_hidden()
    last = parts.desk.track(fire.id)[1].steps[-1]
    assert (last.kind, last.detail["tell"], last.detail["note"]) == (StepKind.DISPATCHED, ["chen"], "带灭火毯")

    page.keyboard.press("d")
    expect(page.locator("#dispatch-send")).to_be_enabled()
    parts.desk.mark_false_alarm(fire.id, by="赵", reason="reflection")
    expect(page.locator("#dispatch-now")).to_have_text("已判为误报，请先重新打开")
    for button in ("#dispatch-send", "#dispatch-self"):
        expect(page.locator(button)).to_be_disabled()
    leave(page, log)


def test_what_was_chosen_stays_until_the_server_has_taken_it(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    log.expected = ("Failed to load resource",)
    fire = parts.raise_alert()
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("d")
    page.locator("#dispatch-who label", has_text="李志愿").locator("input").check()
    page.locator("#dispatch-note").fill("带灭火毯")

    def lost(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    def overtaken(route: Route) -> None:
        if route.request.method == "POST":
            parts.desk.step(fire.id, StepKind.ACCEPTED, by="赵")
        route.continue_()

    for way, said in ((overtaken, "别人刚处理过这条警情"), (lost, "连不上控制台")):
        page.route("**/api/alerts/*/steps", way)
        page.keyboard.press("Enter")
        expect(page.locator("#dispatch-error")).to_contain_text(said)
        page.unroute("**/api/alerts/*/steps")
        expect(page.locator("#dispatch-note")).to_have_value("带灭火毯")
        expect(page.locator("#dispatch-who input:checked")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("已派 陈队长、李志愿，通知已发出")
    expect(page.locator("#dispatch-dialog")).to_be_hidden()
    leave(page, log)


def test_who_was_ticked_stays_so_when_the_list_of_people_comes_late(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    parts.raise_alert(1, "ebike")
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator(".card-who")).to_contain_text("物业")
    late: list[Route] = []
    page.route("**/api/alerts/*/dispatch", lambda route: late.append(route))
    page.keyboard.press("d")
    choices = page.locator("#dispatch-who input")
    expect(choices).to_have_count(1)
    page.evaluate("document.querySelector('#dispatch-who input').click()")
    page.locator("#dispatch-to").fill("老赵")
    late.pop().continue_()
    expect(choices).to_have_count(3)
    expect(page.locator("#dispatch-who input:checked")).to_have_count(0)
    expect(page.locator("#dispatch-to")).to_have_value("老赵")
    leave(page, log)


def test_nobody_is_sent_twice_because_an_answer_was_lost(
    browser: Browser, console: tuple[Parts, str], receiver: Receiver
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    log.expected = ("Failed to load resource", "ERR_")
    page.locator(f'[data-id="{fire.id}"]').click()
    page.keyboard.press("d")
    page.locator("#dispatch-who label", has_text="李志愿").locator("input").check()
    page.locator("#dispatch-who label", has_text="陈队长").locator("input").uncheck()

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        route.fetch()
        return route.abort()

    page.route("**/api/alerts/*/steps", lose)
    page.locator("#dispatch-send").click()
    expect(page.locator("#dispatch-error")).to_contain_text("连不上控制台")
    page.unroute("**/api/alerts/*/steps")
    expect(page.locator("#dispatch-now")).to_contain_text("已派 李志愿")
    page.locator("#dispatch-send").click()
    expect(page.locator("#dispatch-error")).to_contain_text("可能已经派出")
    assert [step.kind for step in parts.desk.track(fire.id)[1].steps] == [StepKind.DISPATCHED]
    page.locator("#dispatch-who label", has_text="李志愿").locator("input").uncheck()
    page.locator("#dispatch-who label", has_text="陈队长").locator("input").check()
    page.locator("#dispatch-send").click()  # meant: it has been read who is sent
    expect(page.locator("#dispatch-dialog")).to_be_hidden()
    assert [step.kind for step in parts.desk.track(fire.id)[1].steps] == [StepKind.DISPATCHED] * 2
    leave(page, log)
