"""What an operator sees of a night with a fire, suspicions and cases of no camera, on the smallest screen of a desk
(1366×768) and on the largest one of a wall."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.config import Settings
from alerts.desk.reported import Report
from alerts.evidence.photo import checked_photo
from alerts.plans.picture import redrawn
from alerts.plans.store import Spot
from alerts.track.step import StepKind
from tests.acceptance.browser import SETTLE_MS, come_in, leave, needs_chromium, until
from tests.alerts.plans.pictures import coded, sheet
from tests.alerts.web.console import Parts, some_settings
from tests.alerts.web.painting import jpeg, paint

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

pytestmark = needs_chromium

K = StepKind
LONG = "7号楼 西单元 一层大堂 靠近物业服务中心与快递柜之间的通道"
PLACES = [
    {"id": "b3", "name": "3号楼", "name_en": "Building 3", "kind": "building"},
    {
        "id": "lobby",
        "name": LONG,
        "name_en": "Building 7, west entrance, the lobby by the parcel boxes",
        "kind": "lobby",
    },
]
CAMERAS: list[dict[str, Any]] = [
    {"name": f"cam-{number}", "url": f"rtsp://camera/{number}", "place": "b3" if number < 4 else "lobby"}
    for number in range(1, 9)
]
LANGUAGES = ["zh-CN", "en-GB"]

OVERLAPS = """([one, others]) => {
  const rect = (element) => element.getBoundingClientRect();
  const at = rect(document.querySelector(one));
  const meet = (other) =>
    at.left < other.right && other.left < at.right && at.top < other.bottom && other.top < at.bottom;
  return [...document.querySelectorAll(others)].filter((element) => element.checkVisibility() && rect(element).width
    && !element.closest(one) && meet(rect(element))).map((element) => element.id || element.className);
}"""
"""What of `others` lies over, or under, `one`."""
PRESSABLE = """(selector) => {
  const element = document.querySelector(selector);
  const { left, top, width, height } = element.getBoundingClientRect();
  const found = document.elementFromPoint(left + width / 2, top + height / 2);
  return top >= 0 && top + height <= innerHeight && element.contains(found);
}"""
"""Whether it is whole on the screen, and nothing lies over its middle."""
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((element) =>
  element.scrollWidth > element.clientWidth
  || element.getBoundingClientRect().right > element.closest(".tile").getBoundingClientRect().right)
  .map((element) => element.textContent)"""
LABELS = """async (cases) => {
  const { src } = document.querySelector("script[type=module]");
  const { labelPlaces } = await import(src.replace("main.js", "label_places.js"));
  const [width, height, area] = [50, 14, { x: 0, y: 0, width: 160, height: 90 }];
  const meet = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width
    && one.y < other.y + other.height && other.y < one.y + one.height;
  const within = ({ x, y }) => x >= 0 && y >= 0 && x + width <= area.width && y + height <= area.height;
  return cases.map(([boxes, taken]) => {
    const wanted = boxes.map(([x1, y1, x2, y2]) => ({ x1, y1, x2, y2, width, height }));
    const found = labelPlaces(wanted, area, taken);
    const rects = found.filter(Boolean).map((at) => ({ ...at, width, height }));
    const apart = [...taken, ...rects].every((one, at, all) => all.slice(0, at).every((other) => !meet(one, other)));
    return [found[0] !== null, rects.length, apart, rects.every(within)];
  });
}"""
BRIGHT = "#detail .primary, #detail .steps .is-due"
"""What comes next: the large button and its step, or what is owed by whoever was sent."""
PRESS_AT_ONCE = """new MutationObserver(() => {
  const next = document.getElementById("dispatch");
  if (next && !window.pressed) { window.pressed = true; next.click(); }
}).observe(document.getElementById("detail"), { childList: true, subtree: true })"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = some_settings(tmp_path / "store", CAMERAS)
    return Settings.model_validate({**made.model_dump(), "places": PLACES})


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0, 1)


def reported(parts: Parts, number: int, place: str = "b3", where: str = "") -> Alert:
    """A case of no camera."""
    photo = checked_photo(jpeg(paint(0, 30)))
    seen = Report(
        f"{number:032d}", "李", parts.desk.registry.places[place], where, "clutter", "纸箱", photo, parts.clock.now()
    )
    return parts.desk.report(seen)[0]


def filmed_alert(parts: Parts, hazard: str, camera: int = 0) -> Alert:
    """With small pictures of what led to it, as a camera's alert has them."""
    alert = parts.raise_alert(camera, hazard)
    return parts.filmed(alert, [(timedelta(seconds=number / 2), paint(camera, number)) for number in range(7)])


