"""`xinan users` and `xinan link`: alone, and beside a running watch."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import xinan
from alerts.access import passwords
from alerts.access.at_terminal import at_terminal
from alerts.db.accounts import Accounts
from alerts.db.store import Store
from alerts.record import records
from streams.clock import SystemClock

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """With a store that a watch has made."""
    Store.open(tmp_path / "data").close()
    settings = tmp_path / "xinan.toml"
    settings.write_text(
        f'[store]\npath = "{tmp_path / "data"}"\n'
        '[[places]]\nid = "b1"\nkind = "building"\nname = "1 号楼"\n'
        '[[cameras]]\nname = "shed-1"\nurl = "rtsp://camera/1"\nplace = "b1"\n',
        "utf-8",
    )

    def call(*words: str, **more: object) -> Result:
        return CliRunner().invoke(xinan.app, [*words, "--config", str(settings)], **more)  # type: ignore[arg-type]

    return call


def stored(tmp_path: Path) -> Accounts:
    return Accounts(Store.read(tmp_path / "data"), SystemClock())


@pytest.mark.parametrize(
    "words",
    [("link",), ("users", "list"), ("users", "add", "wang", "--role", "admin"), ("users", "link", "wang")],
    ids=" ".join,
)
def test_where_nothing_was_watched_nobody_is_let_in(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    shutil.rmtree(tmp_path / "data")
    refused = run(*words)
    assert refused.exit_code == 1 and not (tmp_path / "data").exists()
    assert f"xinan: {tmp_path}/data/alerts.db: no such database" in refused.output
    for said in ("-c FILE", "--set store.path=FOLDER", "A demo has a store of its own"):
        assert said in refused.output and "enter#" not in refused.output


def test_an_account_from_first_to_last(run: Run, tmp_path: Path) -> None:
    assert "no accounts" in run("users", "list").output
    added = run("users", "add", "Wang", "--role", "admin", "--name", "王建国").output
    assert "wang  王建国: admin; the whole site; no password yet" in added
    assert "http://127.0.0.1:8800/enter#" in added
    assert "building_lead; b1, shed-1" in run(
        "users", "add", "li", "--role", "building_lead", "--place", "b1", "--place", "shed-1"
    ).output.replace("\n", "")
    assert (
        "password; disabled" not in run("users", "password", "li", env={"XINAN_USER_PASSWORD": "correct horse"}).output
    )
    assert passwords.verify(stored(tmp_path).all()["li"].password_hash, "correct horse")
    assert "li: auditor; b1, shed-1; password" in run("users", "role", "li", "auditor").output
    assert "li: auditor; the whole site" in run("users", "places", "li").output
    assert "li: auditor; b1;" in run("users", "places", "li", "b1").output
    assert "disabled since" in run("users", "disable", "li").output
    assert "is disabled" in run("users", "link", "li").output
    assert "disabled" not in run("users", "enable", "li").output
    assert "/enter#" in run("users", "link", "li").output
    assert "password" in run("users", "totp-off", "li").output
    assert len(run("users", "list").output.splitlines()) == 2
    assert run("users", "remove", "li").exit_code == 0
    assert set(stored(tmp_path).all()) == {"wang"}
    assert run("link").output.startswith("Console: http://127.0.0.1:8800/enter#")
    with_record = Store.read(tmp_path / "data")
    rows = records.oldest(with_record, 0, 99)[1:]
    assert {(row.by, row.via) for row in rows} == {(at_terminal().name, "terminal")}
    assert [row.kind for row in rows][:3] == ["added_account", "made_link", "added_account"]
    with_record.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("role", "wang", "boss"), 2, "unknown role boss; allowed: operator, volunteer, building_lead, auditor, admin"),
        (("role", "wang", "operator"), 1, "it is the last account that is admin"),
        (("remove", "wang"), 1, "it is the last account that is admin"),
        (("remove", "nobody"), 1, "no such account: nobody"),
        (("places", "wang", "b1"), 1, "an admin has the whole site"),
        (("add", "wang", "--role", "operator"), 1, "there is an account wang already"),
        (("add", "x y", "--role", "operator"), 1, "an account's short name is"),
        (("add", "li", "--role", "operator", "--place", "b9"), 1, "no such place or camera: b9"),
    ],
)
def test_what_is_refused_is_one_line(run: Run, tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    run("users", "add", "wang", "--role", "admin")
    before = stored(tmp_path).all()
    result = run("users", *words)
    assert result.exit_code == code and said in result.output and len(result.output.strip().splitlines()) == 1
    assert stored(tmp_path).all() == before


def test_a_weak_password_is_refused_and_not_repeated(run: Run) -> None:
    run("users", "add", "wang", "--role", "admin")
    result = run("users", "password", "wang", env={"XINAN_USER_PASSWORD": "woaini1314"})
    assert result.exit_code == 1 and "first that anybody would try" in result.output
    assert "woaini" not in result.output


def test_beside_a_watch_it_leaves_the_record_to_it(run: Run, tmp_path: Path) -> None:
    watch = Store.open(tmp_path / "data")
    accounts = Accounts(watch, SystemClock())
    version = accounts.version()
    assert run("users", "add", "wang", "--role", "admin").exit_code == 0
    assert accounts.version() != version and set(accounts.all()) == {"wang"}
    assert records.oldest(watch, 0, 9) == []
    accounts.take_in()
    assert [row.kind for row in records.oldest(watch, 1, 9)] == ["added_account", "made_link"]
    watch.close()
