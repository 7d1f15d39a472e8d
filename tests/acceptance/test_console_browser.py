"""The console as an operator meets it: a real server, a real browser, an alert from a look to a judgement."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from tests.acceptance import watching as waiting
from tests.acceptance.browser import come_in, leave, needs_chromium, turned, until
from tests.acceptance.test_looks_browser import found
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>"
ZONE = {"name": HOSTILE, "type": "shed", "polygon": [[0.1, 0.95], [0.4, 0.5], [0.6, 0.5], [0.9, 0.95]]}
CAMERAS: list[dict[str, Any]] = [
    {"name": "shed-1", "url": "rtsp://user:secret@camera/1", "place": "3 号车棚", "zones": [ZONE]},
    {"name": "stairs-2", "url": "rtsp://user:secret@camera/2", "place": HOSTILE},
    {"name": "lift-3", "url": "rtsp://user:secret@camera/3", "place": "9 号楼 客梯"},
]
NO_H264 = """{
  const make = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...given) {
    const transceiver = make.apply(this, given);
    const { codecs } = RTCRtpReceiver.getCapabilities("video");
    transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType !== "video/H264"));
    return transceiver;
  };
}"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return some_settings(tmp_path / "store", CAMERAS)


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0, 1)


@pytest.fixture
def console(console: tuple[Parts, str]) -> tuple[Parts, str]:
    """Two cameras that film, one that is lost."""
    console[0].online(2, "offline", HOSTILE)
    return console


def is_calm(page: Page) -> None:
    """Nothing calls: while a fire does, the title names it every other second, so it is looked at for longer."""
    until(page, "!document.body.classList.contains('alarm')")
    titles = set()
    for _ in range(34):
        titles.add(page.title())
        page.wait_for_timeout(100)
    assert titles == {"心安 · 社区消防看护"}


def status(page: Page, url: str) -> int:
    answer = page.goto(url)
    assert answer
    return answer.status


def test_the_link_works_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(url)
    assert page.url == f"{url}/enter"
    expect(page.locator("#hint")).to_contain_text("one-time link")
    link = f"{url}/enter#{parts.access.issue_link()}"
    page.goto("about:blank")
    page.goto(link)
    assert "#" not in page.url, "the token stays in the address bar"
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    other = browser.new_context(locale="en-GB")
    thief = other.new_page()
    thief.goto(link)
    expect(thief.locator("#message")).to_contain_text("was used already")
    assert status(thief, f"{url}/api/alerts") == 401
    page.locator("#account").click()
    page.locator("#leave").click()
    page.wait_for_url(f"{url}/enter")
    assert status(page, f"{url}/api/alerts") == 401
    context.close()
    other.close()


