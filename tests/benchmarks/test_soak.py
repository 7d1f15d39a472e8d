"""Faults, what they did, and what grew meanwhile."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.load import clips
from benchmarks.load.clips import SCENARIOS, Part
from benchmarks.load.processes import Cost
from benchmarks.load.product import Product
from benchmarks.load.streams import Streams
from benchmarks.soak import run as soaking
from benchmarks.soak.faults import FAULTS, VICTIM, Fault, Site
from benchmarks.soak.run import Outcome, Soak, by_fault, fault_bars
from benchmarks.soak.trend import Life, Lives, leak, slope_mb_per_h
from benchmarks.speed.streams import Case, product
from tests.rtsp_server import missing_reason

MB = 1_000_000


def cost(rss: float, *, pid: int = 1, fds: int = 9) -> Cost:
    return Cost(pid, "xinan", 0.0, round(rss * MB), 0, fds, 4)


def outcome(name: str, ratio: float | None, back_s: float | None, missed: int = 0) -> Outcome:
    return Outcome(name, 1.0, 1, 7.0, 7.0, ratio, ratio, back_s, missed)


def test_a_slope_is_megabytes_per_hour() -> None:
    samples = [(600.0 * n, cost(400 + 2 * n + (-1) ** n * 0.01)) for n in range(12)]
    assert slope_mb_per_h(samples) == pytest.approx(12.0, abs=0.1)
    assert slope_mb_per_h(samples[:3]) is None


@pytest.mark.parametrize(
    ("counts", "leaked"),
    [
        ([9, 9, 9, 9], 0),
        ([9, 30, 9, 30, 9, 30, 9, 9], 0),  # comes and goes
        ([9, 10, 11, 12, 13, 14, 15, 16], 6),
        ([12, 9, 9, 8], -4),
        ([], 0),
    ],
)
def test_what_comes_and_goes_is_no_leak(counts: Sequence[int], leaked: int) -> None:
    assert leak(counts) == leaked


def test_a_process_that_was_replaced_is_another_life() -> None:
    lives = Lives()
    for n in range(100):
        lives.see(10.0 * n, cost(300, pid=1), "supervisor")
        lives.see(10.0 * n, cost(300 + n % 20, pid=2 + n // 20), "analyzer of cam-1")
    assert [life.role for life in lives.all] == ["supervisor"] + ["analyzer of cam-1"] * 5
    assert [life.role for life in lives.long(warm_s=60)] == ["supervisor"], "the others lived for 200 s"


def test_a_short_run_still_has_a_slope_of_each_role() -> None:
    lives = Lives()
    for n in range(20):
        lives.see(10.0 * n, cost(300 + n), "supervisor")
    (life,) = lives.long(warm_s=20)
    assert isinstance(life, Life)
    told = life.told(20)
    assert told["rss_slope_mb_per_h"] == pytest.approx(360)
    assert told["fds"] == {"first": 9, "last": 9, "leaked": 0}


def test_of_each_fault_the_worst_counts() -> None:
    outcomes = [
        outcome("killed", 0.99, 2.0),
        outcome("killed", 0.85, 3.0),
        outcome("away", 1.0, 1.0),
        outcome("away", 1.0, None),
        outcome("analyzer", None, 4.0, missed=1),
    ]
    found = by_fault(outcomes)
    assert found["killed"] == {"times": 2, "ratio": 0.85, "back_s": 3.0}
    assert found["away"]["back_s"] is None
    verdicts = {bar.what: bar.verdict for bar in fault_bars(outcomes)}
    assert verdicts == {
        "killed: others' looks/s over those before": "missed",
        "killed: back after, s": "goal",
        "away: others' looks/s over those before": "goal",
        "away: back after, s": "missed",
        "analyzer: back after, s": "goal",
        "restarts missed": "missed",
    }


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Streams, Streams]]:
    """(steady, victim), small."""
    if reason := missing_reason():
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clips, "KEPT", tmp_path_factory.mktemp("streams"))
        part = Part(SCENARIOS / "ebike_lift_day.mp4", seconds=1.0, size=(160, 128))
        steady, victim = Streams({"cam-2": {"day": part}}), Streams({VICTIM: {"day": part}})
    with steady, victim:
        yield steady, victim


def test_the_product_is_read_under_load(sides: tuple[Streams, Streams], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed.streams.SETTLE_S", 0.0)
    steady, _ = sides
    reading = product(steady, Case(1, 160), "", 2.0)
    assert reading["looks_per_s"] > 0
    assert 0 < reading["pss_mb"] <= reading["rss_mb"]
    assert reading["cores"] > 0 and reading["cores_of_the_cameras"] >= 0


def test_a_fault_is_endured_and_told(
    sides: tuple[Streams, Streams], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CALM_S", "AFTER_S", "CYCLE_S"):
        monkeypatch.setattr(soaking, name, 1.0)
    steady, victim = sides
    killed = FAULTS[0]
    monkeypatch.setattr(soaking, "FAULTS", (Fault(killed.name, killed.strike, 1.0, killed.mend),))
    urls = {name: side.url(name) for side in (victim, steady) for name in side.names}
    with Product(urls, "[detector]\ninput_size = 160\n") as running:
        running.wait_until_seeing()
        soak = Soak(Site(steady, victim, running), 0.02, tmp_path / "soak.json")
        soak.run()
    (one,) = json.loads((tmp_path / "soak.json").read_text("utf-8"))["outcomes"]
    assert (one["fault"], one["touched"], one["missed_restarts"]) == (killed.name, 1, 0)
    assert one["others_during"] > 0
    assert one["back_s"] is not None and one["back_s"] > 0
