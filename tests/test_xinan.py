"""The `xinan` command itself: its version, its first settings, and how it ends."""

import tomllib
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner, Result

import xinan
from alerts import installed
from alerts.db.store import Store

ROOT = Path(__file__).parents[1]


def run(*words: str) -> Result:
    return CliRunner().invoke(xinan.app, words)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", [["--version"], ["--version", "watch"]])
def test_the_version(words: list[str]) -> None:
    done = run(*words)
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert (done.exit_code, done.stdout) == (0, f"xinan {known}\n")


def test_what_a_wheel_says_and_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, no tree is around, and the settings lie beside the module."""
    example = installed.example()
    monkeypatch.setattr(installed, "_TREE", tmp_path)
    monkeypatch.setattr(installed, "__file__", str(tmp_path / "alerts" / "installed.py"))
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"7 of {name}")
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / installed.EXAMPLE).write_text(example, "utf-8")
    assert run("--version").stdout == "xinan 7 of xinan\n"
    assert installed.example() == example


def test_the_first_settings_are_not_written_over(here: Path) -> None:
    assert run("init").exit_code == 0
    assert run("init", "other.toml").exit_code == 0
    for name in ("xinan.toml", "other.toml"):
        assert (here / name).read_text("utf-8") == (ROOT / "xinan.example.toml").read_text("utf-8")
    (here / "xinan.toml").write_text("mine", "utf-8")
    done = run("init")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "xinan.toml: is there already" in done.stderr
    assert (here / "xinan.toml").read_text("utf-8") == "mine"
    assert run("init", "--force").exit_code == 0
    assert (here / "xinan.toml").read_text("utf-8") != "mine"


ENDS = [
    (["init", "no/folder.toml"], 1, "cannot be written"),
    (["outbox", "--alert", "01NONE"], 1, "no alert 01NONE"),
    (["outbox", "--resend", "01NONE"], 1, "no dead letter 01NONE"),
    (["outbox", "--set", "store.path=none"], 1, "no such database"),
    (["tokens", "revoke", "none"], 1, "no token"),
    (["tokens", "add", "x", "--role", "king", "--scope", "see"], 2, "--role"),
    (["users", "remove", "nobody"], 1, "nobody"),
    (["link", "--set", "store.path=none"], 1, "store.path=FOLDER"),
    (["link", "-c", "none.toml"], 2, "no such file"),
    (["verify", "--set", "store.path=none"], 1, "no such database"),
    (["verify", "--head", "three"], 2, "NUMBER:HASH"),
    (["media", "status"], 2, "store.media_url"),
    (["channels", "test"], 2, "no channels"),
    (["watch"], 2, "no cameras"),
    (["check"], 2, "no cameras"),
    (["check", "-c", "none.toml"], 2, "no such file"),
    (["check", "--set", "nonsense=1"], 2, "nonsense"),
    (["places", "-c", "none.toml"], 2, "no such file"),
    (["zones", "nowhere"], 2, "neither a camera"),
    (["replay", "nowhere.mp4", "--out", "x.mp4"], 1, "no such file"),
    (["replay", "nowhere.mp4", "--out", "x.mp4", "--hazards", "flood"], 2, "unknown flood"),
    (["audit", "nowhere.mp4", "--out", "x"], 1, "nowhere.mp4"),
    (["audit", "nowhere.mp4", "--out", "x", "--camera", "x"], 2, "no camera x"),
    (["audit-compare", "nowhere", "nowhere", "--out", "x"], 1, "no report of an audit"),
    (["detect", "nowhere", "--out", "x.json"], 1, "nowhere"),
    (["discover", "127.0.0.1:9", "--user", "x"], 1, "127.0.0.1:9"),
]


@pytest.mark.parametrize(("words", "code", "said"), ENDS, ids=[" ".join(words) for words, _, _ in ENDS])
def test_how_it_ends(
    words: list[str],
    code: int,
    said: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """1: something failed; 2: wrong usage; one line says what."""
    monkeypatch.setenv("XINAN_ONVIF_PASSWORD", "x")
    Store.open(here / "xinan-data").close()
    done = run(*words)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert (done.exit_code, len(lines)) == (code, 1), done.output
    assert said in lines[0]


def test_every_command_says_something_when_it_ends() -> None:
    group = typer.main.get_group(xinan.app)
    named = {words[0] for words, _, _ in ENDS}
    assert named >= set(group.commands) - {"demo", "doctor", "models", "verdicts"}
