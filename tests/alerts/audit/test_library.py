"""The audit as a library: the guide's example runs as it stands, typed, and loads nothing before it is asked to."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

import alerts.audit
from alerts.audit.event import AuditEvent, read_events
from alerts.audit.parts import Parts
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import site_of, written
from tests.clips import corridor, write_clip
from vision.rule import Severity

ROOT = Path(__file__).parents[3]


def test_the_guides_example_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    write_clip(tmp_path / "recordings" / "hall.mp4", corridor(6, thing_from_s=0.5))
    text = (ROOT / "docs" / "guide" / "audit-notebook.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (tmp_path / "example.py").write_text(
        "def main():\n"
        + "".join(f"    {line}\n" for line in code.splitlines())
        + "\nif __name__ == '__main__':\n    main()\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=240,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counts, event, longest, rate = done.stdout.splitlines()
    assert counts.startswith("{'clutter': 1")
    assert event.startswith("clutter corridor ")
    assert event.endswith(".jpg")
    assert re.fullmatch(r"hall-[0-9a-f]{10}/clutter-.* [\d.]+ 3(\.0)?", longest)
    assert re.fullmatch(r"clutter [\d.]+ \([\d.]+, [\d.]+\)", rate)


def test_events_are_typed(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "out")
    job = job_of("Lift-1", BEGIN)
    untimed = type(job)(Path("x.mp4"), "x.mp4", "x-0123456789")
    write_part(parts, job, [event_of(job, "flame", 7200.0)], [event_of(job, "ebike", 5.0, notice="passing")])
    write_part(parts, untimed, [event_of(untimed, "clutter", 1.0, snapshot_after="snapshots/a.jpg")])
    result = written(parts, [job, untimed], site_of(tmp_path))
    fire, clutter = result.each()
    assert isinstance(fire, AuditEvent)
    assert (fire.severity, fire.lasted_s) == (Severity.FIRE, 120.0)
    assert fire.at == datetime(2026, 3, 1, 18, 0, 10, tzinfo=UTC)
    assert (fire.camera, fire.place, fire.segment, fire.segment_s) == (
        "Lift-1", "5层走道", "2026-03-01_18-00-00.mp4", 10.0,
    )  # fmt: skip
    assert (clutter.at, clutter.camera, clutter.segment, clutter.segment_s) == (None, "", "", None)
    assert clutter.snapshot_after == tmp_path / "out" / "snapshots" / "a.jpg"
    [notice] = read_events(tmp_path / "out", "notice")
    assert notice.notice == "passing"
    assert result.statistics["format"] == 2


def test_the_package_loads_nothing_before_it_is_asked_to() -> None:
    heavy = "{'onnxruntime', 'reportlab', 'sqlalchemy'}"
    code = f"import sys, alerts.audit, alerts.audit.config; print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_what_it_offers_is_there() -> None:
    for name in alerts.audit.__all__:
        assert callable(getattr(alerts.audit, name))
    assert alerts.audit.audit.__module__ == "alerts.audit.run"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = alerts.audit.nothing


@pytest.mark.parametrize("package", ["streams", "vision", "alerts"])
def test_who_imports_it_has_its_types(package: str) -> None:
    assert (files(package) / "py.typed").is_file()
