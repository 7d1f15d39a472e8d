"""The page of an alert in a real browser: what was seen, what was done, and taking it away."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.dossier.check import check
from alerts.record import records
from alerts.track.step import StepKind
from tests.acceptance.browser import come_in, leave, needs_chromium, until
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, filming, serving, some_settings
from tests.alerts.web.painting import jpeg, paint

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_console_browser import HOSTILE, NO_H264

pytestmark = needs_chromium

ZONE = {"name": HOSTILE, "type": "yard", "polygon": [[0.1, 0.95], [0.4, 0.5], [0.6, 0.5], [0.9, 0.95]]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LEAD = [[0.45, 0.5], [0.5, 0.4], [0.62, 0.3]]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[tuple[Parts, str]]:
    """One camera that films, and an office that is told of everything."""
    with Receiver(lambda _: Answer()) as receiver:
        cameras = [{"name": "shed-1", "url": "rtsp://camera/1", "place": "3 号车棚", "zones": [ZONE]}]
        given = some_settings(tmp_path / "store", cameras).model_dump(exclude={"webhooks"})
        hooks = [{"name": "property-office", "url": receiver.url}]
        parts = Parts.build(type(some_settings(tmp_path)).model_validate({**given, "webhooks": hooks}))
        with serving(parts) as url, filming(parts, [0]):
            yield parts, url
        parts.close()


def raised_lead(parts: Parts) -> Alert:
    """A suspected lead with its path, and a film of what led to it."""
    found = replace(parts.finding(hazard="flying_lead"), evidence={"lead_path": LEAD, "together_s": 44.0})
    alert = parts.desk.receive(parts.look(0, found, picture=jpeg(paint(0, 30))))[-1].alert
    return parts.filmed(alert, [(timedelta(seconds=number), paint(0, number)) for number in range(5)])


def opened(page: Page, url: str, alert: Alert) -> None:
    page.goto(f"{url}/#alert={alert.id}")
    expect(page.locator("#detail h2")).to_be_visible()


def loaded(page: Page, image: str) -> None:
    until(page, f"document.querySelector('{image}')?.naturalWidth > 0")


def test_marks_lie_over_the_picture_and_can_be_taken_away(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = raised_lead(parts)
    page, log = come_in(browser, parts, url)
    opened(page, url, alert)
    loaded(page, ".snapshot .stage img")
    expect(page.locator(".marks polyline.mark-path:not(.halo)")).to_have_count(1)
    expect(page.locator(".marks polyline.mark-violation:not(.halo)")).to_have_count(1)
    expect(page.locator(".marks text.mark-zone")).to_have_text(HOSTILE)
    expect(page.locator(".snapshot figcaption")).to_contain_text("紫线为疑似飞线走向")
    path = page.locator(".marks polyline.mark-path:not(.halo)").bounding_box()
    picture = page.locator(".snapshot .stage").bounding_box()
    assert path and picture
    width = picture["height"] * 16 / 9  # the picture, whole and centred
    left = picture["x"] + (picture["width"] - width) / 2
    assert path["x"] == pytest.approx(left + 0.45 * width, abs=4)
    assert path["x"] + path["width"] == pytest.approx(left + 0.62 * width, abs=4)
    assert path["y"] == pytest.approx(picture["y"] + 0.3 * picture["height"], abs=4)
    page.locator("#snapshot-variant").click()
    expect(page.locator(".marks")).to_be_hidden()
    expect(page.locator("#snapshot-variant")).to_have_attribute("aria-pressed", "false")
    page.locator("#snapshot-variant").click()
    expect(page.locator(".marks")).to_be_visible()

    frames = page.locator(".film .frame")
    expect(frames).to_have_count(6)
    expect(frames.last).to_have_attribute("aria-pressed", "true")
    first = page.locator(".film img").first.get_attribute("src")
    frames.first.click()
    expect(page.locator(".snapshot .stage img")).to_have_attribute("src", first or "")
    expect(page.locator("#film-0")).to_be_focused()
    leave(page, log)


def test_the_picture_that_raised_it_ends_what_led_to_it(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = raised_lead(parts)
    look, seconds = parts.look(0), 0
    while parts.desk.alert(alert.id).open:
        seconds += 5
        later = look.at + timedelta(seconds=seconds)
        parts.desk.receive(replace(look, at=later, monotonic_s=look.monotonic_s + seconds))
    found = parts.finding(hazard="flying_lead")
    seconds += 5
    ahead: dict[str, Any] = {
        "at": look.at + timedelta(seconds=seconds),
        "monotonic_s": look.monotonic_s + seconds,
    }
    again = replace(found, evidence={"lead_path": LEAD}, **ahead)
    parts.desk.receive(replace(parts.look(0, again, picture=jpeg(paint(0, 90))), **ahead))
    assert parts.desk.alert(alert.id).returns == 1
    page, log = come_in(browser, parts, url)
    opened(page, url, alert)
    loaded(page, ".snapshot .stage img")
    expect(page.locator(".reel h3")).to_have_text(["报警前的画面", "报警后的画面"])
    before, since = page.locator(".reel").first.locator(".frame"), page.locator(".reel").last.locator(".frame")
    expect(before.last).to_have_text("报警")
    expect(page.locator('.frame[data-moment="raised"]')).to_have_count(1)
    expect(since.last).to_have_text(f"+{seconds} 秒")
    expect(since.last).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".snapshot figcaption")).to_contain_text("报警后最新的画面")
    assert all(text.startswith(("−", "+0", "报警")) for text in before.all_inner_texts())
    leave(page, log)


@pytest.mark.parametrize(
    ("script", "full"),
    [
        ("", True),
        (NO_H264, False),
        ("delete window.RTCPeerConnection", False),
        ("RTCPeerConnection.prototype.setRemoteDescription = async () => {}", False),  # its packets go nowhere
    ],
)
def test_where_no_video_can_be_had_the_live_view_of_an_alert_shows_pictures(
    browser: Browser, console: tuple[Parts, str], script: str, full: bool
) -> None:
    parts, url = console
    if full:
        parts.app.state.video._limit = 0
    alert = parts.raise_alert(0, "clutter")
    page, log = come_in(browser, parts, url, script, viewport=PHONE["viewport"])  # the wall is not beside it
    log.expected = ("503", "406")
    opened(page, url, alert)
    page.locator("#live").click()
    frame = page.locator(".live-frame")
    expect(frame).to_have_attribute("data-kind", "jpeg", timeout=15_000)
    until(page, "document.querySelector('.live-frame img').naturalWidth === 640")
    expect(frame.locator(".badge")).to_have_text("图片")
    page.locator("#language").click()
    expect(frame.locator(".badge")).to_have_text("Stills")
    expect(frame.locator("img")).to_have_attribute("alt", "shed-1, live")
    leave(page, log)


def test_before_and_after_in_one_frame(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = parts.raise_alert(0, "clutter")
    parts.clear()
    assert parts.desk.alert(alert.id).resolved_at
    page, log = come_in(browser, parts, url, locale="en-GB")
    opened(page, url, alert)
    loaded(page, ".pair .later")
    clip = "getComputedStyle(document.querySelector('.pair .later')).clipPath"
    assert page.evaluate(clip) == "inset(0px 0px 0px 50%)"
    page.locator("#compare").focus()
    page.keyboard.press("End")
    until(page, f"{clip} === 'inset(0px 0px 0px 100%)'")
    expect(page.locator(".compare")).to_contain_text("Once it was clear")
    leave(page, log)


def test_everything_that_was_done_by_anyone_and_who_was_told(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = parts.raise_alert(0, "clutter")
    page, log = come_in(browser, parts, url)
    opened(page, url, alert)
    told = page.locator("#notices li")
    expect(told).to_contain_text(["property-office"])
    page.locator("#acknowledge").click()
    expect(page.locator(".timeline li.from-step")).to_contain_text(["核实"])
    page.locator("#comment").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator(".timeline li.from-step").first).to_contain_text(HOSTILE)
    expect(page.locator("#comment")).to_have_value("")
    expect(page.locator("#notices .delivered").first).to_be_visible()
    parts.desk.step(alert.id, StepKind.ACCEPTED, by="陈", via="property-office")
    expect(told.filter(has_text="陈 答复：收到")).to_have_count(1)
    expect(page.locator(".timeline li.from-life")).to_contain_text(["报警", "首次发现"])
    expect(page.locator(".timeline li.from-notice")).to_have_count(0)
    page.locator("#story-notices").click()
    expect(page.locator(".timeline li.from-notice").first).to_be_visible()
    leave(page, log)


def test_things_in_store(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = parts.raise_alert(0, "clutter")
    parts.desk.acknowledge(alert.id, by="Li")
    past = time_text(parts.clock.now() - timedelta(minutes=1))
    parts.desk.step(alert.id, StepKind.NOTICE_GIVEN, by="Li", detail={"channel": "door", "deadline": past})
    parts.desk.step(alert.id, StepKind.MOVED, by="Li", detail={"item": "沙发", "slot": "A-3", "found": "三楼"})
    page, log = come_in(browser, parts, url)
    opened(page, url, alert)
    thing = page.locator(".custody li")
    expect(thing).to_contain_text("1. 沙发")
    expect(thing).to_contain_text("暂存中")
    page.locator("#custody-handed_over-1").click()
    expect(page.locator('#step-dialog [name="thing"]')).to_have_value("1")
    page.locator('#step-dialog [name="to"]').fill("301 赵女士")
    page.locator("#step-dialog button[value=send]").click()
    expect(thing).to_contain_text("已交还")
    expect(thing).to_contain_text("301 赵女士")
    leave(page, log)


def test_it_opens_wide_and_has_an_address_of_its_own(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = raised_lead(parts)
    page, log = come_in(browser, parts, url)
    page.locator(f'[data-id="{alert.id}"]').click()
    until(page, f"location.hash === '#alert={alert.id}'")
    page.keyboard.press("o")
    expect(page.locator(".wall")).to_be_hidden()
    expect(page.locator("#detail-wide")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".live-frame")).to_have_attribute("data-kind", re.compile("webrtc|jpeg"))
    seen, done = page.locator(".snapshot").bounding_box(), page.locator("#acknowledge").bounding_box()
    assert seen and done and seen["x"] + seen["width"] <= done["x"], "what was seen stands beside what is done"
    page.locator("#live-stop").click()
    expect(page.locator(".live-frame")).to_have_count(0)
    page.keyboard.press("O")
    expect(page.locator(".wall")).to_be_visible()
    page.reload()
    expect(page.locator("#detail h2")).to_contain_text("飞线")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    until(page, "location.hash === ''")
    leave(page, log)


def test_it_is_exported_with_a_reason(browser: Browser, console: tuple[Parts, str], tmp_path: Path) -> None:
    parts, url = console
    alert = raised_lead(parts)
    page, log = come_in(browser, parts, url, locale="en-GB", accept_downloads=True)
    opened(page, url, alert)
    page.locator("#export").click()
    page.locator("#export-own").fill("for the <b>court</b>")
    with page.expect_download() as begun:
        page.locator("#export-send").click()
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    assert re.fullmatch(rf"xinan-{alert.id}-\d{{8}}T\d{{6}}\.zip", file.name)
    assert check(file).faults == []
    expect(page.locator("#export-dialog")).to_be_hidden()
    [row] = records.newest(parts.store, subject=alert.id, kinds=["exported"])
    assert (row.by, row.detail["reason"], row.detail["clear"]) == ("王建国", "for the <b>court</b>", False)
    leave(page, log)


@pytest.mark.parametrize("wide", [False, True])
def test_on_paper_it_is_a_record_of_one_or_two_pages(browser: Browser, console: tuple[Parts, str], wide: bool) -> None:
    parts, url = console
    alert = raised_lead(parts)
    for number in range(12):
        parts.desk.step(alert.id, StepKind.NOTE, by="Li", detail={"note": f"note {number}"})
    page, log = come_in(browser, parts, url)
    opened(page, url, alert)
    loaded(page, ".snapshot .stage img")
    expect(page.locator(".timeline li.from-step")).to_have_count(12)
    if wide:
        page.keyboard.press("o")
        expect(page.locator(".wall")).to_be_hidden()
    page.emulate_media(media="print")
    for hidden in (".queue", ".top", ".wall", ".actions", "#comment", "#export", "footer"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in (".print-only", ".snapshot img", ".timeline", "#notices", ".columns .facts"):
        expect(page.locator(shown).first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 1 <= sheets <= 2
    leave(page, log)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_on_a_phone_nothing_sticks_out_and_back_closes_it(
    browser: Browser, console: tuple[Parts, str], locale: str
) -> None:
    parts, url = console
    alert = raised_lead(parts)
    options: dict[str, Any] = {**PHONE, "locale": locale}
    page, log = come_in(browser, parts, url, **options)
    page.locator(f'[data-id="{alert.id}"]').click()
    loaded(page, ".snapshot .stage img")
    expect(page.locator(".film .frame")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wider = """[...document.querySelectorAll("#detail > *")].filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.className)"""
    assert page.evaluate(wider) == ["film"], "pictures are pushed along, and nothing else sticks out"
    page.locator("#live").click()
    expect(page.locator(".live-frame")).to_have_attribute("data-kind", re.compile("webrtc|jpeg"))
    page.go_back()
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator(f'[data-id="{alert.id}"]')).to_be_visible()
    leave(page, log)
