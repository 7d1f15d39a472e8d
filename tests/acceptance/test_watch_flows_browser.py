"""What an operator does in a night, on one live watch: real RTSP cameras, a real console, the record on file.

A fire that is answered to its end: `test_watch_browser`. What goes beyond the desk: `test_watch_site_browser`.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import leave, needs_chromium, press, turned
from tests.acceptance.browser import until as comes_true
from tests.acceptance.cli import run
from tests.acceptance.live_site import PATIENCE_MS, STAIRS, YARD, Site, exported, live_site
from tests.acceptance.test_live_browser import plays
from tests.acceptance.test_shift_browser import sign
from tests.acceptance.test_wall_browser import shows
from tests.acceptance.test_watch_browser import TONES
from tests.acceptance.watching import until

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

LOST = re.compile("离线，自 .+ 起")
BURNS = re.compile("alarm")
SHEETS = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with live_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(autouse=True)
def calm(site: Site) -> None:
    site.calm()


def test_a_false_alarm_is_taken_back_and_the_record_keeps_both(browser: Browser, site: Site) -> None:
    desk, log = site.desk(browser, TONES)
    desk.locator("h1").click()  # a browser lets nothing sound before
    fire = site.raised(YARD)
    card, body = desk.locator(f'[data-id="{fire}"]'), desk.locator("body")
    expect(desk.locator("#detail h2")).to_contain_text("明火", timeout=PATIENCE_MS)
    expect(body).to_have_class(BURNS)
    comes_true(desk, "window.tones > 0")
    turned(desk)
    desk.keyboard.press("f")
    expect(desk.locator("#false-about")).to_have_text("明火 · 院子")
    desk.locator('#false-reasons [value="reflection"]').press("Space")
    desk.keyboard.press("Enter")
    expect(desk.locator("#toast")).to_contain_text("已判为误报")
    expect(card).to_contain_text("误报")
    expect(body).not_to_have_class(BURNS)
    [judged] = site.alerts(YARD, "flame")
    assert (judged["false_alarm_by"], judged["false_alarm_reason"]) == ("王建国", "reflection")

    tones = desk.evaluate("window.tones")
    desk.keyboard.press("z")
    expect(desk.locator("#toast")).to_contain_text("已撤回，记录中两者都保留：")
    expect(card).to_contain_text("待确认")
    expect(body).to_have_class(BURNS)
    comes_true(desk, f"window.tones > {tones}")
    [back] = site.alerts(YARD, "flame")
    assert (back["id"], back["false_alarm_at"], back["ended"]) == (fire, None, False)
    assert site.steps(fire) == [("王建国", "false_alarm"), ("王建国", "undone")]
    said = desk.locator(".timeline li.from-step")
    expect(said).to_contain_text([re.compile("撤回上一步.*王建国"), re.compile("误报.*王建国.*灯光或反光")])
    desk.locator("#records-this").click()
    rows = desk.locator("#records-list li", has_text="王建国")
    expect(rows.filter(has_text="撤回")).to_have_count(1)
    expect(rows.filter(has_text="误报")).to_have_count(1)
    leave(desk, log)


def test_a_clutter_case_from_the_first_look_to_the_file(browser: Browser, site: Site, tmp_path: Path) -> None:
    desk, log = site.desk(browser)
    case = site.raised(STAIRS)
    stage = desk.locator("#track .stage")
    expect(desk.locator("#detail h2")).to_contain_text("楼道堆物", timeout=PATIENCE_MS)
    expect(desk.locator("#acknowledge")).to_be_enabled()
    turned(desk)
    desk.keyboard.press("a")
    expect(stage).to_have_text("已核实")
    press(desk, "#step-notice_given")
    answer(desk, channel="贴在门上", deadline="2099-01-02T08:00")
    expect(stage).to_have_text("已发限期通知")
    expect(desk.locator("#track .due")).to_contain_text("移走暂存")
    press(desk, "#step-moved")
    answer(desk, item="纸箱", slot="A-3", found="2 楼走廊", reason="堵住安全出口")
    expect(stage).to_have_text("已移走暂存")
    thing = desk.locator(".custody li")
    expect(thing).to_contain_text("1. 纸箱")
    expect(thing).to_contain_text("暂存中")

    site.end(STAIRS)  # it was carried away
    expect(desk.locator(".compare")).to_be_visible(timeout=PATIENCE_MS)  # the camera shows that it is
    comes_true(desk, "document.querySelector('.pair .later').naturalWidth > 0")
    ending = desk.locator("#ending")
    expect(ending).to_contain_text("复查已清除")
    press(desk, "#ending")
    expect(stage).to_have_text("已复查")
    expect(ending).to_contain_text("结案")
    press(desk, "#ending")
    desk.locator('#step-dialog [value="send"]').click()
    expect(stage).to_have_text("已结案")
    expect(desk.locator(f'[data-id="{case}"]')).to_contain_text("已结案")
    steps = ["verified", "notice_given", "moved", "inspected", "closed"]
    assert site.steps(case) == [("王建国", step) for step in steps]
    is_a_record_on_paper(desk, case)
    is_whole(exported(desk, tmp_path), case, steps)
    leave(desk, log)


def answer(desk: Page, **given: str) -> None:
    """What a step asks for, sent by the Enter key."""
    for name, text in given.items():
        desk.locator(f'#step-fields [name="{name}"]').fill(text)
    desk.keyboard.press("Enter")


def is_a_record_on_paper(desk: Page, case: str) -> None:
    """The pictures of before and after, the thing in store and all that was done; no part of the screen around them."""
    sheets = len(SHEETS.findall(desk.pdf(prefer_css_page_size=True)))
    assert 1 <= sheets <= 2
    desk.emulate_media(media="print")
    expect(desk.locator(".print-only").first).to_contain_text(case)
    for shown in (".compare", ".custody li", ".timeline li.from-step", ".columns .facts"):
        expect(desk.locator(shown).first).to_be_visible()
    for hidden in (".queue", ".top", ".wall", ".actions", "#track .steps", "#export"):
        expect(desk.locator(hidden)).to_be_hidden()
    desk.emulate_media(media="screen")


def is_whole(file: Path, case: str, steps: list[str]) -> None:
    """What was taken out says the same, to whoever has nothing but it."""
    done = run("verify", "--export", file, cwd=file.parent)
    assert (done.returncode, done.stderr) == (0, "") and "no faults" in done.stdout
    with zipfile.ZipFile(file) as archive:
        folder = f"xinan-{case}"
        assert archive.read(f"{folder}/record.pdf").startswith(b"%PDF-")
        rows = [json.loads(line) for line in archive.read(f"{folder}/record.jsonl").splitlines()]
        told = json.loads(archive.read(f"{folder}/alert.json"))
        pictures = {one["role"]: archive.read(f"{folder}/{one['file']}") for one in told["pictures"]}
    assert [row["detail"]["step"]["kind"] for row in rows if "step" in row["detail"]] == steps
    assert all(pictures[role].startswith(b"\xff\xd8") for role in ("alert", "after"))
    assert pictures["alert"] != pictures["after"]


def test_the_camera_with_an_alarm_pops_up(browser: Browser, site: Site) -> None:
    desk, log = site.desk(browser)
    desk.locator("#wall-size").select_option("1")
    shows(desk, YARD)
    site.raised(STAIRS)
    tile = desk.locator(f'[data-camera="{STAIRS}"]')
    expect(tile.locator(".tile-alarm")).to_contain_text("楼道堆物", timeout=PATIENCE_MS)
    expect(desk.locator("#detail")).to_be_visible()
    desk.keyboard.press("Escape")
    shows(desk, STAIRS)
    plays(desk, STAIRS)
    tile.locator(".tile-alarm").click()
    expect(desk.locator("#detail h2")).to_contain_text("楼道堆物")
    leave(desk, log)


def test_a_camera_that_is_lost_says_since_when_and_comes_back_by_itself(browser: Browser, site: Site) -> None:
    desk, log = site.desk(browser)
    desk.evaluate("window.same = true")
    plays(desk, STAIRS)
    tile = desk.locator(f'[data-camera="{STAIRS}"]')
    site.cameras[STAIRS].server.kill()
    expect(tile).to_have_attribute("data-health", "offline", timeout=PATIENCE_MS)
    expect(tile.locator(".tile-note")).to_have_text(LOST)
    for picture in ("video", "img"):
        expect(tile.locator(picture)).to_be_hidden()  # an old one would look live
    expect(desk.locator(".card.fault")).to_contain_text("摄像机离线", timeout=PATIENCE_MS)
    expect(desk.locator("#cameras-online")).to_contain_text("1/2")
    plays(desk, YARD)

    site.cameras[STAIRS].server.start()
    expect(tile).to_have_attribute("data-health", "online", timeout=PATIENCE_MS)
    plays(desk, STAIRS)
    expect(desk.locator("#cameras-online")).to_contain_text("2/2")
    until(lambda: not site.alerts(STAIRS, "camera")[0]["open"], "its return to be told")
    assert desk.evaluate("window.same"), "the page was loaded anew"
    leave(desk, log)


def test_the_hand_over_says_which_camera_was_lost_and_who_was_on_duty(browser: Browser, site: Site) -> None:
    if not site.alerts(STAIRS, "camera"):
        site.cameras[STAIRS].server.kill()
        until(lambda: site.alerts(STAIRS, "camera"), "the loss to be told")
        site.calm()
    leaving, log = site.desk(browser)
    coming, other = site.desk(browser, name="陈芳")
    for page in (leaving, coming):
        page.goto(f"{site.watch.base}/shift#sheet")
    is_on_the_sheet(leaving)
    leaving.locator("#sign-notes").fill("2 楼摄像机断过线，已恢复")
    sign(leaving)
    expect(leaving.locator("#sheet-signed")).to_contain_text("交班：王建国")
    coming.reload()
    is_on_the_sheet(coming)
    expect(coming.locator("#sheet-signed")).to_contain_text("2 楼摄像机断过线，已恢复")
    sign(coming)
    expect(coming.locator("#sheet-signed")).to_contain_text("接班：陈芳")
    leave(leaving, log)
    leave(coming, other)


def is_on_the_sheet(page: Page) -> None:
    faults = page.locator("#sheet-body section", has_text="摄像机故障").locator("tbody tr")
    lost = faults.filter(has_text="摄像机离线").filter(has_text="3 号楼 2 楼走廊")
    expect(lost.first).to_contain_text("画面已恢复")
    on_duty = page.locator("#sheet-body dl.facts dt", has_text="值勤").locator("+ dd")
    expect(on_duty).to_have_text("李志愿")
