"""A console without a server, on a simulated clock."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(some_settings(tmp_path / "store"), clock)
    yield built
    built.close()


@pytest.fixture
async def stranger(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a session."""
    async with parts.client() as client:
        yield client


@pytest.fixture
async def operator(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who came in by a link."""
    async with parts.client() as client:
        await parts.enter(client)
        yield client
