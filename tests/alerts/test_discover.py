"""`xinan discover` prints settings that can be used as they are."""

import tomllib
from pathlib import Path

import pytest

from alerts.config import Settings
from streams.errors import redact
from tests.acceptance.cli import run
from tests.streams.onvif_device import PASSWORD, USER, OnvifDevice


def test_settings_of_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINAN_ONVIF_PASSWORD", PASSWORD)
    with OnvifDevice() as one, OnvifDevice() as other:
        done = run("discover", one.host, other.host, "--user", USER, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    cameras = Settings.model_validate(tomllib.loads(done.stdout)).cameras
    assert len({camera.name for camera in cameras}) == 2
    url, main_url = cameras[0].url.get_secret_value(), cameras[0].main_url
    assert redact(url) == "rtsp://***@127.0.0.1:554/sub?a=1&b=2"
    assert main_url is not None
    assert "/main?" in main_url.get_secret_value()


def test_who_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINAN_ONVIF_PASSWORD", "wr0ng")
    with OnvifDevice() as device:
        done = run("discover", device.host, "--user", USER, cwd=tmp_path)
    assert done.returncode == 1
    assert f"# {device.address}: wrong user name or password" in done.stdout
    assert "wr0ng" not in done.stdout + done.stderr
