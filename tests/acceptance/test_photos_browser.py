"""A photo is added to a case by whoever is there: on the phone, without a line too, and at the console; and it proves
that a place which no camera sees is clear."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from alerts.alert import Alert
from alerts.desk.photos import Added, photos_of
from alerts.track.step import StepKind
from tests.acceptance import browser as real
from tests.acceptance.browser import needs_chromium, until
from tests.acceptance.test_looks_browser import found
from tests.alerts.web.console import Parts, serving
from vision.blur import Private

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from tests.acceptance.test_phone_browser import PHONE, Site, come_in, photo, report, settings, steps

pytestmark = needs_chromium

K = StepKind
SETTLE_MS = 800
DAY_S = 86_400.0
OLD = "按 7 天前拍摄记录"
AGAIN_MS = 11_000
"""Longer than the phone waits before it sends again what waits."""
AGAIN, DISCARD = '[id^="photo-again-"]', '[id^="photo-discard-"]'
WIDE = "document.querySelector('.snapshot img').naturalWidth === 1280"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    parts = Parts.build(settings(tmp_path / "store"))
    parts.desk._pictures._private_in = lambda jpeg: Private()
    with serving(parts) as url:
        yield Site(parts, url)
    parts.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(**PHONE)
    yield made
    made.close()


def choose(page: Page, selector: str, name: str = "现场.jpg") -> None:
    page.locator(selector).set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": photo()})


def test_on_a_phone_without_a_line_it_waits_and_is_added_once(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    case = site.parts.raise_alert(0, "clutter")
    page.goto(f"{site.url}/answer#alert={case.id}")
    part = page.locator("#add-photo")
    expect(part).to_contain_text("加照片")
    page.locator("#photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(part).to_contain_text("无法读取")
    context.set_offline(True)
    choose(page, "#photo", "<img src=x onerror=alert(1)>.jpg")
    expect(part).to_contain_text("照片已保存在手机上")
    expect(page.locator("#waiting li")).to_contain_text(["加照片"])
    page.reload()
    expect(page.locator("#waiting li")).to_contain_text(["楼道堆物 · 3 号楼 2 楼走廊"])
    assert steps(site, case) == []
    context.set_offline(False)
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    expect(part).to_contain_text("已加 1 张照片")
    alert, track = site.parts.desk.track(case.id)
    assert [(step.kind, step.by) for step in track.steps] == [(K.PHOTO, "李雷")]
    kept = site.parts.snapshots.path(alert.evidence["photos"][0]["key"], "clean").read_bytes()
    assert b"GPS" not in kept and alert.evidence["photos"][0]["width"] == 1280
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found(page) == []


def test_on_a_phone_one_too_many_is_refused_once_and_holds_up_no_other(
    site: Site, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.desk.desk.MOST_PHOTOS", 1)
    page = come_in(site, context)
    full, other = site.parts.raise_alert(0, "clutter"), site.parts.raise_alert(1, "clutter")
    sent: list[str] = []
    add = site.parts.desk.add_photo

    def counted(alert_id: str, added: Added) -> tuple[Alert, bool]:
        sent.append(alert_id)  # by the page or by its worker
        return add(alert_id, added)

    monkeypatch.setattr(site.parts.desk, "add_photo", counted)
    page.goto(f"{site.url}/answer#alert={full.id}")
    part = page.locator("#add-photo")
    choose(page, "#photo")
    expect(part).to_contain_text("已加 1 张照片")
    choose(page, "#photo")
    expect(part).to_contain_text("照片没有被接受：照片已满")
    expect(page.locator("#waiting li.refused")).to_contain_text("照片已满")
    page.wait_for_timeout(AGAIN_MS)
    assert sent == [full.id] * 2, "it is not tried again by itself"
    page.locator("#waiting li.refused button", has_text="知道了").click()
    expect(page.locator("#waiting li")).to_have_count(0)
    page.goto("about:blank")
    page.goto(f"{site.url}/answer#alert={other.id}")
    choose(page, "#photo")
    expect(part).to_contain_text("已加 1 张照片")
    assert [steps(site, one) for one in (full, other)] == [[K.PHOTO]] * 2


def test_a_fire_asks_nobody_for_photos_nor_does_a_notices_link(site: Site, context: BrowserContext) -> None:
    page = come_in(site, context)
    fire, case = site.parts.raise_alert(), site.parts.raise_alert(1, "clutter")
    page.goto(f"{site.url}/answer#alert={fire.id}")
    expect(page.locator("#buttons .first")).to_have_text("收到")
    expect(page.locator("#add-photo")).to_be_hidden()
    page.goto("about:blank")
    page.goto(site.parts.answer_link(case, "李雷"))
    expect(page.locator("#buttons .first")).to_have_text("收到")
    expect(page.locator("#add-photo")).to_be_hidden()


def test_at_the_console_it_stands_among_the_pictures_and_in_the_story(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    parts.desk._pictures._private_in = lambda jpeg: Private()
    case = parts.raise_alert(0, "clutter")
    page, log = real.come_in(browser, parts, url)
    page.locator(f'[data-id="{case.id}"]').click()
    expect(page.locator(".add-photo")).to_be_visible()
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort()

    page.route("**/photos/*", lose)
    log.expected = ("ERR_FAILED", "net::")
    choose(page, "#add-photo")
    expect(page.locator(".add-photo .said")).to_contain_text("照片没有加入")
    page.unroute("**/photos/*")
    page.locator(AGAIN).first.click()
    expect(page.locator("#toast")).to_contain_text("照片已加入")
    frame = page.locator('.film [data-role="photo"]')
    expect(frame).to_have_count(1)
    expect(page.locator(".timeline .from-step").first).to_contain_text("加照片王建国")
    frame.click()
    expect(page.locator(".snapshot figcaption")).to_contain_text("王建国 拍摄")
    until(page, WIDE)
    assert found(page) == []
    page.emulate_media(media="print")
    expect(page.locator(".add-photo")).to_be_hidden()
    expect(frame).to_be_visible()
    assert [step.kind for step in parts.desk.track(case.id)[1].steps] == [K.PHOTO] and len(lost) == 1
    real.leave(page, log)


def test_at_the_console_a_file_of_long_ago_or_of_no_date_is_taken_and_is_none_of_now(
    browser: Browser, console: tuple[Parts, str], tmp_path: Path
) -> None:
    parts, url = console
    parts.desk._pictures._private_in = lambda jpeg: Private()
    case = parts.raise_alert(0, "clutter")
    page, log = real.come_in(browser, parts, url)
    page.locator(f'[data-id="{case.id}"]').click()
    now = parts.clock.now().timestamp()
    for number, (modified, words) in enumerate(((now, "照片已加入"), (0, OLD), (now - 8 * DAY_S, OLD)), 1):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(photo())
        os.utime(file, (modified, modified))
        page.locator("#add-photo").set_input_files(file)
        expect(page.locator("#toast")).to_contain_text(words)
        expect(page.locator('.film [data-role="photo"]')).to_have_count(number)
    taken = [datetime.fromisoformat(one["taken_at"]).timestamp() for one in photos_of(parts.desk.alert(case.id))]
    assert [round((now - one) / DAY_S, 1) for one in taken] == [0, 7, 7]
    real.leave(page, log)


def test_at_the_console_those_that_were_not_taken_are_kept_side_by_side(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    parts.desk._pictures._private_in = lambda jpeg: Private()
    case = parts.raise_alert(0, "clutter")
    page, log = real.come_in(browser, parts, url)
    log.expected = ("ERR_FAILED", "net::", "dialog:")
    page.locator(f'[data-id="{case.id}"]').click()
    page.route("**/photos/*", lambda route: route.abort())
    failed = page.locator(".add-photo .unsent")
    for number in (1, 2):
        choose(page, "#add-photo")
        expect(failed).to_have_count(number)
    page.locator("#add-photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator(".add-photo")).to_contain_text("无法读取")
    expect(failed).to_have_count(2)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("location.reload()")
    for _ in range(100):
        if asked:
            break
        page.wait_for_timeout(50)
    assert asked == ["beforeunload"]
    expect(failed).to_have_count(2)
    page.once("dialog", stay)
    page.locator("#account").click()
    page.locator("#leave").click()
    assert asked == ["beforeunload", "confirm"], "a log-out asks before it is ordered"
    page.keyboard.press("Escape")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(DISCARD).last.click()
    expect(failed).to_have_count(1)
    page.unroute("**/photos/*")
    page.locator(AGAIN).first.click()
    expect(page.locator('.film [data-role="photo"]')).to_have_count(1)
    expect(failed).to_have_count(0)
    assert [step.kind for step in parts.desk.track(case.id)[1].steps] == [K.PHOTO]
    real.leave(page, log)


def test_a_photo_shows_that_a_reported_place_is_clear(site: Site, browser: Browser, context: BrowserContext) -> None:
    phone = come_in(site, context)
    report(phone)
    expect(phone.locator("#report-made li")).to_be_visible()
    [case] = site.parts.desk.alerts()
    site.parts.desk.step(case.id, K.VERIFIED, by="王秀英")
    site.parts.app.dependency_overrides.clear()
    page, log = real.come_in(browser, site.parts, site.url)
    page.locator(f'[data-id="{case.id}"]').click()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-inspected").click()
    expect(page.locator(".proof")).to_contain_text("可以先加一张现场照片")
    page.locator('#step-dialog [value="cancel"]').click()
    choose(page, "#add-photo")
    expect(page.locator('.film [data-role="photo"]')).to_have_count(1)
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-inspected").click()
    expect(page.locator('[name="proof"][value="photo"]')).to_be_checked()
    until(page, "[...document.querySelectorAll('.proof img')].every((one) => one.naturalWidth > 0)")
    assert found(page) == []
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#track .stage")).to_have_text("已复查")
    expect(page.locator(".timeline .from-step").first).to_contain_text("附现场照片")
    expect(page.locator(".compare")).to_be_visible()
    real.leave(page, log)