def meets(page: Page, one: str, others: str) -> list[str]:
    found: list[str] = page.evaluate(OVERLAPS, [one, others])
    return found


def shown(page: Page) -> list[str | None]:
    """Ids of the queue's cards, from the top."""
    cards = page.locator("#queue-list [data-id]")
    return [card.get_attribute("data-id") for card in sorted_by_height(cards.all())]


def sorted_by_height(cards: Sequence[Any]) -> list[Any]:
    return sorted(cards, key=lambda one: (one.bounding_box() or {"y": 0})["y"])


@pytest.mark.parametrize("locale", LANGUAGES)
def test_news_of_no_camera_has_a_line_of_its_own(browser: Browser, console: tuple[Parts, str], locale: str) -> None:
    parts, url = console
    fire = parts.raise_alert()
    first, last = reported(parts, 1, "lobby"), reported(parts, 2)
    page, log = come_in(browser, parts, url, locale=locale)
    news = page.locator("#wall-news")
    for opened in (True, False):
        expect(page.locator("#detail")).to_be_visible(visible=opened)
        expect(news).to_contain_text("3号楼" if locale == "zh-CN" else "Building 3")
        expect(news.locator(".news-more")).to_have_text("+1")
        assert meets(page, "#wall-news", ".tile, .wall-bar, #detail, #queue") == []
        box = news.bounding_box()
        assert box and box["height"] < 48, "several are one line"
        page.keyboard.press("Escape")
    page.locator("#news-open").click()
    until(page, f"location.hash === '#alert={last.id}'")
    more = page.locator("#news-more")
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(news.locator(".wall-alarm")).to_have_count(2)
    assert meets(page, "#wall-news", ".tile, .wall-bar, #detail, #queue") == [], "they take room of the tiles"
    more.click()
    expect(news.locator(".wall-alarm")).to_have_count(1)
    more.press("Enter")
    page.locator(f"#news-{first.id}").click()
    until(page, f"location.hash === '#alert={first.id}'")
    expect(news.locator(".wall-alarm")).to_have_count(1)
    page.locator("#news-away").click()
    expect(news).to_be_hidden()
    new = reported(parts, 3)
    expect(news.locator("#news-open")).to_be_visible()
    expect(news.locator(".news-more")).to_have_count(0)
    for each in (first, last, new, fire):
        parts.desk.acknowledge(each.id, by="李")
    expect(news).to_be_hidden()
    leave(page, log)


