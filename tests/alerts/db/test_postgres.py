"""What is PostgreSQL's own: its address and password, the one writer, a missing driver."""

import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.config import load_settings
from alerts.db.store import Store
from alerts.errors import SettingsError, StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from tests.alerts.databases import PASSWORD, Postgres
from tests.alerts.making import START, alert

SECRET = "s3cret-word"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://xinan:{SECRET}@127.0.0.1/xinan",
        f"sqlite:///{SECRET}",
        f"postgresql+psycopg2://xinan:{SECRET}@127.0.0.1/xinan",
        f"postgresql+psycopg://xinan:{SECRET}@127.0.0.1",
        f"postgresql://xinan:{SECRET}@127.0.0.1:port/xinan",
        SECRET,
    ],
)
def test_another_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"store\.url: .*postgresql\+psycopg://user:password@host/database") as said:
        load_settings(None, [f"store.url={url}"])
    assert SECRET not in str(said.value)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql"])
def test_the_address_is_never_shown(scheme: str) -> None:
    settings = load_settings(None, [f"store.url={scheme}://xinan:{SECRET}@127.0.0.1/xinan"])
    assert SECRET not in f"{settings!r}{settings.model_dump()}{settings.model_dump_json()}"


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql"])
def test_both_ways_of_writing_the_address_are_understood(scheme: str, postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.fresh().get_secret_value().replace("postgresql+psycopg", scheme)
    Store.open(tmp_path, SecretStr(address)).close()


def refused(folder: Path, url: SecretStr) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(folder, url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_opened_is_one_line_without_the_password(postgres: Postgres, tmp_path: Path) -> None:
    good = postgres.url().get_secret_value()
    wrong = {
        "password authentication failed": good.replace("hidden-", f"{SECRET}-"),
        'database "nowhere" does not exist': good.replace("/postgres", "/nowhere"),
        "Connection refused": good.replace(f":{postgres.port}", ":1"),
        "invalid connection option": f"{good}?{SECRET}=1".replace(SECRET, "sslpasswordd"),
    }
    for said, url in wrong.items():
        told = refused(tmp_path, SecretStr(url))
        assert said in told
        assert told.startswith("postgresql://127.0.0.1:")
        assert PASSWORD not in told
        assert SECRET not in told


def test_a_missing_driver_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "alerts.db.psycopg_connection", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = SecretStr("postgresql+psycopg://xinan@127.0.0.1/xinan")
    assert refused(tmp_path, url) == "store.url needs psycopg; install it with: pip install 'xinan[scale]'"


def test_a_second_watch_elsewhere_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    first = Store.open(tmp_path / "one", url)
    name = f"postgresql://127.0.0.1:{postgres.port}/{_name(url)}"
    assert refused(tmp_path / "two", url) == f"{name}: in use by another xinan watch"
    Store.read(tmp_path / "two", url).close()
    first.close()
    Store.open(tmp_path / "two", url).close()


def test_two_schemas_of_a_database_are_two_stores(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    postgres.execute("CREATE SCHEMA other", _name(url))
    first = Store.open(tmp_path / "one", url)
    other = SecretStr(f"{url.get_secret_value()}?options=-csearch_path%3Dother")
    second = Store.open(tmp_path / "two", other)
    second.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({}), START)
    assert first.alerts() == []
    second.close()
    first.close()


def test_a_writer_that_lost_its_lock_writes_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """The lock goes with the connection: when another watch has it, what this one would write is refused."""
    url = postgres.fresh()
    first = Store.open(tmp_path / "one", url)
    postgres.execute(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        f"(SELECT oid FROM pg_database WHERE datname = '{_name(url)}')"
    )
    second = Store.open(tmp_path / "two", url)
    with pytest.raises(StoreError, match="in use by another xinan watch"):
        first.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({}), START)
    assert second.alerts() == []
    second.close()
    first.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({}), START)  # and it has the lock again
    refused(tmp_path / "two", url)
    first.close()


def test_a_reader_changes_nothing(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    Store.open(tmp_path, url).close()
    reader = Store.read(tmp_path, url)
    with pytest.raises(StoreError, match="read-only"):
        reader.set_meta("x", "1")
    reader.close()


def _name(url: SecretStr) -> str:
    return url.get_secret_value().rpartition("/")[2]
