"""Two people set up the same entry at once: neither replaces unseen what the other has saved. A real watch, its file, a
real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import needs_chromium
from tests.acceptance.test_looks_browser import found
from tests.acceptance.test_rota_browser import RAW
from tests.acceptance.test_setup_browser import part, save, saved, setup_page
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.clips import corridor, write_clip

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = needs_chromium


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    clip = write_clip(tmp_path / "hall.mp4", corridor(4))
    with Receiver() as hook:
        yield write_settings(tmp_path, RAW.format(url=hook.url, clip=clip))


@pytest.fixture
def watch(file: Path) -> Iterator[Watching]:
    with Watching(["watch", "-c", str(file)], file.parent) as running:
        running.enter()
        yield running


def add_turn(page: Page, day: str, who: str) -> None:
    """An exception to the rota, typed."""
    page.get_by_role("button", name="Add a single date").click()
    group = page.locator('#entry [data-path="overrides"] .group').last
    group.locator('[data-path$="begins"] input').fill(f"{day}T08:00")
    group.locator('[data-path$="ends"] input').fill(f"{day}T20:00")
    group.locator('[data-path$="who"]').get_by_label(who).check()


def press_save(page: Page) -> None:
    page.locator("#entry button.big").click()


def days(file: Path) -> list[str]:
    return [str(turn["begins"])[:10] for turn in saved(file)["rota"].get("overrides", [])]


def clash_on_the_rota(one: Page, other: Page) -> Locator:
    """The one saves a turn; the other, who opened the rota before, saves another, and is shown both."""
    for page in (one, other):
        part(page, "Rota")
        expect(page.locator(".week .turn").first).to_be_visible()
    add_turn(one, "2027-03-01", "li")
    save(one)
    add_turn(other, "2027-03-02", "wang")
    press_save(other)
    clash = other.locator("#clash")
    expect(clash).to_be_visible()
    return clash


def test_a_turn_that_somebody_else_has_saved_is_not_replaced_unseen(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as one, setup_page(browser, watch) as other:
        clash = clash_on_the_rota(one, other)
        assert days(file) == ["2027-03-01"]
        title = clash.locator("#clash-title")
        expect(title).to_be_focused()  # whoever does not see it is told
        expect(other.locator("#entry button[type=submit]")).to_have_count(0)
        other.locator('#entry [data-path$="begins"] input').last.press("Enter")
        expect(clash.get_by_role("heading", name="Single dates")).to_be_visible()
        lines = clash.locator("dd")
        expect(lines).to_have_count(3)
        expect(lines.nth(0)).to_have_text("–")
        expect(lines.nth(1)).to_contain_text("2027-03-01")
        expect(lines.nth(1)).to_contain_text("李雷")
        expect(lines.nth(2)).to_contain_text("2027-03-02")
        assert found(other) == []
        add_turn(other, "2027-03-01", "li")  # what the other page has, by hand
        expect(lines.nth(1)).to_have_text("–")
        clash.get_by_role("button", name="Save mine").click()
        expect(other.locator("#entry .said")).to_contain_text("Written")
        assert days(file) == ["2027-03-02", "2027-03-01"]
        expect(clash).to_have_count(0)


def test_what_somebody_else_has_saved_can_be_taken(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as one, setup_page(browser, watch) as other:
        clash = clash_on_the_rota(one, other)
        clash.get_by_role("button", name="Take what is in the file").click()
        begins = other.locator('#entry [data-path$="overrides.0.begins"] input')
        expect(begins).to_have_value("2027-03-01T08:00")
        expect(other.locator('#entry [data-path="overrides"] .group')).to_have_count(1)
        add_turn(other, "2027-03-03", "wang")
        save(other)
        assert days(file) == ["2027-03-01", "2027-03-03"]


def test_what_is_saved_between_the_look_and_the_press_is_shown_anew(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as one, setup_page(browser, watch) as other:
        clash = clash_on_the_rota(one, other)
        add_turn(one, "2027-03-04", "li")
        save(one)
        clash.get_by_role("button", name="Save mine").click()
        expect(clash).to_contain_text("2027-03-04")
        expect(clash.locator("#clash-title")).to_be_focused()
        assert days(file) == ["2027-03-01", "2027-03-04"]
        clash.get_by_role("button", name="Save mine").click()
        expect(other.locator("#entry .said")).to_contain_text("Written")
        assert days(file) == ["2027-03-02"]


def test_whoever_saves_by_enter_is_led_from_the_field_to_what_clashes(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "People")
        page.locator("#entries button", has_text="wang").click()
        name = page.locator('input[name="name"]')
        name.fill("王梅")
        file.write_text(file.read_text("utf-8").replace("王秀英", "王芳"), "utf-8")
        name.press("Enter")
        expect(page.locator("#clash-title")).to_be_focused()


def test_where_only_other_entries_were_changed_the_second_press_saves(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "People")
        page.locator("#entries button", has_text="li").first.click()
        page.locator('input[name="name"]').fill("李梅")
        file.write_text(file.read_text("utf-8").replace("王秀英", "王芳"), "utf-8")
        press_save(page)
        expect(page.locator("#entry .said")).to_contain_text("changed meanwhile")
        expect(page.locator("#entries")).to_contain_text("王芳")
        expect(page.locator("#clash")).to_have_count(0)
        save(page)
        assert [person["name"] for person in saved(file)["people"]] == ["李梅", "王芳"]


def test_an_entry_that_somebody_else_changed_is_shown_before_it_is_removed(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        part(page, "People")
        page.locator("#entries button", has_text="wang").click()
        file.write_text(file.read_text("utf-8").replace("王秀英", "王芳"), "utf-8")
        page.locator("#entry .remove").last.click()
        expect(page.locator("#entry .said")).to_contain_text("this is what it says now")
        expect(page.locator('input[name="name"]')).to_have_value("王芳")
        assert [person["id"] for person in saved(file)["people"]] == ["li", "wang"]
        page.locator("#entry .remove").last.click()
        until(lambda: [person["id"] for person in saved(file)["people"]] == ["li"], "the removal")
