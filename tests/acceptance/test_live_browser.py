"""Live view from a real camera's stream to a real browser's pixels, through a running `xinan watch`."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.browser import chromium, needs_chromium, until
from tests.acceptance.watching import Watching, write_settings
from tests.clips import corridor, write_clip
from tests.rtsp_server import RtspServer, missing_reason

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

pytestmark = needs_chromium

SETTINGS = """
[analysis]
preview_width = 160
[[cameras]]
name = "gate"
url = "{url}"
read_timeout_s = 3
[[cameras]]
name = "masked"
url = "{url}"
read_timeout_s = 3
masks = [[[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]]
"""

PIXELS = """(camera) => {
  const video = document.querySelector(`[data-camera=${camera}] video`);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const mean = (x, y, w, h) => {
    const { data } = context.getImageData(x * canvas.width, y * canvas.height, w * canvas.width, h * canvas.height);
    return data.filter((_, at) => at % 4 === 1).reduce((sum, value) => sum + value, 0) / (data.length / 4);
  };
  return { width: video.videoWidth, behind: mean(0.05, 0.6, 0.35, 0.35), beside: mean(0.05, 0.05, 0.35, 0.35) };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    if reason := missing_reason():
        pytest.skip(reason)
    clip = write_clip(tmp_path_factory.mktemp("clip") / "corridor.mp4", corridor(10))
    with RtspServer(clip) as running:
        yield running


@pytest.fixture(scope="module")
def wall(server: RtspServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The console's page on a watch with one camera that can be passed through and one that must not."""
    folder = tmp_path_factory.mktemp("watch")
    settings = write_settings(folder, SETTINGS.format(url=server.url))
    with Watching(["watch", "-c", str(settings)], folder) as watch, chromium() as browser:
        page = browser.new_page(locale="en-GB")
        page.goto(watch.link)
        page.locator("#enter button").click()
        expect(page.locator(".tile")).to_have_count(2)
        yield page


def plays(page: Page, camera: str) -> None:
    """Wait until it shows video whose pictures move on."""
    tile = f"[data-camera={camera}]"
    expect(page.locator(tile)).to_have_attribute("data-kind", "webrtc", timeout=60_000)
    video = f"document.querySelector('{tile} video')"
    shown = page.evaluate(f"{video}.getVideoPlaybackQuality().totalVideoFrames")
    until(page, f"{video}.getVideoPlaybackQuality().totalVideoFrames > {shown} + 5")


def test_a_camera_s_own_pictures_are_shown_but_where_it_has_masks(wall: Page) -> None:
    for camera in ("gate", "masked"):
        plays(wall, camera)
    own: dict[str, Any] = wall.evaluate(PIXELS, "gate")
    assert own["width"] == 320, "as the camera sends it, not reduced to preview_width"
    assert own["behind"] > 80 and own["beside"] > 80
    masked: dict[str, Any] = wall.evaluate(PIXELS, "masked")
    assert masked["width"] == 160, "encoded anew"
    assert masked["behind"] < 12 and masked["beside"] > 80


def test_a_camera_that_dies_is_shown_as_offline_and_plays_again_by_itself(wall: Page, server: RtspServer) -> None:
    for camera in ("gate", "masked"):
        plays(wall, camera)
    server.kill()
    for camera in ("gate", "masked"):
        tile = wall.locator(f"[data-camera={camera}]")
        expect(tile).to_have_attribute("data-health", "offline")
        expect(tile).to_contain_text("Offline")
        expect(tile.locator("video")).to_be_hidden()
        expect(tile.locator("img")).to_be_hidden()
    wall.evaluate("document.getElementById('language').click()")
    for camera in ("gate", "masked"):
        note = wall.locator(f"[data-camera={camera}] .tile-note")
        expect(note).to_contain_text(re.compile("离线.*[连码没断]"))
        expect(note).not_to_contain_text(re.compile("[A-Za-z]{3}"))
    wall.evaluate("document.getElementById('language').click()")
    server.start()
    for camera in ("gate", "masked"):
        plays(wall, camera)
