"""The pages of the shift as a person meets them: hand over to somebody else, read figures, hold a drill."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.alert import AlertState
from alerts.camera_watch import CameraWatch
from alerts.config import Settings
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.shift.hand_overs import HandOvers
from alerts.shift.spans import shift_at
from alerts.track.step import StepKind
from alerts.web.caller import caller_of
from models.lessons import read_lessons
from streams.clock import SimulatedClock
from tests.acceptance.browser import Log, come_in, leave, needs_chromium
from tests.acceptance.cli import run
from tests.acceptance.test_looks_browser import found, with_theme
from tests.alerts.web.console import HEADERS, Parts
from tests.alerts.web.test_shift_api import pass_time

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>"
SAID = """() => {
  window.said = [];
  const news = document.getElementById("drill-news");
  new MutationObserver(() => window.said.push(news.textContent)).observe(news, { childList: true });
}"""
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two cameras, of which one hangs in a registered place; somebody is always on duty."""
    given = settings.model_dump()
    given["cameras"][0]["place"] = "shed"
    places = [{"id": "shed", "kind": "shed", "name": f"3 号车棚 {HOSTILE}"}]
    hook = {"name": "team", "url": "http://127.0.0.1:9/"}
    duty = {
        "people": [{"id": "sun", "name": f"孙师傅 {HOSTILE}", "channels": [{"channel": "team"}]}],
        "rota": {"shifts": [{"who": ["sun"]}]},
    }
    return Settings.model_validate({**given, **duty, "places": places, "webhooks": [hook]})


def opened(browser: Browser, parts: Parts, url: str, part: str, name: str = "", **options: Any) -> tuple[Page, Log]:
    """A part of the shift's page. name: who has come in, if not the usual one."""
    page, log = come_in(browser, parts, url, **options)
    if name:
        page.goto(f"{url}/enter#{parts.access.issue_link()}")
        page.locator("#name").fill(name)
        page.locator("#enter button").click()
        expect(page.locator(".tile")).to_have_count(2)
    page.goto(f"{url}/shift#{part}")
    return page, log


def sign(page: Page) -> None:
    """And say so once more."""
    page.locator("#sign-send").click()
    page.locator('#sign-sure [value="send"]').click()


