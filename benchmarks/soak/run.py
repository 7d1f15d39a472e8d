"""Hours of watching with a fault every minute: do the other cameras notice, does the hurt one come back, what grows?

    python -m benchmarks.soak.run --minutes 60 [--cameras 8] [--out FILE]
    python -m benchmarks.soak.run --faults        every fault once, nothing more

The result is written after every fault, so that a soak that is cut off has its table. benchmarks/load/README.md.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.load.bars import Bar, table
from benchmarks.load.processes import cost, family
from benchmarks.load.product import Product
from benchmarks.machine import describe
from benchmarks.soak.faults import FAULTS, Fault, Site, streams
from benchmarks.soak.trend import LONG_S, Lives
from models.files import write_json
from tests.rtsp_server import missing_reason

RESULTS = Path(__file__).parent / "results"
CYCLE_S, CALM_S, AFTER_S = 60.0, 20.0, 10.0
PATIENCE_S = 45.0
"""A camera that is not back so long after its stream is counted as lost."""
SAMPLE_S = 10.0
WARM_S = CYCLE_S * (len(FAULTS) + 1)
"""Memory is warm when every fault has happened once: 4K pictures need room that is kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one fault did. looks/s of the cameras that it could not touch, before and during it; back_s: from the return
    of the stream to the first look at a picture after it, of the slowest camera that it touched. None: not in time.

    missed_restarts: analyzers that are not there at the end.
    """

    fault: str
    minute: float
    touched: int
    others_before: float
    others_during: float
    ratio: float | None
    least_ratio: float | None
    back_s: float | None
    missed_restarts: int


@dataclass
class Soak:
    """A running soak."""

    site: Site
    minutes: float
    out: Path
    lives: Lives = field(default_factory=Lives)
    outcomes: list[Outcome] = field(default_factory=list)
    _begun_s: float = field(default_factory=time.monotonic)
    _sampled_s: float = float("-inf")
    _cameras: dict[int, set[str]] = field(default_factory=dict)

    @property
    def minute(self) -> float:
        """Minutes since the start."""
        return (time.monotonic() - self._begun_s) / 60

    @property
    def warm_s(self) -> float:
        """What a process is given to reach its size; less in a short run."""
        return min(WARM_S, self.minutes * 60 / 5)

    def run(self) -> None:
        """Fault after fault in turn, until the time is over. Raises RuntimeError where the product ends by itself."""
        self._pass(CALM_S)
        number = 0
        while self.minute < self.minutes:
            begun_s = time.monotonic()
            self.outcomes.append(self.endure(FAULTS[number % len(FAULTS)]))
            number += 1
            print(f"[{self.minute:5.1f} of {self.minutes:g} min] {_line(self.outcomes[-1])}", flush=True)
            self.save()
            self._pass(begun_s + CYCLE_S - time.monotonic())

    def endure(self, fault: Fault) -> Outcome:
        """One fault: a calm stretch, the blow, the way back."""
        tallies = self.site.product.tallies
        wanted = len(self.site.analyzers)
        begun_s, before = time.monotonic(), self._looks()
        self._pass(CALM_S)
        struck_s, at_blow = time.monotonic(), self._looks()
        touched = fault.hits(self.site)
        fault.strike(self.site)
        self._pass(fault.hold_s)
        back_s = fault.mend(self.site)
        self._pass(AFTER_S)
        ended_s, after = time.monotonic(), self._looks()
        while any(tallies[name].first_after(back_s) is None for name in touched) and time.monotonic() < (
            back_s + PATIENCE_S
        ):
            self._pass(0.2)
        returns = [tallies[name].first_after(back_s + _alive_s(fault)) for name in touched]
        calm, hurt = struck_s - begun_s, ended_s - struck_s
        others = [name for name in tallies if name not in touched]
        rates = {name: ((at_blow[name] - before[name]) / calm, (after[name] - at_blow[name]) / hurt) for name in others}
        return Outcome(
            fault.name,
            round(self.minute, 1),
            len(touched),
            round(sum(rate for rate, _ in rates.values()), 2),
            round(sum(rate for _, rate in rates.values()), 2),
            _ratio(sum(rate for _, rate in rates.values()), sum(rate for rate, _ in rates.values())),
            min((ratio for one in rates.values() if (ratio := _ratio(one[1], one[0])) is not None), default=None),
            None if None in returns else round(max(at_s for at_s in returns if at_s is not None) - back_s, 2),
            max(0, wanted - len(self.site.analyzers)),
        )

    def save(self) -> None:
        """What is known so far."""
        write_json(self.out, self.result())

    def result(self) -> dict[str, Any]:
        """For the result file."""
        return {
            "cameras": len(self.site.product.tallies),
            "minutes": round(self.minute, 1),
            "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "bars": [bar.told() for bar in self.bars()],
            "by_fault": by_fault(self.outcomes),
            "processes": [life.told(self.warm_s) for life in self.lives.all],
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
            "polls_failed": self.site.product.polls_failed,
            "machine": describe(),
        }

    def bars(self) -> list[Bar]:
        """What was promised."""
        told = [life.told(self.warm_s) for life in self.lives.long(self.warm_s)]
        slopes = [one["rss_slope_mb_per_h"] for one in told if one["rss_slope_mb_per_h"] is not None]
        found = fault_bars(self.outcomes)
        if slopes and self.minutes * 60 >= WARM_S + LONG_S:  # a shorter run shows how it fills, not whether it grows
            found.append(Bar("RSS slope of the steepest process, MB/h", max(slopes), 5.0, more=False))
        for what in ("fds", "threads"):
            counts = [one[what]["leaked"] for one in told if one[what]]
            found.append(Bar(f"{what} leaked by any process", max(counts, default=0), 0, more=False))
        return found

    def _pass(self, seconds: float) -> None:
        """Wait, and take samples meanwhile."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            if time.monotonic() - self._sampled_s >= SAMPLE_S:
                self._sample()
            time.sleep(min(0.2, left_s))
            if self.site.product.watching.process.poll() is not None:
                raise RuntimeError("xinan watch ended by itself")

    def _sample(self) -> None:
        self._sampled_s = now_s = time.monotonic()
        served = self.site.served()
        for pid in (self.site.product.pid, *served.values()):
            mine = {name for name, by in served.items() if by == pid}
            self._cameras[pid] = self._cameras.get(pid, set()) | mine
        alive = set(family(self.site.product.pid))  # the system gives the number of one that is gone to another program
        for pid, cameras in ((pid, cameras) for pid, cameras in self._cameras.items() if pid in alive):
            role = f"analyzer of {', '.join(sorted(cameras))}" if cameras else "supervisor"
            if (known := cost(pid)) is not None:
                self.lives.see(now_s, known, role)

    def _looks(self) -> dict[str, int]:
        return {name: tally.looks for name, tally in self.site.product.tallies.items()}


