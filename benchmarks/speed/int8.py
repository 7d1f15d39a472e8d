"""int8 beside fp32: time, figures and the verdict, for the detector that ships.

    python -m benchmarks.speed.int8 --set runs/set [--model FILE] [--out benchmarks/speed/results/int8.json]

The int8 file is made anew for the measurement and thrown away: `xinan models quantize` makes one to keep.
"""

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

import cv2

from benchmarks.machine import describe
from models.files import write_json
from models.quantize import MOST_LOSS, MOST_TIME, make_and_compare
from vision.detector import Detector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="ONNX file; default: the shipped one")
    parser.add_argument("--pictures", type=int, help="held-out pictures; default: all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "int8.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        verdict = make_and_compare(args.model, Path(folder) / "int8.onnx", args.set, args.pictures)
    result = {
        "model": Detector.load(args.model).info.version,
        "keep": verdict.keep,
        "verdict": str(verdict),
        "rules": {"share_of_time_at_most": MOST_TIME, "fall_of_any_figure_at_most": MOST_LOSS},
        **asdict(verdict),
        "machine": describe(),
    }
    write_json(args.out, result)
    print(verdict)


if __name__ == "__main__":
    main()
