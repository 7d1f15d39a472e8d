"""Drawing zones as an installer does: a real server, a real browser, a fragment that the settings take."""

import queue
import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.watch import bind
from alerts.web.zones_app import Drawing, serve_drawing
from alerts.zoning import zone_fields
from streams.clock import SystemClock
from tests.acceptance.browser import needs_chromium
from tests.alerts.web.painting import SIZE, jpeg, paint
from vision.config import CameraConfig, ZoneConfig

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

TRIANGLE = ((0.2, 0.3), (0.8, 0.3), (0.5, 0.9))
CAMERA = CameraConfig.model_validate(
    {"name": "gate", "url": "rtsp://u:secret@x/1", "zones": [{"name": "门厅", "type": "lobby", "polygon": TRIANGLE}]}
)


@contextmanager
def serving(drawing: Drawing) -> Iterator[str]:
    """The page in a thread; gives the one-time link. Ends when the page says so, or here."""
    links: queue.Queue[str] = queue.Queue()
    with closing(bind("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_drawing, args=(drawing, listener, SystemClock(), links.put))
        thread.start()
        try:
            yield links.get(timeout=20)
        finally:
            drawing.ended.set()
            thread.join(20)
            assert not thread.is_alive()


@contextmanager
def drawing_page(browser: Browser, drawing: Drawing, locale: str = "en-GB") -> Iterator[Page]:
    with serving(drawing) as link:
        page = browser.new_context(locale=locale, viewport={"width": 1366, "height": 768}).new_page()
        problems: list[str] = []
        page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(link)
        page.locator("#enter button").click()
        expect(page.locator("#save")).to_contain_text(drawing.out.name)
        yield page
        assert not problems
        page.context.close()


def some_drawing(out: Path, camera: CameraConfig | None = None) -> Drawing:
    return Drawing("gate", jpeg(paint(0)), SIZE, camera, out)


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place of the picture (0–1) on the page: the still fills the board, less a margin, keeping its shape."""
    box = page.locator("#board").bounding_box()
    assert box
    pad = 10
    scale = min((box["width"] - 2 * pad) / SIZE[0], (box["height"] - 2 * pad) / SIZE[1])
    left = box["x"] + (box["width"] - SIZE[0] * scale) / 2
    top = box["y"] + (box["height"] - SIZE[1] * scale) / 2
    return left + x * SIZE[0] * scale, top + y * SIZE[1] * scale


def click(page: Page, *points: tuple[float, float]) -> None:
    for x, y in points:
        page.mouse.click(*at(page, x, y))


def zones_in(toml: str) -> list[dict[str, Any]]:
    """What the settings make of the fragment below a camera."""
    whole = tomllib.loads(f'[[cameras]]\nname = "c"\nurl = "u"\n{toml}')
    return [zone.model_dump(mode="json") for zone in Settings.model_validate(whole).cameras[0].zones]


def test_a_zone_is_drawn_named_saved_and_taken_by_the_settings(browser: Browser, tmp_path: Path) -> None:
    drawing = some_drawing(tmp_path / "zones.toml")
    with drawing_page(browser, drawing) as page:
        page.locator("#add-zone").click()
        expect(page.locator("#hint")).to_contain_text("Enter closes it")
        click(page, (0.1, 0.9), (0.4, 0.4), (0.6, 0.4), (0.9, 0.9), (0.1, 0.9))
        page.locator("select").select_option("stairwell")
        page.locator('input[name="name"]').fill('2 单元 "东"')
        expect(page.locator("#toml")).to_contain_text('name = "2 单元 \\"东\\""')
        page.locator("#save").click()
        expect(page.locator("#said")).to_contain_text("zones.toml")
        (zone,) = zones_in((tmp_path / "zones.toml").read_text("utf-8"))
        assert (zone["name"], zone["type"]) == ('2 单元 "东"', "stairwell")
        for drawn, meant in zip(zone["polygon"], [(0.1, 0.9), (0.4, 0.4), (0.6, 0.4), (0.9, 0.9)], strict=True):
            assert drawn == pytest.approx(meant, abs=0.005)
        page.locator("#finish").click()
        expect(page.locator("#hint")).to_contain_text("You can close")
    assert drawing.toml == (tmp_path / "zones.toml").read_text("utf-8")


def test_zones_of_the_settings_are_shown_and_changed(browser: Browser, tmp_path: Path) -> None:
    drawing = some_drawing(tmp_path / "zones.toml", CAMERA)
    with drawing_page(browser, drawing, "zh-CN") as page:
        expect(page.locator('input[name="name"]')).to_have_value("门厅")
        expect(page.locator("#toml")).to_contain_text("[0.5, 0.9]")
        assert "secret" not in page.content()
        x, y = at(page, 0.5, 0.9)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(*at(page, 0.6, 0.8), steps=4)
        page.mouse.up()
        expect(page.locator("#toml")).not_to_contain_text("[0.5, 0.9]")
        moved = pytest.approx([0.6, 0.8], abs=0.005)
        for _ in range(200):  # it goes there in steps, each of which is kept
            if zones_in(drawing.toml)[0]["polygon"][2] == moved:
                break
            page.wait_for_timeout(50)
        assert zones_in(drawing.toml)[0]["polygon"][2] == moved
        click(page, (0.5, 0.3))
        expect(page.locator(".shape .kind").first).to_contain_text("4 个点")
        page.keyboard.press("Delete")
        expect(page.locator(".shape .kind").first).to_contain_text("3 个点")
        page.locator('input[name="name"]').fill("")
        expect(page.locator("#problems")).to_contain_text("name")
        expect(page.locator("#save")).to_be_disabled()
        assert zones_in(drawing.toml)[0]["name"] == "门厅", "the last sound draft is kept"
    assert not (tmp_path / "zones.toml").exists()


def test_every_polygon_that_a_zone_can_have_can_be_drawn(browser: Browser, tmp_path: Path) -> None:
    """And masks, too."""
    kinds = [field["name"] for field in zone_fields() if field["kind"] == "polygons"]
    assert len(kinds) > 3
    drawing = some_drawing(tmp_path / "zones.toml", CAMERA.model_copy(update={"zones": (SHED,)}))
    with drawing_page(browser, drawing) as page:
        for name in kinds:
            page.locator(f'[data-draw="{name}"]').first.click()
            click(page, (0.3, 0.5), (0.5, 0.5), (0.5, 0.7))
            page.keyboard.press("Enter")
            expect(page.locator("#toml")).to_contain_text(f"{name} = ")
        page.locator("#add-mask").click()
        click(page, (0.7, 0.1), (0.9, 0.1), (0.9, 0.3))
        page.keyboard.press("Enter")
        expect(page.locator("#toml")).to_contain_text("masks = [[[0.")


def test_zones_are_drawn_and_changed_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    drawing = some_drawing(tmp_path / "zones.toml", CAMERA)
    with drawing_page(browser, drawing) as page:
        press, where = page.keyboard.press, page.locator("#point")
        for _ in range(20):
            press("Tab")
            if page.evaluate("document.activeElement.id") == "board":
                break
        press("Space")
        expect(where).to_have_text("门厅: point 1 of 3 at 20 % × 30 %")
        press("Space")
        press("Shift+Space")
        press("Space")
        expect(where).to_contain_text("point 2 of 3")
        press("Shift+ArrowRight")
        press("ArrowUp")
        expect(where).to_contain_text("at 85 % × 29.5 %")
        press("+")
        expect(where).to_contain_text("point 3 of 4")
        expect(page.locator("#toml")).to_contain_text("[0.85, 0.295], [0.675, 0.5975], [0.5, 0.9]")
        press("Delete")
        expect(page.locator("#toml")).to_contain_text("[0.85, 0.295], [0.5, 0.9]")
        press("Tab")
        press("Enter")
        expect(page.locator("#board")).to_be_focused()
        for way in ("Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowRight"):
            press(way)
            press("Space")
        expect(where).to_have_text("4 points")
        press("Backspace")
        expect(where).to_have_text("3 points")
        press("Enter")
        expect(page.locator("#toml")).to_contain_text("[[0.45, 0.5], [0.5, 0.5], [0.5, 0.55]]")
        press("Shift+Tab")
        expect(page.locator("#board")).not_to_be_focused()
        assert len(zones_in(drawing.toml)) == 2


def test_a_point_is_put_elsewhere_without_dragging(browser: Browser, tmp_path: Path) -> None:
    drawing = some_drawing(tmp_path / "zones.toml", CAMERA)
    with drawing_page(browser, drawing) as page:
        move, hint = page.locator("#move-point"), page.locator("#hint")
        expect(move).to_be_disabled()
        click(page, (0.5, 0.9))
        move.click()
        expect(move).to_have_attribute("aria-pressed", "true")
        expect(hint).to_contain_text("Press where")
        page.keyboard.press("Escape")
        expect(hint).to_contain_text("Drag")
        move.click()
        click(page, (0.5, 0.5))
        expect(move).to_have_attribute("aria-pressed", "false")
        expect(page.locator("#toml")).not_to_contain_text("[0.5, 0.9]")
        expect(page.locator("#point")).to_contain_text("point 3 of 3 at 50 %")
        click(page, (0.5, 0.4))
        expect(page.locator("#point")).to_be_empty()  # it is carried once


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", 0), ("en-GB", 1)])
def test_what_only_the_program_says_in_english_is_no_hint_of_a_chinese_page(
    browser: Browser, tmp_path: Path, locale: str, said: int
) -> None:
    with drawing_page(browser, some_drawing(tmp_path / "zones.toml", CAMERA), locale) as page:
        titles = page.locator("#forms [title]").evaluate_all("all => all.map((one) => one.title).filter(Boolean)")
        assert bool(titles) == bool(said)


SHED = ZoneConfig.model_validate({"name": "shed", "type": "shed"})


SHAPES = """import(new URL('zones_draft.js', document.querySelector('script[type=module]').src))
  .then(({ shapes }) => shapes().map(({ kind, number, title, points }) => [kind, number, title, points.length]))"""


def test_clicks_beside_the_picture_do_not_count_and_a_zone_offers_what_is_of_its_type(
    browser: Browser, tmp_path: Path
) -> None:
    drawing = some_drawing(tmp_path / "zones.toml", CAMERA)
    with drawing_page(browser, drawing) as page:
        board = page.locator("#board").bounding_box()
        assert board
        page.locator("#add-mask").click()
        left, top = at(page, 0, 0)
        wide = left - board["x"] > top - board["y"]
        beside = (
            [(left - 15, top + 40), (left - 15, top + 80)] if wide else [(left + 40, top - 15), (left + 80, top - 15)]
        )
        for x, y in beside:
            page.mouse.click(x, y)
        click(page, (0.7, 0.1), (0.9, 0.1), (0.9, 0.3))
        page.keyboard.press("Enter")
        expect(page.locator("#toml")).to_contain_text("masks = ")
        assert page.evaluate(SHAPES) == [["polygon", None, "门厅", 3], ["masks", 1, "", 3]]
        kind = page.locator('select[name="type"]')
        expect(page.locator('[data-draw="bays"]')).to_have_count(0)
        kind.focus()
        kind.select_option("shed")
        expect(kind).to_be_focused()
        expect(page.locator("#forms")).not_to_contain_text("Burning")
        page.locator('[data-draw="bays"]').click()
        click(page, (0.3, 0.5), (0.5, 0.5), (0.5, 0.7))
        page.keyboard.press("Enter")
        expect(page.locator("#toml")).to_contain_text("bays = ")
        assert ["bays", 1, "门厅", 3] in page.evaluate(SHAPES)
        kind.select_option("burn_site")
        expect(page.locator("#forms")).to_contain_text("Burning")
        expect(page.locator("#forms")).to_contain_text("Bays")  # they are there, and have to be seen to be removed
        expect(page.locator("#problems")).to_contain_text("bays, aisles and capacity are of a shed")


def test_nobody_gets_in_without_the_link(browser: Browser, tmp_path: Path) -> None:
    with serving(some_drawing(tmp_path / "zones.toml", CAMERA)) as link:
        page = browser.new_context(locale="en-GB").new_page()
        for path in ("/still.jpg", "/api/zones", "/static/0/zones.js"):
            answer = page.goto(link.split("/enter")[0] + path)
            assert answer and answer.status == 401
        page.context.close()
