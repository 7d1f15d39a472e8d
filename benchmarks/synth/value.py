"""What rendered stills are worth: detectors trained with and without them, measured on real pictures of other sources.

    xinan models synth stills --out stills --count 600 --seed 1
    python -m models.teacher --data ../shared/data --out runs/teacher.json
    for seed in 7 8; do
        python -m models.train --data ../shared/data --out runs/none_$seed --epochs 2 --steps 260 --seed $seed \\
            --apart ebike/lift_photos ebike2/nervewastaken fire/pbl5 clutter/ScottHodg clutter/m4nh
        …the same with --out runs/mix12_$seed --rendered stills --rendered-share 0.12, and so on
    done
    python -m benchmarks.synth.value none=runs/none_7,runs/none_8 mix12=runs/mix12_7,runs/mix12_8 [--out FILE]

The sources named by `--apart` are held out whole: they stand for the cameras of another town. The same recipe, the same
steps, the same seeds; only the rendered stills' share of all draws differs. Each arm is the mean of its runs after the
last pass; the spread of the arm without stills over its seeds says what a difference must exceed to mean anything.
"""

import argparse
import json
import statistics
from pathlib import Path

OF_INTEREST = (
    "ebike_ap50_lift", "ebike_rec_lift", "ebike_ap50_garage", "ebike_ap50_street", "ebike_ap50_voc", "bicycle_ap50_voc",
    "person_ap50_lift", "person_ap50_voc", "ebike_on_wheelchair_25", "flame_rec_pbl5", "flame_ap30_pbl5",
    "flame_rec_firenet", "flame_ap30_firenet", "clutter_ap50_halls", "clutter_ap50_rooms", "cable_ap30_tables",
    "kept_apart", "total",
)  # fmt: skip


KEPT_APART = ("ebike_ap50_lift", "ebike_ap50_garage", "ebike_ap50_street", "flame_rec_pbl5", "flame_ap30_pbl5")


def last(run: Path) -> dict[str, float]:
    """The metrics of a run after its last pass, with the mean over the sources that were held out whole."""
    line = (run / "metrics.jsonl").read_text("utf-8").splitlines()[-1]
    metrics: dict[str, float] = json.loads(line)
    return {**metrics, "kept_apart": statistics.mean(metrics[name] for name in KEPT_APART)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arms", nargs="+", help="NAME=RUN[,RUN…]; the first is the arm without rendered stills")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "value.json")
    args = parser.parse_args()
    arms = {
        name: [last(Path(run)) for run in runs.split(",")]
        for name, _, runs in (arm.partition("=") for arm in args.arms)
    }
    names = [*arms]
    table = {
        metric: {name: round(statistics.mean(run[metric] for run in runs), 3) for name, runs in arms.items()}
        for metric in OF_INTEREST
    }
    for metric, row in table.items():
        values = [run[metric] for run in arms[names[0]]]
        row["spread_without"] = round(max(values) - min(values), 3)
    result = {"runs": {name: len(runs) for name, runs in arms.items()}, "metrics": table}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{'':24}" + "".join(f"{name:>10}" for name in (*names, "spread")))
    for metric, row in table.items():
        print(f"{metric:24}" + "".join(f"{value:10.3f}" for value in row.values()))


if __name__ == "__main__":
    main()
