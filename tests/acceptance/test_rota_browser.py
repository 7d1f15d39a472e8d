"""The rota as a week in a real browser: who is on when, and a turn that is given to somebody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import needs_chromium
from tests.acceptance.test_looks_browser import found
from tests.acceptance.test_setup_browser import PATIENCE_MS, part, save, saved, setup_page
from tests.acceptance.watching import Watching, write_settings
from tests.alerts.receiver import Receiver
from tests.clips import corridor, write_clip

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = needs_chromium

RAW = """
[site]
name = "Lane 12"
time_zone = "Asia/Shanghai"

[[people]]
id = "li"
name = "李雷"
channels = [{{ channel = "team" }}]

[[people]]
id = "wang"
name = "王秀英"
channels = [{{ channel = "team" }}]

[rota]
shifts = [{{ who = ["li"], days = ["mon", "tue"], begins = "08:00", ends = "20:00" }}]   # by day

[[webhooks]]
name = "team"
url = "{url}"

[[cameras]]
name = "hall"
url = "{clip}"
loop = true
"""
BY_DAY = "08:00 – 20:00"
PLACED = 'one => ["gridColumnStart", "gridRowStart", "gridRowEnd"].map((name) => getComputedStyle(one)[name])'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("site")
    clip = write_clip(folder / "hall.mp4", corridor(4))
    with Receiver() as hook:
        yield write_settings(folder, RAW.format(url=hook.url, clip=clip))


@pytest.fixture(scope="module")
def watch(file: Path) -> Iterator[Watching]:
    with Watching(["watch", "-c", str(file)], file.parent) as running:
        running.enter()
        yield running


def rota(page: Page) -> Locator:
    """The week, once it is drawn."""
    part(page, "Rota")
    turns = page.locator(".week .turn")
    expect(turns.first).to_be_visible(timeout=PATIENCE_MS)
    return turns


def test_the_week_shows_who_is_on_and_when_nobody_is(browser: Browser, watch: Watching) -> None:
    with setup_page(browser, watch) as page:
        turns = rota(page)
        ours = turns.filter(has_text="李雷")
        expect(ours).to_have_count(2)
        assert [one.get_attribute("aria-label") for one in ours.all()] == [
            f"Monday: 李雷 · {BY_DAY}",
            f"Tuesday: 李雷 · {BY_DAY}",
        ]
        quarters = [(str(2 + day), str(2 + 8 * 4), str(2 + 20 * 4)) for day in (0, 1)]
        assert [tuple(one.evaluate(PLACED)) for one in ours.all()] == quarters, (
            "a column a day, a row a quarter of an hour"
        )
        nobody = page.locator(".week .turn.nobody")
        assert nobody.count() == 9, "before, between and after, on each day that they lie on"
        expect(page.locator(".week .day")).to_have_count(7)
        expect(page.locator(".week .day.today")).to_have_count(1)
        assert found(page) == []


def test_other_weeks_are_a_press_away(browser: Browser, watch: Watching) -> None:
    with setup_page(browser, watch) as page:
        rota(page)
        span = page.locator("#rota-span")
        this_week = span.inner_text()
        page.locator("#rota-after").click()
        expect(span).not_to_have_text(this_week)
        expect(page.locator(".week .day.today")).to_have_count(0)
        expect(page.locator(".week .turn", has_text="李雷")).to_have_count(2)
        page.locator("#rota-before").click()
        expect(span).to_have_text(this_week)
        expect(page.locator(".week .day.today")).to_have_count(1)


def test_a_turn_is_given_to_somebody_else_once(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        turns = rota(page)
        turns.filter(has_text="李雷").first.click()
        who = page.locator('#entry [data-path="overrides"] .group').last.locator('[data-path$="who"]')
        who.get_by_label("wang").check()
        instead = page.locator(".week .turn.instead")
        expect(instead).to_contain_text("王秀英", timeout=PATIENCE_MS)
        expect(instead).to_have_count(1)
        expect(page.locator(".week .turn", has_text="李雷")).to_have_count(1)
        assert "overrides" not in saved(file)["rota"], "shown before it is saved"
        save(page)
        [given] = saved(file)["rota"]["overrides"]
        assert (
            given["who"] == ["wang"] and str(given["begins"])[11:16] == "08:00" and str(given["ends"])[11:16] == "20:00"
        )
        assert "# by day" in file.read_text("utf-8")
        expect(page.locator(".week .turn.instead")).to_contain_text("王秀英", timeout=PATIENCE_MS)
