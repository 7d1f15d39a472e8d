"""The audit's report in a real browser, opened from a disk: people judge a sample, and the next run reads what they
said; one language at a time; nothing that axe-core calls wrong."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.audit.event import read_lines
from alerts.audit.extras import Extras, Reporting
from alerts.audit.judged import Verdict, read_verdicts
from alerts.audit.live_store import LivePlace
from alerts.audit.parts import Parts
from alerts.audit.results import write_results
from alerts.audit.sample import event_id
from alerts.audit.site import Site
from alerts.audit.small import small_name
from alerts.config import load_settings
from alerts.db.store import Store
from alerts.evidence.names import VARIANTS, picture_name
from tests.acceptance.browser import needs_chromium
from tests.acceptance.test_looks_browser import found
from tests.alerts.audit.month import BEGIN, event_of, job_of, month, narrow, write_part
from tests.alerts.audit.test_live import live, put
from tests.alerts.making import jpeg

pytestmark = needs_chromium


def report_of(folder: Path) -> str:
    """Three fires of one recording, over what people said before. Its address."""
    settings = load_settings()
    job = job_of("hall", BEGIN, folder / "a'b", hours=2)
    parts = Parts(folder)
    zones = ("走道", "<b>'x'</b>", "lobby")
    write_part(parts, job, [event_of(job, "flame", 60.0 * at, zone=zone) for at, zone in enumerate(zones)])
    write_results([job], parts, Reporting(Site.of(settings), settings.hazards), interrupted=False)
    return (folder / "report.html").as_uri()


def test_verdicts_of_the_page_are_what_the_next_run_reads(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(accept_downloads=True)
    page.goto(report_of(tmp_path) + "#lang=en")
    cards = page.locator("#judge fieldset")
    expect(cards).to_have_count(3)
    names = [str(cards.nth(number).get_attribute("name")) for number in range(3)]
    cards.nth(0).get_by_label("Right").check()
    cards.nth(1).get_by_label("Wrong").check()
    cards.nth(1).get_by_label("Remark").fill('灯 "lamp", not fire')
    expect(page.locator("#judge output")).to_have_text("2 / 3")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save verdicts").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    wrong = Verdict("wrong", '灯 "lamp", not fire')
    assert read_verdicts(tmp_path) == {names[0]: Verdict("right"), names[1]: wrong}
    page.goto("about:blank")
    page.goto(report_of(tmp_path) + "#lang=en")
    expect(cards.nth(1).get_by_label("Wrong")).to_be_checked()
    expect(cards.nth(1).get_by_label("Remark")).to_have_value('灯 "lamp", not fire')
    expect(page.locator("tr").filter(has_text="50%")).to_contain_text("33%–67%")
    page.close()


def test_parts_of_an_earlier_version_show_their_large_pictures(browser: Browser, tmp_path: Path) -> None:
    """It made no small ones."""
    address = report_of(tmp_path)
    for event in read_lines(tmp_path / "events.jsonl"):
        picture = tmp_path / event["snapshot"]
        picture.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(picture), np.full((90, 160, 3), 90, np.uint8))
    page = browser.new_page()
    for place in (address, next((tmp_path / "pages").iterdir()).as_uri()):
        page.goto(place)
        page.evaluate("for (const one of document.images) one.loading = 'eager'")
        page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth === 160)")
    assert page.locator("img").count() == 3
    page.close()


@pytest.fixture(scope="module")
def month_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With pictures, a recording that can be opened, a floor that was measured and notices."""
    folder = tmp_path_factory.mktemp("month")
    settings = load_settings()
    parts = Parts(folder / "out")
    jobs = list(month(parts, 1, 3, 20))
    hall = job_of("hall", BEGIN, folder / "recordings", hours=3)
    hall.segments[0].path.parent.mkdir(parents=True)
    hall.segments[0].path.touch()
    things = [event_of(hall, "clutter", 60.0 * number, evidence=narrow(0.5 + number / 10)) for number in range(9)]
    write_part(parts, hall, things, [event_of(hall, "ebike", 5.0, notice="passing")], gaps=[(3000.0, 3600.0)])
    store = Store.open(folder / "store")
    key = "2026/03/01/01A-160000000-1"
    for variant in VARIANTS:
        file = folder / "store" / picture_name(key, variant)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg())
    put(store, live("01A", 1500, 1600, snapshot=key), live("01B", 70, 80), live("01C", 2000, 2010, hazard="ebike"))
    store.close()
    reporting = Reporting(Site.of(settings), settings.hazards, Extras(join=LivePlace(folder / "store")))
    result = write_results([hall, *jobs], parts, reporting, interrupted=False)
    for event in (*result.events, *result.notices):
        for name in (event["snapshot"], small_name(event["snapshot"])):
            picture = folder / "out" / name
            picture.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(picture), np.full((90, 160, 3), 90, np.uint8))
    write_results([hall, *jobs], parts, reporting, interrupted=False)  # now that its pictures lie there
    return folder / "out"


