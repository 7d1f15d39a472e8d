"""What is shipped: the wheel built from the sdist runs in a clean environment, from another folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from alerts.installed import version
from tests.acceptance.cli import ROOT
from tests.rtsp_server import free_port


def call(*command: str | Path, cwd: Path, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done


def install(python: Path, *what: str | Path, cwd: Path) -> None:
    """pip install. Skips where no package registry can be reached."""
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *what]
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=600)
    if done.returncode and "NewConnectionError" in done.stderr:
        pytest.skip("no package registry can be reached")
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_program_its_weights_and_its_pages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"xinan.py", "models/zoo.toml", "models/demo/demo.mp4", "models/demo/demo.toml"} <= names
    assert "alerts/xinan.example.toml" in names
    assert any(name.startswith("models/weights/") and name.endswith(".onnx") for name in names)
    assert any(name.startswith("alerts/web/static/") and name.endswith(".js") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert tops - {"streams", "vision", "alerts", "models", "xinan.py"} == {next(t for t in tops if "dist-info" in t)}


@pytest.mark.timeout(900)
def test_the_wheel_runs_the_demo_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    call(sys.executable, "-m", "venv", tmp_path / "clean", cwd=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    lock = ROOT / "requirements.lock"
    install(python, "-c", lock, wheel, cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    xinan = tmp_path / "clean" / "bin" / "xinan"
    done = call(xinan, "demo", "--no-browser", "--port", str(free_port()), "--seconds", "40", cwd=elsewhere)
    assert "Console: http://127.0.0.1:" in done.stdout
    assert "fired" in done.stdout
    assert call(xinan, "--version", cwd=elsewhere).stdout == f"xinan {version()}\n"
    call(xinan, "init", cwd=elsewhere)
    assert (elsewhere / "xinan.toml").read_text("utf-8") == (ROOT / "xinan.example.toml").read_text("utf-8")
    assert "no other distribution owns ours" in call(xinan, "doctor", cwd=elsewhere).stdout
