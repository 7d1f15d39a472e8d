"""The desk on which a camera's zones and masks are drawn, in set-up: it is that camera's own, or nothing can be taken
from it. A real watch, a real Chromium, and cameras that give no picture, or give one late."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import needs_chromium, waits
from tests.acceptance.test_setup_browser import HEAD, PICTURE, save, saved, setup_page
from tests.acceptance.watching import Watching, until, write_settings
from tests.clips import corridor, write_clip
from tests.streams.wire import WireServer

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = needs_chromium

RAW = """
[[cameras]]
name = "hall"
url = "{clip}"
loop = true
zones = [{{ name = "门厅", type = "lobby", polygon = [[0.2, 0.3], [0.8, 0.3], [0.5, 0.9]] }}]

[[cameras]]
name = "dead"
url = "http://127.0.0.1:{port}/snap.jpg"
zones = [{{ name = "充电棚", type = "shed", polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] }}]
masks = [[[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]]
"""


class Lens:
    """A camera that answers only once it is mended."""

    def __init__(self) -> None:
        self.mended = False

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(HEAD + PICTURE if self.mended else b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def lens() -> Lens:
    return Lens()


@pytest.fixture
def file(tmp_path: Path, lens: Lens) -> Iterator[Path]:
    clip = write_clip(tmp_path / "hall.mp4", corridor(4))
    with WireServer(lens) as server:
        yield write_settings(tmp_path, RAW.format(clip=clip, port=server.port))


@pytest.fixture
def watch(file: Path) -> Iterator[Watching]:
    with Watching(["watch", "-c", str(file)], file.parent) as running:
        running.enter()
        until(lambda: running.state("hall") == "online", "the camera")
        yield running


def desk(page: Page, camera: str) -> None:
    page.locator("#entries button", has_text=camera).click()
    page.locator("#draw-zones").click()


def test_of_a_camera_without_a_picture_nothing_is_taken_from_the_desk_until_one_comes(
    browser: Browser, watch: Watching, file: Path, lens: Lens
) -> None:
    before = file.read_text("utf-8")
    with setup_page(browser, watch) as page:
        dialog, use, names = page.locator("#zones-dialog"), page.locator("#use-zones"), page.locator("#forms input")
        desk(page, "hall")
        expect(names.first).to_have_value("门厅")
        page.locator("#zones-dialog").get_by_role("button", name="Cancel").click()
        desk(page, "dead")
        expect(dialog.locator(".said")).to_have_attribute("data-good", "false")
        expect(page.locator("#hint")).to_contain_text("stay as they are")
        for button in (use, page.locator("#add-zone"), page.locator("#add-mask")):
            expect(button).to_be_disabled()
        expect(names).to_have_count(0)
        lens.mended = True
        dialog.get_by_role("button", name="Fresh still").click()
        expect(names.first).to_have_value("充电棚")
        names.first.fill("电动车棚")
        expect(use).to_be_enabled()
        use.click()
        expect(page.locator("#drawn")).to_have_text("电动车棚 · 1 mask")
        assert file.read_text("utf-8") == before
        save(page)
        assert saved(file)["cameras"][1]["masks"] == [[[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]]
        assert [zone["name"] for zone in saved(file)["cameras"][1]["zones"]] == ["电动车棚"]


def test_a_picture_that_comes_late_opens_no_other_camera_s_desk(browser: Browser, watch: Watching, lens: Lens) -> None:
    lens.mended = True
    until(lambda: watch.state("dead") == "online", "the camera")
    with setup_page(browser, watch) as page:
        held: list[Route] = []
        page.route("**/api/cameras/hall/picture.jpg", lambda route: held.append(route))
        desk(page, "hall")
        expect(page.locator("#use-zones")).to_be_disabled()
        page.locator("#zones-dialog").get_by_role("button", name="Cancel").click()
        desk(page, "dead")
        expect(page.locator("#forms input").first).to_have_value("充电棚")
        with page.expect_response("**/api/cameras/hall/picture.jpg"):
            held[0].continue_()
        page.wait_for_timeout(500)  # it would have been taken for this camera's by now
        page.locator("#use-zones").click()
        expect(page.locator("#drawn")).to_have_text("充电棚 · 1 mask")


@pytest.mark.parametrize("drawing", [False, True])
def test_what_is_found_sound_after_the_desk_was_left_is_no_other_camera_s(
    browser: Browser, watch: Watching, lens: Lens, drawing: bool
) -> None:
    lens.mended = True
    until(lambda: watch.state("dead") == "online", "the camera")
    with setup_page(browser, watch) as page:
        desk(page, "hall")
        expect(page.locator("#forms input").first).to_have_value("门厅")
        held: list[Route] = []
        page.route("**/api/setup/check", lambda route: held.append(route))
        page.locator("#use-zones").click()
        waits(page, held)
        page.locator("#zones-dialog").get_by_role("button", name="Cancel").click()
        page.locator("#entries button", has_text="dead").click()
        if drawing:
            page.locator("#draw-zones").click()
            expect(page.locator("#forms input").first).to_have_value("充电棚")
        for route in held:
            with page.expect_response("**/api/setup/check"):
                route.continue_()
        page.wait_for_timeout(500)  # it would have been taken for this camera's by now
        expect(page.locator("#drawn")).to_have_text("充电棚 · 1 mask")
        expect(page.locator("#zones-dialog")).to_be_visible(visible=drawing)
