"""What happens around an operator's desk, on one live watch with real RTSP cameras: the site grows by a camera,
volunteers report and answer on their phones, and the watch itself is killed."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.browser import KNOWN, Log, leave, needs_chromium, turned
from tests.acceptance.browser import until as comes_true
from tests.acceptance.live_site import PATIENCE_MS, STAIRS, YARD, Site, live_site
from tests.acceptance.test_answer_browser import phone_with
from tests.acceptance.test_live_browser import plays
from tests.acceptance.test_phone_browser import PHONE, report
from tests.acceptance.test_queue_browser import ANNOUNCED
from tests.acceptance.test_watch_browser import answer
from tests.acceptance.watching import until
from tests.rtsp_server import RtspServer

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

ZONE = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.7))
CUT_OFF = ("Failed to load resource", "ERR_")
"""What a browser says of a server that has gone."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with live_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(autouse=True)
def calm(site: Site) -> None:
    site.calm()


def test_a_camera_is_added_in_the_browser_and_a_channel_is_tried(browser: Browser, site: Site) -> None:
    with RtspServer(site.cameras[STAIRS].calm) as gate:
        page, log = site.desk(browser, locale="en-GB")
        page.context.set_default_timeout(PATIENCE_MS)
        with page.context.expect_page() as opened:
            page.locator("#wall-add").click()
        setup = opened.value
        heard = Log(setup)
        setup.locator('input[name="url"]').fill(gate.url)
        setup.get_by_role("button", name="Connect and show").click()
        expect(setup.locator(".still img")).to_have_js_property("naturalWidth", 320, timeout=PATIENCE_MS)
        setup.locator('input[name="name"]').fill("gate")
        setup.locator('input[name="place"]').fill("b3-2")
        draw_a_zone(setup, "门厅")
        save(setup)
        added = tomllib.loads(site.file.read_text("utf-8"))["cameras"][-1]
        assert (added["name"], added["url"], added["place"]) == ("gate", gate.url, "b3-2")
        [drawn] = added["zones"]
        assert (drawn["name"], len(drawn["polygon"])) == ("门厅", len(ZONE))

        setup.locator("#parts button", has_text="Channels").click()
        setup.locator("#entries button", has_text="phones").click()
        setup.get_by_role("button", name="Test phones").click()
        expect(setup.locator(".results")).to_contain_text("phones: delivered", timeout=PATIENCE_MS)
        assert "测试" in site.phones.taken[-1].title

        with setup.expect_event("close"):
            setup.locator("#home").click()
        assert heard.problems == []
        plays(page, "gate")
        assert [zone["name"] for zone in site.watch.camera("gate")["zones"]] == ["门厅"]
        leave(page, log)


def draw_a_zone(page: Page, name: str) -> None:
    page.locator("#draw-zones").click()
    expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
    page.locator("#add-zone").click()
    box = page.locator("#board").bounding_box()
    assert box
    for x, y in ZONE:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.keyboard.press("Enter")
    page.locator('#zones-dialog input[name="name"]').fill(name)
    page.locator("#use-zones").click()
    expect(page.locator("#drawn")).to_have_text(name, timeout=PATIENCE_MS)


def save(page: Page) -> None:
    """And wait until the watch has taken it up."""
    page.locator("#entry button.big").click()
    expect(page.locator(".said").first).to_contain_text("Written", timeout=PATIENCE_MS)
    expect(page.locator("#force")).to_have_attribute("data-good", "true", timeout=PATIENCE_MS)


def test_a_volunteers_photo_becomes_a_case_at_the_desk(browser: Browser, site: Site) -> None:
    desk, log = site.desk(browser)
    phone, heard = phone_of_a_volunteer(browser, desk)
    report(phone, "电梯口")
    made = phone.locator("#report-made li")
    expect(made).to_contain_text("已上报，已立案", timeout=PATIENCE_MS)
    case = str(made.locator("a").get_attribute("href")).removeprefix("/answer#alert=")

    card = desk.locator(f'[data-id="{case}"]')
    expect(card).to_contain_text("楼道堆物", timeout=PATIENCE_MS)
    expect(card).to_contain_text("3 号楼 2 楼走廊 电梯口")
    expect(desk.locator("#detail h2")).to_contain_text("楼道堆物")
    comes_true(desk, "document.querySelector('.snapshot .stage img')?.naturalWidth > 0")
    turned(desk)
    desk.keyboard.press("a")
    expect(desk.locator("#track .stage")).to_have_text("已核实")
    assert site.steps(case) == [("王建国", "verified")]
    assert site.watch.get(f"/api/alerts/{case}")["evidence"]["reported_by"] == "李志愿"
    made.locator("a").tap()
    expect(phone.locator("#stage")).to_contain_text("已核实", timeout=PATIENCE_MS)
    leave(phone, heard)
    leave(desk, log)


def phone_of_a_volunteer(browser: Browser, desk: Page) -> tuple[Page, Log]:
    """An account is made at the desk; its link is opened on the phone, and a password chosen."""
    desk.locator("#account").click()
    desk.locator("#account-users").click()
    form = desk.locator("#users-form")
    form.locator("[name=id]").fill("li")
    form.locator("[name=name]").fill("李志愿")
    form.locator("[name=role]").select_option("volunteer")
    form.locator("button.big").click()
    link = desk.locator("#share-link")
    expect(link).to_have_value(re.compile("/enter#"))
    phone = browser.new_context(**PHONE).new_page()
    heard = Log(phone)
    phone.goto(link.input_value())
    for dialog in ("share", "users", "account"):
        desk.keyboard.press("Escape")
        expect(desk.locator(f"#{dialog}-dialog")).to_be_hidden()
    for field in ("#new", "#again"):
        phone.locator(field).fill("correct horse")
    phone.locator("#enter button").click()
    expect(phone.locator("#now")).to_contain_text("一切平安", timeout=PATIENCE_MS)
    return phone, heard


