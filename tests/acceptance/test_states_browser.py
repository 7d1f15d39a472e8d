"""How an alert stands is told without colour (ISA-18.2): by a word, a sign, and the line at a card's left; also where a
system takes all colours away."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.track.step import StepKind
from tests.acceptance.browser import come_in, leave, needs_chromium
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

K = StepKind
CAMERAS: list[dict[str, Any]] = [
    {"name": f"cam-{number}", "url": f"rtsp://camera/{number}", "place": f"{number}号楼"} for number in range(1, 10)
]
LINES: Mapping[str, tuple[str, str, str]] = {
    "waits": ("待确认", "solid", "6px"),
    "in hand": ("已确认", "solid", "2px"),
    "gone, nobody has seen it": ("画面中看不到了，未确认", "dashed", "6px"),
    "suspected": ("疑似，核实中", "dotted", "6px"),
    "shelved": ("待确认", "double", "6px"),
    "over": ("已结案", "none", "0px"),
    "false": ("误报", "none", "0px"),
}
"""What it is → the word of its state, and the style and width of the line at the left."""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll("#queue-list .card")].map((card) => {
  const { borderLeftStyle, borderLeftWidth } = getComputedStyle(card);
  const chip = card.querySelector(".chip");
  return [card.dataset.id, [chip.textContent, borderLeftStyle, borderLeftWidth, chip.querySelector("svg").innerHTML]];
}))"""
RING = "(selector) => { const { outlineStyle, outlineWidth } = getComputedStyle(document.querySelector(selector)); return [outlineStyle, outlineWidth]; }"  # noqa: E501


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return some_settings(tmp_path / "store", CAMERAS)


@pytest.fixture
def ids(console: tuple[Parts, str]) -> dict[str, str]:
    """One alert of each kind, each of a camera of its own."""
    parts, _ = console
    desk = parts.desk
    desk.silence(Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "cam-5"), "搬家", "李", timedelta(hours=1)))
    made = {
        "waits": parts.raise_alert(0, "ebike"),
        "in hand": parts.raise_alert(1, "ebike"),
        "gone, nobody has seen it": parts.raise_alert(2, "ebike"),
        "suspected": parts.raise_alert(3, confirmed=False),
        "shelved": parts.raise_alert(4, "ebike"),
        "over": parts.raise_alert(5, "ebike"),
        "false": parts.raise_alert(6, "ebike"),
    }
    for name in ("in hand", "over"):
        desk.acknowledge(made[name].id, by="李")
    for camera in (2, 5):
        parts.clear(camera)
    desk.step(made["over"].id, K.INSPECTED, by="李", detail={"unproven": "到场看过"})
    desk.step(made["over"].id, K.CLOSED, by="李")
    desk.mark_false_alarm(made["false"].id, by="李", reason="shadow")
    return {name: alert.id for name, alert in made.items()}


def told(page: Page, ids: Mapping[str, str]) -> dict[str, list[str]]:
    """Of each: word, style and width of its line, its sign."""
    found: dict[str, list[str]] = page.evaluate(SHOWN)
    return {name: found[one] for name, one in ids.items()}


@pytest.mark.parametrize("forced", ["none", "active"])
def test_each_state_has_a_word_a_sign_and_a_line(
    browser: Browser, console: tuple[Parts, str], ids: dict[str, str], forced: Any
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, forced_colors=forced)
    expect(page.locator("#queue-list .card")).to_have_count(len(ids))
    expect(page.locator(f'[data-id="{ids["shelved"]}"]')).to_have_attribute("data-muted", "shelved")
    seen = told(page, ids)
    assert {name: tuple(one[:3]) for name, one in seen.items()} == LINES
    signs = {name: one[3] for name, one in seen.items()}
    assert signs["shelved"] == signs["waits"], "it waits all the same"
    assert len({signs[name] for name in ("waits", "in hand", "suspected", "over", "false")}) == 5
    for name in ("waits", "gone, nobody has seen it"):
        expect(page.locator(f'[data-id="{ids[name]}"] .chip svg')).to_be_visible()
    leave(page, log)


def test_without_colours_what_is_chosen_and_what_has_the_focus_have_a_ring(
    browser: Browser, console: tuple[Parts, str], ids: dict[str, str]
) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, forced_colors="active")
    page.locator(f'[data-id="{ids["waits"]}"]').click()
    expect(page.locator("#detail")).to_be_visible()
    page.locator("#filter-text").focus()
    assert page.evaluate(RING, '#queue-list .card[aria-current="true"]') == ["solid", "3px"]
    assert page.evaluate(RING, ".tile.of-selected") == ["solid", "3px"]
    assert page.evaluate(RING, '#wall-zones[aria-pressed="true"]') == ["solid", "3px"]
    page.keyboard.press("Tab")
    assert page.evaluate(RING, ":focus")[0] == "solid"
    leave(page, log)


def test_tiles_say_by_their_frame_how_their_alarm_stands(
    browser: Browser, console: tuple[Parts, str], ids: dict[str, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert(7)
    page, log = come_in(browser, parts, url)
    page.keyboard.press("Escape")
    frames = {"cam-1": "solid", "cam-2": "dashed", "cam-4": "dotted", "cam-8": "solid"}
    for camera, style in frames.items():
        tile = page.locator(f'.tile[data-camera="{camera}"]')
        expect(tile.locator(".tile-alarm")).to_be_visible()
        expect(tile).to_have_css("border-top-style", style)
    expect(page.locator(f'[data-id="{fire.id}"] .chip')).to_contain_text("待确认")
    leave(page, log)
