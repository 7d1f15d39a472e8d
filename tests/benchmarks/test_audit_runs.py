"""The benchmarks of audits do what they say, on next to nothing: their figures are for whoever runs them whole."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from benchmarks.audit import archive, cluster, kills, report
from models.files import read_json
from tests.clips import corridor, write_clip


def test_an_archive_of_broken_files_is_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind, and as many whole ones."""
    monkeypatch.setattr(archive, "BROKEN_SHARE", 0.5)
    monkeypatch.setattr("sys.argv", ["archive", "--files", "12", "--jobs", "1", "--out", str(tmp_path / "r.json")])
    with pytest.raises(SystemExit) as ended:
        archive.main()
    assert ended.value.code == 0
    results = read_json(tmp_path / "r.json")["results"]
    assert results["broken"] == dict.fromkeys(archive.WAYS, 1)
    told = results["accounted"]
    assert (told["in_manifest"], told["missing"], told["told_wrongly"]) == (12, 0, 0)
    assert set(map(len, told["reasons"].values())) == {1}
    assert [run["exit_code"] for run in results["runs"].values()] == [1, 1], "some cannot be read"
    assert all(run["peak_rss_mb"] >= run["peak_pss_mb"] > 0 for run in results["runs"].values())


def test_an_audit_is_killed_and_its_bytes_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "RECORDINGS", 1)
    monkeypatch.setattr(kills, "PIECES", 0)
    found = kills.killed_and_compared(tmp_path, 1, random.Random(1))
    assert (found["kills"], found["different"]) == (1, 0)
    assert found["events"] and found["pictures_compared"] and found["runs"]


def test_a_month_is_made_up_and_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: what a report costs is measured in one of its own."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(report, "_apart", lambda work: work())
    monkeypatch.setattr(report, "CAMERAS", 2)
    monkeypatch.setattr(report, "DAYS", 2)
    found: dict[str, Any] = report.measured(tmp_path, 40)
    assert found["last"]["events"] == found["with_parquet"]["events"] == found["replaced"]["events"] > 0
    assert {"report.html", "report.pdf", "events.parquet", "pages", "largest page"} <= found["mb"].keys()
    assert found["opened"]["nodes"] > 100


def test_an_audit_is_driven_and_its_rate_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first box alone, without Ray."""
    (tmp_path / "clips").mkdir()
    write_clip(tmp_path / "clips" / "a.mp4", corridor(2))
    monkeypatch.setattr(cluster, "SCENARIOS", tmp_path / "clips")
    halves = cluster.make_recordings(tmp_path, 2)
    assert [len(list(half.iterdir())) for half in halves] == [1, 1]
    core = min(os.sched_getaffinity(0))
    told = cluster.drive_on([(core, "", halves, tmp_path / "o")])
    assert told["footage_s"] == pytest.approx(2 * 2, abs=0.5)
    assert told["rate"] > 0 and told["wall_s"] > 0
    manifest = (tmp_path / "o" / "manifest.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["state"] for line in manifest] == ["done"] * 2
    rounds = [
        {key: {"rate": rate} for key, rate in (("ray_1", 2.0), ("ray_2", 3.0), ("plain_1", 4.0), ("plain_2", 6.0))}
    ]
    assert cluster.ratios(rounds)["ray_2_over_ray_1"] == 1.5
