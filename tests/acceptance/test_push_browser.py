"""Alerts on a phone, in a real Chromium: subscribe, be pushed to, see the notification, get to the alert.

Chromium's own push service cannot be reached from here, and a private window may not subscribe at all. So
`PushManager.subscribe` gives an endpoint on loopback; what is sent there is decrypted as the browser would (RFC 8291)
and handed to the real service worker. A real click on a notification cannot be made from outside either: the worker is
given the event that a click makes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.notifiers.base import Notice
from alerts.notifiers.message import Frame, word
from alerts.notifiers.push_message import push_message
from tests.acceptance.browser import needs_chromium, until
from tests.alerts.making import START, alert
from tests.alerts.push_service import Browser as Subscriber
from tests.alerts.push_service import claims
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium
NOTIFIED = True

SUBSCRIBE = """(given) => {
  PushManager.prototype.subscribe = async (options) => {
    window.asked = { visible: options.userVisibleOnly, key: [...options.applicationServerKey] };
    return { endpoint: given.endpoint, options, toJSON: () => given };
  };
}"""
CLICK = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  const event = new Event("notificationclick");
  self.opened = [];
  self.clients.openWindow = async (url) => { self.opened.push(url); };
  Object.assign(event, { notification, action, waitUntil: (promise) => { self.clicked = promise; } });
  self.dispatchEvent(event);
  await self.clicked.catch(() => {}); // only a person may bring a window to the front
  return self.opened;
}"""
NO_LINE = """() => {
  self.fetch = async () => {
    self.keptBefore ??= (await self.xinanUnsent.all()).length;
    throw new TypeError("no line");
  };
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => (
  { title: one.title, body: one.body, tag: one.tag, lang: one.lang, keep: one.requireInteraction,
    actions: one.actions.map(({ action, title }) => [action, title]) }))"""


def pushed(notice: Notice, language: str) -> bytes:
    """The plain message of a notice."""
    return push_message(notice, word(notice, Frame(language, "Lane 12", "https://console.example", START)))


@dataclass
class Phone:
    """A page of the console that can be pushed to."""

    parts: Parts
    url: str
    page: Page
    service: Receiver
    subscriber: Subscriber

    def deliver(self, body: bytes) -> None:
        """As the push service would: the plain message, to the service worker."""
        session = self.page.context.new_cdp_session(self.page)
        found: list[dict[str, Any]] = []
        session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
        session.send("ServiceWorker.enable")
        for _ in range(100):
            if found:
                break
            self.page.wait_for_timeout(20)
        order = {"origin": self.url, "registrationId": found[0]["registrationId"], "data": body.decode()}
        session.send("ServiceWorker.deliverPushMessage", order)
        session.detach()

    def shown(self, count: int = 1) -> list[dict[str, Any]]:
        """The notifications on the screen, once there are so many."""
        until(self.page, f"({SHOWN})().then((all) => all.length === {count})")
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found

    def click(self, tag: str, action: str = "") -> list[str]:
        """A notification, or one of its buttons; what was opened in a new window."""
        [worker] = self.page.context.service_workers
        opened: list[str] = worker.evaluate(CLICK, [tag, action])
        return opened


@pytest.fixture
def phone(browser: Browser, tmp_path: Path) -> Iterator[Phone]:
    """Signed in and subscribed."""
    given = some_settings(tmp_path / "store").model_dump()
    channel = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example", "allow_private": True}
    parts = Parts.build(Settings.model_validate({**given, "channels": [channel]}))
    subscriber = Subscriber()
    with Receiver(lambda _: Answer(201)) as service, serving(parts) as url:
        context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
        context.grant_permissions(["notifications"], origin=url)
        page = context.new_page()
        endpoint = f"http://127.0.0.1:{service.port}/push/1"
        page.goto(f"{url}/enter#{parts.access.issue_link()}")
        page.locator("#name").fill("李雷")
        page.locator("#enter button").click()
        expect(page.locator("#push")).to_be_visible()
        page.evaluate(SUBSCRIBE, subscriber.subscription(endpoint))
        page.locator("#push").click()
        page.locator("#push-name").fill("李雷的手机")
        page.locator("#push-subscribe").click()
        expect(page.locator("#push-devices li")).to_have_count(1)
        yield Phone(parts, url, page, service, subscriber)
        context.close()
    parts.close()


def test_a_phone_subscribes_and_is_tested(phone: Phone) -> None:
    assert phone.parts.told is not None
    asked = phone.page.evaluate("window.asked")
    assert asked["visible"] is True and len(asked["key"]) == 65
    row = phone.page.locator("#push-devices li")
    expect(row).to_contain_text("李雷的手机 · 李雷 (本机)")
    row.get_by_text("发测试").click()
    expect(phone.page.locator("#push-state")).to_contain_text("推送服务已接收")
    [got] = phone.service.wait_for(1)
    assert phone.subscriber.message(got)["kind"] == "test"
    assert claims(got, phone.parts.told.public_key)["aud"] == f"http://127.0.0.1:{phone.service.port}"
    row.get_by_text("移除").click()
    expect(row).to_have_count(0)
    assert phone.parts.told.devices.all() == []