def test_a_link_for_another_device(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    page.locator("#share").click()
    link = page.locator("#share-link")
    expect(link).to_have_value(re.compile(rf"^{url}/enter#[\w-]{{43}}$"))
    other = browser.new_context(locale="en-GB").new_page()
    other.goto(link.input_value())
    other.locator("#enter button").click()
    other.wait_for_url(f"{url}/")
    other.context.close()
    leave(page, log)


def test_an_alert_shows_up_and_is_acknowledged_by_keyboard(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator("#queue-list")).to_contain_text("当前没有未结束的警情")
    raised = parts.raise_alert()
    card = page.locator(f'[data-id="{raised.id}"]')
    expect(card).to_contain_text("明火")
    expect(card).to_contain_text("待确认")
    expect(page.locator("#detail h2")).to_contain_text("明火")
    expect(page.locator("#announce")).to_contain_text("明火")
    expect(page.locator("#waiting")).to_have_text("待确认 1")
    until(page, "document.querySelector('.snapshot img')?.naturalWidth > 0")
    until(page, "document.body.classList.contains('alarm') && document.title.includes('明火')")
    expect(page.locator(".why")).to_contain_text("看到次数")
    turned(page)
    page.keyboard.press("a")
    expect(card).to_contain_text("已确认")
    expect(page.locator("#acknowledge")).to_have_count(0)
    expect(page.locator("#detail")).to_contain_text("王建国")
    is_calm(page)
    assert parts.desk.alert(raised.id).acknowledged_by == "王建国"
    leave(page, log)


def test_it_says_why_it_was_raised(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, locale="en-GB")
    for score in (0.3, 0.5, 0.4):
        parts.desk.receive(parts.look(0, replace(parts.finding(confirmed=False), confidence=score)))
    found = parts.finding()
    evidence = {**found.evidence, "model": "9.9", "settings": "0badcafe", "other_m": 1.25}
    raised = parts.desk.receive(parts.look(0, replace(found, evidence=evidence)))[-1].alert
    page.locator(f'[data-id="{raised.id}"]').click()
    reasons = page.locator(".why")
    for said in ("Times seen", "17", "Compared with", "Verified over", "4 s", "Shed", "0badcafe", "1.25 m"):
        expect(reasons).to_contain_text(said)
    expect(reasons.locator("svg.trace circle")).to_have_count(4)
    expect(reasons.locator("svg.trace .fired")).to_have_count(1)
    expect(reasons).to_contain_text("dashed: raised at")
    leave(page, log)


def test_the_link_of_a_notice_shows_its_alert(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    violation, fire = parts.raise_alert(1, "ebike"), parts.raise_alert()
    expect(page.locator(f'[data-id="{fire.id}"]')).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{url}/#alert={violation.id}")
    expect(page.locator("#detail h2")).to_contain_text("电动车")
    assert page.url == f"{url}/#alert={violation.id}", "whoever copies it shows the same alert"
    stranger = browser.new_context(locale="en-GB").new_page()
    stranger.goto(f"{url}/#alert={violation.id}")
    expect(stranger.locator("#hint")).to_contain_text("one-time link")
    stranger.context.close()
    leave(page, log)


def test_a_false_alarm_needs_a_reason(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    raised = parts.raise_alert(1, "ebike")
    page.locator(f'[data-id="{raised.id}"]').click()
    page.locator("#false-alarm").click()
    page.locator("#false-send").click()
    assert parts.desk.alert(raised.id).false_alarm_at is None, "no reason was chosen"
    page.get_by_text("普通自行车").click()
    page.locator("#false-send").click()
    expect(page.locator(f'[data-id="{raised.id}"]')).to_contain_text("误报")
    judged = parts.desk.alert(raised.id)
    assert (judged.false_alarm_by, judged.false_alarm_reason) == ("王建国", "bicycle")
    leave(page, log)


def test_keys(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    clutter, fire = parts.raise_alert(1, "clutter"), parts.raise_alert(0, "flame")
    cards = page.locator(".card")
    expect(cards).to_have_count(2)
    assert cards.first.get_attribute("data-id") == fire.id, "fire comes first"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f'[data-id="{clutter.id}"]')).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowUp")
    expect(page.locator(f'[data-id="{fire.id}"]')).to_have_attribute("aria-current", "true")
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.locator("#help-dialog")).to_be_hidden()
    assert parts.desk.alert(fire.id).acknowledged_at is None, "a key meant for a dialog reached the alert"
    page.keyboard.press("f")
    expect(page.locator("#false-dialog")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert parts.desk.alert(fire.id).false_alarm_at is None
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    leave(page, log)


def test_two_operators(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    raised = parts.raise_alert()
    card = page.locator(f'[data-id="{raised.id}"]')
    expect(card).to_contain_text("待确认")
    parts.desk.acknowledge(raised.id, by="李")
    expect(card).to_contain_text("已确认")
    expect(page.locator("#detail")).to_contain_text("李")
    leave(page, log)


def test_a_fire_that_went_out_by_itself_still_waits_for_somebody(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    suspicion = parts.raise_alert(1, "ebike", confirmed=False)
    page, log = come_in(browser, parts, url)
    for number in range(60):  # looks without the fire, five seconds of look time apart
        look = parts.look(0)
        at_s = look.monotonic_s + 5 * (number + 1)
        parts.desk.receive(replace(look, monotonic_s=at_s, at=look.at))
        if parts.desk.alert(fire.id).resolved_at:
            break
    card = page.locator(f'[data-id="{fire.id}"]')
    expect(card).to_contain_text("画面中看不到了，未确认")
    expect(page.locator(f'[data-group="open"] [data-id="{fire.id}"]')).to_have_count(1)
    assert "compact" in str(page.locator(f'[data-id="{suspicion.id}"]').get_attribute("class"))
    until(page, "document.body.classList.contains('alarm') && document.title.includes('明火')")
    card.click()
    page.keyboard.press("a")
    expect(page.locator("#waiting")).to_have_text("全部已确认")
    is_calm(page)
    leave(page, log)


def test_whoever_sees_that_a_suspected_fire_burns_says_so(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert(confirmed=False)
    page, log = come_in(browser, parts, url)
    card = page.locator(f'[data-id="{fire.id}"]')
    expect(card).to_contain_text("疑似")
    card.click()
    expect(page.locator("#acknowledge")).to_contain_text("确认起火")
    expect(page.locator("#false-alarm")).to_be_disabled()
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_have_text("已确认起火，正在通知人员")
    expect(card).to_contain_text("已确认")
    expect(page.locator("#step-dispatched")).to_be_enabled()
    expect(page.locator(".timeline li.from-step")).to_contain_text("看到起火")
    raised = parts.desk.alert(fire.id)
    assert (raised.fired_at is not None, raised.acknowledged_by) == (True, "王建国")
    expect(page.locator("#false-alarm")).to_be_enabled()
    expect(page.locator("#detail .marks").first).not_to_contain_text("%")
    leave(page, log)


def test_what_is_only_logged_waits_for_nobody(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    logged = parts.raise_alert(1, "ebike", notice="passing")
    page, log = come_in(browser, parts, url)
    card = page.locator(f'[data-id="{logged.id}"]')
    expect(card).to_contain_text("仅记录")
    expect(page.locator('[data-group="open"]')).to_have_count(0)
    expect(page.locator("#waiting")).to_have_text("全部已确认")
    card.click()
    expect(page.locator("#detail")).to_contain_text("通过")
    expect(page.locator("#acknowledge")).to_have_count(0)
    parked = parts.raise_alert(1, "ebike")
    assert parked.id == logged.id
    expect(card).to_contain_text("待确认")
    expect(page.locator(f'[data-group="open"] [data-id="{logged.id}"]')).to_have_count(1)
    leave(page, log)


def test_both_languages(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert(0, "flying_lead")
    page, log = come_in(browser, parts, url, locale="en-GB")
    page.locator(".card").click()
    expect(page.locator("#detail h2")).to_contain_text("Flying lead (suspected)")
    expect(page.locator("footer")).to_contain_text("not a certified fire detector")
    page.locator("#language").click()
    expect(page.locator("#detail h2")).to_contain_text("飞线充电（疑似）")
    expect(page.locator("footer")).to_contain_text("非认证火灾探测器")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    text = page.locator("body").inner_text()
    assert not re.search(r"\b[a-z]+\.[a-z_]+\b(?!\()", text.replace("camera/", "")), "a key is shown as it is"
    page.reload()
    expect(page.locator("footer")).to_contain_text("非认证火灾探测器")
    leave(page, log)


def test_video_plays(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    tile = page.locator('[data-camera="shed-1"]')
    expect(tile).to_have_attribute("data-kind", "webrtc")
    until(page, "document.querySelector('[data-camera=shed-1] video').videoWidth === 640")
    before = page.evaluate("document.querySelector('[data-camera=shed-1] video').currentTime")
    until(page, f"document.querySelector('[data-camera=shed-1] video').currentTime > {before} + 1")
    drawn = "(() => { const c = document.querySelector('[data-camera=shed-1] canvas');"
    drawn += " return c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean) })()"
    until(page, drawn)
    leave(page, log)


def test_nothing_is_coded_for_nobody(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    expect(page.locator('[data-kind="webrtc"]')).to_have_count(2)
    assert parts.shown[-1].coded == {"shed-1", "stairs-2"}
    leave(page, log)
    waiting.until(lambda: not parts.shown[-1].coded, "the order to be withdrawn")


def test_whoever_finds_no_place_sees_pictures_and_is_told_why(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.app.state.video._limit = 1
    page, log = come_in(browser, parts, url)
    log.expected = ("503",)
    expect(page.locator('[data-kind="webrtc"]')).to_have_count(1)
    stills = page.locator('[data-kind="jpeg"]')
    expect(stills.locator(".tile-badge")).to_have_attribute("title", re.compile("视频路数已满"))
    until(page, "document.querySelector('[data-kind=jpeg] img').naturalWidth === 640")
    image = stills.locator("img")
    first = image.get_attribute("src")
    expect(image).not_to_have_attribute("src", str(first))
    assert parts.shown[-1].pictures == {stills.get_attribute("data-camera")}
    leave(page, log)


@pytest.mark.parametrize(
    ("change", "expected", "why"),
    [
        ("RTCPeerConnection.prototype.setRemoteDescription = async () => {}", (), "UDP"),  # its packets go nowhere
        (NO_H264, ("406",), "H.264"),
        ("delete window.RTCPeerConnection", (), "视频播放失败"),
    ],
)
def test_pictures_show_at_once_where_video_cannot(
    browser: Browser, console: tuple[Parts, str], change: str, expected: tuple[str, ...], why: str
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, script=change)
    log.expected = expected
    tile = page.locator('[data-camera="shed-1"]')
    expect(tile).to_have_attribute("data-kind", "jpeg", timeout=5_000)
    expect(tile.locator("img")).to_be_visible()
    expect(tile.locator(".tile-badge")).to_have_attribute("title", re.compile(why))
    expect(tile).to_have_attribute("data-kind", "jpeg")
    leave(page, log)


def test_a_lost_camera_shows_no_old_picture(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    log.expected = ("404",)
    lost = page.locator('[data-camera="lift-3"]')
    expect(lost).to_contain_text("离线，自")
    tile = page.locator('[data-camera="stairs-2"]')
    expect(tile).to_have_attribute("data-kind", "webrtc")
    parts.stop_filming(1)
    parts.online(1, "offline", "unplugged")
    expect(tile).to_contain_text("离线")
    expect(tile.locator("video")).to_be_hidden()
    expect(tile.locator("img")).to_be_hidden()
    expect(page.locator("#cameras-online")).to_contain_text("1/3")
    leave(page, log)


def test_hostile_names_are_only_text(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    raised = parts.raise_alert(1, "clutter")
    page.locator(f'[data-id="{raised.id}"]').click()
    expect(page.locator("#detail h2")).to_contain_text(HOSTILE)
    parts.desk.mark_false_alarm(raised.id, by=HOSTILE, reason=HOSTILE)
    expect(page.locator("#detail .columns .facts").first).to_contain_text(f"{HOSTILE}，")
    assert page.locator("img[src=x]").count() == 0
    leave(page, log)


def test_the_lost_line_is_seen_and_comes_back(browser: Browser, tmp_path: Path) -> None:
    parts = Parts.build(some_settings(tmp_path / "store", CAMERAS))
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        expect(page.locator("#cameras-online")).to_be_visible()
        expect(page.locator("#waiting")).to_have_text("全部已确认")
    parts.close()
    expect(page.locator("#banner")).to_contain_text("连接已断开")
    expect(page.locator("#cameras-online")).to_be_hidden()
    expect(page.locator("#waiting")).to_have_text("断线前待确认 0")
    log.expected = ("ERR_", "Failed to load resource")
    again = Parts.build(parts.settings)
    with serving(again):
        raised = again.raise_alert()
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator(f'[data-id="{raised.id}"]')).to_be_visible()
        expect(page.locator("#cameras-online")).to_be_visible()
        expect(page.locator("#waiting")).to_have_text("待确认 1")
        leave(page, log)
    again.close()


def test_a_fire_that_nobody_answers_asks_to_call_119(browser: Browser, tmp_path: Path) -> None:
    made = some_settings(tmp_path / "store", CAMERAS)
    now = {"routing": {"fire": {"ladder": [{"after_s": 0, "call_119": True}]}}}
    parts = Parts.build(type(made).model_validate({**made.model_dump(exclude={"routing"}), **now}))
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        parts.raise_alert(hazard="clutter", key="2")
        expect(page.locator("#call-119")).to_be_hidden()
        raised = parts.raise_alert()
        expect(page.locator("#call-119")).to_contain_text("请立即拨打119")
        assert page.evaluate("document.body.dataset.siren") == "urgent"
        page.reload()
        expect(page.locator("#call-119")).to_contain_text("3 号车棚")
        parts.desk.acknowledge(raised.id, by="李")
        expect(page.locator("#call-119")).to_be_hidden()
        leave(page, log)
    parts.close()


def test_no_dialogue_and_no_full_screen_hides_that_119_has_to_be_called(browser: Browser, tmp_path: Path) -> None:
    made = some_settings(tmp_path / "store", CAMERAS)
    now = {"routing": {"fire": {"ladder": [{"after_s": 0, "call_119": True}]}}}
    parts = Parts.build(type(made).model_validate({**made.model_dump(exclude={"routing"}), **now}))
    with serving(parts) as url:
        page, log = come_in(browser, parts, url)
        case = parts.raise_alert(1, hazard="clutter", key="2")
        page.locator(f'[data-id="{case.id}"]').click()
        page.locator("#help-button").click()
        expect(page.locator("#help-dialog")).to_be_visible()
        raised = parts.raise_alert()
        banner = page.locator("#call-119")
        expect(banner).to_contain_text("请立即拨打119")
        on_top = "(() => { const box = document.querySelector('#call-119 span').getBoundingClientRect();"
        on_top += "return document.elementFromPoint(box.x + 5, box.y + 5)?.closest('#call-119') !== null; })()"
        assert page.evaluate(on_top), "something lies over it"
        page.keyboard.press("Escape")
        expect(page.locator("#help-dialog")).to_be_hidden()
        assert page.evaluate("document.getElementById('call-119').matches('.banners > *')"), "back in its place"
        assert page.evaluate(on_top)
        page.locator("#false-alarm").click()
        expect(page.locator("#false-dialog")).to_be_visible()
        assert page.evaluate(on_top)
        assert page.evaluate("document.getElementById('call-119').matches('#false-dialog > :popover-open')")
        assert found(page) == []
        banner.locator("button").click()
        expect(page.locator("#false-dialog")).to_be_hidden()
        expect(page.locator(f'[data-id="{raised.id}"]')).to_have_attribute("aria-current", "true")
        assert parts.desk.alert(case.id).false_alarm_at is None
        parts.desk.acknowledge(raised.id, by="李")
        expect(banner).to_be_hidden()
        leave(page, log)
    parts.close()


def test_a_browser_without_popovers_shows_in_the_last_dialogue_that_119_has_to_be_called(
    browser: Browser, tmp_path: Path
) -> None:
    made = some_settings(tmp_path / "store", CAMERAS)
    now = {"routing": {"fire": {"ladder": [{"after_s": 0, "call_119": True}]}}}
    parts = Parts.build(type(made).model_validate({**made.model_dump(exclude={"routing"}), **now}))
    with serving(parts) as url:
        old = "delete HTMLElement.prototype.showPopover; delete HTMLElement.prototype.popover;"
        page, log = come_in(browser, parts, url, old)
        page.locator("#help-button").click()
        raised = parts.raise_alert()
        expect(page.locator("#help-dialog > #call-119")).to_contain_text("请立即拨打119")
        parts.desk.acknowledge(raised.id, by="李")
        expect(page.locator("#call-119")).to_be_hidden()
        leave(page, log)
    parts.close()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844), (360, 640)])
def test_it_fits(browser: Browser, console: tuple[Parts, str], size: tuple[int, int]) -> None:
    parts, url = console
    raised = parts.raise_alert(1, "clutter")
    page, log = come_in(browser, parts, url, viewport={"width": size[0], "height": size[1]})
    page.locator(f'[data-id="{raised.id}"]').click()
    expect(page.locator("#acknowledge")).to_be_in_viewport()
    expect(page.locator("#false-alarm")).to_be_in_viewport()
    expect(page.locator("footer")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    leave(page, log)


def test_text_can_be_read(browser: Browser, console: tuple[Parts, str]) -> None:
    """WCAG AA: 4.5 to 1 for every text on the screen, against the nearest opaque ground."""
    parts, url = console
    for camera, hazard in ((0, "flame"), (1, "clutter"), (1, "ebike")):
        parts.raise_alert(camera, hazard)
    parts.raise_alert(0, "flying_lead", confirmed=False)
    page, log = come_in(browser, parts, url)
    page.locator(".card").first.click()
    expect(page.locator(".why")).to_be_visible()
    poor = json.loads(page.evaluate(CONTRAST))
    assert not poor
    leave(page, log)


CONTRAST = """() => {
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.8) return colour.slice(0, 3);
    }
    return [13, 18, 23];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.matches(".visually-hidden")) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const name = `${element.className || element.tagName} ${element.textContent.trim()}`;
    if (ratio < 4.5) poor.push(`${name} ${ratio.toFixed(2)}`);
  }
  return JSON.stringify(poor);
}"""
