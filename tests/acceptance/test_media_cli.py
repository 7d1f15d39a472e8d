"""`xinan media`, and what `verify` and `doctor` say of an object store, as a user runs them; with a real server."""

from pathlib import Path

import pytest

from tests.acceptance.cli import assert_one_line, run
from tests.acceptance.test_verify_cli import watched
from tests.alerts.evidence.stores import KEY, SECRET, Swift


@pytest.fixture
def given(swift: Swift, tmp_path: Path) -> list[str]:
    """A settings file in this folder that names the server."""
    (tmp_path / "xinan.toml").write_text(
        f"""\
[store]
path = "data"
media_url = "s3://evidence/cli/{tmp_path.name}"
media_endpoint = "http://127.0.0.1:{swift.port}"
media_region = "us-east-1"
media_key = "{KEY}"
media_secret = "{SECRET}"
""",
        "utf-8",
    )
    watched(tmp_path / "data")
    return ["-c", "xinan.toml"]


def test_an_archive_of_before_is_moved_looked_for_and_checked(given: list[str], tmp_path: Path, swift: Swift) -> None:
    before = run("media", "status", *given, cwd=tmp_path)
    assert before.returncode == 0 and "answers" in before.stdout and "to be sent: 3 files" in before.stdout
    assert "3 files sent" in run("media", "sync", *given, cwd=tmp_path).stdout
    assert "0 files sent" in run("media", "sync", *given, cwd=tmp_path).stdout
    after = run("media", "status", *given, cwd=tmp_path)
    assert "there: 3 files" in after.stdout and "to be sent: 0 files" in after.stdout
    assert "3 files looked for: no problems" in run("media", "check", *given, cwd=tmp_path).stdout
    assert "in the object store: 3 files read" in run("verify", *given, cwd=tmp_path).stdout
    objects = swift.objects(f"cli/{tmp_path.name}")
    gone = next(iter(objects.names())).name
    objects.delete(gone)
    assert_one_line(run("media", "check", *given, cwd=tmp_path), 1, gone, "is not there")
    assert_one_line(run("verify", *given, cwd=tmp_path), 1, gone, "no longer in the object store")
    local = run("verify", "--local", *given, cwd=tmp_path)
    assert local.returncode == 0 and "0 files read, 3 not read" in local.stdout


@pytest.mark.parametrize(("key", "value", "said"), [("media_url", "s3://nobody/x", "no such bucket"),
                                                    ("media_secret", "wrong", "does not go with the key")])  # fmt: skip
def test_what_is_wrong_is_said(given: list[str], tmp_path: Path, key: str, value: str, said: str) -> None:
    wrong = [*given, "--set", f"store.{key}={value}"]
    assert_one_line(run("media", "sync", *wrong, cwd=tmp_path), 1, said)
    status = run("media", "status", *wrong, cwd=tmp_path)
    assert status.returncode == 0 and said in status.stdout and "to be sent: 3 files" in status.stdout
    doctor = run("doctor", *wrong, cwd=tmp_path)
    assert doctor.returncode == 1 and said in doctor.stdout
    assert not any(SECRET in text for text in (status.stdout, doctor.stdout, doctor.stderr))


def test_the_doctor_says_that_it_answers(given: list[str], tmp_path: Path) -> None:
    assert "object store: s3://evidence/cli/" in run("doctor", *given, cwd=tmp_path).stdout


@pytest.mark.parametrize("command", ["status", "sync", "check"])
def test_without_an_object_store(command: str, tmp_path: Path) -> None:
    watched(tmp_path / "data")
    done = run("media", command, "--set", f"store.path={tmp_path / 'data'}", cwd=tmp_path)
    assert_one_line(done, 2, "store.media_url")
