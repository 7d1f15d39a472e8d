"""What the browser tests share: one Chromium for each file, and a console whose settings a file may replace.

A file that wants more of its console than settings and cameras that film overrides `console` by one that takes it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.config import Settings
from tests.alerts.evidence.stores import swift
from tests.alerts.web.console import Parts, filming, serving, some_settings
from tests.relay import Relay

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["swift"]


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> "Iterator[Browser]":
    """A file that sets NOTIFIED gets the whole browser, which can show notifications."""
    from tests.acceptance.browser import chromium  # where Playwright is missing, only what asks for it is skipped

    with chromium(whole=getattr(request.module, "NOTIFIED", False)) as launched:
        yield launched


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two cameras."""
    return some_settings(tmp_path / "store")


@pytest.fixture
def filmed() -> Sequence[int]:
    """The numbers of the cameras that film."""
    return ()


@pytest.fixture
def console(settings: Settings, filmed: Sequence[int]) -> Iterator[tuple[Parts, str]]:
    """A console that is served, and its address."""
    parts = Parts.build(settings)
    with serving(parts) as url, filming(parts, filmed):
        yield parts, url
    parts.close()


@pytest.fixture
def line(console: tuple[Parts, str]) -> Iterator[tuple[Parts, Relay]]:
    """The console by way of a relay."""
    parts, _ = console
    with Relay(parts.settings.console.port) as relay:
        yield parts, relay