def test_an_alert_becomes_a_notification_that_leads_to_it(phone: Phone) -> None:
    phone.page.locator("#push-dialog").get_by_role("button", name="关闭").click()
    phone.parts.raise_alert(0)
    expect(phone.page.locator("#detail")).to_contain_text("3 号车棚")
    second = phone.parts.raise_alert(1, "ebike")
    got = phone.service.wait_for(2)
    assert {one.headers["Urgency"] for one in got} == {"high", "normal"}
    for one in got:
        phone.deliver(phone.subscriber.read(one.body))
    shown = {shown["title"].split(" · ")[0]: shown for shown in phone.shown(2)}
    assert set(shown) == {"明火", "电动车"}
    assert "3 号车棚" in shown["明火"]["title"]
    assert (shown["明火"]["keep"], shown["电动车"]["keep"]) == (True, False)
    assert phone.click(second.id) == []
    expect(phone.page.locator("#detail")).to_contain_text("12 号楼 2 单元")
    assert [one["tag"] for one in phone.shown(1)] == [shown["明火"]["tag"]]


def test_a_button_answers_with_one_press(phone: Phone) -> None:
    """In the name of whoever subscribed; the notification stays and says so, with the buttons that are left."""
    raised = phone.parts.raise_alert(0)
    [got] = phone.service.wait_for(1)
    phone.deliver(phone.subscriber.read(got.body))
    [before] = phone.shown()
    assert [action for action, _ in before["actions"]] == ["accepted", "on_the_way"]
    assert phone.click(raised.id, "accepted") == []
    [after] = phone.shown()
    assert after["body"].startswith("✓ 收到\n")
    assert [action for action, _ in after["actions"]] == ["on_the_way"]
    _, track = phone.parts.desk.track(raised.id)
    assert {name: said.progress for name, said in track.said.responders.items()} == {"李雷": "accepted"}


def test_a_button_keeps_its_answer_before_it_asks_for_anything(phone: Phone) -> None:
    raised = phone.parts.raise_alert(0)
    [got] = phone.service.wait_for(1)
    phone.deliver(phone.subscriber.read(got.body))
    phone.shown()
    [worker] = phone.page.context.service_workers
    worker.evaluate(NO_LINE)
    assert phone.click(raised.id, "accepted") == []
    [after] = phone.shown()
    assert after["body"].startswith("… 收到: 有网络时自动发送")
    assert worker.evaluate("self.keptBefore") == 1


def test_a_later_notice_takes_the_place_of_the_first(phone: Phone) -> None:
    raised = alert("01ALERT", place="3 号车棚")
    for kind in ("fired", "acknowledged"):
        phone.deliver(pushed(Notice(f"01{kind}", kind, START, raised), "zh"))
    until(phone.page, f"({SHOWN})().then((all) => all[0]?.title.includes('已有人确认'))")
    [one] = phone.shown()
    assert one["title"].startswith("明火：已有人确认 · 3 号车棚")


def test_a_button_opens_its_answer_and_a_notification_without_a_console_its_alert(phone: Phone) -> None:
    answers = {"accepted": "https://console.example/a/1", "on_the_way": "https://console.example/a/2"}
    notice = Notice("01N", "fired", START, alert("01ALERT"), answers=answers)
    for action, opened in (("on_the_way", "https://console.example/a/2"), ("", f"{phone.url}/#alert=01ALERT")):
        phone.deliver(pushed(notice, "en"))
        [one] = phone.shown()
        assert one["actions"] == [["accepted", "Accepted"], ["on_the_way", "On the way"]]
        if not action:
            phone.page.goto(f"{phone.url}/patrol")  # no window of the console is left
            phone.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        assert phone.click("01ALERT", action) == [opened]


def test_what_cannot_be_read_is_shown_all_the_same(phone: Phone) -> None:
    """A browser that is pushed to and shows nothing takes the permission away."""
    phone.deliver(b"\\x00 no JSON")
    [one] = phone.shown()
    assert "Xin'an" in one["title"]


def test_no_word_of_push_where_it_is_not_configured(browser: Browser, tmp_path: Path) -> None:
    parts = Parts.build(some_settings(tmp_path / "store"))
    with serving(parts) as url:
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(f"{url}/enter#{parts.access.issue_link()}")
        page.locator("#enter button").click()
        expect(page.locator(".tile")).to_have_count(2)
        expect(page.locator("#push")).to_be_hidden()
        page.context.close()
    parts.close()
