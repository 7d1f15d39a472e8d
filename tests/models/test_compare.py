"""Training runs side by side."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.compare import main, table


def test_only_what_every_run_has_is_compared() -> None:
    arms = {"base": [{"a": 0.5, "b": 0.2}, {"a": 0.7, "b": 0.2}], "other": [{"a": 0.9, "c": 1.0}]}
    assert table(arms) == {"a": {"base": 0.6, "other": 0.9, "spread": 0.2}}


def test_the_last_pass_of_every_run_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, total in (("one", 0.5), ("two", 0.25)):
        (tmp_path / name).mkdir()
        passes = [{"epoch": epoch, "loss": 9.0, "total": total * epoch} for epoch in (1, 2)]
        (tmp_path / name / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in passes))
    out = tmp_path / "new" / "result.json"
    arms = [f"base={tmp_path / 'one'}", f"other={tmp_path / 'two'}"]
    monkeypatch.setattr(sys, "argv", ["compare", *arms, "--out", str(out)])
    main()
    wanted = {"base": 1.0, "other": 0.5, "spread": 0.0}
    assert json.loads(out.read_text())["metrics"] == {"total": wanted}
    assert capsys.readouterr().out.split() == ["base", "other", "spread", "total", "1.000", "0.500", "0.000"]
