"""Muting and what is at hand, as an operator meets them: a real server, a real browser."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerts.config import Settings
from tests.acceptance.browser import come_in, needs_chromium
from tests.alerts.web.console import Parts, free_port

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    places = [
        {"id": "b3", "name": "3号楼", "name_en": "Building 3", "kind": "building", "hydrant": "大门内侧"},
        {
            "id": "shed",
            "name": "东侧 自行车棚",
            "name_en": "bike shed",
            "kind": "shed",
            "within": "b3",
            "note": HOSTILE,
            "extinguisher": "车棚门内左侧",
            "contacts": [{"name": "王师傅", "role": "车棚管理员", "phone": "138 0000 0000"}],
        },
    ]
    cameras = [{"name": "shed-1", "url": "rtsp://u:p@camera/1", "place": "shed"}]
    raw = {
        "store": {"path": tmp_path / "store"},
        "console": {"port": free_port()},
        "places": places,
        "cameras": cameras,
    }
    return Settings.model_validate(raw)


def test_an_alert_is_muted_with_a_reason_and_told_of_again(
    browser: Browser, console: tuple[Parts, str], tmp_path: Path
) -> None:
    parts, url = console
    clutter = parts.raise_alert(hazard="clutter")
    page, log = come_in(browser, parts, url)
    page.locator(f'[data-id="{clutter.id}"]').click()
    safety = page.locator(".safety")
    expect(safety).to_contain_text("车棚门内左侧")
    expect(safety).to_contain_text("大门内侧")
    expect(safety.locator("a[href='tel:13800000000']")).to_have_text("138 0000 0000")
    expect(page.locator("#muting")).to_have_text("静默")
    page.locator("#mute-this").click()
    assert page.locator("#mute-scope").input_value() == f"alert:{clutter.id}"
    page.locator("#mute-scope").select_option("place:b3")
    page.locator("#mute-reason").fill(HOSTILE)
    page.locator("#mute-form button[value=send]").click()
    expect(page.locator("#mute-dialog")).to_be_hidden()
    expect(page.locator("#muting")).to_have_text("静默中 1")
    expect(page.locator(".muting-line")).to_contain_text(f"人工搁置 · {HOSTILE} · 王建国")
    expect(page.locator(".card .mark")).to_be_visible()
    (silence,) = parts.desk.muting.silences.active(parts.clock.now())
    assert (silence.scope.value, silence.by, silence.fire) == ("b3", "王建国", False)
    page.locator("#muting").click()
    expect(page.locator("#mute-now li").first).to_contain_text("3号楼")
    page.locator("#mute-now button").click()
    expect(page.locator("#mute-now")).to_contain_text("现在没有静默")
    log.check()


def test_a_week_is_told_in_days_and_a_camera_as_a_camera(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert(0, "clutter")
    page, log = come_in(browser, parts, url)
    page.locator("#mute-this").click()
    expect(page.locator("#mute-minutes option").last).to_have_text("7 天")
    expect(page.locator("#mute-scope optgroup option[value='camera:shed-1']").last).to_have_text("摄像机 shed-1")
    log.check()


def test_a_flame_takes_a_word_of_its_own_and_a_short_time(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    flame = parts.raise_alert()
    page, log = come_in(browser, parts, url)
    log.expected = ("422",)
    page.locator("#mute-this").click()
    page.locator("#mute-reason").fill("welding, permit 7")
    page.locator("#mute-form button[value=send]").click()
    expect(page.locator("#mute-error")).to_contain_text("必须明确选择明火")
    page.locator("#mute-fire").check()
    assert page.locator("#mute-minutes option").evaluate_all("all => all.map((one) => one.value)") == [
        "30",
        "60",
        "240",
    ]
    page.locator("#mute-form button[value=send]").click()
    expect(page.locator("#mute-dialog")).to_be_hidden()
    expect(page.locator(".muting-line")).to_contain_text("welding, permit 7")
    assert list(parts.desk.muted_now().muted) == [flame.id]
    log.check()


def test_a_drill_of_another_operator_is_seen_at_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    other, _ = come_in(browser, parts, url)
    other.locator("#muting").click()
    other.locator("#mute-kind").select_option("drill")
    other.locator("#mute-scope").select_option("place:site")
    other.locator("#mute-reason").fill("yearly drill")
    other.locator("#mute-form button[value=send]").click()
    expect(page.locator("#muting")).to_have_text("演练中")
    began = replace(parts.finding(), since_at=parts.clock.now())  # what was there before is no exercise
    parts.desk.receive(parts.look(0, began))
    expect(page.locator(".card .mark.drill")).to_have_text("演练")
    log.check()
