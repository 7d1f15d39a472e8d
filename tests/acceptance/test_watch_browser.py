"""A fire as one operator works it: from the camera's own stream to the record on file. A real watch, RTSP, an ntfy
server, a desk and a phone."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.browser import SETTLE_MS, Log, enter_by, leave, needs_chromium
from tests.acceptance.browser import until as comes_true
from tests.acceptance.cli import run
from tests.acceptance.live_site import FPS, PATIENCE_MS, TOPIC, exported, stretch
from tests.acceptance.test_answer_browser import phone_with
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.alerts.vendors import Ntfy, Published
from tests.rtsp_server import RtspServer, missing_reason

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

SITE = """
[[cameras]]
name = "hall"
url = "{camera}"
place = "3 号楼门厅"
read_timeout_s = 3

[hazards.flame]
verify_s = 2.0
clear_s = 6.0

[[channels]]
type = "ntfy"
name = "phones"
url = "http://127.0.0.1:{phones}"
topic = "xinan-team-9Zx1"

[[people]]
id = "li"
name = "李志愿"
channels = [{{ channel = "phones", address = "{topic}" }}]

[rota]
shifts = [{{ who = ["li"] }}]

[routing.fire]
ladder = [{{ after_s = 3600, tell = ["on_duty"] }}]
"""
TONES = """window.tones = 0;
window.OscillatorNode = class extends OscillatorNode { start(...at) { window.tones += 1; super.start(...at); } };"""
"""The siren, as far as a page can hear itself: tones that a running audio context was given."""


def at_the_desk(browser: Browser, watch: Watching) -> tuple[Page, Log]:
    """Come in by the link that the watch has printed, with a hand on the mouse: browsers let nothing sound before."""
    page, log = enter_by(browser, watch.link, TONES)
    expect(page.locator(".tile")).to_have_count(1, timeout=PATIENCE_MS)
    page.locator("h1").click()
    return page, log


def told(phones: Ntfy) -> Published:
    """What whoever was sent has on the phone."""
    until(lambda: any(one.topic == TOPIC for one in phones.taken), "the notice of the dispatch")
    return next(one for one in phones.taken if one.topic == TOPIC)


def answer(phone: Page, kind: str) -> None:
    button = phone.locator("#buttons .first")
    expect(button).to_have_attribute("data-answer", kind, timeout=PATIENCE_MS)
    phone.wait_for_timeout(SETTLE_MS)
    button.tap()
    if kind == "dealt_with":  # what ends it is asked once more
        phone.wait_for_timeout(SETTLE_MS)
        phone.locator("#reasons [data-sure]").tap()


def test_a_fire_from_the_camera_to_the_record_on_file(browser: Browser, tmp_path: Path) -> None:
    if reason := missing_reason():
        pytest.skip(reason)
    burning, quiet = stretch(tmp_path, "fire.mp4", 48.0, 12.0), stretch(tmp_path, "quiet.mp4", 0.0, 3.0)
    phones = Ntfy()
    with Receiver(phones) as receiver, RtspServer(burning, fps=FPS) as camera:
        file = write_settings(tmp_path, SITE.format(camera=camera.url, phones=receiver.port, topic=TOPIC))
        with Watching(["watch", "-c", str(file)], tmp_path) as watch:
            desk, log = at_the_desk(browser, watch)
            expect(desk.locator("#detail h2")).to_contain_text("明火", timeout=PATIENCE_MS)
            expect(desk.locator("#detail h2")).to_contain_text("3 号楼门厅")
            expect(desk.locator("#acknowledge")).to_be_enabled(timeout=PATIENCE_MS)
            comes_true(desk, "window.tones >= 6")  # the siren goes on
            alert_id = desk.evaluate("location.hash").removeprefix("#alert=")

            desk.keyboard.press("a")
            expect(desk.locator("#dispatch")).to_be_visible()
            expect(desk.locator("body")).not_to_have_class(re.compile("alarm"))
            tones = desk.evaluate("window.tones")
            desk.keyboard.press("d")
            expect(desk.locator("#dispatch-who input:checked + .who")).to_have_text("李志愿", timeout=PATIENCE_MS)
            desk.locator("#dispatch-note").fill("带灭火毯")
            desk.keyboard.press("Enter")
            expect(desk.locator("#toast")).to_contain_text("已派 李志愿，通知已发出")

            notice = told(phones)
            assert "带灭火毯" in notice.text and notice.attachment.startswith(b"\xff\xd8")
            assert [one["label"] for one in notice.actions] == ["收到", "已出发", "到场"]
            link = str(notice.actions[0]["url"])
            assert link.startswith(f"{watch.base}/answer#")
            phone, heard = phone_with(browser, link)
            expect(phone.locator("#sent-you")).to_contain_text("派您前往（王建国")
            for kind, said in (
                ("accepted", "收到"),
                ("on_the_way", "已出发"),
                ("there", "到场"),
                ("dealt_with", "已处置"),
            ):
                answer(phone, kind)
                expect(desk.locator("#track .responders")).to_have_text(f"李志愿: {said}")
            expect(desk.locator("#track .stage")).to_have_text("已处置")
            expect(phone.locator("#stage")).to_contain_text("李志愿 已处置")
            assert desk.evaluate("window.tones") == tones, "the siren is heard again"

            camera.kill()  # the fire is out
            with RtspServer(quiet, fps=FPS, port=camera.port):
                path = f"{watch.base}/api/alerts/{alert_id}"
                until(lambda: desk.request.get(path).json()["resolved_at"], "the camera to see nothing burn")
                expect(desk.locator("#ending")).to_have_text("结案N")
                desk.locator("#ending").click()
                desk.locator('#step-dialog [value="send"]').click()
                expect(desk.locator("#track .stage")).to_have_text("已结案")
                taken_away = exported(desk, tmp_path)
            leave(phone, heard)
            leave(desk, log)
            assert watch.stop() == 0
    whole = run("verify", "-c", file, cwd=tmp_path)
    assert (whole.returncode, whole.stderr) == (0, "") and "no faults" in whole.stdout
    with zipfile.ZipFile(taken_away) as archive:
        assert archive.read(f"xinan-{alert_id}/record.pdf").startswith(b"%PDF-")
        rows = [json.loads(line) for line in archive.read(f"xinan-{alert_id}/record.jsonl").splitlines()]
    steps = [(row["by"], row["detail"]["step"]["kind"]) for row in rows if "step" in row["detail"]]
    answers = [("李志愿", kind) for kind in ("accepted", "on_the_way", "there", "dealt_with")]
    assert steps == [("王建国", "acknowledged"), ("王建国", "dispatched"), *answers, ("王建国", "closed")]
