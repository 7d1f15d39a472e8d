"""`python -m models.synth demo --out FILE` and `python -m models.synth stills --out DIR --count N --seed S`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

NEEDED = ("bpy", "cv2", "av")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(prog="python -m models.synth", description="Render the synthetic world.")
    verbs = main.add_subparsers(dest="verb", required=True)
    demo = verbs.add_parser("demo", help="the bundled corridor clip and its truth")
    demo.add_argument("--out", type=Path, required=True, help="MP4 file to write; the truth goes beside it")
    demo.add_argument("--cache", type=Path, help="folder that keeps rendered layers, to go on after an interruption")
    stills = verbs.add_parser("stills", help="labelled training pictures (YOLO text)")
    stills.add_argument("--out", type=Path, required=True, help="folder for images/, labels/ and manifest.json")
    stills.add_argument("--count", type=int, default=120, help="number of pictures (default 120)")
    stills.add_argument("--seed", type=int, default=0, help="number of the world (default 0)")
    stills.add_argument("--samples", type=int, default=5, help="light samples per pixel (default 5)")
    return main


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; 0 = done, 2 = the extra is missing."""
    options = parser().parse_args(argv)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"missing: {', '.join(missing)}; install the extra `synth` (Python 3.11 only)", file=sys.stderr)
        return 2

    def say(text: str) -> None:
        print(text, flush=True)

    if options.verb == "demo":
        from models.synth import demo

        demo.make(options.out, options.cache, say)
    else:
        from models.synth import stills

        stills.make(options.out, options.count, options.seed, say, options.samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
