"""The run as a whole: from clips to the table, the file, and what changed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.events.report import changes, happenings, result_of, table
from benchmarks.events.run import main
from benchmarks.events.score import Outcome, Raised, match
from models.files import read_json
from tests.benchmarks.test_score import LEFT, RIGHT, alert, event, footage
from vision.hazards import ON

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    for file in SCENARIOS.glob("ebike_lift_day.*"):
        shutil.copy(file, tmp_path)
    return tmp_path


def result(monkeypatch: pytest.MonkeyPatch, *alerts: Raised) -> dict[str, Any]:
    monkeypatch.setattr("benchmarks.events.report._digest", lambda path: "0")
    told: Outcome = match(footage(event()), alerts, 3600.0, ON)
    return result_of([told], ["clutter"])


def test_a_run_tells_what_was_found_and_writes_it_with_the_footage(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    words = ["--shared", str(tmp_path / "none"), "--rendered", str(clips), "--hazard", "ebike", "--out", str(out)]
    assert main([*words, "--only", "whole", "--memo", str(tmp_path / "memo.sqlite")]) == 0
    told = capsys.readouterr()
    assert f"no real clips: {tmp_path / 'none'} is not there" in told.err
    assert "ebike       rendered, whole zones" in told.out
    (row,) = read_json(out)["footage"]
    assert (row["name"], row["zones"], len(row["sha256"])) == ("rendered/ebike_lift_day", "whole", 64)
    assert row["events"][0]["delay_s"] is not None
    assert read_json(out)["figures"]["ebike"]["rendered, whole zones"]["found"] == 1
    assert main([*words, "--only", "whole", "--memo", str(tmp_path / "memo.sqlite"), "--compare", str(out)]) == 0
    assert "nothing changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shared", "none", "--rendered", "none"], "no footage: give --shared, --rendered, or another --only"),
        (["--compare", "none.json"], "none.json"),
        (["--only", "no such clip", "--rendered", str(SCENARIOS)], "no footage"),
    ],
)
def test_what_is_missing_is_one_line(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--out", "r.json"]) == 1
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert not Path("r.json").exists()


def test_misses_and_false_alerts_are_named_with_clip_and_second(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(happenings(result(monkeypatch, alert(18, RIGHT))))
    assert lines == [
        "missed  clutter      clip (whole) 10.0 s: thing",
        "false   clutter      clip (whole) 18.0 s at 0.60 0.10 0.80 0.50",
    ]


def test_the_table_has_a_row_for_each_group(monkeypatch: pytest.MonkeyPatch) -> None:
    head, *rows = table(result(monkeypatch, alert(18, LEFT))["figures"])
    assert [row[:50].split() for row in rows] == [["clutter", "real"], ["clutter", "real,", "unseen", "sources"]]
    assert "1/1" in rows[0]
    assert "8.0 (8.0)" in rows[0]
    assert len(head) == len(rows[0])


def test_what_changed_is_told_by_figure_event_and_false_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = result(monkeypatch, alert(18)), result(monkeypatch, alert(20, RIGHT))
    lines = list(changes(before, after))
    assert any(line.startswith("clutter real: found 1 → 0") for line in lines)
    assert "lost    clutter      clip (whole) 10.0 s: thing" in lines
    assert "false   clutter      clip (whole): 0 → 1" in lines
    assert list(changes(before, before)) == []
