"""The clip of an alert as an operator meets it: a camera's real streams, a real watch, a real browser."""

import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.acceptance.browser import needs_chromium
from tests.acceptance.test_watch import children_of
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.web.console import Parts, serving, some_settings
from tests.clips import corridor, write_clip
from tests.rtsp_server import RtspServer, missing_reason
from tests.streams.test_clip import coded, write
from tests.streams.test_tap import X265

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


def clip_of(watch: Watching) -> dict[str, Any]:
    """The thing's clip, once it is told."""
    told = (alert for alert in watch.get("/api/alerts")["alerts"] if alert["hazard"] == "clutter" and alert["clip"])
    return next(({"id": alert["id"], **alert["clip"]} for alert in told), {})


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
    """The small stream is analysed; snapshot and clip are of the large one, the clip from before the alert on."""
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
            watch.say_why(clip["id"])
            content = watch.http.get(f"/api/alerts/{clip['id']}/clip").content
            assert hashlib.sha256(content).hexdigest()[:12] == clip["mark"]
            picture = watch.http.get(f"/api/alerts/{clip['id']}/snapshot?variant=clean").content
            image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            assert image.shape == (360, 640, 3), "the main stream's"
            page = page_of(browser, watch, clip["id"])
            page.locator("#show-clear").click()
            page.locator("#clear-verify").click()
            video = page.locator("figure.clip video")
            expect(video).to_be_visible()
            until(lambda: video.evaluate(READY), "the clip in the player")
            assert video.evaluate("video => [video.videoWidth, video.videoHeight]") == [640, 360]
            assert video.evaluate("video => video.duration") == pytest.approx(clip["duration_s"], abs=0.5)
            assert video.evaluate(SOUGHT, 4.0) == pytest.approx(4.0, abs=0.2)
            assert video.evaluate(PLAYED) > 4.2
            page.context.close()
            assert watch.stop() == 0
    assert not list(tmp_path.rglob("*.part"))


def test_a_killed_analyzer_costs_at_most_the_rest_of_the_clip(tmp_path: Path) -> None:
    """Never an endless wait: what was written is kept, or it is said why there is none."""
    clip = write_clip(tmp_path / "hall.mp4", corridor(20, thing_from_s=3))
    camera = f'[[cameras]]\nname = "hall"\nurl = "{clip}"\n'
    brief = "[hazards.clutter]\ndwell_s = 2\n[evidence]\npre_s = 4\npost_s = 300\n"
    settings = write_settings(tmp_path, brief + camera)
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
        watch.enter()
        until(lambda: any("fired" in line for line in watch.lines), "the alert")
        until(lambda: list(tmp_path.rglob("*.mp4.part")), "the clip to be begun")
        for child in children_of(watch.process.pid):
            os.kill(child, signal.SIGKILL)
        told = until(lambda: clip_of(watch), "word of the clip")
        assert told["trouble"] == "the analyzer was lost"
        watch.say_why(told["id"])
        status = watch.http.get(f"/api/alerts/{told['id']}/clip").status_code
        assert status == (200 if told["mark"] else 404)
        assert watch.stop() == 0
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        ("h265", "This browser cannot play"),
        ("deleted", "The clip was deleted"),
        ("none", "No clip: the disk is full"),
    ],
)
def test_instead_of_a_black_player_it_is_said_why(tmp_path: Path, browser: Browser, clip: str, said: str) -> None:
    """Chromium of Debian plays no H.265; one that does shows the player, and then there is nothing to say."""
    parts = Parts.build(some_settings(tmp_path / "store"))
    with serving(parts) as url:
        alert = parts.raise_alert()
        key = parts.clips.new_key(alert.id, alert.started_at)
        parts.clips.path(key).parent.mkdir(parents=True)
        if clip == "h265":
            write(parts.clips.path(key), coded(tmp_path, "libx265", X265))
        kept = {"trouble": "the disk is full"} if clip == "none" else {"key": key, "sha256": "ab" * 32, "duration_s": 4}
        parts.desk.attach_clip(alert.id, kept)
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(f"{url}/enter#{parts.access.issue_link()}")
        page.locator("#name").fill("Li")
        page.locator("#enter button").click()
        page.wait_for_url(f"{url}/")
        if clip == "h265" and page.evaluate(
            "document.createElement('video').canPlayType('video/mp4; codecs=hvc1.1.6.L93.B0')"
        ):
            pytest.skip("this browser plays H.265")
        page.goto(f"{url}/#alert={alert.id}")
        page.locator("#show-clear").click()  # a fire that burns: one tap
        expect(page.locator("figure.clip")).to_contain_text(said)
        expect(page.locator("figure.clip a")).to_have_count(1 if clip == "h265" else 0)
        page.context.close()
    parts.close()