def test_a_place_in_english_keeps_what_somebody_added(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = reported(parts, 1, where="快递柜旁")
    page, log = come_in(browser, parts, url, locale="en-GB")
    expect(page.locator(f'[data-id="{case.id}"] .card-place')).to_contain_text("Building 3 快递柜旁")
    page.goto(f"{url}/shift#sheet")
    expect(page.locator("#sheet-body tbody tr").first).to_contain_text("Building 3 快递柜旁")
    leave(page, log)


def test_news_lies_over_no_button_of_the_plan_and_leaves_it_room(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    store = parts.app.state.plans.store
    store.hang("b3", {"cam-1": Spot(x=0.5, y=0.5)}, store.draw("b3", redrawn(coded(sheet()))).version)
    parts.raise_alert(0)
    for number in range(12):
        reported(parts, number, "lobby")
    page, log = come_in(browser, parts, url)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.locator('.spot[data-key="cam-1"]')).to_contain_text("明火")
    expect(page.locator(".plan-aside")).to_contain_text("另有")
    expect(page.locator("#plan-edit")).to_be_visible()
    assert all(page.evaluate(PRESSABLE, one) for one in ("#plan-edit", "#wall-strip", '[data-key="place"]'))
    assert meets(page, ".plan-aside", ".strip, .plan-sheet, .plan-bar") == []
    sheet_box = page.locator(".plan-sheet").bounding_box()
    assert sheet_box and sheet_box["height"] >= 320, "twelve alarms leave the plan its room"
    leave(page, log)


def test_a_confirmed_fire_comes_before_every_suspicion(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    store = parts.app.state.plans.store
    store.hang("b3", {"cam-1": Spot(x=0.3, y=0.5)}, store.draw("b3", redrawn(coded(sheet()))).version)
    burning = parts.raise_alert(0)
    parts.desk.acknowledge(burning.id, by="李")
    elsewhere = parts.raise_alert(1, confirmed=False)
    beside = parts.raise_alert(0, confirmed=False, key="2")
    new = parts.raise_alert(2)
    page, log = come_in(browser, parts, url)
    page.keyboard.press("Escape")
    expect(page.locator(f'[data-id="{new.id}"]')).to_be_visible()
    assert shown(page) == [new.id, burning.id, beside.id, elsewhere.id]
    tiles = [page.locator(f'.tile[data-camera="cam-{number}"]') for number in (1, 2)]
    expect(tiles[0].locator(".tile-alarm")).to_contain_text("已确认")
    expect(tiles[0]).to_have_attribute("data-suspected", "")
    expect(tiles[1].locator(".tile-alarm strong")).to_have_text("疑似明火")
    expect(tiles[1]).to_have_attribute("data-suspected", "yes")
    page.keyboard.press("m")
    page.locator('[data-key="place"]').select_option("b3")
    spot = page.locator('.spot[data-key="cam-1"]')
    expect(spot).to_have_attribute("data-answered", "yes")
    expect(spot).to_have_attribute("data-suspected", "")
    chips = page.locator(".plan-aside .wall-alarm")
    expect(chips).to_have_count(2)
    expect(chips.first).to_contain_text("待确认")
    expect(chips.last).to_have_class("wall-alarm fire suspected")
    page.locator(f'.plan-aside [data-key="{new.id}"]').click()
    parts.clear(0)
    expect(page.locator(f'[data-id="{burning.id}"]')).to_contain_text("待现场确认")
    expect(spot).to_have_attribute("data-level", "fire")
    leave(page, log)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("hazard", ["flame", "clutter"])
def test_what_comes_next_is_on_the_screen(
    browser: Browser, console: tuple[Parts, str], hazard: str, locale: str
) -> None:
    parts, url = console
    alert = filmed_alert(parts, hazard, 4)
    page, log = come_in(browser, parts, url, locale=locale)
    page.locator(f'[data-id="{alert.id}"]').click()
    expect(page.locator(".film .frame").first).to_be_visible()
    assert page.evaluate(PRESSABLE, "#acknowledge")
    page.evaluate(PRESS_AT_ONCE)
    page.keyboard.press("a")
    expect(page.locator("#toast #undo")).to_be_visible()
    expect(page.locator("#acknowledge")).to_have_count(0)
    expect(page.locator("#dispatch")).to_contain_text("派出D" if locale == "zh-CN" else "DispatchD")
    assert page.evaluate("window.pressed") is True
    expect(page.locator("#dispatch-dialog")).to_be_hidden()
    expect(page.locator(BRIGHT)).to_have_count(2)
    expect(page.locator("#step-dispatched")).to_have_class("step is-due")
    for button in ("#dispatch", "#false-alarm", "#step-dispatched", "#step-accepted"):
        assert page.evaluate(PRESSABLE, button), f"{button} is below the edge, or covered"
    toast, foot = page.locator("#toast").bounding_box(), page.locator("footer").bounding_box()
    assert toast and foot and toast["y"] >= foot["y"] - 2, "it lies over the foot of the page, where no button is"
    expect(page.locator("footer button, footer a")).to_have_count(0)
    if hazard == "flame":
        assert page.evaluate(PRESSABLE, ".fire-call")
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#dispatch").click()
    expect(page.locator("#dispatch-dialog")).to_be_visible()
    page.locator("#dispatch-to").fill("老赵")
    page.locator("#dispatch-send").click()
    expect(page.locator("#dispatch")).to_contain_text("再派人" if locale == "zh-CN" else "Dispatch more")
    expect(page.locator(BRIGHT)).to_have_count(1)
    expect(page.locator("#step-accepted" if hazard == "flame" else "#step-dissuaded")).to_have_class("step is-due")
    leave(page, log)


def test_when_people_are_done_the_large_button_ends_it(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    fire = parts.raise_alert()
    parts.desk.step(fire.id, K.DEALT_WITH, by="李")
    page, log = come_in(browser, parts, url)
    page.locator(f'[data-id="{fire.id}"]').click()
    expect(page.locator("#ending")).to_have_text("结案N")
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#ending").click()
    expect(page.locator("#step-title")).to_have_text("结案")
    leave(page, log)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_tile_cuts_the_word_of_a_fire(browser: Browser, console: tuple[Parts, str], locale: str) -> None:
    parts, url = console
    fire = parts.raise_alert(0)
    parts.raise_alert(1)
    parts.raise_alert(2, confirmed=False)
    parts.raise_alert(3, "clutter")
    parts.raise_alert(4, "ebike")
    page, log = come_in(browser, parts, url, locale=locale)
    page.locator(f'[data-id="{fire.id}"]').click()
    expect(page.locator(".wall")).to_have_attribute("data-layout", "column")
    expect(page.locator('.tile[data-alarm="fire"] .tile-alarm strong')).to_have_count(3)
    assert page.evaluate(CUT, ".tile-alarm strong") == []
    leave(page, log)


def test_words_of_boxes_stand_beside_each_other(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    news = {"x": 4, "y": 4, "width": 80, "height": 28}
    box = [60, 40, 90, 60]
    cases = [
        [[box, [58, 38, 92, 62], [61, 41, 89, 59]], []],
        [[[0, 0, 160, 90], [150, 2, 158, 20]], [news]],
        [[box] * 40, [news]],
    ]
    found = page.evaluate(LABELS, cases)
    assert [one[1] for one in found[:2]] == [3, 2]
    assert 1 < found[2][1] < 40, "where there is no room a box says it alone"
    assert all(first and apart and within for first, _, apart, within in found)
    leave(page, log)


def test_what_people_reported_is_found_clear_with_one_word(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = reported(parts, 1)
    parts.desk.acknowledge(case.id, by="李")
    page, log = come_in(browser, parts, url)
    page.locator(f'[data-id="{case.id}"]').click()
    for shown in (f'[data-id="{case.id}"]', "#detail"):
        expect(page.locator(shown)).not_to_contain_text("100 %")  # no camera was sure of it
    expect(page.locator("#step-inspected")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-inspected").click()
    dialog = page.locator("#step-dialog")
    expect(dialog).not_to_contain_text("摄像机当前没有画面")
    expect(dialog.locator("input:not([type=hidden])")).to_have_count(1)
    dialog.locator('[name="unproven"]').fill("到场看过，已搬走")
    dialog.locator('[value="send"]').click()
    expect(page.locator("#track .stage")).to_have_text("已复查")
    leave(page, log)


def test_what_stands_back_behind_a_fire_is_not_called_muted(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert(0)
    held = parts.raise_alert(0, "clutter")
    assert held.held
    page, log = come_in(browser, parts, url)
    expect(page.locator(f'[data-id="{held.id}"] .mark')).to_have_text("让位于更急的警情")
    expect(page.locator("#muting")).to_have_text("静默")
    page.locator("#muting").click()
    expect(page.locator("#mute-now")).to_have_text("现在没有静默，所有报警都会通知。")
    leave(page, log)


def test_a_large_screen_is_read_from_across_the_room(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    alert = filmed_alert(parts, "flame")
    parts.raise_alert(1, "clutter")
    page, log = come_in(browser, parts, url, viewport={"width": 3840, "height": 2160})
    page.locator(f'[data-id="{alert.id}"]').click()
    expect(page.locator("#detail h2")).to_be_visible()
    size = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"
    assert page.evaluate(size.format(".card-place")) >= 22
    assert page.evaluate(size.format(".tile-badge")) >= 16
    detail, queue = page.locator("#detail").bounding_box(), page.locator("#queue").bounding_box()
    assert detail and queue and 1200 <= detail["width"] <= 1700 and 600 <= queue["width"] <= 800
    cards = [one.bounding_box() for one in sorted_by_height(page.locator("#queue-list .card").all())]
    for upper, lower in pairwise(cards):
        assert upper and lower and upper["y"] + upper["height"] <= lower["y"], "cards lie on each other"
    high = json.loads(
        page.evaluate("""JSON.stringify([...document.querySelectorAll(".card")]
      .filter((card) => card.scrollHeight > card.clientHeight + 1).map((card) => card.textContent))""")
    )
    assert high == [], "a card is too low for its words"
    page.set_viewport_size({"width": 1366, "height": 768})
    until(page, f"{size.format('.card-place')} === 15")
    leave(page, log)


def test_a_step_that_somebody_overtook_keeps_what_was_typed(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    case = parts.raise_alert(1, "clutter")
    parts.desk.acknowledge(case.id, by="李")
    page, log = come_in(browser, parts, url)
    log.expected = ("409",)
    page.locator(f'[data-id="{case.id}"]').click()
    expect(page.locator("#step-reported")).to_be_enabled()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#step-reported").click()
    parts.desk.step(case.id, K.ACCEPTED, by="王")
    page.locator('#step-dialog [name="to"]').fill("物业")
    page.locator('#step-dialog [name="reference"]').fill("2026-114")
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#step-error")).not_to_be_empty()
    expect(page.locator('#step-dialog [name="reference"]')).to_have_value("2026-114")
    assert [step.kind for step in parts.desk.track(case.id)[1].steps] == [K.VERIFIED, K.ACCEPTED]
    page.locator('#step-dialog [value="send"]').click()
    expect(page.locator("#step-dialog")).to_be_hidden()
    assert [step.kind for step in parts.desk.track(case.id)[1].steps] == [K.VERIFIED, K.ACCEPTED, K.REPORTED]
    leave(page, log)
