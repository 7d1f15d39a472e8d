import io
from importlib import metadata

import pytest
from rich.console import Console
from typer.testing import CliRunner

import xinan
from alerts import terminal
from alerts.doctor import clashes, examine


def test_no_other_distribution_owns_our_names() -> None:
    assert clashes() == {}


def test_a_clash_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"models": ["xinan", "other-models"], "cv2": ["opencv-python"]}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: owners)
    item = next(item for item in examine() if item.name == "package names")
    assert not item.fine
    assert item.detail == "models also belongs to other-models"


def test_the_detector_and_the_libraries_are_examined() -> None:
    items = {item.name: item for item in examine()}
    assert {"python", "onnxruntime", "detector", "disk"} <= items.keys()
    assert items["detector"].fine


@pytest.mark.parametrize("command", [["doctor"], ["models", "list"]])
def test_a_disk_that_takes_no_more_lines_ends_no_command(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Unbuffered as a terminal: what fails is told at once.
    with open("/dev/full", "wb", buffering=0) as device:
        monkeypatch.setattr(terminal, "out", Console(file=io.TextIOWrapper(device, write_through=True)))
        done = CliRunner().invoke(xinan.app, command)
        assert terminal.out.quiet
    assert done.exit_code == 0, done.output
