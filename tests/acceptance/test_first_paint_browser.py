"""What a page asks for before it shows what it is for: little enough that its second is kept, and on a slow line, too.
The times themselves are measured by `benchmarks.console.first_paint`."""

from collections.abc import Iterator

import pytest

from tests.acceptance.browser import needs_chromium
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser

from benchmarks.console.first_paint import CASES, console, measured

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Parts, str, str]]:
    with console() as made:
        yield made


@pytest.mark.parametrize(
    ("name", "requests", "kilobytes"),
    [
        ("console, empty cache", 120, 300),
        ("console, full cache", 20, 60),
        ("phone's list, kept", 6, 40),
        ("phone's alert, kept", 6, 40),
    ],
)
def test_a_page_asks_for_little_before_it_is_useful(
    browser: Browser, served: tuple[Parts, str, str], name: str, requests: int, kilobytes: float
) -> None:
    found = measured(browser, *served, CASES[name], 1)
    assert found["requests"] <= requests
    assert found["bytes"] <= kilobytes * 1000
