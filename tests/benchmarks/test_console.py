"""The benchmark of the queue runs in a real browser, on what the page is made of now."""

from argparse import Namespace

import pytest

from tests.acceptance.browser import needs_chromium

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from benchmarks.console.run import measure

pytestmark = needs_chromium


def test_the_queue_is_measured_in_a_browser() -> None:
    found = measure(Namespace(alerts=2_000, trials=3))
    assert found["alerts"] >= 2_000
    assert found["seen"]["trials"] == found["seen_with_all"]["trials"] == 3
    assert 0 < found["seen"]["p50_ms"] <= found["seen"]["max_ms"]
    assert found["scrolling"]["frames"] > 0
    assert found["scrolling"]["nodes"] > 0
