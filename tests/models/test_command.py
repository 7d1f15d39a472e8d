"""Help, options and ends that all verbs of the workshop share."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from models import export, mine, train
from models.command import amount, command, natural, positive, share
from models.errors import WorkshopError
from streams.errors import SourceUnavailable
from vision.errors import ModelError

VERBS = {"data": "build"} | {verb: verb for verb in ("mine", "train", "soup", "export", "evaluate", "site", "quantize")}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (WorkshopError("a.json: no\nJSON"), "xinan: a.json: no JSON"),
        (ModelError("a.onnx: no model"), "xinan: a.onnx: no model"),
        (SourceUnavailable("a.jpg", "gone"), "xinan: a.jpg: gone"),
        (FileNotFoundError(2, "No such file or directory", "a.npz"), "xinan: a.npz: No such file or directory"),
    ],
)
def test_what_goes_wrong_is_one_line(error: Exception, line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        raising(error)()
    assert ended.value.code == line


@pytest.mark.parametrize("error", [ValueError("ours to mend"), OSError("names no file"), KeyError("x")])
def test_a_mistake_of_ours_is_not_hidden(error: Exception) -> None:
    with pytest.raises(type(error)) as ended:
        raising(error)()
    assert ended.value is error


def test_ctrl_c_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        raising(KeyboardInterrupt())()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "xinan: stopped; the old file stands\n"


def raising(error: BaseException) -> Callable[[], None]:
    @command("the old file stands")
    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(("verb", "module"), VERBS.items())
def test_help_begins_with_what_the_verb_does(verb: str, module: str, capsys: pytest.CaptureFixture[str]) -> None:
    about = import_module(f"models.{module}")
    with pytest.raises(SystemExit, match="0"):
        about.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"usage: xinan models {verb} ")
    assert " ".join(str(about.__doc__).split()[:8]) in said


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (positive, {"1": 1}, ("0", "-1", "1.5", "x", "")),
        (natural, {"0": 0, "7": 7}, ("-1", "0.5", "²")),
        (share, {"0": 0.0, "1.0": 1.0}, ("1.01", "-0.1", "nan", "x")),
        (amount, {"0": 0.0, "8.4": 8.4}, ("-1", "inf", "nan", "")),
    ],
)
def test_numbers_are_checked(kind: Callable[[str], Any], good: dict[str, float], bad: Sequence[str]) -> None:
    assert {text: kind(text) for text in good} == good
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=f"{text!r} is not a "):
            kind(text)


@pytest.mark.parametrize("option", ["--workers", "--sizes", "--mosaic", "--size"])
def test_a_plan_that_cannot_be_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        train.parse(["--set", "s", "--start", "w", "--out", "o", option, "-1"])
    assert option in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[1]", '{"a.jpg": "often"}', '{"a.jpg": 0}', "{", "\ud83d"])
def test_damaged_lists_are_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(WorkshopError, match=r"list\.json: "):
        mine.hard_pictures(file)
    if "0" not in text:
        with pytest.raises(WorkshopError, match=r"list\.json: "):
            export.thresholds_of(file)
