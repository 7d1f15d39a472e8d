"""The wall and the plans as an operator meets them: a real server, a real browser, painted cameras."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.plans.picture import redrawn
from alerts.plans.store import Spot
from alerts.web.caller import caller_of
from tests.acceptance import watching as waiting
from tests.acceptance.browser import come_in, leave, needs_chromium, until
from tests.acceptance.test_console_browser import CONTRAST, HOSTILE
from tests.alerts.plans.pictures import coded, sheet
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

pytestmark = needs_chromium

ZONE = {"name": "bay", "type": "shed", "polygon": [[0.1, 0.95], [0.4, 0.5], [0.6, 0.5], [0.9, 0.95]]}
PLACES = [{"id": "b3", "name": "3号楼", "kind": "building"}, {"id": "b4", "name": HOSTILE, "kind": "building"}]
CAMERAS: list[dict[str, Any]] = [
    {"name": f"cam-{number}", "url": f"rtsp://camera/{number}", "place": "b3" if number < 4 else "b4", "zones": [ZONE]}
    for number in range(1, 7)
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Six cameras in two houses."""
    made = some_settings(tmp_path / "store", CAMERAS)
    return type(made).model_validate({**made.model_dump(), "places": PLACES})


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0, 4, 5)


@pytest.fixture
def console(console: tuple[Parts, str]) -> tuple[Parts, str]:
    """Three film, three are lost."""
    for lost in (1, 2, 3):
        console[0].online(lost, "offline", HOSTILE)
    return console


STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""No colour is on its way to another one while it is looked at."""
ORDER = "[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.camera).join()"
"""The cameras of the tiles, as they stand in the page."""


def shows(page: Page, *cameras: str) -> None:
    """Wait until the wall has exactly these, in this order."""
    until(page, f"{ORDER} === '{','.join(cameras)}'")


def readable(page: Page) -> None:
    """In both themes."""
    for _ in range(2):
        assert not json.loads(page.evaluate(CONTRAST))
        page.evaluate("document.querySelector('[data-switch=theme]').click()")


ARRANGE = """async (cases) => {
  const { src } = document.querySelector("script[type=module]");
  const { arrange } = await import(src.replace("main.js", "wall_order.js"));
  return cases.map(({ alarms = [], guests = [], held = [], ...given }) => {
    const found = arrange({ pinned: [], size: 4, page: 0, calm: true, ...given,
      alarms: alarms.map((name) => ({ camera: name.toLowerCase(), urgent: name !== name.toLowerCase() })),
      guests: new Map(guests), held: new Set(held) });
    return [found.shown.join(""), found.missing.join(""), `${found.page + 1}/${found.pages}`];
  });
}"""
NAMES = list("abcdefg")
ARRANGED: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({}, ("abcd", "", "1/2")),
    ({"page": 1}, ("efg", "", "2/2")),
    ({"page": 9}, ("efg", "", "2/2")),
    ({"size": 0}, ("abcdefg", "", "1/1")),
    ({"size": 1, "page": 2}, ("c", "", "3/7")),
    ({"pinned": ["g", "gone"]}, ("gabc", "", "1/2")),
    ({"pinned": ["g"], "page": 1}, ("gdef", "", "2/2")),
    ({"pinned": list("gfedc")}, ("gfed", "", "1/1")),
    # a letter is a camera with an alarm, a capital one burns
    ({"alarms": ["b"]}, ("abcd", "", "1/2")),
    ({"alarms": ["f"]}, ("abcf", "", "1/2")),
    ({"alarms": ["f"], "calm": False}, ("abcd", "f", "1/2")),
    ({"alarms": ["F"], "calm": False}, ("abcf", "", "1/2")),
    ({"alarms": ["F"], "held": ["d"]}, ("abfd", "", "1/2")),
    ({"alarms": ["f", "d"]}, ("abfd", "", "1/2")),
    ({"alarms": ["F", "e", "g"]}, ("agef", "", "1/2")),
    ({"alarms": ["F"], "pinned": ["a", "b", "c", "d"]}, ("abcd", "f", "1/1")),
    ({"alarms": ["F"], "size": 1, "held": ["a"]}, ("a", "f", "1/7")),
    ({"alarms": ["F", "a"], "size": 1}, ("f", "a", "1/7")),
    ({"alarms": ["a"], "page": 1}, ("efga", "", "2/2")),
    # what popped up stays in its tile, goes when it is answered and nobody is near, and gives way to a fire
    ({"alarms": ["f", "g"], "guests": [["f", 1]]}, ("afcg", "", "1/2")),
    ({"guests": [["f", 3]]}, ("abcd", "", "1/2")),
    ({"guests": [["f", 3]], "calm": False}, ("abcf", "", "1/2")),
    ({"guests": [["f", 3]], "held": ["f"]}, ("abcf", "", "1/2")),
    ({"guests": [["gone", 3]], "calm": False}, ("abcd", "", "1/2")),
    ({"alarms": ["G", "f"], "guests": [["f", 0]], "size": 1}, ("g", "f", "1/7")),
]


def test_where_each_camera_is_shown(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    found = page.evaluate(ARRANGE, [{"names": NAMES, **given} for given, _ in ARRANGED])
    wrong = [(given, is_, list(must)) for (given, must), is_ in zip(ARRANGED, found, strict=True) if is_ != list(must)]
    assert not wrong
    leave(page, log)


def test_layout_pages_and_pins_are_chosen_and_remembered(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    page.locator("#wall-size").select_option("4")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")
    page.locator("#wall-on").click()
    shows(page, "cam-5", "cam-6")
    page.locator('[data-camera="cam-6"]').hover()
    page.locator('[data-camera="cam-6"] .tile-pin').click()
    shows(page, "cam-6", "cam-4", "cam-5")
    page.keyboard.press("ArrowLeft")
    shows(page, "cam-6", "cam-1", "cam-2", "cam-3")
    page.reload()
    shows(page, "cam-6", "cam-1", "cam-2", "cam-3")
    expect(page.locator('[data-camera="cam-6"] .tile-pin')).to_have_attribute("aria-pressed", "true")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator('[data-to="cameras"]').click()
    whole = page.locator('[data-camera="cam-6"]').bounding_box()
    assert whole and whole["height"] > 180, "on a phone tiles are squeezed"
    leave(page, log)


def test_brackets_turn_the_pages_from_anywhere(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    page.locator("#wall-size").select_option("4")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")
    page.locator("#queue-list").focus()
    page.keyboard.press("BracketRight")
    shows(page, "cam-5", "cam-6")
    page.keyboard.press("BracketRight")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")  # after the last page comes the first
    page.keyboard.press("BracketLeft")
    shows(page, "cam-5", "cam-6")
    page.keyboard.press("BracketLeft")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")
    page.locator("#filter-text").focus()
    page.keyboard.press("BracketRight")
    expect(page.locator("#filter-text")).to_have_value("]")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")  # who types words turns no page
    page.locator("#filter-text").fill("")
    page.keyboard.press("Escape")
    page.locator('[data-camera="cam-1"] .tile-open').click()
    shown = page.locator(".tile:visible")
    expect(shown).to_have_attribute("data-camera", "cam-1")
    page.locator("#queue-list").focus()
    page.keyboard.press("BracketRight")
    expect(shown).to_have_attribute("data-camera", "cam-2")
    page.keyboard.press("BracketLeft")
    expect(shown).to_have_attribute("data-camera", "cam-1")
    page.keyboard.press("BracketLeft")
    expect(shown).to_have_attribute("data-camera", "cam-6")
    leave(page, log)


def test_a_camera_with_an_alarm_pops_up_and_goes_back(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    page.clock.install()
    page.reload()
    page.locator("#wall-size").select_option("4")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")
    fire = parts.raise_alert(4)
    expect(page.locator('[data-camera="cam-5"].of-selected')).to_be_visible()
    page.keyboard.press("Escape")
    shows(page, "cam-1", "cam-2", "cam-3", "cam-5")
    tile = page.locator('[data-camera="cam-5"]')
    expect(tile.locator(".tile-alarm")).to_contain_text("明火")
    tile.hover()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)  # a slow machine takes no longer than a fast one
    violation = parts.raise_alert(5, "clutter")
    expect(page.locator("#announce")).to_contain_text("楼道堆物")
    page.clock.run_for(500)  # the page draws with the next frame
    expect(page.locator(f'[data-id="{violation.id}"]')).to_be_visible()
    page.keyboard.press("Escape")
    page.clock.run_for(500)
    expect(page.locator("#wall-news")).to_contain_text("楼道堆物")
    assert page.evaluate(ORDER).startswith("cam-1,cam-2,cam-3"), "somebody is looking"
    readable(page)
    parts.desk.acknowledge(violation.id, by="李")
    parts.desk.acknowledge(fire.id, by="李")
    for _ in range(100):
        page.clock.run_for(20)
        if page.locator("#wall-news").is_hidden():
            break
        page.wait_for_timeout(50)
    expect(page.locator("#wall-news")).to_be_hidden()
    assert page.evaluate(ORDER).endswith("cam-5"), "it is looked at"
    page.mouse.move(5, 300)
    page.clock.fast_forward(11_000)
    shows(page, "cam-1", "cam-2", "cam-3", "cam-4")
    leave(page, log)


def test_one_camera_and_the_full_screen_by_key(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    shown = page.locator(".tile:visible")
    expect(shown).to_have_count(6)
    page.keyboard.press("5")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("data-camera", "cam-5")
    expect(shown).to_have_attribute("data-kind", "webrtc")
    waiting.until(lambda: parts.shown[-1].coded == {"cam-5"}, "the other cameras to be let go")
    page.keyboard.press("ArrowRight")
    expect(shown).to_have_attribute("data-camera", "cam-6")
    page.keyboard.press("w")
    expect(page.locator(".top")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(shown).to_have_count(6)
    expect(page.locator(".top")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".top")).to_be_visible()
    page.locator('[data-camera="cam-2"] .tile-open').click()
    expect(shown).to_have_count(1)
    page.locator("#wall-all").click()
    expect(shown).to_have_count(6)
    leave(page, log)


def test_what_is_lost_says_since_when_and_the_strip_how_all_do(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    log.expected = ("Canvas2D",)  # this test reads what the page only draws
    lost = page.locator('[data-camera="cam-2"]')
    expect(lost).to_contain_text("离线，自")
    expect(lost).to_contain_text(HOSTILE)
    expect(lost.locator("video")).to_be_hidden()
    row = page.locator('#strip [data-of="cam-2"]')
    expect(row).to_contain_text("离线")
    expect(row).to_contain_text("自 ")
    well = page.locator('#strip [data-of="cam-1"]')
    expect(well).to_contain_text("在线")
    expect(well).to_contain_text("次/秒")
    readable(page)
    page.locator("#wall-strip").click()
    expect(row).to_be_hidden()
    tile = "document.querySelector('[data-camera=cam-1] canvas')"
    zone = f"""(() => {{
      const {{ width, height }} = {tile};
      if (!width) return 0;
      const {{ data }} = {tile}.getContext("2d").getImageData(0, 0, width, height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] > 100 && data[at] < 120 && data[at + 1] > 170) found++;
      return found;
    }})()"""
    until(page, f"{zone} > 10")
    page.locator("#wall-zones").click()
    until(page, f"{zone} === 0")
    leave(page, log)


def drag(page: Page, what: Locator, x: float, y: float) -> None:
    """To a part of the plan."""
    area = page.locator(".plan-paper").bounding_box()
    assert area
    what.hover()
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * x, area["y"] + area["height"] * y, steps=4)
    page.mouse.up()


def upload(data: bytes) -> FilePayload:
    """Whatever it is, it is called a PNG, and worse."""
    return {"name": f"{HOSTILE}.png", "mimeType": "image/png", "buffer": data}


def test_a_plan_is_set_up_and_shows_where_it_burns(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url, **STILL)
    log.expected = ("422",)
    expect(page.locator("#wall-bar")).to_be_visible()
    page.keyboard.press("m")
    page.locator(".plan-bar select").select_option("b4")
    page.locator("#plan-file").set_input_files(upload(b"<svg onload='alert(1)'/>"))
    expect(page.locator(".plan-said")).to_contain_text("只能上传")
    page.locator("#plan-file").set_input_files(upload(coded(sheet())))
    until(page, "document.querySelector('.plan-paper img').naturalWidth === 640")
    assert page.locator("img[src=x]").count() == 0 and HOSTILE not in page.locator(".plan-said").inner_text()
    page.locator("#plan-edit").click()
    expect(page.locator("[data-hang]")).to_have_count(3)
    page.locator('[data-hang="cam-5"]').click()
    spot = page.locator('.spot[data-key="cam-5"]')
    drag(page, spot, 0.25, 0.75)
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".plan-said")).to_contain_text("距左 30 %")
    page.locator('[data-hang="cam-4"]').click()
    page.locator('.spot[data-key="cam-4"]').press("ArrowUp")
    page.locator('[data-hang="cam-6"]').click()
    page.locator('.spot[data-key="cam-6"]').press("Delete")
    page.locator("#plan-save").click()
    expect(page.locator(".plan-said")).to_contain_text("位置已保存")
    spots = parts.app.state.plans.store.get("b4").spots
    assert {name: (round(one.x, 1), round(one.y, 2)) for name, one in spots.items()} == {
        "cam-5": (0.3, 0.75),
        "cam-4": (0.5, 0.49),
    }
    page.reload()
    expect(spot).to_have_attribute("data-level", "well")
    expect(page.locator('.spot[data-key="cam-4"]')).to_contain_text("离线")
    fire, elsewhere = parts.raise_alert(4), parts.raise_alert(0, "clutter")
    page.keyboard.press("Escape")
    expect(spot).to_contain_text("明火")
    expect(spot).to_have_attribute("data-level", "fire")
    expect(page.locator(".plan-aside")).to_contain_text("楼道堆物")
    readable(page)
    spot.click()
    expect(page.locator("#detail h2")).to_contain_text(HOSTILE)
    parts.desk.acknowledge(fire.id, by="李")
    expect(spot).to_have_attribute("data-answered", "yes")
    page.locator(f'.plan-aside [data-key="{elsewhere.id}"]').click()
    expect(page.locator("#detail h2")).to_contain_text("楼道堆物")
    page.keyboard.press("Escape")
    page.locator('.spot[data-key="cam-4"]').click()
    expect(page.locator(".tile:visible")).to_have_attribute("data-camera", "cam-4")
    leave(page, log)


LOADED = """import(new URL('plan_data.js', document.querySelector('script[type=module]').src))
  .then(({ loadPlans }) => loadPlans({ now: true }))"""


def test_who_places_cameras_over_somebody_else_s_is_told(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    store = parts.app.state.plans.store
    plan = store.draw("b4", redrawn(coded(sheet())))
    page, log = come_in(browser, parts, url, **STILL)
    log.expected = ("409",)
    page.keyboard.press("m")
    page.locator(".plan-bar select").select_option("b4")
    page.locator("#plan-edit").click()
    page.locator('[data-hang="cam-5"]').click()
    theirs = {"cam-6": Spot(x=0.1, y=0.2)}
    store.hang("b4", theirs, plan.version)
    page.evaluate(LOADED)
    page.locator("#plan-save").click()
    expect(page.locator(".plan-said")).to_contain_text("刚被别人修改")
    assert store.get("b4").spots == theirs
    expect(page.locator('.spot[data-key="cam-6"]')).to_be_visible()
    page.locator("#plan-edit").click()
    page.locator('[data-hang="cam-5"]').click()
    page.locator("#plan-save").click()
    expect(page.locator(".plan-said")).to_contain_text("位置已保存")
    assert set(store.get("b4").spots) == {"cam-5", "cam-6"}
    leave(page, log)


def test_whoever_may_see_no_live_pictures_sees_the_plans_of_his_places(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    store = parts.app.state.plans.store
    for place, camera in (("b3", "cam-1"), ("b4", "cam-5"), ("site", "cam-1")):
        store.hang(place, {camera: Spot(x=0.5, y=0.5)}, store.draw(place, redrawn(coded(sheet()))).version)
    caller = Principal("li", "Li", Role.VOLUNTEER, frozenset({"b3"}), session="s")
    page, log = come_in(browser, parts, url, **STILL)
    page.goto("about:blank")  # what it has asked for as somebody else is not refused to it
    parts.app.dependency_overrides[caller_of] = lambda: caller
    page.goto(url)
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator('.spot[data-key="cam-1"]')).to_be_visible()
    expect(page.locator(".tile").first).to_be_hidden()
    expect(page.locator(".plan-bar option")).to_have_text(["3号楼"])
    expect(page.locator("#plan-file")).to_have_count(0)
    parts.raise_alert(0)
    expect(page.locator('.spot[data-key="cam-1"]')).to_contain_text("明火")
    leave(page, log)
