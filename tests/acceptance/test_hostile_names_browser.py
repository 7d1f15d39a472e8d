"""Names that somebody chose to do harm, of a person and of a channel: shown as text wherever they are read, and nothing
runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.web.caller import caller_of
from tests.acceptance.browser import Log, come_in, leave, needs_chromium
from tests.acceptance.watching import until
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import Parts, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_console_browser import HOSTILE
from tests.acceptance.test_phone_browser import PHONE

pytestmark = needs_chromium

CHANNEL = f"office {HOSTILE}"
BREAKING = f"王; {HOSTILE},\nBEGIN:VEVENT\nSUMMARY:x"
"""For a file of lines, too."""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A person and a channel of such names; the channel takes nothing."""
    with Receiver(lambda _: Answer(400)) as receiver:
        people = [
            {"id": "li", "name": HOSTILE, "channels": [{"channel": CHANNEL}]},
            {"id": "wang", "name": BREAKING, "channels": [{"channel": CHANNEL}]},
        ]
        more: dict[str, Any] = {"people": people, "rota": {"shifts": [{"who": ["li", "wang"]}]}}
        more["webhooks"] = [{"name": CHANNEL, "url": receiver.url}]
        given = some_settings(tmp_path / "store").model_dump()
        yield Settings.model_validate({**given, **more})


def nothing_ran(page: Page, log: Log) -> None:
    """No element came of a name; a dialogue or an error would stand in the log."""
    assert page.locator("img[src=x]").count() == 0
    log.check()


def test_in_the_dispatch_dialogue_the_notices_and_the_letters(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert()
    page, log = come_in(browser, parts, url)
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("d")
    dialog = page.locator("#dispatch-dialog")
    expect(dialog.locator(".who").filter(has_text=HOSTILE)).to_have_count(2)
    expect(dialog.locator("#dispatch-told")).to_contain_text(HOSTILE)
    dialog.locator("#dispatch-note").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text(HOSTILE)
    expect(page.locator("#track .unanswered")).to_contain_text(HOSTILE)
    nothing_ran(page, log)
    until(parts.store.dead, "a notice that reaches nobody")
    page.reload()
    page.locator("#letters").click()
    letters = page.locator("#letters-dialog")
    expect(letters).to_contain_text(CHANNEL)
    expect(letters).to_contain_text(HOSTILE)
    nothing_ran(page, log)
    leave(page, log)


def test_in_the_duty_calendar_and_its_file(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page = browser.new_context(**PHONE).new_page()
    log = Log(page)
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("李")
    with page.expect_navigation():
        page.locator("#enter button").click()
    parts.app.dependency_overrides[caller_of] = lambda: Principal("li", HOSTILE, Role.VOLUNTEER, session="s")
    page.goto(f"{url}/phone#duty")
    expect(page.locator("#duties li").first).to_contain_text(HOSTILE)
    with page.expect_download() as got:
        page.locator("#ics").tap()
    lines = Path(got.value.path()).read_bytes().decode().replace("\r\n ", "").split("\r\n")
    assert got.value.suggested_filename == "duty.ics"
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1, "a name makes no event of its own"
    assert not any(line.startswith("SUMMARY:x") for line in lines)
    assert any(HOSTILE.replace(",", "\\,") in line for line in lines if line.startswith("DESCRIPTION:"))
    nothing_ran(page, log)
    page.context.close()
