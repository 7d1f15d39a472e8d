"""Somebody is sent from the console: told by their channel, seen on their phone, answered, and back at the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.config import Settings
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.acceptance.test_answer_browser import phone_with
from tests.alerts.receiver import Receiver
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect

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