def test_a_drill_is_answered_on_the_phone_and_scored(browser: Browser, site: Site) -> None:
    desk, log = site.desk(browser)
    shift, other = site.desk(browser)
    shift.goto(f"{site.watch.base}/shift#drills")
    shift.locator("#drill-place").select_option("b3-2")
    shift.locator("#drill-form .drill-begin").click()
    shift.locator("#drill-sure button[value=send]").click()
    expect(shift.locator("#drill-now")).to_contain_text("演练进行中：3 号楼 2 楼走廊")
    card = desk.locator(".card.fire.state-firing", has_text="演练 · 明火")
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    card = desk.locator(f'[data-id="{card.get_attribute("data-id")}"]')

    notice = site.told("演练")
    phone, heard = phone_with(browser, str(notice.actions[0]["url"]))
    expect(phone.locator("#heading h1")).to_have_text("演练 · 明火")
    for kind in ("accepted", "on_the_way", "there"):
        answer(phone, kind)
    running = shift.locator("#drill-now tbody tr")
    expect(running.nth(2)).to_contain_text("李志愿", timeout=PATIENCE_MS)
    expect(card.locator(".card-who")).to_have_text("李志愿 到场", timeout=PATIENCE_MS)

    shift.locator("#drill-now button").click()
    past = shift.locator("#drills .drill-card").first
    expect(past).to_be_visible(timeout=PATIENCE_MS)
    drill, *_ = site.watch.get("/api/drills")["drills"]
    says_the_score(past, drill)
    assert [one["name"] for one in drill["score"]["marks"][2]["there"]] == ["李志愿"]
    assert not drill["score"]["marks"][2]["met"], "one is not two"
    expect(phone.locator("#stage")).to_contain_text("已处置", timeout=PATIENCE_MS)
    expect(desk.locator(f'[data-id="{drill["alert"]}"]')).to_contain_text("已结案", timeout=PATIENCE_MS)
    expect(shift.locator("#drill-form")).to_be_visible()
    leave(phone, heard)
    leave(shift, other)
    leave(desk, log)


def says_the_score(card: Any, drill: dict[str, Any]) -> None:
    """As it is kept: for each of 60, 180 and 300 s who had been told, had answered and was there."""
    score = drill["score"]
    assert [mark["after_s"] for mark in score["marks"]] == [60, 180, 300]
    expect(card).to_contain_text(f"达标 {score['met']}/3")
    for row, mark in zip(card.locator("tbody tr").all(), score["marks"], strict=True):
        expect(row.locator("th")).to_have_text(f"{mark['after_s']} 秒")
        for column, names in enumerate((mark["told"], mark["answered"], mark["there"])):
            expect(row.locator("td").nth(column)).to_contain_text("李志愿" if names else "无人")
        expect(row.locator("td").nth(3)).to_contain_text("✓ 达标" if mark["met"] else "✗")


def test_a_watch_that_is_killed_is_met_again_with_all_that_was_raised(browser: Browser, site: Site) -> None:
    """One alert stands on the screen, one is raised in the moment of the kill, one comes after."""
    desk, log = site.desk(browser)
    log.expected = CUT_OFF
    desk.evaluate(ANNOUNCED)
    case = site.raised(STAIRS)
    expect(desk.locator(f'[data-id="{case}"]')).to_be_visible(timeout=PATIENCE_MS)
    printed = len(site.watch.lines)
    site.begin(YARD)
    until(lambda: any("fired" in line and "FLAME" in line for line in site.watch.lines[printed:]), "the fire")
    site.watch.kill()
    expect(desk.locator("#banner")).to_contain_text("与服务器的连接已断开", timeout=PATIENCE_MS)
    expect(desk.locator(f'[data-id="{case}"]')).to_be_visible()  # what is known stays

    site.watch.start()
    expect(desk.locator("#banner")).to_be_hidden(timeout=PATIENCE_MS)
    fire = until(lambda: site.current(YARD), "the fire, out of the store")
    expect(desk.locator(f'[data-id="{fire}"]')).to_be_visible(timeout=PATIENCE_MS)
    comes_true(desk, "document.body.classList.contains('alarm')")
    until(lambda: fire in site.phones.shown, "the notice of the fire")
    site.online()
    looks = {name: site.watch.camera(name)["health"]["looks"] for name in site.cameras}
    until(lambda: all(site.watch.camera(name)["health"]["looks"] > looks[name] + 20 for name in looks), "looks at both")
    for camera, alert in ((YARD, fire), (STAIRS, case)):
        assert site.unended(camera) == [alert], "what is seen again is what was seen before"
    desk.locator(f'[data-id="{fire}"]').click()
    expect(desk.locator("#detail h2")).to_contain_text("明火")
    desk.keyboard.press("a")
    expect(desk.locator("#track .stage")).to_contain_text("已确认")
    assert site.steps(fire) == [("王建国", "acknowledged")], "the session has outlived the watch, too"

    site.cameras[STAIRS].server.kill()
    expect(desk.locator(".card.fault")).to_contain_text("摄像机离线", timeout=PATIENCE_MS)
    for alert in (case, fire):
        expect(desk.locator(f'.card[data-id="{alert}"]')).to_have_count(1)
    announced = desk.evaluate("window.announced")  # also that the page was never loaded anew
    for news in ("新隐患：楼道堆物", "火情：明火", "摄像机故障：摄像机离线"):
        assert len([said for said in announced if said.startswith(news)]) == 1, announced
    until(lambda: sorted(desk.evaluate(KNOWN)) == sorted(site.stored()), "the page to know what is stored")
    leave(desk, log)
