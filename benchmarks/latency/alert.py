"""From the first picture with a flame leaving the camera to the stored alert and the webhook, eight cameras loaded.

    python -m benchmarks.latency.alert [--trials 32] [--cameras 8] [--real ../shared/data/clips/flame] [--out FILE]

Every camera plays a quiet place in a loop. In turn each is switched to a fire, between two pictures, and its server
says when the first one left. A trial counts only if a new alert of that camera fires. How to read the result:
benchmarks/load/README.md.
"""

import argparse
import itertools
import math
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.load.bars import Bar, table
from benchmarks.load.clips import FPS, SCENARIOS, Part
from benchmarks.load.product import Product, monotonic_of
from benchmarks.load.streams import Streams
from benchmarks.machine import describe
from models.clip import DEMO
from models.files import write_json
from tests.acceptance.watching import until
from tests.alerts.receiver import Got
from tests.rtsp_server import missing_reason

OUT = Path(__file__).parent / "results" / "alert.json"
FIRED = "org.xinan.alert.fired"
REAL = ("fireplace.mp4", "kitchen_sink_fire.mp4", "grass_fire.mp4")
"""Real fires filmed at real speed; the others are time-lapse, whose flames do not flicker as flames do."""
PATIENCE_S = 15.0
REST_S = 31.0
"""A fire within 30 s of the end of another at the same place is the same alert, and tells nobody anew."""
LONGEST_REST_S = 120.0
SETTLE_S = 10.0
STAGES = ("seen", "verified", "stored", "received")


@dataclass(slots=True)
class Trial:
    """One fire. Monotonic seconds. sent_s: the first picture of it left the server. seen_s: stamp of the first picture
    in which it was found; verified_s: of that which confirmed it. stored_s: the row is committed. received_s: the
    webhook is here. None: not within the patience.
    """

    camera: str
    film: str
    sent_s: float
    seen_s: float | None = None
    verified_s: float | None = None
    stored_s: float | None = None
    received_s: float | None = None

    @property
    def total_s(self) -> float:
        """From the first picture to the webhook; infinite where none came."""
        return float("inf") if self.received_s is None else self.received_s - self.sent_s

    def told(self) -> dict[str, Any]:
        """For a result file: each stage in seconds after the one before."""
        marks = [self.sent_s, self.seen_s, self.verified_s, self.stored_s, self.received_s]
        stages = {
            name: None if later is None or sooner is None else round(later - sooner, 3)
            for name, (sooner, later) in zip(STAGES, itertools.pairwise(marks), strict=True)
        }
        total = None if self.received_s is None else round(self.total_s, 3)
        return {"camera": self.camera, "film": self.film, "total": total, **stages}


@dataclass
class Ears:
    """Hears of flame alerts from both ends. Thread-safe: webhooks and the console's events come in their own threads.

    suspected: alerts that were opened and not fired at once, in the quiet parts, too.
    """

    suspected: int = 0
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _open: dict[str, str] = field(default_factory=dict)
    _ended_s: dict[str, float] = field(default_factory=dict)
    _stored: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _received: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def on_notice(self, got: Got) -> None:
        """A webhook."""
        now_s, event = time.monotonic(), got.event
        if event["type"] == FIRED and event["data"]["hazard"] == "flame":
            self._keep(self._received, now_s, event["data"])

    def on_event(self, event: Mapping[str, Any]) -> None:
        """The console's word of a change, which comes when it is stored."""
        now_s, kind, alert = time.monotonic(), event["kind"], event["alert"]
        if alert["hazard"] != "flame":
            return
        with self._lock:
            self.suspected += kind == "opened"
            if alert["open"]:
                self._open[alert["id"]] = alert["camera"]
            elif self._open.pop(alert["id"], None):  # what comes later, such as its clip, does not open it again
                self._ended_s[alert["camera"]] = now_s
        if kind == "fired":
            self._keep(self._stored, now_s, alert)

    def rested(self, camera: str) -> bool:
        """Whether a fire there would be a new alert: none is open, the last is long gone."""
        with self._lock:
            ended_s = self._ended_s.get(camera, float("-inf"))
            return camera not in self._open.values() and time.monotonic() - ended_s >= REST_S

    @property
    def fired(self) -> int:
        """Alerts that fired so far."""
        with self._lock:
            return len(self._stored)

    def _keep(self, where: dict[str, tuple[float, dict[str, Any]]], now_s: float, alert: dict[str, Any]) -> None:
        with self._lock:
            where.setdefault(alert["id"], (now_s, alert))
            self._lock.notify_all()

    def complete(self, trial: Trial, patience_s: float = PATIENCE_S) -> None:
        """Wait until both ends have told of the trial's alert, and fill in what they said."""
        with self._lock:
            self._lock.wait_for(lambda: self._of(self._stored, trial) and self._of(self._received, trial), patience_s)
            stored, received = self._of(self._stored, trial), self._of(self._received, trial)
        if stored:
            trial.stored_s = stored[0]
            trial.seen_s = monotonic_of(stored[1]["started_at"])
            trial.verified_s = monotonic_of(stored[1]["fired_at"])
        trial.received_s = received[0] if received else None

    @staticmethod
    def _of(where: Mapping[str, tuple[float, dict[str, Any]]], trial: Trial) -> tuple[float, dict[str, Any]] | None:
        """The alert of the trial's camera that came after its fire began."""
        came = ((at_s, alert) for at_s, alert in where.values() if alert["camera"] == trial.camera)
        return next((one for one in came if one[0] > trial.sent_s), None)


