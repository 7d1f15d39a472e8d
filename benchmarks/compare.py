"""Training runs side by side: what one change of the recipe does to every figure.

    xinan models data --data ../shared/data --out runs/set
    for seed in 7 8; do
        xinan models train --set runs/set --start WEIGHTS.npz --out runs/base_$seed --seed $seed
        …the same with --out runs/other_$seed and one option changed
    done
    python -m benchmarks.compare base=runs/base_7,runs/base_8 other=runs/other_7,runs/other_8 --out FILE

The same pictures, steps and seeds; each arm is the mean of its runs after the last pass. The spread, the largest
difference between the seeds of one arm, says what a difference must exceed to mean anything.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from models.files import write_json

LEFT_OUT = ("epoch", "loss", "thr_flame", "thr_ebike", "calm_wheelchairs")


def last(run: Path) -> dict[str, float]:
    """The metrics of a run after its last pass."""
    line = (run / "metrics.jsonl").read_text("utf-8").splitlines()[-1]
    metrics: dict[str, float] = json.loads(line)
    return {name: value for name, value in metrics.items() if name not in LEFT_OUT}


def table(arms: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Metric → mean of each arm, and the largest spread of one arm's runs; of the metrics that every run has."""
    rows: dict[str, dict[str, float]] = {}
    every = [run for runs in arms.values() for run in runs]
    for metric in (name for name in every[0] if all(name in run for run in every)):
        values = {name: [run[metric] for run in runs] for name, runs in arms.items()}
        row = {name: round(statistics.mean(several), 3) for name, several in values.items()}
        rows[metric] = {**row, "spread": round(max(max(several) - min(several) for several in values.values()), 3)}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arms", nargs="+", help="NAME=RUN[,RUN…]")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    pairs = [arm.partition("=") for arm in args.arms]
    arms = {name: [last(Path(run)) for run in runs.split(",")] for name, _, runs in pairs}
    rows = table(arms)
    result: dict[str, Any] = {"runs": {name: len(runs) for name, runs in arms.items()}, "metrics": rows}
    write_json(args.out, result)
    print(f"{'':24}" + "".join(f"{name:>12}" for name in (*arms, "spread")))
    for metric, row in rows.items():
        print(f"{metric:24}" + "".join(f"{value:12.3f}" for value in row.values()))


if __name__ == "__main__":
    main()
