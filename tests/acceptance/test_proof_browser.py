"""A clutter case is closed with a picture of the clear place, or with a word on record why there is none."""

from collections.abc import Sequence

import pytest

from alerts.track.step import StepKind
from tests.acceptance.browser import come_in, leave, needs_chromium, press, until
from tests.acceptance.test_looks_browser import found
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

K = StepKind
SHOWN = "document.querySelector('.proof figure:last-of-type img').naturalWidth > 0"


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0,)


def cleared(parts: Parts, camera: int) -> str:
    """A verified clutter case whose place the camera finds clear, without a picture of that."""
    case = parts.raise_alert(camera, "clutter")
    parts.desk.acknowledge(case.id, by="李")
    pictures = parts.desk._pictures
    shown, pictures._picture_now = pictures._picture_now, lambda name: None
    parts.clear(camera)
    pictures._picture_now = shown
    return case.id


def close(page: Page, case: str) -> None:
    page.locator(f'[data-id="{case}"]').click()
    press(page, "#step-closed")


def test_with_the_picture_of_now(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = cleared(parts, 0)
    page, log = come_in(browser, parts, url)
    close(page, case)
    expect(page.locator("#step-dialog")).to_contain_text("现场已清除的证明")
    until(page, SHOWN)
    expect(page.locator('[name="proof"][value="picture"]')).to_be_checked()
    assert found(page) == []
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#track .stage")).to_have_text("已结案")
    expect(page.locator(".timeline .from-step").first).to_contain_text("附当时画面")
    expect(page.locator(".compare")).to_be_visible()
    assert parts.desk.alert(case).evidence["snapshot_after"]["key"]
    leave(page, log)


def test_without_a_picture_a_reason_is_asked_for(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = cleared(parts, 1)
    page, log = come_in(browser, parts, url)
    log.expected = ("404", "503")
    close(page, case)
    expect(page.locator(".proof")).to_contain_text("摄像机当前没有画面。")
    expect(page.locator('[name="proof"][value="picture"]')).to_be_disabled()
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#step-dialog")).to_be_visible()
    assert parts.desk.alert(case).closed_at is None, "it asks for the reason"
    page.locator('[name="unproven"]').fill("摄像机停电，楼长到场看过")
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#track .stage")).to_have_text("已结案")
    expect(page.locator(".timeline .from-step").first).to_contain_text("没有画面证明，因为: 摄像机停电，楼长到场看过")
    leave(page, log)