def wrong(page: Page) -> list[str]:
    """Also in what is folded away."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    return found(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_is_accessible(browser: Browser, month_report: Path, theme: str, language: str) -> None:
    page = browser.new_page(color_scheme="dark" if theme == "dark" else "light")
    page.goto((month_report / "report.html").as_uri() + f"#lang={language}")
    assert wrong(page) == []
    page.locator("#recordings ~ details a").first.click()
    expect(page.locator("article").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "en" else "zh-CN")
    assert wrong(page) == []
    page.close()


def test_one_language_at_a_time_goes_along_to_other_pages(browser: Browser, month_report: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((month_report / "report.html").as_uri())
    assert "楼道堆物" in page.inner_text("main")
    assert "Clutter" not in page.inner_text("body")
    expect(page).to_have_title("录像审计报告")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title("Audit report")
    shown = page.inner_text("body").replace("中文", "").replace("走道", "").replace("心安", "")
    assert not [letter for letter in shown if "\u4e00" <= letter <= "\u9fff"]
    expect(page.get_by_role("navigation", name="Contents")).to_be_visible()
    page.locator("#recordings ~ details a").first.click()
    expect(page.get_by_role("link", name="Back to the report")).to_be_visible()
    expect(page.locator("article").filter(has_text="Passing through")).to_have_count(1)
    assert page.locator("article .links a").first.get_attribute("href", timeout=5000) == (
        "../../recordings/hall/2026-03-01_16-00-00.mp4#t=0"
    )
    page.get_by_role("link", name="Back to the report").click()
    expect(page).to_have_title("Audit report")
    assert {url.partition(":")[0] for url in asked} == {"file"}
    page.close()


def test_sent_alone_it_shows_its_pictures(browser: Browser, month_report: Path, tmp_path: Path) -> None:
    """Also on paper, where nobody scrolls to them."""
    (tmp_path / "alone.html").write_bytes((month_report / "report.html").read_bytes())
    page = browser.new_page()
    page.goto((tmp_path / "alone.html").as_uri())
    widths = page.evaluate("[...document.images].map(one => one.naturalWidth)")
    assert len(widths) > 20
    assert set(widths) == {160}
    page.close()


def test_what_the_watch_found_stands_beside_it(browser: Browser, month_report: Path) -> None:
    page = browser.new_page()
    page.goto((month_report / "report.html").as_uri() + "#lang=en")
    page.get_by_role("link", name="Beside the live watch").click()
    missed = page.locator("article", has_text="01A")
    expect(missed.get_by_role("img", name="Picture: Clutter")).to_be_visible()
    missed.scroll_into_view_if_needed()
    expect(missed.locator("img")).to_have_js_property("naturalWidth", 160)
    page.close()


def test_on_paper_there_is_no_button_and_one_language(browser: Browser, month_report: Path) -> None:
    page = browser.new_page()
    page.goto((month_report / "report.html").as_uri() + "#lang=en")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("#language")).to_be_hidden()
    expect(page.locator("#judge")).to_be_hidden()
    expect(page.locator(".map").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.goto(next(month_report.glob("pages/*.html")).as_uri())
    why = page.locator("article details dl").first
    expect(why).to_be_visible()  # nothing can be unfolded on paper
    page.emulate_media(media="screen")
    expect(why).to_be_hidden()
    page.close()


def test_event_ids_are_places_of_the_page(browser: Browser, month_report: Path) -> None:
    """So that one can be sent to an event."""
    page = browser.new_page()
    page.goto((month_report / "report.html").as_uri())
    ids = page.eval_on_selector_all("article[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids)) > 9
    assert event_id({"snapshot": "snapshots/a/b.jpg", "snapshot_sha256": "0123456789"}) == "a/b-01234567"
    page.close()