def done(page: Page, log: Log) -> None:
    """Nothing went wrong, and nothing sticks out at the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    leave(page, log)


def test_one_hands_over_to_another(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire, wrong = parts.raise_alert(0), parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(wrong.id, by=HOSTILE, reason=HOSTILE)
    wang, log = opened(browser, parts, url, "sheet")
    expect(wang.locator("#sheet-body")).to_contain_text("明火")
    expect(wang.locator("#sheet-body")).to_contain_text(HOSTILE)
    expect(wang.locator("#sheet-signed")).to_have_text("尚未签字。")
    expect(wang.locator("#sheet-signed .unsigned")).to_be_visible()
    expect(wang.locator("#sheet-choice option")).to_have_count(1)  # none from before there was anything to hand over
    wang.route("**/api/shifts", lambda route: None)  # what is missing is said before anybody answers
    wang.locator("#sign-send").click()
    expect(wang.locator("#sign-said")).to_contain_text("还有未结束的警情")
    expect(wang.locator("#sign-notes")).to_be_focused()
    wang.unroute("**/api/shifts")
    wang.locator("#sign-notes").fill(f"钥匙在门卫\n{HOSTILE}")
    wang.locator("#sign-send").click()
    sure = wang.locator("#sign-sure")
    expect(sure).to_contain_text("交班人签字王建国")
    expect(sure.locator(".warn")).to_contain_text("1 起火情尚未结束")
    expect(sure.locator(".warn")).to_contain_text("1 条警情无人应答")
    expect(sure.locator('[value="cancel"]')).to_be_focused()
    sure.locator('[value="cancel"]').click()
    assert HandOvers(parts.store).page(None) == []
    sign(wang)
    expect(wang.locator("#sheet-signed")).to_contain_text("交班：王建国")
    sign(wang)
    expect(wang.locator("#sign-said")).to_have_text("接班人不能与交班人相同。")
    parts.desk.acknowledge(fire.id, by="李")
    chen, other = opened(browser, parts, url, "sheet", "陈芳")
    expect(chen.locator("#sheet-signed")).to_contain_text(f"钥匙在门卫\n{HOSTILE}", use_inner_text=True)
    chen.locator("#sign-send").click()
    expect(chen.locator("#sign-sure")).to_contain_text("接班人签字陈芳")
    chen.locator('#sign-sure [value="send"]').click()
    expect(chen.locator("#sheet-signed")).to_contain_text("接班：陈芳")
    expect(chen.locator("#sign")).to_be_hidden()
    expect(chen.locator("#sheet-choice option").first).to_contain_text("已交接")
    chen.emulate_media(media="print")
    expect(chen.locator(".shift-top")).to_be_hidden()
    expect(chen.locator("#sheet-title")).to_be_visible()
    [kept] = HandOvers(parts.store).page(None)
    assert (kept.left_by, kept.came_by) == ("王建国", "陈芳")
    log.expected = ("409",)
    done(wang, log)
    done(chen, other)


def test_the_list_of_false_alarms_is_what_the_command_learns_from(
    browser: Browser, console: tuple[Parts, str], tmp_path: Path
) -> None:
    """The command that the page shows, on the file that it exports."""
    parts, url = console
    lamp, pram, fire = (parts.raise_alert(*what) for what in ((0, "flame"), (1, "ebike"), (1, "flame")))
    parts.desk.mark_false_alarm(lamp.id, by="李", reason="reflection")
    parts.desk.mark_false_alarm(pram.id, by="李", reason="bicycle")
    parts.desk.acknowledge(fire.id, by="李")
    page, log = opened(browser, parts, url, "lessons")
    expect(page.locator(".lesson")).to_have_count(2)
    page.locator("#lessons-camera").select_option("shed-1")
    expect(page.locator(".lesson")).to_have_count(1)
    with page.expect_download() as download:
        page.locator("#lessons-export").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    program, *words = page.locator("#lesson-commands").inner_text().splitlines()[0].split()
    done(page, log)
    (tmp_path / "xinan.toml").write_text(f'[store]\npath = "{parts.settings.store.path}"\n', "utf-8")
    ended = run(*words, cwd=tmp_path)
    assert (program, ended.returncode) == ("xinan", 0), ended.stderr
    assert "1 false alarms, 1 acknowledged alerts" in ended.stdout
    learnt = {one.source: (len(one.real), len(one.false)) for one in read_lessons(tmp_path / "lessons")}
    assert learnt == {"site/shed-1": (0, 1), "site/stairs-2": (1, 0)}, "the pram is not on the list"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_figures_say_in_a_table_what_the_chart_shows(
    browser: Browser, console: tuple[Parts, str], size: dict[str, int]
) -> None:
    parts, url = console
    for key in "abc":
        parts.raise_alert(0, "ebike", key=key)
    wrong = parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(wrong.id, by="李", reason="shadow")
    page, log = opened(browser, parts, url, "figures", locale="en-GB", viewport=size)
    expect(page.locator("#figures .number").first).to_have_text("4")
    expect(page.locator("svg.chart g rect[fill*=violation]").first).to_be_attached()
    page.locator("#figures summary").first.click()
    expect(page.locator("#figures details tbody tr").last.locator("td").last).to_have_text("4")
    cameras = page.locator("#figures table").last
    expect(cameras.locator("tr", has_text="stairs-2")).to_contain_text("100 % (3 % to 100 %)")
    page.locator("#figures-before").click()
    expect(page.locator("#figures .number").first).to_have_text("0")
    page.locator(".shift-tabs a[data-tab=lessons]").click()
    expect(page.locator(".lesson")).to_contain_text("Because: Shadow (李)")
    expect(page.locator(".lesson img")).to_have_js_property("complete", True)
    with page.expect_download() as download:
        page.locator("#lessons-export").click()
    [line] = download.value.path().read_text("utf-8").splitlines()
    assert json.loads(line)["alert"] == wrong.id
    done(page, log)


def test_the_sheet_names_cameras_that_failed_and_who_was_on_duty(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    clock = SimulatedClock(shift_at(datetime.now(UTC), parts.settings.shifts.changes, ZoneInfo("Asia/Shanghai")).begins)
    watched = CameraWatch(parts.settings.health, parts.settings.cameras, clock)
    pass_time(parts, clock, watched, 20, 0)
    pass_time(parts, clock, watched, 60)
    pass_time(parts, clock, watched, 20, 1)
    page, log = opened(browser, parts, url, "sheet")
    faults = page.locator("#sheet-body section", has=page.get_by_role("heading", name="摄像机故障"))
    rows = faults.locator("tbody tr")
    expect(rows).to_have_count(2)
    for row, place in zip(rows.all(), ("12 号楼 2 单元", f"3 号车棚 {HOSTILE}"), strict=True):
        expect(row).to_contain_text("摄像机离线")
        expect(row).to_contain_text(place)
    expect(page.locator("#sheet-body .numbers li[data-severity=fault] .number")).to_have_text("2")
    people = page.locator("#sheet-body section", has=page.get_by_role("heading", name="值班人员")).locator("dl")
    expect(people).to_contain_text(f"孙师傅 {HOSTILE}")
    expect(people).to_contain_text("王建国")
    sign_with_a_word(page)
    expect(page.locator("#sheet-signed")).to_contain_text("交班：王建国")
    book = HandOvers(parts.store)
    [signed] = book.page(None)
    kept = book.find(signed.id, None)
    assert [one["camera"] for one in kept.sheet["cameras"]["alerts"]] == ["stairs-2", "shed-1"]
    assert [one["people"] for one in kept.sheet["duty"]] == [[f"孙师傅 {HOSTILE}"]]
    done(page, log)


def sign_with_a_word(page: Page) -> None:
    page.locator("#sign-notes").fill("12 号楼的摄像机离线，已报修")
    sign(page)


def test_a_drill_says_so_everywhere_and_keeps_its_score(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills")
    page.locator("#drill-place").select_option("shed")
    page.locator("#drill-form .drill-begin").click()
    expect(page.locator("#drill-sure")).to_contain_text("注明“演练”")
    page.locator("#drill-sure button[value=cancel]").click()
    assert parts.desk.open_alerts() == [], "nobody is called until it is confirmed"
    page.locator("#drill-form .drill-begin").click()
    page.locator("#drill-sure button[value=send]").click()
    expect(page.locator("#drill-now")).to_contain_text("演练进行中：3 号车棚")
    [alert] = parts.desk.open_alerts()
    watching, other = come_in(browser, parts, url)
    expect(watching.locator(f'[data-id="{alert.id}"] .card-hazard')).to_have_text("演练 · 明火")
    expect(watching.locator(f'[data-id="{alert.id}"] .mark.drill')).to_have_text("演练")
    expect(watching.locator(f'[data-id="{alert.id}"]')).not_to_contain_text("最高把握")  # no camera has looked
    parts.desk.acknowledge(alert.id, by="李")
    expect(page.locator("#drill-now tbody tr").first).to_contain_text("李")
    page.locator("#drill-now button").click()
    expect(page.locator("#drills .drill-card")).to_contain_text("达标 0/3")
    expect(page.locator("#drill-form")).to_be_visible()
    assert parts.desk.alert(alert.id).ended
    done(watching, other)
    done(page, log)


def test_a_drill_that_goes_well_meets_all_three(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills", locale="en-GB")
    page.locator("#drill-place").select_option("shed")
    begin_drill(page)
    expect(page.locator("#drill-now")).to_contain_text("DRILL going on")
    [alert] = parts.desk.open_alerts()
    marks = page.locator("#drill-now tbody tr")
    expect(marks).to_have_count(3)
    expect(page.locator("#drill-now")).not_to_contain_text("✓ met")
    for met, (kind, who) in enumerate(((StepKind.ON_THE_WAY, "李"), (StepKind.THERE, "李"), (StepKind.THERE, "陈")), 1):
        parts.desk.step(alert.id, kind, by=who)
        expect(page.locator("#drill-now td strong", has_text="✓ met")).to_have_count(met)
    expect(marks.nth(2).locator("td").nth(2)).to_have_text(re.compile(r"^李 \(\d+ s\), 陈 \(\d+ s\)$"))
    page.locator("#drill-now button").click()
    card = page.locator("#drills .drill-card")
    expect(card).to_contain_text("3 of 3 met")
    expect(card).to_have_attribute("data-met", "3")
    expect(card.locator(".broken-off")).to_have_count(0)
    assert parts.desk.alert(alert.id).ended
    page.reload()
    expect(card).to_contain_text("3 of 3 met")
    done(page, log)


def test_a_real_fire_breaks_a_drill_off_and_the_page_says_so(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills")
    begin_drill(page)
    expect(page.locator("#drill-now")).to_contain_text("演练进行中")
    [alert] = parts.desk.open_alerts()
    parts.desk.step(alert.id, StepKind.ON_THE_WAY, by="李")
    expect(page.locator("#drill-now")).to_contain_text("✓ 达标")
    fire = parts.raise_alert(0)
    card = page.locator("#drills .drill-card")
    expect(card.locator(".broken-off")).to_have_text("发生真实火情，演练提前结束。")
    expect(card).to_contain_text("达标 1/3")
    expect(card.locator("td strong", has_text="✗ 提前结束")).to_have_count(2)
    expect(page.locator("#drill-now section")).to_have_count(0)
    assert parts.desk.alert(alert.id).ended and parts.desk.alert(fire.id).state is AlertState.FIRING
    watching, other = come_in(browser, parts, url)
    expect(watching.locator(f'[data-id="{fire.id}"] .card-hazard')).to_have_text("明火")
    done(watching, other)
    page.locator("#drill-form .drill-begin").click()
    expect(page.locator("#drill-burns")).to_contain_text("有未结束的火情，不能开始演练")
    expect(page.locator("#drill-sure")).to_be_hidden()  # nothing is asked that would be refused
    page.reload()
    expect(page.locator("#drill-burns")).to_contain_text("有未结束的火情")
    parts.desk.mark_false_alarm(fire.id, by="李", reason="reflection")
    page.locator("#drill-form .drill-begin").click()
    expect(page.locator("#drill-sure")).to_be_visible()
    expect(page.locator("#drill-burns")).to_be_empty()
    done(page, log)


def begin_drill(page: Page) -> None:
    page.locator("#drill-form .drill-begin").click()
    page.locator("#drill-sure button[value=send]").click()


def test_the_card_of_a_drill_stays_in_the_page_while_only_its_clock_goes_on(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills")
    begin_drill(page)
    news = page.locator("#drill-news")
    expect(news).to_have_text(re.compile("^演练进行中：3 号车棚"))
    stop = page.locator("#drill-now button")
    stop.focus()
    page.evaluate("window.kept = [document.activeElement, document.querySelector('#drill-now table')]")
    page.evaluate(SAID)
    before = page.locator("#drill-now .note").first.inner_text()
    expect(page.locator("#drill-now .note").first).not_to_have_text(before)
    expect(stop).to_be_focused()
    assert page.evaluate(
        "[document.activeElement, document.querySelector('#drill-now table')]"
        ".every((one, at) => one === window.kept[at])"
    )
    assert page.evaluate("window.said") == [], "nothing is new"
    [alert] = parts.desk.open_alerts()
    parts.desk.acknowledge(alert.id, by="李")
    expect(news).to_have_text(re.compile(r"^已应答: 李（\d+ 秒）$"))
    expect(page.locator("#drill-now tbody tr").first).to_contain_text("李")
    expect(stop).to_be_focused()
    assert page.evaluate("document.activeElement === window.kept[0]")
    assert len(page.evaluate("window.said")) == 1
    page.keyboard.press("Enter")
    expect(page.locator("#drills .drill-card")).to_contain_text("达标")
    done(page, log)


def test_where_nobody_logs_in_whoever_ends_a_drill_is_asked_for_a_name(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    parts.app.dependency_overrides[caller_of] = lambda: Principal("", "", Role.ADMIN, session="s")
    page, log = opened(browser, parts, url, "drills")
    page.locator("#drill-by").fill("王")
    begin_drill(page)
    page.locator("#drill-now button").click()
    page.locator("#name-dialog [value=cancel]").click()
    expect(page.locator("#drill-now")).to_contain_text("演练进行中")
    assert parts.desk.open_alerts(), "it goes on"
    page.locator("#drill-now button").click()
    page.locator("#name-own").fill("李")
    page.locator("#name-send").click()
    expect(page.locator("#drills .drill-card")).to_contain_text("达标")
    [drill] = page.request.get(f"{url}/api/drills?limit=1", headers=HEADERS).json()["drills"]
    assert (drill["begun_by"], drill["ended_by"]) == ("王", "李")
    begin_drill(page)
    page.locator("#drill-now button").click()
    expect(page.locator("#name-own")).to_have_value("李")  # who it was last time; another may stand there by now
    page.locator("#name-own").fill("王")
    page.locator("#name-send").click()
    expect(page.locator("#drills .drill-card")).to_have_count(2)
    [drill] = page.request.get(f"{url}/api/drills?limit=1", headers=HEADERS).json()["drills"]
    assert drill["ended_by"] == "王"
    done(page, log)


def test_why_a_drill_could_not_be_ended_is_said(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills")
    log.expected = ("Failed to load resource",)
    begin_drill(page)
    page.route("**/api/drills/*/end", lambda route: route.abort())
    page.locator("#drill-now button").click()
    said = page.get_by_role("alert").filter(has_text="连不上控制台")
    expect(said).to_be_visible()
    page.unroute("**/api/drills/*/end")
    page.locator("#drill-now button").click()
    expect(page.locator("#drills .drill-card")).to_have_count(1)
    expect(said).to_have_count(0)
    done(page, log)


def test_a_drill_is_followed_through_a_line_that_fails(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = opened(browser, parts, url, "drills")
    log.expected = ("Failed to load resource",)
    page.locator("#drill-form .drill-begin").click()
    page.locator("#drill-sure button[value=send]").click()
    expect(page.locator("#drill-now")).to_contain_text("演练进行中")
    page.route("**/api/drills?*", lambda route: route.abort())
    expect(page.locator("#trouble")).to_contain_text("连不上控制台")
    page.unroute("**/api/drills?*")
    [alert] = parts.desk.open_alerts()
    parts.desk.acknowledge(alert.id, by="李")
    expect(page.locator("#drill-now tbody tr").first).to_contain_text("李")
    expect(page.locator("#trouble")).to_be_hidden()
    done(page, log)


def test_a_sheet_says_in_words_what_was_shelved(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    for kind, value in (
        (ScopeKind.CAMERA_HAZARD, "ebike@shed-1"),
        (ScopeKind.PLACE, "shed"),
        (ScopeKind.PLACE, "site"),
    ):
        lasts = timedelta(minutes=30)
        parts.desk.silence(Order(SilenceKind.SHELF, Scope(kind, value), "搬家", "李", lasts))
    page, log = opened(browser, parts, url, "sheet")
    shelved = page.locator("#sheet-body section", has_text="搬家").locator("tbody tr td:nth-child(2)")
    expect(shelved).to_have_count(3)
    assert set(shelved.all_inner_texts()) == {"电动车 · shed-1", f"3 号车棚 {HOSTILE}", "整个小区"}
    done(page, log)


def test_a_stranger_is_led_to_the_log_in(browser: Browser, console: tuple[Parts, str]) -> None:
    _, url = console
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{url}/shift")
    assert page.url == f"{url}/enter"
    page.context.close()


@pytest.mark.parametrize(("theme", "locale", "size"), [("dark", "zh-CN", DESK), ("light", "en-GB", PHONE)])
def test_its_parts_are_accessible(
    browser: Browser, console: tuple[Parts, str], theme: str, locale: str, size: dict[str, int]
) -> None:
    parts, url = console
    parts.raise_alert(0, "ebike")
    parts.desk.mark_false_alarm(parts.raise_alert(1, "clutter").id, by="李", reason="shadow")
    page, log = opened(browser, parts, url, "sheet", script=with_theme(theme), locale=locale, viewport=size)
    seen = {
        "sheet": "#sheet-body tbody",
        "figures": "#figures svg.chart",
        "lessons": ".lesson",
        "drills": "#drill-form",
    }
    for part, shown in seen.items():
        page.locator(f".shift-tabs a[data-tab={part}]").click()
        expect(page.locator(shown).first).to_be_visible()
        assert found(page) == [], part
    page.locator("#drill-form .drill-begin").click()
    expect(page.locator("#drill-sure")).to_be_visible()
    assert found(page) == []
    page.locator("#drill-sure button[value=cancel]").click()
    done(page, log)
