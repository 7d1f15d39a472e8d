"""The sample that people judge, and what their verdicts say of the whole."""

import csv
from fractions import Fraction
from hashlib import sha256
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import pytest

from alerts.audit.judged import FILE, Verdict, read_verdicts
from alerts.audit.sample import Sampler, bounds, event_id, precision
from alerts.audit.table import Table
from alerts.errors import AlertsError


def event(number: int, hazard: str = "flame") -> dict[str, Any]:
    name = f"snapshots/one-0123456789/{hazard}-{number:06d}.jpg"
    return {"hazard": hazard, "snapshot": name, "snapshot_sha256": sha256(name.encode()).hexdigest()}


def sample_of(events: list[dict[str, Any]], most: int) -> list[str]:
    sampler = Sampler(most)
    for one in events:
        sampler.add(one)
    return [event_id(one) for one in sampler.sample]


def test_each_hazard_has_its_own_sample_whatever_the_order() -> None:
    events = [event(number) for number in range(500)] + [event(number, "clutter") for number in range(3)]
    drawn = sample_of(events, 20)
    assert len([name for name in drawn if "flame" in name]) == 20
    assert len([name for name in drawn if "clutter" in name]) == 3
    assert sample_of(events[::-1], 20) == drawn
    assert [name for name in sample_of(events, 5) if "flame" in name] == [name for name in drawn if "flame" in name][:5]


def test_a_verdict_speaks_of_the_picture_that_was_judged() -> None:
    one = event(1)
    assert event_id(one) != event_id({**one, "snapshot_sha256": "0" * 64})


def test_one_recording_more_changes_little_of_the_sample() -> None:
    events = [event(number) for number in range(500)]
    before, after = (set(sample_of(some, 30)) for some in (events[:450], events))
    assert len(before & after) >= 20


def test_every_event_is_drawn_as_often_as_every_other() -> None:
    """Where in its recording an event stands says nothing of its chance."""
    drawn = sample_of([event(number) for number in range(4000)], 1000)
    early = sum(int(name.split("-")[-2]) < 2000 for name in drawn)
    assert 420 <= early <= 580  # five standard deviations


def exact(events: int, judged: int, right: int) -> tuple[float, float]:
    """The same by plain counting."""

    def chance(true: int, numbers: range) -> Fraction:
        ways = sum(comb(true, n) * comb(events - true, judged - n) for n in numbers if judged - n >= 0)
        return Fraction(ways, comb(events, judged))

    low = min(k for k in range(events + 1) if chance(k, range(right, judged + 1)) >= Fraction(1, 40))
    high = max(k for k in range(events + 1) if chance(k, range(right + 1)) >= Fraction(1, 40))
    return low / events, high / events


@pytest.mark.parametrize("events", [1, 2, 7, 40])
def test_the_bounds_are_those_of_plain_counting(events: int) -> None:
    for judged in range(1, events + 1):
        for right in range(judged + 1):
            assert bounds(events, judged, right) == pytest.approx(exact(events, judged, right))


def test_the_bounds_hold_the_truth_as_often_as_they_say() -> None:
    """Of all samples of six out of twelve, eight of which are right."""
    held = [
        low <= 8 / 12 <= high
        for drawn in combinations(range(12), 6)
        for low, high in [bounds(12, 6, sum(number < 8 for number in drawn))]
    ]
    assert sum(held) / len(held) >= 0.95


def test_all_judged_leaves_no_doubt_and_none_judged_all() -> None:
    assert bounds(9, 9, 6) == (6 / 9, 6 / 9)
    assert bounds(9, 0, 0) == (0, 1)
    assert bounds(100_000, 30, 30)[0] == pytest.approx(0.884, abs=0.002)  # Clopper and Pearson: 0.8843


def test_only_verdicts_on_the_sample_count() -> None:
    events = [event(number) for number in range(50)]
    sampler = Sampler(10)
    for one in events:
        sampler.add(one)
    drawn = [event_id(one) for one in sampler.sample]
    other = next(event_id(one) for one in events if event_id(one) not in drawn)
    words = dict.fromkeys(drawn[:6], "right") | {drawn[6]: "wrong", drawn[7]: "unclear", drawn[8]: "", other: "wrong"}
    said = {name: Verdict(word) for name, word in words.items()}
    [found] = precision({"flame": 50}, sampler.sample, said).values()
    assert (found.events, found.judged, found.right, found.unclear) == (50, 7, 6, 1)
    assert found.share == pytest.approx(6 / 7)
    assert 0 < found.low < 6 / 7 < found.high < 1
    assert precision({"flame": 50, "ebike": 0}, sampler.sample, {})["ebike"].share is None


def test_verdicts_are_read_as_pages_and_spreadsheets_write_them(tmp_path: Path) -> None:
    text = "\ufeffevent,verdict,remark\r\na,right,\r\nb,错,路灯\r\nc,,\r\nd,,later\r\na,Unclear,\r\n"
    (tmp_path / FILE).write_text(text, "utf-8")
    assert read_verdicts(tmp_path) == {
        "a": Verdict("unclear"),
        "b": Verdict("wrong", "路灯"),
        "d": Verdict("", "later"),
    }
    assert read_verdicts(tmp_path / "elsewhere") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"event,what\na,right\n", "lacks the column verdict"),
        (b"event,verdict\na,right\nb,maybe\n", "line 3: no such verdict: maybe; allowed: right, wrong"),
        ("event,verdict\na,对\n".encode("gb18030"), "is not UTF-8"),
    ],
)
def test_a_file_of_verdicts_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(AlertsError, match=said):
        read_verdicts(tmp_path)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(begin: str, tmp_path: Path) -> None:
    """Full-width signs are signs to a spreadsheet whose language has them."""
    with (tmp_path / "events.csv").open("w", encoding="utf-8-sig", newline="") as file:
        Table(file).add({**event(1), "source": f"{begin}1+1"})
    with (tmp_path / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["source"] == f"'{begin}1+1"


def test_a_table_computes_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    hostile = {**event(1), "source": "=HYPERLINK(1).mp4", "zone": "-1+1", "cleared": True, "start_s": -0.5}
    with (tmp_path / "events.csv").open("w", encoding="utf-8-sig", newline="") as file:
        Table(file).add(hostile)
    [row] = csv.DictReader((tmp_path / "events.csv").read_text("utf-8-sig").splitlines())
    assert (row["source"], row["zone"]) == ("'=HYPERLINK(1).mp4", "'-1+1")
    assert (row["cleared"], row["start_s"], row["event"]) == ("yes", "-0.5", event_id(hostile))
