"""The audit over recordings with truth: what was found, how soon, and what was invented.

    python -m benchmarks.events.run [--shared ../shared/data/clips] [--rendered runs/clips] [--quiet-hours N]
        [--hazard flame …] [--only WORD] [--memo FILE] [--jobs N] [--compare OLD.json] [--out FILE]

The very pipeline of `xinan audit`, all hazards at once. How to read the table: README.md beside this.
"""

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2

from alerts.audit import audit
from alerts.config import load_settings
from benchmarks.events.footage import Footage, real, rendered
from benchmarks.events.memo import MemoDetector
from benchmarks.events.quiet import quiet
from benchmarks.events.report import changes, happenings, result_of, table, telling
from benchmarks.events.score import Outcome, Raised, match
from benchmarks.machine import describe, results_of
from models.errors import WorkshopError
from models.files import read_json, write_json
from models.progress import progress
from vision.detector import find_model, sha256_of
from vision.hazards import ON
from vision.view import View


@dataclass(frozen=True, slots=True)
class Task:
    """How every recording is examined. memo: where the detector remembers, as much footage is judged twice."""

    hazards: frozenset[str]
    memo: Path


def examine(footage: Footage, task: Task) -> Outcome:
    """Audit one recording and judge its alerts. Raises WorkshopError where it cannot be read to its end."""
    settings = footage.settings
    settings = settings.model_copy(update={"hazards": settings.hazards.only(set(task.hazards))})
    with tempfile.TemporaryDirectory() as folder:
        result = audit([footage.path], settings, Path(folder), view=View(footage.zones), detector=_detector(task.memo))
        raised = [Raised.of(event) for event in result.events]
    (source,) = result.sources
    if result.interrupted:
        raise KeyboardInterrupt
    if source.error:
        raise WorkshopError(f"{footage.path}: {source.error}")
    return match(footage, raised, source.duration_s, task.hazards)


@cache
def _detector(memo: Path) -> MemoDetector:
    """One of each process."""
    cv2.setNumThreads(1)
    return MemoDetector(memo)


def examine_all(footage: Sequence[Footage], task: Task, jobs: int = 1) -> list[Outcome]:
    """Every recording, in order, with a bar on stderr. jobs: processes."""
    work = partial(examine, task=task)
    if jobs == 1:
        return list(progress(map(work, footage), "events", len(footage)))
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        return list(progress(pool.map(work, footage), "events", len(footage)))


def gather(args: argparse.Namespace) -> list[Footage]:
    """All footage that is there, and on stderr what is not. Raises WorkshopError where nothing is."""
    found: list[Footage] = []
    for what, folder, read in (("real clips", args.shared, real), ("rendered scenarios", args.rendered, rendered)):
        part = read(folder)
        if not part:
            print(f"no {what}: {folder} {'holds none' if folder.is_dir() else 'is not there'}", file=sys.stderr)
        found += part
    if args.quiet_hours:
        found += quiet(found, args.quiet_hours, args.quiet_dir, args.shared.parent)
    found = [one for one in found if args.only in f"{one.name} ({one.mode})"]
    if not found:
        raise WorkshopError("no footage: give --shared, --rendered, or another --only")
    return found


def measure(footage: Sequence[Footage], task: Task, jobs: int) -> dict[str, Any]:
    """The whole result. Of the hazards the default settings; what a recording overrides stands beside it."""
    outcomes = examine_all(footage, task, jobs)
    hazards = load_settings().hazards.only(set(task.hazards)).by_kind
    return {
        "model": _detector(task.memo).info.version,
        "model_sha256": sha256_of(find_model(None)),
        "hazards": {kind: params.model_dump(mode="json") for kind, params in hazards.items()},
        **result_of(outcomes, task.hazards),
        "machine": describe(),
    }


def lines(result: dict[str, Any]) -> Iterator[str]:
    """What is printed of a result."""
    yield from table(result["figures"])
    yield "\nby source, where there were events or false alerts"
    yield from table(telling(result["by_source"]))
    yield ""
    yield from happenings(result)


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data/clips"), help="real clips with truth.csv")
    parser.add_argument("--rendered", type=Path, default=Path("runs/clips"), help="NAME.mp4 with NAME.truth.json")
    parser.add_argument("--quiet-hours", type=float, default=0.0, help="hours of quiet footage to make and watch")
    parser.add_argument("--quiet-dir", type=Path, default=Path("runs/quiet"), help="where that is kept")
    parser.add_argument("--hazard", action="append", choices=sorted(ON), help="only this one; may be repeated")
    parser.add_argument("--only", default="", metavar="WORD", help="only footage whose name holds this")
    parser.add_argument("--memo", type=Path, help="file in which the detector's answers are kept between runs")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="print what changed since this result")
    parser.add_argument("--out", type=Path, default=results_of(__file__), help="default: results/MODEL.json")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    args = parse(words)
    hazards: Collection[str] = args.hazard or ON
    try:
        old = read_json(args.compare) if args.compare else None
        with tempfile.TemporaryDirectory() as folder:
            memo = args.memo or Path(folder) / "memo.sqlite"
            result = measure(gather(args), Task(frozenset(hazards), memo), args.jobs)
        write_json(args.out, result)
    except (WorkshopError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print("\n".join(lines(result)))
    if old is not None:
        print("\n".join(["", f"since {args.compare.name}", *(list(changes(old, result)) or ["nothing changed"])]))
    print(f"\n{args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
