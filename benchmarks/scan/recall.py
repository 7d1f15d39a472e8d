"""Events found in sparse looks, of those that the dense run of the same pipeline finds.

    python -m benchmarks.scan.recall [--shared ../shared/data/clips] [--rendered runs/clips] [--recode 50]
        [--before SECONDS] [--evenly LOOKS [--once]] [--only WORD] [--memo FILE] [--out FILE]

All footage of `benchmarks.events` with its settings and zones, as it is and, with `--recode`, coded anew with a key
picture every so many pictures. With `--before` nothing happens for so long before anything does: the first picture
stands, with the sensor's noise; for footage in which nothing of the truth is seen in the first `EMPTY_S`.

Dense: every picture decoded, five looks a second. An event of the dense run is found where the sparse one raised one of
the same hazard and place while it lasted (or within `LATE_S`). Beside it stands what of the truth each of them finds.

With `--evenly` the run that is held against the dense one is no sparse one: it looks so often a second, at evenly
spaced pictures, as whoever takes every tenth picture does. With `--once`, too, the network sees each of them once and
whole, as `model.predict` shows it: without second looks at parts in which a flame may be.
"""

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from alerts.audit import audit
from alerts.audit.found import Event
from benchmarks.events.footage import Footage, held, real, rendered
from benchmarks.events.memo import MemoDetector
from benchmarks.events.score import Raised, match
from benchmarks.machine import describe, results_of
from benchmarks.scan.footage import Recipe, made
from models.files import write_json
from models.progress import progress
from vision import attention
from vision.hazards import ON
from vision.view import View

EMPTY_S = 1.0
"""A recording begins empty when nothing comes sooner."""
LATE_S = 4.0
"""The sparse run may raise this long after the dense event has ended, at the end of a recording above all."""
AT_ONCE_S = 1.0
"""What is raised within so long of it is the same, wherever its box had its peak later."""
OVERLAP = 0.3
"""Share of the smaller box within the larger from which two are of one place."""


@dataclass(frozen=True, slots=True)
class Run:
    """One recording in one way. found: true events found, of those that are scored."""

    events: tuple[Event, ...]
    looks: int
    decoded: int
    found: int
    scored: int
    false: int


def begins_empty(footage: Footage) -> bool:
    """Whether its first picture may stand for long without saying anything untrue."""
    return all(event.enters_s >= EMPTY_S for event in footage.events)


def coded(footage: Footage, gop: int, before_s: float) -> Footage:
    """Anew, a key picture every `gop` pictures, `before_s` later in the recording."""
    events = tuple(
        replace(
            event,
            start_s=event.start_s + before_s,
            end_s=event.end_s + before_s,
            enters_s=event.enters_s + before_s,
        )
        for event in footage.events
    )
    return replace(footage, path=made(Recipe(footage.path, gop=gop, before_s=before_s)), events=events)


def run(footage: Footage, detector: MemoDetector, **analysis: Any) -> Run:
    """Audit a recording. analysis: settings of it. Raises RuntimeError where it cannot be read to its end."""
    settings = footage.settings
    settings = settings.model_copy(update={"analysis": settings.analysis.model_copy(update=analysis)})
    with tempfile.TemporaryDirectory() as folder:
        result = audit([footage.path], settings, Path(folder), view=View(footage.zones), detector=detector)
        events = result.events
    (source,) = result.sources
    if source.error:
        raise RuntimeError(f"{footage.path}: {source.error}")
    outcome = match(footage, [Raised.of(event) for event in events], source.duration_s, ON)
    return Run(
        events,
        source.frames_analysed,
        source.frames_decoded,
        sum(one.delay_s is not None for one in outcome.met),
        len(outcome.met),
        len(outcome.false),
    )


Pair = tuple[Event, Event]


def paired(dense: Sequence[Event], sparse: Sequence[Event]) -> tuple[list[Pair], list[Event], list[Event]]:
    """Pairs, events of the dense run alone, and of the sparse run alone; the earliest that fits is taken."""
    left = sorted(sparse, key=lambda event: event["raised_s"])
    pairs, missed = [], []
    for event in sorted(dense, key=lambda event: event["raised_s"]):
        mate = next((one for one in left if _same(event, one)), None)
        if mate is None:
            missed.append(event)
        else:
            left.remove(mate)
            pairs.append((event, mate))
    return pairs, missed, left


def _same(dense: Event, sparse: Event) -> bool:
    in_time = dense["start_s"] - LATE_S <= sparse["raised_s"] <= dense["end_s"] + LATE_S
    on_it = held(tuple(dense["box"]), tuple(sparse["box"])) >= OVERLAP
    at_once = abs(dense["raised_s"] - sparse["raised_s"]) <= AT_ONCE_S
    return bool(dense["hazard"] == sparse["hazard"] and (at_once or (in_time and on_it)))


@contextmanager
def once() -> Iterator[None]:
    """No second looks: none can be paid for."""
    usual = attention.SHARE, attention.BURST
    attention.SHARE = attention.BURST = 0
    try:
        yield
    finally:
        attention.SHARE, attention.BURST = usual


