"""The audit's report in a real browser: people judge a sample, and the next run reads what they said."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from alerts.audit.judged import Verdict, read_verdicts
from alerts.audit.report import report_text
from alerts.audit.report_sample import Review
from alerts.audit.sample import precision

SUMMARY: dict[str, Any] = {
    "sources": [],
    "unreadable": [],
    "counts": {"flame": 3},
    "notices": {"flame": 0},
    "interrupted": False,
    "model_version": "1",
}


def event(number: int, zone: str) -> dict[str, Any]:
    return {
        "source": "夜里.mp4",
        "hazard": "flame",
        "zone": zone,
        "zone_type": "corridor",
        "start_s": 1.0,
        "end_s": 9.0,
        "raised_s": 2.0,
        "confidence": 0.7,
        "severity": "fire",
        "evidence": {},
        "snapshot": f"snapshots/a'b/{number}.jpg",
        "snapshot_sha256": f"{number}" * 64,
    }


def page_of(folder: Path, events: list[dict[str, Any]]) -> str:
    verdicts = read_verdicts(folder)
    review = Review(tuple(events), verdicts, precision(SUMMARY["counts"], events, verdicts))
    (folder / "report.html").write_text("".join(report_text(SUMMARY, events, review=review)), "utf-8")
    return (folder / "report.html").as_uri()


def test_verdicts_of_the_page_are_what_the_next_run_reads(browser: Browser, tmp_path: Path) -> None:
    events = [event(number, zone) for number, zone in enumerate(("走道", "<b>'x'</b>", "lobby"))]
    page = browser.new_page(accept_downloads=True)
    page.goto(page_of(tmp_path, events))
    cards = page.locator("#judge fieldset")
    expect(cards).to_have_count(3)
    cards.nth(0).get_by_label("对 right").check()
    cards.nth(1).get_by_label("错 wrong").check()
    cards.nth(1).get_by_label("备注").fill('灯 "lamp", not fire')
    expect(page.locator("#judge output")).to_have_text("2 / 3")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save verdicts").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    assert read_verdicts(tmp_path) == {
        "a'b/0-00000000": Verdict("right"),
        "a'b/1-11111111": Verdict("wrong", '灯 "lamp", not fire'),
    }
    page.goto(page_of(tmp_path, events))
    expect(cards.nth(1).get_by_label("错 wrong")).to_be_checked()
    expect(cards.nth(1).get_by_label("备注")).to_have_value('灯 "lamp", not fire')
    row = page.locator("tr", has_text="–").filter(has_text="50%")
    expect(row).to_contain_text("33%–67%")
    page.close()
