"""A phone as a patrol camera: Chromium's fake camera, the page, and a real `xinan watch`."""

from pathlib import Path

import pytest

from tests.acceptance.browser import chromium, needs_chromium
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

pytestmark = needs_chromium

TOKEN = "patrol-phone-token-1"
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SETTINGS = f'[[cameras]]\nname = "巡查-1"\nurl = "whip:"\ntoken = "{TOKEN}"\nread_timeout_s = 3\n'


def problems_of(page: Page) -> list[str]:
    """What the page complains of from now on."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    return problems


def test_a_phone_is_a_camera_while_its_page_sends(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, SETTINGS)
    with Watching(["watch", "-c", str(settings)], tmp_path) as watch, chromium(*FAKE) as browser:
        watch.enter()
        until(lambda: watch.state("巡查-1") == "offline", "the camera to be known as offline")
        assert watch.camera("巡查-1")["health"]["detail"] == "no phone is sending"

        page = browser.new_page(locale="zh-CN")
        problems = problems_of(page)
        page.goto(f"{watch.base}/patrol#巡查-1/{TOKEN}")
        page.get_by_role("button", name="开始").click()
        expect(page.get_by_text("正在发送画面")).to_be_visible(timeout=30_000)
        until(lambda: watch.state("巡查-1") == "online", "the phone to be seen")
        looks = watch.camera("巡查-1")["health"]["looks"]
        until(lambda: watch.camera("巡查-1")["health"]["looks"] > looks + 5, "looks at its pictures")
        until(lambda: watch.http.get("/api/cameras/巡查-1/picture.jpg").status_code == 200, "its live picture")

        page.get_by_role("button", name="停止").click()
        until(lambda: watch.state("巡查-1") == "offline", "the end to be seen")
        page.get_by_role("button", name="开始").click()
        until(lambda: watch.state("巡查-1") == "online", "the phone to be back")
        assert not problems
        page.close()
        until(lambda: watch.state("巡查-1") == "offline", "the closed page to be noticed")
        assert TOKEN not in "".join(watch.lines)


def test_a_wrong_link_is_said_in_words(tmp_path: Path) -> None:
    cameras = [{"name": "巡查-1", "url": "whip:", "token": TOKEN}]
    parts = Parts.build(some_settings(tmp_path / "store", cameras))
    with serving(parts) as url, chromium(*FAKE) as browser:
        page = browser.new_page(locale="en-GB")
        page.goto(f"{url}/patrol#巡查-1/{TOKEN[:-1]}x")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("This link is wrong")).to_be_visible(timeout=30_000)
        page.goto(f"{url}/patrol")
        expect(page.get_by_text("Open the whole link")).to_be_visible()
        expect(page.get_by_role("button", name="Start")).to_be_hidden()
    parts.close()
