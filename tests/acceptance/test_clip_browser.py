"""The clip of an alert as an operator meets it: a camera's real streams, a real watch, a real browser."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium, needs_chromium
from tests.acceptance.watching import Watching, until, write_settings
from tests.clips import corridor, write_clip
from tests.rtsp_server import RtspServer, missing_reason

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

PLAYED = """video => new Promise((done, failed) => {
  const from = video.currentTime;
  setTimeout(() => failed(new Error(`it stands at ${video.currentTime}`)), 15000);
  video.addEventListener("timeupdate", () => video.currentTime > from + 0.3 && done(video.currentTime));
  video.play();
})"""
SOUGHT = """(video, to) => new Promise((done, failed) => {
  setTimeout(() => failed(new Error("not sought")), 15000);
  video.addEventListener("seeked", () => done(video.currentTime), { once: true });
  video.currentTime = to;
})"""
READY = "video => video.readyState >= 1 && Number.isFinite(video.duration)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def clip_of(watch: Watching) -> dict[str, Any]:
    """The first alert's clip, once it is told."""
    alerts = watch.get("/api/alerts")["alerts"]
    return {"id": alerts[0]["id"], **alerts[0]["clip"]} if alerts and alerts[0]["clip"] else {}


def page_of(browser: Browser, watch: Watching, alert_id: str) -> Page:
    """The console with an alert selected, in the session that `watch.http` has."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1400, "height": 1100})
    context.add_cookies(
        [{"name": one.name, "value": one.value or "", "url": watch.base} for one in watch.http.cookies.jar]
    )
    page = context.new_page()
    page.goto(f"{watch.base}/#alert={alert_id}")
    return page


def test_the_main_streams_clip_is_played_in_the_console(tmp_path: Path, browser: Browser) -> None:
    """The small stream is analysed; the clip is of the large one, from before the alert to after it."""
    if reason := missing_reason():
        pytest.skip(reason)
    small = write_clip(tmp_path / "sub.mp4", corridor(20, thing_from_s=6))
    large = write_clip(tmp_path / "main.mp4", (picture.repeat(2, 0).repeat(2, 1) for picture in corridor(20)))
    with RtspServer(small, fps=10) as sub, RtspServer(large, fps=10) as main:
        camera = f'[[cameras]]\nname = "hall"\nurl = "{sub.url}"\nmain_url = "{main.url}"\n'
        brief = "[hazards.clutter]\ndwell_s = 2\n[evidence]\npre_s = 3\npost_s = 3\n"
        settings = write_settings(tmp_path, brief + camera)
        with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
            watch.enter()
            clip = until(lambda: clip_of(watch), "the clip")
            assert clip["trouble"] == ""
            assert 5.0 < clip["duration_s"] < 9.0
            content = watch.http.get(f"/api/alerts/{clip['id']}/clip").content
            assert hashlib.sha256(content).hexdigest()[:12] == clip["mark"]
            page = page_of(browser, watch, clip["id"])
            video = page.locator("figure.clip video")
            expect(video).to_be_visible(timeout=20_000)
            until(lambda: video.evaluate(READY), "the clip in the player")
            assert video.evaluate("video => [video.videoWidth, video.videoHeight]") == [640, 360]
            assert video.evaluate("video => video.duration") == pytest.approx(clip["duration_s"], abs=0.5)
            assert video.evaluate(SOUGHT, 4.0) == pytest.approx(4.0, abs=0.2)
            assert video.evaluate(PLAYED) > 4.2
            if picture := os.environ.get("XINAN_SCREENSHOT"):
                page.screenshot(path=picture)
            page.context.close()
            assert watch.stop() == 0
    assert not list(tmp_path.rglob("*.part"))
