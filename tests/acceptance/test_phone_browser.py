"""The phone: a real Chromium with a phone's screen, a real server; the line comes and goes, and so do people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.alert import Alert
from alerts.config import Settings
from alerts.desk.reported import HAZARDS
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.actor import Actor
from alerts.shift.drills import DrillOrder, Drills
from alerts.track.step import StepKind
from alerts.web import files
from alerts.web.caller import caller_of
from tests.acceptance.browser import needs_chromium, until, waits
from tests.acceptance.test_push_browser import SUBSCRIBE
from tests.alerts.push_service import Browser as Subscriber
from tests.alerts.web.console import Parts, filming, serving, some_settings
from tests.alerts.web.painting import paint

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, Route, expect

from tests.acceptance.test_console_browser import HOSTILE

pytestmark = needs_chromium
NOTIFIED = True

K = StepKind
MOST_BYTES = 100_000
"""What the first useful picture of an alert may take of the line, once the app is on the phone."""
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
SETTLE_MS = 800
"""Longer than a press is ignored after buttons have changed."""
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2,
    "user_agent": USER_AGENT, "locale": "zh-CN",
}  # fmt: skip
ICON_SIZE = """async (path) => {
  const picture = await createImageBitmap(await (await fetch(path)).blob());
  return [picture.width, picture.height];
}"""
NO_SERVICE = """(name) => { PushManager.prototype.subscribe = async () => {
  throw new DOMException("Registration failed - push service error", name);
}; }"""
CALLS = 'a[href^="tel:"]'
STAND = "(shown) => shown.map((one) => one.isConnected)"
FULL_DISK = """IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }"""
NO_INSTALL = """addEventListener("install", (event) => event.waitUntil(Promise.reject(new Error("no"))));"""
ABOVE_DUTY = """document.querySelector("#now > .alerts").getBoundingClientRect().bottom
  <= document.getElementById("next-duty").getBoundingClientRect().top"""
LINE_IS_BACK = "dispatchEvent(new Event('online'))"  # the page looks at once
KEPT = """caches.keys().then(async (names) =>
  names.length === 1 && (await (await caches.open(names[0])).keys()).length > 20)"""


class Counting:
    """ASGI middleware: method, path and bytes of every answer, headers too."""

    def __init__(self, app: Any, sent: list[tuple[str, str, int]]) -> None:
        self._app, self._sent = app, sent

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        size = 0

        async def counted(message: Any) -> None:
            nonlocal size
            size += len(message.get("body", b""))
            size += sum(len(name) + len(value) + 4 for name, value in message.get("headers", ()))
            await send(message)

        await self._app(scope, receive, counted)
        if scope["type"] == "http":
            self._sent.append((scope["method"], scope["path"], size))


@dataclass
class Site:
    """A console with a rota and a channel of phones, and the count of what went over the line."""

    parts: Parts
    url: str
    sent: list[tuple[str, str, int]] = field(default_factory=list)

    def asked(self) -> list[str]:
        """What was asked of the server itself, not files."""
        return [path for _, path, _ in self.sent if path.startswith("/api/")]

    def posts(self, path: str) -> int:
        """How often something was sent there."""
        return sum(one == path for method, one, _ in self.sent if method in ("POST", "PUT"))


def settings(folder: Path) -> Settings:
    places = [
        {"id": "b3", "kind": "building", "name": "3 号楼", "power_cutoff": "一楼电表间"},
        {"id": "b3-2", "kind": "corridor", "name": "2 楼走廊", "within": "b3", "extinguisher": "电梯旁",
         "contacts": [{"name": "王秀英", "role": "楼组长", "phone": "138 0013 8000"}]},
        {"id": "shed", "kind": "shed", "name": "2 号车棚", "hydrant": "南门外"},
    ]  # fmt: skip
    cameras = [{"name": name, "url": "rtsp://camera/1", "place": name} for name in ("b3-2", "shed")]
    given = some_settings(folder, cameras).model_dump()
    channel = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example", "allow_private": True}
    people = [
        {"id": name, "name": shown, "channels": [{"channel": "phones"}]}
        for name, shown in (("li", "李雷"), ("wang", "王秀英"))
    ]
    shifts = [
        {"begins": "08:00", "ends": "20:00", "who": ["li", "wang"]},
        {"begins": "20:00", "ends": "08:00", "who": ["wang"]},
    ]
    more = {"channels": [channel], "people": people, "rota": {"shifts": shifts}, "places": places}
    return Settings.model_validate({**given, **more, "site": {"name": "十二弄"}})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    parts = Parts.build(settings(tmp_path / "store"))
    sent: list[tuple[str, str, int]] = []
    parts.app.add_middleware(Counting, sent=sent)
    with serving(parts) as url:
        yield Site(parts, url, sent)
    parts.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(**PHONE)
    yield made
    made.close()


def come_in(site: Site, context: BrowserContext, role: Role = Role.VOLUNTEER) -> Page:
    """As 李雷, on the phone's first page, with the app kept."""
    page = log_in(site, context, role)
    until(page, KEPT)
    return page


