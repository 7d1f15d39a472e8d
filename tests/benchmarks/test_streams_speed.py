"""What the benchmark of many cameras makes of its readings."""

from typing import Any

import pytest

from benchmarks.speed.streams import bars, median_of, ratios

OURS = {
    "looks_per_s": 20.0,
    "looks_per_s_of_a_camera": {"least": 2.4, "mean": 2.5},
    "blind_s": 0.9,
    "cores": 1.5,
    "looks_per_cpu_s": 13.3,
    "rss_mb": 900.0,
    "pss_mb": 700.0,
}
OTHER = {"looks_per_s": 10.0, "cores": 1.8, "looks_per_cpu_s": 5.6, "rss_mb": 1350.0, "pss_mb": 1400.0}


def test_above_one_we_are_ahead_in_memory_too() -> None:
    found = ratios({"product": OURS, "ultralytics": OTHER})["product"]
    assert found == {"looks_per_s": 2.0, "looks_per_cpu_s": 2.38, "cores": 1.2, "memory_rss": 1.5, "memory_pss": 2.0}


def test_medians_go_into_what_is_nested() -> None:
    rounds: list[dict[str, Any]] = [{"a": n, "of": {"least": 10 * n}} for n in (3, 1, 2)]
    assert median_of(rounds) == {"a": 2, "of": {"least": 20}}


@pytest.mark.parametrize(("cameras", "size"), [(8, 640), (16, 416)])
def test_bars_hold_what_was_promised(cameras: int, size: int) -> None:
    result = {"cameras": cameras, "input_size": size, "product": OURS}
    assert {bar.verdict for bar in bars(result)} == {"goal"}
    worse = {**OURS, "blind_s": 5.0, "looks_per_s_of_a_camera": {"least": 0.5, "mean": 1.0}}
    missed = [bar.what for bar in bars({**result, "product": worse}) if bar.verdict == "missed"]
    assert len(missed) == 2
    ahead = {"over_ultralytics": ratios({"product": OURS, "ultralytics": OTHER})}
    assert len(bars({**result, **ahead})) > len(bars(result))
