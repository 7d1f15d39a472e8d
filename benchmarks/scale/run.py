"""What a camera costs, and what breaks at which number of cameras.

    python -m benchmarks.scale.run [--cameras 10 100 1000 10000 100000] [--watch 2 4 8] [--seconds 40] [--out FILE]

Prices of single things on this machine → the bill of a camera → the bill beside a running `xinan watch` → an analyzer
with more and more cameras → the one supervisor with looks of so many cameras → delivery at so many alerts a second.
The product's schedule, desk, store, planner and delivery workers run; looks take recorded times, and what is waited for
is skipped. How to read it: docs/design/scale.md.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.scale import analyzers, centre, check, delivery
from benchmarks.scale.bill import Use, bill
from benchmarks.scale.unit_costs import UnitCosts, measured
from models.files import write_json
from vision.config import AnalysisConfig

OUT = Path(__file__).parent / "results" / "scale.json"
D1, HD = "704x576", "1920x1080"
USES = {D1: Use(), HD: Use(HD, 4.0e6)}
"""Looks are timed at D1 pictures, for both."""
USUAL_PER_DAY, BAD_PER_HOUR = 4.0, 1.0
"""Alerts of a camera: on a usual day, and in the hour in which much happens at once."""
FULL = 0.7
"""Of a core or a worker: beyond it queues are long and a restart cannot catch up."""


def rounded(value: Any) -> Any:
    """Three figures that count, in what is written."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value


def result_of(costs: UnitCosts, cameras: Sequence[int], watch: Sequence[int], seconds: float) -> dict[str, Any]:
    """Everything, told as it comes."""
    result: dict[str, Any] = {"machine": describe(), "unit_costs": told("unit costs", costs.told())}
    result["bill"] = {size: told(f"bill {size}", bill(costs, use)) for size, use in USES.items()}
    result["check"] = [told("watch", check.checked(costs, number, seconds)) for number in watch]
    result["analyzer"] = {
        size: [told(f"analyzer {size}", row) for row in analyzers.most_cameras(costs.looks_s, costs.decode_s[size])]
        for size in (D1, HD)
    }
    looks_per_s = result["analyzer"][D1][0]["mean_looks_per_s"]
    usual = USUAL_PER_DAY / 86_400
    bad = BAD_PER_HOUR / 3600
    result["centre"] = [told("supervisor", centre.taken(number, looks_per_s, usual)) for number in cameras]
    result["centre_bad_hour"] = [
        told("supervisor, bad hour", centre.taken(number, looks_per_s, bad)) for number in cameras
    ]
    rates = sorted({number * per_s for number in cameras for per_s in (usual, bad)})
    result["delivery"] = [told("delivery", delivery.told(rate)) for rate in rates if 0.01 <= rate <= 60]
    result["breaks"] = told("breaks", breaks(result))
    return result


def breaks(result: dict[str, Any]) -> dict[str, Any]:
    """The number of cameras at which each part is `FULL`."""
    floor = AnalysisConfig().least_looks_per_s
    held = {
        size: max((row["cameras"] for row in rows if row["least_looks_per_s"] >= 0.9 * floor), default=0)
        for size, rows in result["analyzer"].items()
    }
    busiest = max(result["centre"], key=lambda row: row["cameras"])
    hook_per_s = 1.0 / (delivery.LATENCY_S + result["delivery"][0]["database_ms"] / 1000)
    return {
        "analyzer_cameras_a_core": held,
        "supervisor_cameras": round(FULL * busiest["cameras"] / busiest["busy"]),
        "webhook_cameras_in_a_bad_hour": round(FULL * hook_per_s * 3600 / BAD_PER_HOUR),
        "bot_cameras_in_a_bad_hour": round((delivery.PER_MINUTE - delivery.RESERVED) * 60 / BAD_PER_HOUR),
    }


def told(what: str, row: Any) -> dict[str, Any]:
    """Print it, and as it is written."""
    values: dict[str, Any] = rounded(row if isinstance(row, dict) else asdict(row))
    print(f"{what}: " + ", ".join(f"{key} {value}" for key, value in values.items()), flush=True)
    return values


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, nargs="+", default=[10, 100, 1_000, 10_000, 100_000])
    parser.add_argument("--watch", type=int, nargs="*", default=[2, 4, 8], help="cameras of the running watch")
    parser.add_argument("--seconds", type=float, default=40.0, help="that each of them is measured")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    write_json(given.out, result_of(measured(), given.cameras, given.watch, given.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
