"""Rates and their ratios, beside what is counted plainly; two reports beside each other."""

import json
import os
from datetime import timedelta
from math import comb, exp, lgamma, log
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.audit.compare import compare, read_period
from alerts.audit.parts import Parts
from alerts.audit.rates import Rate, poisson_bounds, ratio_of
from alerts.audit.report_compare import write_comparison
from alerts.errors import AlertsError
from tests.alerts.audit import month as synthetic
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import site_of, written
from vision.camera_health.spans import Span
from vision.camera_health.trouble import Cause
from xinan import app


def test_a_folder_whose_name_is_not_utf8_is_told_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode("三月".encode("gbk"))
    parts, job = Parts(folder), job_of("hall", BEGIN)
    write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, [job], site_of(tmp_path))
    period = read_period(folder)
    write_comparison(compare(period, period), tmp_path / "out", "zh")
    told = json.loads((tmp_path / "out" / "compare.json").read_text("utf-8"))
    assert told["before"]["folder"] == f"{tmp_path}/\ufffd\ufffd\ufffd\ufffd"
    assert told["before"]["folder"] in (tmp_path / "out" / "compare.html").read_text("utf-8")


def poisson(numbers: range, expected: float) -> float:
    return sum(exp(n * log(expected) - expected - lgamma(n + 1)) for n in numbers)


@pytest.mark.parametrize("number", [0, 1, 2, 9, 40, 1000])
def test_the_bounds_of_a_count_are_those_of_the_poisson_sum(number: int) -> None:
    low, high = poisson_bounds(number)
    if number:
        assert poisson(range(number), low) == pytest.approx(0.975, abs=1e-9)
    else:
        assert low == 0
    assert poisson(range(number + 1), high) == pytest.approx(0.025, abs=1e-9)


def test_the_bounds_of_a_large_count_are_near_the_normal_ones() -> None:
    low, high = poisson_bounds(100_000)
    assert (low, high) == pytest.approx((100_000 - 619.2, 100_000 + 621.8), abs=1.5)


def test_without_hours_there_is_no_rate() -> None:
    assert Rate.of(3, 0.0).per_h is None
    assert ratio_of(Rate.of(3, 0.0), Rate.of(3, 1.0)).value is None
    assert ratio_of(Rate.of(0, 1.0), Rate.of(0, 1.0)).high is None


@pytest.mark.parametrize(("old", "new", "hours"), [(10, 20, 1.0), (3, 0, 2.0), (0, 5, 1.0), (40, 44, 0.5)])
def test_the_ratio_is_bounded_where_the_numbers_are_just_too_unlikely(old: int, new: int, hours: float) -> None:
    """At either bound the conditional binomial tail is 2.5 %."""
    ratio = ratio_of(Rate.of(old, 1.0), Rate.of(new, hours))

    def tail(ratio_of_rates: float, numbers: range) -> float:
        share = ratio_of_rates * hours / (ratio_of_rates * hours + 1.0)
        return sum(comb(old + new, n) * share**n * (1 - share) ** (old + new - n) for n in numbers)

    if new:
        assert tail(ratio.low, range(new, old + new + 1)) == pytest.approx(0.025, abs=1e-6)
    else:
        assert ratio.low == 0
    if old:
        assert ratio.high is not None
        assert tail(ratio.high, range(new + 1)) == pytest.approx(0.025, abs=1e-6)
    else:
        assert ratio.high is None
    assert ratio.value == (pytest.approx(new / hours / old) if old else None)


def report(folder: Path, name: str, numbers: dict[str, int], day: int = 0, **more: Any) -> Path:
    """Of the cameras of `numbers`, each so many events in ten hours of one day."""
    parts = Parts(folder / name)
    jobs = []
    for camera, number in numbers.items():
        job = job_of(camera, BEGIN + timedelta(days=day), hours=10)
        write_part(parts, job, [event_of(job, "clutter", 300.0 * n, 10) for n in range(number)], **more)
        jobs.append(job)
    written(parts, jobs, site_of(folder))
    return folder / name


def test_two_reports_are_set_beside_each_other(tmp_path: Path) -> None:
    before = report(tmp_path, "a", {"Lift-1": 20, "yard": 5})
    after = report(tmp_path, "b", {"Lift-1": 60, "yard": 5}, day=30)
    found = compare(read_period(before), read_period(after))
    assert found.doubts == ()
    lines = {line.place: line for line in found.lines}
    assert list(lines) == ["*", "b3-5", "yard"]
    assert (lines["*"].before.events, lines["*"].before.hours, lines["*"].after.events) == (25, 20.0, 65)
    assert lines["b3-5"].ratio.value == pytest.approx(3.0)
    assert lines["b3-5"].ratio.differs
    assert not lines["yard"].ratio.differs
    assert lines["b3-5"].name_en == "5th-floor corridor"


def test_what_may_be_of_the_tool_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = report(tmp_path, "a", {"Lift-1": 20, "yard": 5})
    monkeypatch.setitem(synthetic.STAMP, "model", "9" * 16)
    covered = Span(Cause.COVERED, BEGIN + timedelta(hours=6), BEGIN + timedelta(hours=10))
    after = report(tmp_path, "b", {"Lift-1": 60}, camera=[covered])
    found = compare(read_period(before), read_period(after))
    assert [doubt for doubt, _ in found.doubts] == ["model", "cameras", "hours", "blind"]
    assert dict(found.doubts)["cameras"] == "yard"
    yard = next(line for line in found.lines if line.place == "yard")
    assert (yard.after.per_h, yard.ratio.differs) == (None, False)


@pytest.mark.parametrize("more", [{"complete": False, "error": "it breaks off"}, {"complete": False, "failed": True}])
def test_a_recording_that_was_not_seen_to_its_end_is_a_doubt(more: dict[str, Any], tmp_path: Path) -> None:
    before, after = report(tmp_path, "a", {"hall": 20}), report(tmp_path, "b", {"hall": 9}, looked_s=35_000.0, **more)
    found = compare(read_period(before), read_period(after))
    assert found.doubts == (("incomplete", "0, 1"),)
    write_comparison(found, tmp_path / "out", "zh")
    page = (tmp_path / "out" / "compare.html").read_text("utf-8")
    assert "没有看到底的录像：前、后 0, 1。" in page
    assert "not seen to their end, before and after: 0, 1." in page


def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    before, after = report(tmp_path, "a", {"hall": 20}), report(tmp_path, "b", {"hall": 60})
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["audit-compare", str(before), str(after), "--out", str(out), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "clutter: 20 → 60, ratio 3 (1.78–5.25)" in done.output
    told = json.loads((out / "compare.json").read_text("utf-8"))
    assert told["rates"][0]["differs"] is True
    page = (out / "compare.html").read_text("utf-8")
    assert page.startswith("<!doctype html><html lang=en ")
    assert "<b><span lang=zh>增多</span><span lang=en>More</span></b>" in page


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(AlertsError, match=r"no report of an audit: there is no statistics\.json"):
        read_period(tmp_path)
    done = CliRunner().invoke(app, ["audit-compare", str(tmp_path), str(tmp_path), "--out", str(tmp_path / "o")])
    assert done.exit_code == 1