def log_in(site: Site, context: BrowserContext, role: Role = Role.VOLUNTEER) -> Page:
    """As 李雷, on the phone's first page."""
    caller = Principal("li", "李雷", role, session="s")
    site.parts.app.dependency_overrides[caller_of] = lambda: caller
    page = context.new_page()
    page.goto(f"{site.url}/enter#{site.parts.access.issue_link()}")
    page.locator("#name").fill("李雷")
    page.locator("#enter button").click()
    expect(page.locator("#now > .calm, #now > .alerts")).to_be_visible()
    return page


def steps(site: Site, alert: Alert) -> list[StepKind]:
    return [step.kind for step in site.parts.desk.track(alert.id)[1].steps]


def photo() -> bytes:
    """As a phone takes it: large, and with where it was taken in it."""
    noise = np.random.default_rng(1).integers(0, 60, (1500, 2000, 3), dtype=np.uint8)
    image = cv2.add(paint(0, size=(2000, 1500)), noise)
    data = bytes(cv2.imencode(".jpg", image)[1].tobytes())
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0GPSLatitude 31.2304"
    return data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]


def report(page: Page, where: str = "") -> None:
    """Fill the patrol page in, and send it."""
    page.locator('[data-to="patrol"]').tap()
    page.locator("#shot").set_input_files({"name": f"{HOSTILE}.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.locator("#shot-seen")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.locator('[name="hazard"][value="clutter"]').check(force=True)
    page.locator("#place").select_option("b3-2")
    page.locator("#where").fill(where)
    page.locator("#report-send").tap()


def test_it_can_be_installed(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    session = context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == [] and '"start_url": "/phone"' in manifest["data"]
    found = {one["errorId"] for one in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert found <= {"in-incognito"}, "a private window, as tests have, never installs"
    for icon in ("/icon-192.png", "/icon-512.png", "/icon-maskable-512.png"):
        size = int(icon.split("-")[-1].removesuffix(".png"))
        got = page.evaluate(ICON_SIZE, icon)
        assert got == [size, size], icon


def test_from_all_calm_to_the_scene(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context, Role.BUILDING_LEAD)
    assert page.url.endswith("/phone"), "not the operator's console"
    expect(page.locator("#now")).to_contain_text("一切平安")
    fire = site.parts.raise_alert()
    site.parts.desk.step(fire.id, K.ACCEPTED, by="王秀英")
    card = page.locator(".alerts a")
    expect(card).to_contain_text("明火")
    expect(card).to_contain_text("有人处置中（1 人）")
    card.tap()
    expect(page.locator("#heading")).to_contain_text("3 号楼 2 楼走廊")
    for text in ("电梯旁", "一楼电表间", "楼组长"):
        expect(page.locator("#at-hand")).to_contain_text(text)
    assert page.locator("#at-hand a").get_attribute("href") == "tel:13800138000"
    assert page.locator("#heading .call").get_attribute("href") == "tel:119"
    expect(page.locator("#responders li")).to_contain_text(["王秀英收到"])
    until(page, "document.querySelector('#picture img').naturalWidth === 640")
    shown = page.locator("#buttons button")
    assert shown.evaluate_all("all => all.map((one) => one.dataset.answer)") == [
        "accepted", "on_the_way", "there", "dealt_with", "false_alarm",
    ]  # fmt: skip
    assert all(
        height >= 56 for height in shown.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    )
    bottom = page.locator("#bar").evaluate("one => one.getBoundingClientRect().bottom")
    assert bottom <= 844, "under the thumb, without scrolling"
    page.locator('[data-answer="on_the_way"]').tap()
    expect(page.locator("#responders li")).to_have_count(2)
    site.parts.desk.step(fire.id, K.THERE, by="王秀英")
    expect(page.locator("#responders li").first).to_contain_text("到场")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_links_to_call_are_not_drawn_anew_under_a_thumb(site: Site, context: BrowserContext) -> None:
    fire = site.parts.raise_alert()
    site.parts.desk.step(fire.id, K.ON_THE_WAY, by="王秀英")
    page = context.new_page()
    page.goto(site.parts.answer_link(fire, "李雷"))
    expect(page.locator(CALLS)).to_have_count(2)
    shown = page.evaluate_handle("(calls) => [...document.querySelectorAll(`${calls}, #responders li`)]", CALLS)
    for _ in range(2):
        with page.expect_response("**/answer/show"):
            pass
    assert page.evaluate(STAND, shown) == [True] * 3
    site.parts.desk.step(fire.id, K.THERE, by="王秀英")
    expect(page.locator("#responders li")).to_contain_text("到场")
    assert page.evaluate(STAND, shown) == [True, False, True], "who goes there has changed, and nothing else"
    page.locator("#language").tap()
    expect(page.locator("#heading a")).to_have_text("Call 119")


@pytest.mark.parametrize(
    ("locale", "warning"),
    [("zh-CN", "演练：仅在发生真实火情时拨打 119。"), ("en-GB", "DRILL: call 119 (the fire brigade) only if")],
)
def test_in_a_drill_119_is_called_only_for_a_real_fire(site: Site, browser: Browser, locale: str, warning: str) -> None:
    context = browser.new_context(**{**PHONE, "locale": locale})
    page = log_in(site, context)
    drill = Drills(site.parts.desk, site.parts.store, site.parts.clock).begin(DrillOrder("b3-2", "", "王", "console"))
    page.goto(f"{site.url}/answer#alert={drill.alert_id}")
    expect(page.locator("#heading .drill-call")).to_contain_text(warning)
    expect(page.locator("#heading .call")).to_have_count(0)
    call = page.locator('a[href="tel:119"]')
    expect(call).to_have_count(1)
    quiet, first = (
        one.evaluate("(one) => getComputedStyle(one).backgroundColor")
        for one in (call, page.locator("#buttons .first"))
    )
    assert quiet == "rgba(0, 0, 0, 0)" != first
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_nobody_reads_that_all_is_calm_while_a_fire_is_suspected(site: Site, context: BrowserContext) -> None:
    parts = site.parts
    parked = parts.raise_alert(1, "ebike", confirmed=False)
    page = come_in(site, context)
    summary = page.locator("#now .fold summary")
    expect(summary).to_have_text("疑似 1 处")
    expect(page.locator("#now .calm")).to_contain_text("一切平安")
    expect(page.locator("#now .alerts a")).to_be_hidden()
    summary.tap()
    row = page.locator("#now .fold a")
    expect(row).to_contain_text("电动车")
    expect(row).to_contain_text("2 号车棚")
    expect(row.locator(".age")).to_contain_text("秒")
    fire = parts.raise_alert(confirmed=False)
    doubtful = page.locator("#now > .alerts a")
    expect(doubtful).to_contain_text("疑似明火")
    expect(doubtful).to_contain_text("3 号楼 2 楼走廊")
    expect(doubtful).to_contain_text("系统核实中，尚未通知任何人")
    expect(page.locator("#now .calm")).to_have_count(0)
    expect(row).to_be_visible()  # what somebody has unfolded stays so
    assert page.evaluate("document.querySelector('#now > .alerts').getBoundingClientRect().bottom") < 400
    assert parts.store.deliveries_of(fire.id) == parts.store.deliveries_of(parked.id) == []
    doubtful.tap()
    expect(page.locator("#heading h1")).to_have_text("疑似明火")
    expect(page.locator("#stage")).to_have_text("疑似 · 系统核实中，尚未通知任何人")
    expect(page.locator("#bar")).to_be_hidden()
    assert page.locator("#heading .call").get_attribute("href") == "tel:119"
    until(page, "document.querySelector('#picture img').naturalWidth === 640")
    parts.raise_alert()
    expect(page.locator("#heading h1")).to_have_text("明火")
    expect(page.locator("#buttons .first")).to_have_text("收到")


def test_a_suspected_fire_stands_before_what_does_not_burn_and_after_what_does(
    site: Site, context: BrowserContext
) -> None:
    parts = site.parts
    parts.raise_alert(1, "clutter")
    parts.raise_alert(1, confirmed=False)
    page = come_in(site, context)
    words = page.locator("#now > .alerts strong")
    expect(words).to_have_text(["疑似明火", "楼道堆物"])
    assert page.evaluate(ABOVE_DUTY)
    parts.raise_alert(0)
    expect(words).to_have_text(["明火", "疑似明火", "楼道堆物"])
    page.locator("#language").tap()
    expect(words).to_have_text(["Flame", "Flame?", "Clutter"])
    parts.clear(1)
    expect(words).to_have_text(["Flame"])


def test_a_fire_that_is_muted_stands_there_says_by_whom_and_calls_nobody(site: Site, context: BrowserContext) -> None:
    parts = site.parts
    scope = Scope(ScopeKind.CAMERA, parts.settings.cameras[0].name)
    parts.desk.silence(Order(SilenceKind.SHELF, scope, "动火作业", "王秀英", timedelta(hours=1), fire=True))
    fire = parts.raise_alert()
    page = come_in(site, context)
    row = page.locator("#now > .alerts a")
    expect(row.locator("strong")).to_have_text("明火")
    expect(row.locator(".held")).to_contain_text(
        re.compile(r"^已静默，不通知任何人：王秀英，至 .*\d\d:\d\d.* · 动火作业$")
    )
    expect(row.locator(".state")).not_to_contain_text("无人前往")
    expect(page.locator("#now .calm")).to_have_count(0)
    page.locator("#language").tap()
    expect(row.locator(".held")).to_contain_text(re.compile(r"^Muted, nobody is told: 王秀英, until .* · 动火作业$"))
    row.tap()
    expect(page.locator("#muted")).to_contain_text("Muted, nobody is told: 王秀英")
    assert parts.store.deliveries_of(fire.id) == []
    parts.desk.end_silence(parts.desk.muted_now().silences[0].id, Actor("王秀英", "console"))
    parts.desk.tick()
    expect(page.locator("#muted")).to_be_hidden()
    page.goto(f"{site.url}/phone")
    expect(row).to_contain_text("nobody going yet")
    expect(row.locator(".held")).to_have_count(0)
    assert parts.store.deliveries_of(fire.id) != []


def test_a_suspicion_that_came_to_nothing_says_so(site: Site, context: BrowserContext) -> None:
    fire = site.parts.raise_alert(confirmed=False)
    page = come_in(site, context)
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#heading h1")).to_have_text("疑似明火")
    site.parts.clear()
    expect(page.locator("#stage")).to_have_text("未证实，已消失")
    page.goto(f"{site.url}/phone")
    expect(page.locator("#now .calm")).to_contain_text("一切平安")


def test_whoever_may_sees_the_scene_as_it_is_now_and_never_an_old_one_as_now(
    site: Site, context: BrowserContext
) -> None:
    parts = site.parts
    fire = parts.raise_alert()
    page = come_in(site, context, Role.BUILDING_LEAD)
    with filming(parts, [0]):
        page.goto(f"{site.url}/answer#alert={fire.id}")
        button, figure = page.locator("#live-now"), page.locator("#live-picture")
        expect(button).to_have_text("现场画面")
        expect(figure).to_be_hidden()
        assert not [path for path in site.asked() if path.endswith("/live")], "the line is the answer's"
        button.tap()
        expect(button).to_have_text("更新现场画面")
        until(page, "document.querySelector('#live-picture img').naturalWidth === 640")
        expect(figure.locator("strong")).to_have_text("现场")
        taken = [size for _, path, size in site.sent if path.endswith("/live")]
        assert len(taken) == 1 and taken[0] < MOST_BYTES
        first = figure.locator("img").get_attribute("src")
        button.tap()
        expect(figure.locator("img")).not_to_have_attribute("src", str(first))
    expect(figure.locator("strong")).to_have_text("不是现在的画面", timeout=30_000)
    context.set_offline(True)
    button.tap()
    expect(page.locator("#live-why")).to_have_text("没有网络，现场画面没有更新。")
    context.set_offline(False)
    parts.online(state="offline")
    page.evaluate(LINE_IS_BACK)
    expect(page.locator("#live-why")).to_contain_text("看不到现场。摄像机：离线，自")
    expect(button).to_be_disabled()
    expect(figure.locator("strong")).to_have_text("不是现在的画面")
    expect(page.locator("#buttons .first")).to_be_enabled()


def test_a_volunteer_and_whoever_has_a_notices_link_have_no_live_picture(site: Site, context: BrowserContext) -> None:
    fire = site.parts.raise_alert()
    page = come_in(site, context)
    with filming(site.parts, [0]):
        page.goto(f"{site.url}/answer#alert={fire.id}")
        expect(page.locator("#buttons .first")).to_have_text("收到")
        expect(page.locator("#live")).to_be_hidden()
        expect(page.locator("#whole")).to_be_visible()
        page.goto("about:blank")
        page.goto(site.parts.answer_link(fire, "李雷"))
        expect(page.locator("#buttons .first")).to_have_text("收到")
        expect(page.locator("#live")).to_be_hidden()
        expect(page.locator("#whole")).to_be_hidden()


def test_from_the_phone_to_the_whole_alert_and_it_stays_there(site: Site, context: BrowserContext) -> None:
    fire = site.parts.raise_alert()
    page = come_in(site, context, Role.BUILDING_LEAD)
    page.goto(f"{site.url}/answer#alert={fire.id}")
    page.locator("#whole").tap()
    for _ in range(2):
        expect(page.locator("#detail h2")).to_contain_text("明火")
        expect(page.locator("#track .stage")).to_have_text("待确认")
        assert page.url == f"{site.url}/?console#alert={fire.id}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.reload()
    page.locator("#detail-close").tap()
    expect(page.locator("#detail h2")).to_be_hidden()
    assert page.url.startswith(f"{site.url}/?console")
    page.reload()
    expect(page.locator(f'[data-id="{fire.id}"]')).to_be_visible()


def test_what_burns_comes_by_the_stream_and_nothing_is_asked_for_in_between(
    site: Site, context: BrowserContext
) -> None:
    page = come_in(site, context)
    site.parts.app.dependency_overrides.clear()  # a stream asks whether its session lasts: a real one
    page.reload()
    expect(page.locator("#now .calm")).to_be_visible()
    page.wait_for_timeout(1500)  # what the page asks for at its beginning
    site.sent.clear()
    page.wait_for_timeout(12_000)  # polling would have asked twice
    assert site.asked() == []
    expect(page.locator("#stale")).to_be_hidden()
    fire = site.parts.raise_alert()
    card = page.locator(".alerts a")
    expect(card).to_contain_text("明火")
    assert site.asked() == ["/api/phone/now"], "one word, one answer"
    card.tap()
    expect(page.locator("#heading")).to_contain_text("明火")
    page.wait_for_timeout(1500)
    site.sent.clear()
    site.parts.raise_alert(1, "clutter")
    site.parts.desk.step(fire.id, K.THERE, by="王秀英")
    expect(page.locator("#responders li")).to_contain_text(["王秀英到场"])
    assert {path for path in site.asked() if "picture" not in path} == {f"/api/phone/alerts/{fire.id}"}, (
        "of its own alert alone"
    )


def test_where_there_is_no_stream_the_phone_polls(site: Site, context: BrowserContext) -> None:
    context.route("**/api/phone/events", lambda route: route.abort())
    page = come_in(site, context)
    site.parts.raise_alert()
    expect(page.locator(".alerts a")).to_contain_text("明火")


def test_what_does_not_answer_keeps_nothing_from_the_list(site: Site, context: BrowserContext) -> None:
    """The list is what the page is for: it lives whatever else hangs."""
    for path in ("duty?*", "places", "hazards", "push", "phone/events"):
        context.route(f"**/api/{path}", lambda route: None)
    page = log_in(site, context)
    site.parts.raise_alert()
    card = page.locator(".alerts a")
    expect(card).to_contain_text("明火")
    age = page.locator(".alerts .age")
    expect(age).not_to_have_text(age.inner_text())
    context.set_offline(True)
    expect(page.locator("#stale")).to_be_visible()


def test_what_did_not_come_at_first_comes_with_a_later_look(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    context.route("**/api/phone/now", lambda route: route.abort())
    context.route("**/api/duty?*", lambda route: route.abort())
    page.reload()
    page.wait_for_timeout(SETTLE_MS)
    site.sent.clear()
    context.unroute("**/api/duty?*")
    context.unroute("**/api/phone/now")
    for _ in range(600):  # it looks by itself
        if "/api/duty" in site.asked() and "/api/places" in site.asked():
            return
        page.wait_for_timeout(50)
    raise AssertionError(site.asked())


def test_a_list_of_an_hour_ago_is_said_to_be_until_the_first_answer(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    site.parts.app.dependency_overrides.clear()  # a stream asks whether its session lasts: a real one
    with page.expect_response("**/api/phone/now"):
        page.reload()
    page.wait_for_timeout(1500)  # it is kept
    context.route("**/api/phone/now", lambda route: None)
    page.evaluate("""() => {
      const kept = JSON.parse(localStorage.getItem("xinan.phone"));
      localStorage.setItem("xinan.phone", JSON.stringify({ ...kept, seenAt: kept.seenAt - 3600_000 }));
    }""")
    with page.expect_response("**/api/phone/events"):
        page.reload()
    page.wait_for_timeout(2000)  # the stream has said hello, and the page has ticked
    assert page.locator("#stale").is_visible()
    context.unroute("**/api/phone/now")
    page.evaluate(LINE_IS_BACK)
    expect(page.locator("#stale")).to_be_hidden()


def held(page: Page, path: str) -> tuple[Route, APIResponse]:
    """What the server answers to the page's next look, before the page has it."""
    routes: list[Route] = []
    page.route(path, lambda route: route.continue_() if routes else routes.append(route))
    page.evaluate(LINE_IS_BACK)
    waits(page, routes)
    return routes[0], routes[0].fetch()


def test_a_look_that_comes_late_takes_nothing_back(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    late, calm = held(page, "**/api/phone/now")
    fire = site.parts.raise_alert()
    page.evaluate(LINE_IS_BACK)
    expect(page.locator(".alerts a")).to_contain_text("明火")
    late.fulfill(response=calm)
    page.wait_for_timeout(SETTLE_MS)
    assert page.locator(".alerts a").count() == 1

    page.goto(f"{site.url}/answer#alert={fire.id}")
    first = page.locator("#buttons .first")
    expect(first).to_have_text("收到")
    late, unanswered = held(page, f"**/api/phone/alerts/{fire.id}")
    first.tap()
    expect(page.locator("#responders li")).to_contain_text(["李雷收到"])
    late.fulfill(response=unanswered)
    page.wait_for_timeout(SETTLE_MS)
    assert page.locator("#responders li").all_inner_texts() != []
    expect(first).to_have_text("已出发")


def test_an_answer_without_a_line_waits_and_is_sent_once(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    first = page.locator("#buttons .first")
    expect(first).to_have_text("收到")
    context.set_offline(True)
    first.tap()
    expect(page.locator("#waiting li")).to_contain_text(["收到"])
    expect(page.locator("#waiting li")).to_contain_text(["有网络时自动发送"])
    expect(first).to_have_text("已出发")
    page.wait_for_timeout(SETTLE_MS)
    first.tap()
    expect(page.locator("#waiting li")).to_have_count(2)
    expect(page.locator("#stale")).to_contain_text("没有网络")
    page.reload()  # from what the phone keeps
    expect(page.locator("#waiting li")).to_have_count(2)
    expect(page.locator("#heading")).to_contain_text("3 号楼 2 楼走廊")
    assert steps(site, fire) == []
    context.set_offline(False)
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    expect(page.locator("#responders li")).to_contain_text(["李雷已出发"])
    assert steps(site, fire) == [K.ACCEPTED, K.ON_THE_WAY]
    assert site.posts(f"/api/phone/alerts/{fire.id}/answer") == 2


def test_what_waits_can_be_thrown_away(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    first = page.locator("#buttons .first")
    expect(first).to_have_text("收到")
    context.set_offline(True)
    first.tap()
    expect(page.locator("#waiting li")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-discard]").tap(timeout=60_000)
    expect(page.locator("#waiting li")).to_have_count(0)
    expect(first).to_have_text("收到")
    context.set_offline(False)
    page.reload()
    expect(first).to_have_text("收到")
    assert steps(site, fire) == []


def test_an_answer_whose_receipt_was_lost_counts_once(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().text())  # the server has taken it; the phone never hears of that
            route.abort("connectionreset")
        else:
            route.continue_()

    context.route(
        "**/answer", lambda route: route.continue_() if route.request.method == "GET" else lose_the_first(route)
    )
    page.locator("#buttons .first").tap()
    until(page, "document.querySelectorAll('#responders li').length === 1")
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    assert lost and steps(site, fire) == [K.ACCEPTED]


def test_what_was_said_later_does_not_overtake_what_still_waits(site: Site, context: BrowserContext) -> None:
    """The line takes the second word, and not yet the first."""
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#buttons .first")).to_have_text("收到")
    said: list[str] = []
    broken = True

    def lose_the_first(route: Route) -> None:
        sent: Any = route.request.post_data_json
        said.append(sent["answer"])
        if broken and said[-1] == "accepted":
            route.abort("connectionreset")
        else:
            route.continue_()

    context.route("**/api/phone/alerts/*/answer", lose_the_first)
    page.locator("#buttons .first").tap()
    expect(page.locator("#buttons .first")).to_have_text("已出发")
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#buttons .first").tap()
    expect(page.locator("#waiting li")).to_have_count(2)
    tries = len(said)
    for _ in range(600):  # what waits is sent every ten seconds
        if len(said) >= tries + 2:
            break
        page.wait_for_timeout(50)
    assert set(said) == {"accepted"} and len(said) >= tries + 2
    broken = False
    expect(page.locator("#waiting li")).to_have_count(0, timeout=60_000)
    assert steps(site, fire) == [K.ACCEPTED, K.ON_THE_WAY]


def test_on_a_line_that_answers_nothing_the_next_word_can_be_said_at_once(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    first = page.locator("#buttons .first")
    expect(first).to_have_text("收到")
    sent: list[Route] = []
    context.route("**/api/phone/alerts/*/answer", lambda route: sent.append(route))
    first.tap()
    expect(page.locator("#waiting li")).to_have_count(1)
    expect(first).to_have_text("已出发")
    expect(first).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    first.tap()
    expect(page.locator("#waiting li")).to_have_count(2)
    until_held(page, sent)
    for route in list(sent):
        route.abort("connectionreset")
    context.unroute("**/api/phone/alerts/*/answer")
    expect(page.locator("#waiting li")).to_have_count(0, timeout=60_000)
    assert steps(site, fire) == [K.ACCEPTED, K.ON_THE_WAY]
    assert len(sent) <= 2, "what waits is not sent anew while the first is on its way"


def test_what_came_too_late_is_told_in_words(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#buttons .first")).to_have_text("收到")
    context.set_offline(True)
    page.locator("#buttons .first").tap()
    expect(page.locator("#waiting li")).to_have_count(1)
    site.parts.desk.step(fire.id, K.DEALT_WITH, by="王秀英")
    page.goto(f"{site.url}/phone")
    expect(page.locator("#waiting li")).to_contain_text(["明火 · 3 号楼 2 楼走廊"])
    context.set_offline(False)
    refused = page.locator("#waiting .refused")
    expect(refused).to_contain_text("已有人处置完毕", timeout=30_000)
    refused.locator("button").tap()
    expect(page.locator("#waiting li")).to_have_count(0)
    assert steps(site, fire) == [K.DEALT_WITH]


def test_an_alert_on_a_slow_line_takes_few_bytes_once_installed(site: Site, context: BrowserContext) -> None:
    come_in(site, context).close()
    fire = site.parts.raise_alert()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    site.sent.clear()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    until(page, "document.querySelector('#picture img').naturalWidth === 640")
    expect(page.locator("#buttons .first")).to_be_enabled()
    paths = {path: size for _, path, size in site.sent}
    assert f"/api/phone/alerts/{fire.id}/picture" in paths and "/phone/strings.js" not in paths
    total = sum(size for _, _, size in site.sent)
    print(f"first paint of an alert: {total} bytes, {len(site.sent)} requests")
    assert total <= MOST_BYTES, paths


def test_a_patrol_photo_without_a_line_becomes_a_case_once(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    page.locator('[data-to="patrol"]').tap()
    expect(page.locator("#hazards .choice")).to_have_count(len(HAZARDS))
    context.set_offline(True)
    page.locator("#report-send").tap()
    expect(page.locator("#report-said")).to_have_text("请先拍照。")
    page.locator("#shot").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("#report-said")).to_contain_text("无法读取")
    report(page, "<img src=x onerror=alert(1)>")
    expect(page.locator("#report-said")).to_contain_text("有网络时自动上报")
    expect(page.locator("#waiting li")).to_contain_text(["<img src=x onerror=alert(1)>"])
    page.reload()
    expect(page.locator("#waiting li")).to_have_count(1)
    assert site.parts.desk.alerts() == []
    context.set_offline(False)
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    [case] = site.parts.desk.alerts()
    page.locator('[data-to="patrol"]').tap()
    made = page.locator("#report-made li")
    expect(made).to_contain_text("已上报，已立案")
    expect(made).to_contain_text("3 号楼 2 楼走廊 <img src=x onerror=alert(1)>")
    expect(made).to_contain_text(f"编号 {case.id}")
    expect(made).to_contain_text("通知：")
    assert made.locator("a").get_attribute("href") == f"/answer#alert={case.id}"
    assert (case.hazard, case.place_id, case.evidence["reported_by"]) == ("clutter", "b3-2", "李雷")
    kept = site.parts.snapshots.path(case.snapshot, "clean").read_bytes()
    assert b"GPS" not in kept and case.evidence["snapshot"]["width"] == 1280
    page.locator('[data-to="home"]').tap()
    expect(page.locator(".alerts a")).to_contain_text("楼道堆物")
    expect(page.locator(".alerts a")).to_contain_text("<img src=x")


def test_a_report_that_is_taken_at_once_says_so_and_leads_to_its_case(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    report(page)
    made = page.locator("#report-made li")
    expect(made).to_contain_text("王秀英")  # who is on duty at any hour
    expect(made).not_to_contain_text("李雷")
    expect(page.locator("#report-said")).to_have_text("")
    expect(page.locator("#shot-hint")).to_be_visible()
    made.locator("a").tap()
    expect(page.locator("#heading")).to_contain_text("楼道堆物")
    expect(page.locator("#heading")).to_contain_text("3 号楼 2 楼走廊")


def test_a_report_on_its_way_says_so(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    held: list[Route] = []
    context.route("**/api/reports/*", lambda route: held.append(route))
    report(page)
    expect(page.locator("#report-said")).to_contain_text("正在上报：楼道堆物")
    expect(page.locator("#waiting li")).to_contain_text("正在发送")
    until_held(page, held)
    expect(page.locator("#report-said")).to_contain_text("正在上报")
    held[0].continue_()
    expect(page.locator("#report-made li")).to_contain_text("已上报，已立案")
    expect(page.locator("#report-said")).to_have_text("")
    expect(page.locator("#waiting li")).to_have_count(0)


def until_held(page: Page, held: list[Route]) -> None:
    for _ in range(200):
        if held:
            return
        page.wait_for_timeout(50)
    raise AssertionError("it was never sent")


def test_each_alert_is_called_as_on_the_console_and_says_a_thing_once(site: Site, context: BrowserContext) -> None:
    parts = site.parts
    parts.raise_alert(0, "ebike")
    parts.raise_alert(1, "flying_lead")
    answered, handled = parts.raise_alert(0), parts.raise_alert(1)
    parts.desk.acknowledge(answered.id, by="王建国")
    parts.desk.step(handled.id, K.ON_THE_WAY, by="王秀英", via="bot")
    page = come_in(site, context)
    rows = page.locator(".alerts .state")
    said = ["有人处置中（1 人）", "已确认，尚无人前往", "待确认 · 无人前往", "待确认 · 无人前往"]
    expect(rows).to_have_text(said)
    expect(page.locator(".alerts strong")).to_have_text(["明火", "明火", "飞线充电（疑似）", "电动车"])
    page.locator("#language").tap()
    said = ["People respond (1)", "Acknowledged, nobody goes yet", *["Not acknowledged · nobody going yet"] * 2]
    expect(rows).to_have_text(said)
    expect(page.locator("#now-title")).to_have_text("Alerts now")


def test_my_duty_and_the_file_for_the_calendar(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    expect(page.locator("#next-duty")).to_contain_text("王秀英")
    page.locator("#language").tap()
    expect(page.locator("#next-duty")).not_to_contain_text("、")
    page.locator("#language").tap()
    page.locator("#next-duty a").tap()
    expect(page.locator("#duties li").first).to_contain_text("同班：王秀英")
    assert page.locator("#duties li").count() >= 28
    expect(page.locator("#duties li").nth(1)).to_contain_text("08:00")
    with page.expect_download() as got:
        page.locator("#ics").tap()
    text = Path(got.value.path()).read_text("utf-8")
    assert got.value.suggested_filename == "duty.ics" and text.count("BEGIN:VEVENT") >= 80
    context.set_offline(True)
    page.reload()
    expect(page.locator("#duties li").first).to_contain_text("同班：王秀英")


def test_this_phone_is_told_or_not(site: Site, context: BrowserContext) -> None:
    context.grant_permissions(["notifications"], origin=site.url)
    page = come_in(site, context)
    expect(page.locator("#push-state")).to_have_text("这部手机还收不到警报。")
    page.evaluate(SUBSCRIBE, Subscriber().subscription("http://127.0.0.1:9/push/1"))
    page.locator("#push-on").tap()
    expect(page.locator("#push-state")).to_have_text("这部手机会收到警报。")
    assert site.parts.told is not None and [one.account for one in site.parts.told.devices.all()] == ["li"]
    page.locator("#push-off").tap()
    expect(page.locator("#push-state")).to_have_text("这部手机还收不到警报。")
    assert site.parts.told.devices.all() == []


@pytest.mark.parametrize(
    ("locale", "refusal", "words"),
    [
        ("zh-CN", "", "请在浏览器的网站设置中把“通知”改为允许"),  # of Chromium itself, as this is a private window
        ("en-GB", "", "set “Notifications” to “Allow” in its site settings"),
        ("zh-CN", "AbortError", "浏览器连不上它的推送服务"),
        ("en-GB", "AbortError", "cannot reach its push service"),
    ],
)
def test_push_that_cannot_be_switched_on_is_told_in_words(
    site: Site, browser: Browser, locale: str, refusal: str, words: str
) -> None:
    context = browser.new_context(**{**PHONE, "locale": locale})
    context.grant_permissions(["notifications"], origin=site.url)
    page = log_in(site, context)
    if refusal:
        page.evaluate(NO_SERVICE, refusal)
    page.locator("#push-on").tap()
    said = page.locator("#push-state")
    expect(said).to_contain_text(words)
    expect(said).to_contain_text("电话、短信等其他通知方式照常" if locale == "zh-CN" else "other channels go on")
    expect(said.locator("small")).to_contain_text("Registration failed")
    context.close()


def test_an_iphone_is_told_how_it_can_be(site: Site, browser: Browser) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari"
    context = browser.new_context(**{**PHONE, "user_agent": agent})
    context.add_init_script("delete window.PushManager")
    page = log_in(site, context)
    expect(page.locator("#push-state")).to_contain_text("添加到主屏幕")
    expect(page.locator("#push-on")).to_be_hidden()
    context.close()


def test_a_browser_that_cannot_set_up_the_worker_says_so(
    site: Site, context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "service-worker.js"
    broken.write_text(NO_INSTALL, "utf-8")
    monkeypatch.setattr(files, "APP_FILES", {**files.APP_FILES, "/service-worker.js": broken})
    context.grant_permissions(["notifications"], origin=site.url)
    page = log_in(site, context)
    page.locator("#push-on").tap()
    expect(page.locator("#push-state")).to_contain_text("浏览器没能装上接收推送的部分")


def test_who_is_no_longer_logged_in_is_told_and_loses_nothing(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#buttons .first")).to_have_text("收到")
    kept = context.cookies()
    context.clear_cookies()
    page.locator("#buttons .first").tap()
    expect(page.locator("#waiting li")).to_contain_text(["登录后自动发送"])
    page.goto(f"{site.url}/phone")
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.locator("#now")).not_to_contain_text("明火")
    context.add_cookies(kept)  # type: ignore[arg-type]
    page.reload()
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    assert steps(site, fire) == [K.ACCEPTED]


def test_an_answer_never_waits_for_a_photo(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    held: list[Any] = []
    context.route("**/api/reports/*", lambda route: held.append(route))  # a line that takes minutes
    report(page)
    expect(page.locator("#waiting li")).to_have_count(1)
    expect(page.locator("#report-send")).to_be_enabled()
    other = context.new_page()
    other.goto(f"{site.url}/answer#alert={fire.id}")
    other.locator("#buttons .first").tap()
    expect(other.locator("#responders li")).to_contain_text(["李雷收到"])
    expect(other.locator("#waiting li")).to_have_count(0)
    assert len(held) == 1 and steps(site, fire) == [K.ACCEPTED]
    held[0].abort()


def test_a_full_disk_keeps_no_answer_back(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.add_init_script(FULL_DISK)
    page.goto(f"{site.url}/answer#alert={fire.id}")
    first = page.locator("#buttons .first")
    first.tap()
    expect(page.locator("#responders li")).to_contain_text(["李雷收到"])
    expect(first).to_have_text("已出发")
    context.set_offline(True)
    page.wait_for_timeout(SETTLE_MS)
    first.tap()
    expect(page.locator("#waiting li")).to_contain_text(["不要关闭此页"])
    expect(first).to_have_text("到场")
    expect(first).to_be_enabled()
    context.set_offline(False)
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    assert steps(site, fire) == [K.ACCEPTED, K.ON_THE_WAY]


def test_what_one_person_said_waits_for_them(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire = site.parts.raise_alert()
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#buttons .first")).to_have_text("收到")
    context.set_offline(True)
    page.locator("#buttons .first").tap()
    expect(page.locator("#waiting li")).to_have_count(1)
    overrides = site.parts.app.dependency_overrides
    mine, other = overrides[caller_of], Principal("wang", "王秀英", Role.VOLUNTEER, session="s")
    overrides[caller_of] = lambda: other
    context.set_offline(False)
    expect(page.locator("#waiting li")).to_contain_text(["李雷在这部手机上登录后"], timeout=30_000)
    expect(page.locator("#buttons .first")).to_have_text("收到")
    assert steps(site, fire) == []
    overrides[caller_of] = mine
    page.reload()
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    assert steps(site, fire) == [K.ACCEPTED]


def test_a_report_outlives_a_hotels_log_in_page_and_a_refusal(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    reports = "**/api/reports/*"
    context.route(reports, lambda route: route.fulfill(body="<h1>Wi-Fi</h1>", content_type="text/html"))
    report(page)
    expect(page.locator("#waiting li")).to_contain_text(["有网络时自动发送"])
    context.unroute(reports)
    context.route(reports, lambda route: route.fulfill(status=422, json={"detail": "place: no such place"}))
    page.reload()
    again = page.locator("#waiting .refused").get_by_text("重新发送")
    expect(again).to_be_visible(timeout=30_000)
    context.unroute(reports)
    again.tap()
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    assert [case.hazard for case in site.parts.desk.alerts()] == ["clutter"]