def fault_bars(outcomes: Sequence[Outcome]) -> list[Bar]:
    """Of every fault, the worst."""
    found = []
    for name, one in by_fault(outcomes).items():
        if one["ratio"] is not None:
            found.append(Bar(f"{name}: others' looks/s over those before", one["ratio"], 0.9, 0.95))
        back_s = float("inf") if one["back_s"] is None else one["back_s"]
        found.append(Bar(f"{name}: back after, s", back_s, 5.0, more=False))
    found.append(Bar("restarts missed", sum(one.missed_restarts for one in outcomes), 0, more=False))
    return found


def by_fault(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """The worst of each: ratio the least, back_s the longest (None: it did not come back in time)."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(outcome.fault for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.fault == name]
        backs = [outcome.back_s for outcome in mine]
        found[name] = {
            "times": len(mine),
            "ratio": min((outcome.ratio for outcome in mine if outcome.ratio is not None), default=None),
            "back_s": None if None in backs else max(back for back in backs if back is not None),
        }
    return found


def _alive_s(fault: Fault) -> float:
    """A process that is killed may have looked at pictures of the very last moment."""
    return 0.0 if fault.hold_s else 0.5


def _ratio(after: float, before: float) -> float | None:
    return round(after / before, 3) if before else None


def _line(one: Outcome) -> str:
    others = "no camera was out of its reach" if one.ratio is None else f"others {one.ratio:.2f} of before"
    back = "not back" if one.back_s is None else f"back after {one.back_s:.1f} s"
    return f"{one.fault}: {others}, {back}" + (f", {one.missed_restarts} not restarted" if one.missed_restarts else "")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--faults", action="store_true", help="every fault once")
    parser.add_argument("--out", type=Path, help="default: results/soak.json, with --faults results/faults.json")
    args = parser.parse_args(words)
    if reason := missing_reason():
        sys.exit(reason)
    for number in (signal.SIGINT, signal.SIGTERM):  # also in the background, where a shell lets SIGINT be ignored
        signal.signal(number, _interrupt)
    minutes = CYCLE_S / 60 * (len(FAULTS) - 0.5) if args.faults else args.minutes
    out = args.out or RESULTS / ("faults.json" if args.faults else "soak.json")
    steady, victim = streams(args.cameras)
    with ExitStack() as stack:
        urls = {
            name: side.url(name)
            for side in (stack.enter_context(victim), stack.enter_context(steady))
            for name in side.names
        }
        product = stack.enter_context(Product(urls))
        product.wait_until_seeing()
        soak = Soak(Site(steady, victim, product), minutes, out)
        try:
            soak.run()
        except KeyboardInterrupt:
            print(f"stopped after {soak.minute:.1f} minutes", file=sys.stderr)
        soak.save()
        print(*table(soak.bars()), sep="\n")


if __name__ == "__main__":
    main()