def measure(
    footage: Sequence[Footage], detector: MemoDetector, evenly: float | None, is_once: bool = False
) -> list[dict[str, Any]]:
    """A row for each recording."""
    rows: list[dict[str, Any]] = []
    held_against: dict[str, Any] = {"dense": True, "looks_per_s": evenly} if evenly else {"dense": False}
    for one in progress(footage, "recall", len(footage)):
        dense = run(one, detector, dense=True)
        with once() if is_once else nullcontext():
            sparse = run(one, detector, **held_against)
        pairs, missed, extra = paired(dense.events, sparse.events)
        rows.append(
            {
                "name": one.name,
                "mode": one.mode.value,
                "source": one.source,
                "dense_events": len(dense.events),
                "found": len(pairs),
                "later_s": [round(late["raised_s"] - soon["raised_s"], 3) for soon, late in pairs],
                "hazards": [soon["hazard"] for soon, _ in pairs],
                "missed": [_told(event) for event in missed],
                "extra": [_told(event) for event in extra],
                **{
                    f"{way}_{key}": getattr(of, key)
                    for way, of in (("dense", dense), ("sparse", sparse))
                    for key in ("looks", "decoded", "found", "false")
                },
                "scored": dense.scored,
            }
        )
    return rows


def _told(event: Event) -> dict[str, Any]:
    return {key: event[key] for key in ("hazard", "raised_s", "start_s", "end_s", "confidence", "box")}


def summed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures of some rows."""
    late = sorted(late for row in rows for late in row["later_s"])
    dense, found = sum(row["dense_events"] for row in rows), sum(row["found"] for row in rows)
    return {
        "recordings": len(rows),
        "dense_events": dense,
        "found": found,
        "recall": round(found / dense, 4) if dense else None,
        "extra": sum(len(row["extra"]) for row in rows),
        "later_median_s": round(statistics.median(late), 2) if late else None,
        "later_p95_s": round(late[int(0.95 * (len(late) - 1))], 2) if late else None,
        "truth_events": sum(row["scored"] for row in rows),
        "truth_found_dense": sum(row["dense_found"] for row in rows),
        "truth_found_sparse": sum(row["sparse_found"] for row in rows),
        "false_dense": sum(row["dense_false"] for row in rows),
        "false_sparse": sum(row["sparse_false"] for row in rows),
        "looks_share": round(sum(r["sparse_looks"] for r in rows) / max(1, sum(r["dense_looks"] for r in rows)), 3),
        "decoded_share": round(
            sum(r["sparse_decoded"] for r in rows) / max(1, sum(r["dense_decoded"] for r in rows)), 3
        ),
    }


def grouped(rows: Sequence[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    """The figures by a column."""
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return {name: summed(group) for name, group in sorted(groups.items())}


LINE = (
    "{name}: {found} of {dense_events} events, {extra} extra; later by {later_median_s} s (p95 {later_p95_s}); "
    "truth {truth_found_dense} → {truth_found_sparse} of {truth_events}, false {false_dense} → {false_sparse}; "
    "looks {looks_share}, decoded {decoded_share}"
)


def lines(result: dict[str, Any]) -> Iterator[str]:
    """What is printed."""
    for name, figures in (("all", result["all"]), *result["by_source"].items()):
        yield LINE.format(name=name, **figures)
    for row in result["recordings"]:
        for what in ("missed", "extra"):
            for event in row[what]:
                yield f"{what}: {row['name']} ({row['mode']}) {event['hazard']} {event['raised_s']} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data/clips"))
    parser.add_argument("--rendered", type=Path, default=Path("runs/clips"))
    parser.add_argument("--recode", type=int, help="pictures from one key picture to the next; default: as they are")
    parser.add_argument("--before", type=float, default=0.0, help="seconds without events put before; needs --recode")
    parser.add_argument("--evenly", type=float, help="looks a second, instead of sparse ones")
    parser.add_argument("--once", action="store_true", help="with --evenly: no second looks")
    parser.add_argument("--only", default="", metavar="WORD", help="only footage whose name holds this")
    parser.add_argument("--memo", type=Path, default=Path("runs/scan/memo.sqlite"))
    parser.add_argument("--out", type=Path, help="default: results/MODEL_recall.json, or _recall_gop50.json")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    footage = [one for one in [*real(args.shared), *rendered(args.rendered)] if args.only in f"{one.name} ({one.mode})"]
    if not footage:
        print("no footage: give --shared, --rendered, or another --only", file=sys.stderr)
        return 1
    if args.once and not args.evenly:
        parser.error("--once needs --evenly: sparse looks are chosen by what second looks have seen, too")
    if args.before and not args.recode:
        parser.error("--before needs --recode: what is put before is coded with the rest")
    if args.recode:
        footage = [coded(one, args.recode, args.before) for one in footage if not args.before or begins_empty(one)]
    rows = measure(footage, MemoDetector(args.memo), args.evenly, args.once)
    result = {
        "gop": args.recode,
        "before_s": args.before,
        "evenly": args.evenly,
        "once": args.once,
        "all": summed(rows),
        "by_source": grouped(rows, "source"),
        "recordings": rows,
        "machine": describe(),
    }
    name = results_of(__file__)
    suffix = f"_gop{args.recode}" if args.recode else ""
    suffix += f"_before{args.before:g}" if args.before else ""
    suffix += f"_evenly{args.evenly:g}" if args.evenly else ""
    suffix += "_once" if args.once else ""
    out = args.out or name.with_name(f"{name.stem}_recall{suffix}.json")
    write_json(out, result)
    print("\n".join([*lines(result), "", str(out)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
