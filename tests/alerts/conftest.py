"""What the tests of `alerts` share: both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.db.store import Store
from tests.alerts.databases import Postgres, StorePlace, postgres_server
from tests.alerts.evidence.stores import moto, swift

__all__ = ["moto", "swift"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests that do not stop it; each takes a database of its own (`fresh`)."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    """An empty place for a store: the test runs once with each database."""
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return StorePlace(tmp_path / "data", server.fresh() if server else None)


@pytest.fixture
def store(place: StorePlace) -> Iterator[Store]:
    """A new store: the test runs once with each database."""
    opened = place.open()
    yield opened
    opened.close()
