"""A phone (Chromium's fake camera and the page) and an HTTP camera, in a real `xinan watch`."""

import socket
import threading
from pathlib import Path

import pytest

from tests.acceptance.browser import chromium, needs_chromium
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.web.console import Parts, serving, some_settings
from tests.streams.test_http_jpeg import MIXED, jpeg, part
from tests.streams.wire import WireServer

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

TOKEN = "patrol-phone-token-1"
PAUSE = threading.Event()
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PHONE = f'[[cameras]]\nname = "巡查-1"\nurl = "whip:"\ntoken = "{TOKEN}"\nread_timeout_s = 3\n'


def problems_of(page: Page) -> list[str]:
    """What the page complains of from now on."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    return problems


def stream(connection: socket.socket, _head: bytes) -> None:
    """A camera's MJPEG, ten pictures a second."""
    connection.sendall(MIXED)
    for step in range(10_000):
        connection.sendall(part(jpeg(step, (320, 240))))
        PAUSE.wait(0.1)


def test_a_phone_is_a_camera_while_its_page_sends(tmp_path: Path) -> None:
    with WireServer(stream) as http:
        lift = f'[[cameras]]\nname = "lift"\nurl = "http://user:s3cret@127.0.0.1:{http.port}/v"\n'
        settings = write_settings(tmp_path, PHONE + lift)
        with Watching(["watch", "-c", str(settings)], tmp_path) as watch, chromium(*FAKE) as browser:
            watch.enter()
            until(lambda: watch.state("lift") == "online", "the HTTP camera")
            follow_the_phone(watch, browser)
            assert watch.state("lift") == "online"
            http.close()
            until(lambda: watch.state("lift") == "offline", "the HTTP camera's loss")
            assert watch.camera("lift")["health"]["detail"]
            said = "".join(watch.lines)
            assert TOKEN not in said
            assert "s3cret" not in said


def follow_the_phone(watch: Watching, browser: Browser) -> None:
    """Nobody sends, the page sends, stops, sends again, is closed."""
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


ASKS = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.given = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await new Promise((done) => { window.allow = done; });
  const stream = await ask(wanted);
  window.given.push(stream);
  return stream;
};
"""
"""A phone that asks whether the page may film, until `allow` is called."""


def test_a_phone_that_is_stopped_while_it_asks_films_nothing(tmp_path: Path) -> None:
    cameras = [{"name": "patrol", "url": "whip:", "token": TOKEN}]
    parts = Parts.build(some_settings(tmp_path / "store", cameras))
    with serving(parts) as url, chromium(*FAKE) as browser:
        page = browser.new_page(locale="en-GB")
        page.add_init_script(ASKS)
        page.goto(f"{url}/patrol#patrol/{TOKEN}")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Stop").click()
        page.evaluate("allow()")
        # Not by `wait_for_function`: the page forbids evaluated text.
        ended = "given.length > 0 && given[0].getTracks().every((track) => track.readyState === 'ended')"
        until(lambda: page.evaluate(ended), "the pictures that were asked for to be given back")
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert page.evaluate("document.getElementById('view').srcObject") is None
        assert parts.app.state.phones.count == 0
    parts.close()