def films(real: Path) -> Iterator[tuple[str, Part]]:
    """(name, a fire from its first picture on), endlessly: the demonstration's, and the real ones where they are."""
    found = [real / name for name in REAL if (real / name).exists()]
    for seed in itertools.count():
        yield "demo", Part(DEMO, 46.0, 11.0, mirrored=seed % 2 == 1, seed=100 + seed)
        if found:
            file = found[seed % len(found)]
            yield file.stem, Part(file, 1.0, 9.0, seed=200 + seed)


def mounts(cameras: int, real: Path) -> tuple[dict[str, dict[str, Part]], dict[str, str]]:
    """What each camera can play, and the name of its fire. The quiet part is a corridor by day, with nothing that is
    ever taken for a flame.
    """
    plan, names = {}, {}
    for number, (name, flame) in zip(range(cameras), films(real), strict=False):
        quiet = Part(SCENARIOS / "clutter_corridor_day.mp4", 0.0, 7.6, mirrored=number % 4 > 1, seed=number)
        camera = f"cam-{number + 1}"
        plan[camera], names[camera] = {"quiet": quiet, "flame": flame}, name
    return plan, names


def run(streams: Streams, ears: Ears, films_of: Mapping[str, str], count: int) -> list[Trial]:
    """So many fires, one after the other, camera by camera."""
    trials: list[Trial] = []
    for camera in itertools.islice(itertools.cycle(streams.names), count):
        until(partial(ears.rested, camera), f"the last fire of {camera} to be over", LONGEST_REST_S)
        trial = Trial(camera, films_of[camera], streams.order(camera, part="flame"))
        ears.complete(trial)
        streams.order(camera, part="quiet")
        trials.append(trial)
        print(f"{len(trials)}/{count} {trial.told()}", flush=True)
    return trials


def figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """Percentiles of the whole and of each stage, seconds. A fire that was missed lasts for ever."""
    told = [trial.told() for trial in trials]
    whole = [trial.total_s for trial in trials]
    stages = {name: [one[name] for one in told if one[name] is not None] for name in STAGES}
    return {
        "trials": len(trials),
        "missed": sum(trial.received_s is None for trial in trials),
        "p50_s": percentile(whole, 0.5),
        "p95_s": percentile(whole, 0.95),
        "stages_p50_s": {name: round(statistics.median(values), 3) for name, values in stages.items() if values},
        "stages_p95_s": {name: percentile(values, 0.95) for name, values in stages.items() if values},
    }


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed; None where that is infinite."""
    found = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    return round(found, 3) if math.isfinite(found) else None


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The whole result."""
    plan, films_of = mounts(args.cameras, args.real)
    ears = Ears()
    with ExitStack() as stack:
        streams = stack.enter_context(Streams(plan, fps=FPS))
        urls = {name: streams.url(name) for name in streams.names}
        product = stack.enter_context(Product(urls, on_notice=ears.on_notice, on_event=ears.on_event))
        product.wait_until_seeing()
        time.sleep(SETTLE_S)
        trials = run(streams, ears, films_of, args.trials)
        load = product.read(SETTLE_S).told()
    whole = figures(trials)
    by_film = {film: figures([t for t in trials if t.film == film]) for film in sorted({t.film for t in trials})}
    bars = [
        Bar("p50, s", _or_infinite(whole["p50_s"]), 2.5, more=False),
        Bar("p95, s", _or_infinite(whole["p95_s"]), 4.0, 3.0, more=False),
    ]
    print(*table(bars), sep="\n")
    return {
        "cameras": args.cameras,
        "bars": [bar.told() for bar in bars],
        **whole,
        "fired_outside_of_trials": ears.fired - sum(trial.stored_s is not None for trial in trials),
        "suspected": ears.suspected,
        "by_film": by_film,
        "load_after": load,
        "each": [trial.told() for trial in trials],
        "machine": describe(),
    }


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--real", type=Path, default=Path("../shared/data/clips/flame"), help="real fires, if there")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    if reason := missing_reason():
        sys.exit(reason)
    result = measure(args)
    print(f"stages, p50: {result['stages_p50_s']}")
    write_json(args.out, result)


if __name__ == "__main__":
    main()
