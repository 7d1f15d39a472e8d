"""The product under load: a real `xinan watch` with a console, a webhook and cameras, and what it does and costs."""

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import httpx

from benchmarks.load.processes import Cost, costs, cpu_s
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Answer, Got, Receiver

POLL_S = 0.2


def monotonic_of(text: str) -> float:
    """A record's time on the clock of the timers. Both run on this machine; a step of the wall clock would show."""
    return datetime.fromisoformat(text).timestamp() - time.time() + time.monotonic()


@dataclass
class Tally:
    """What is counted of one camera while it is watched. times_s: monotonic stamps of the pictures that were looked at,
    as far as the poll caught them.

    looks: of all analyzers that have served it: a restarted one begins at zero.
    """

    looks: int = 0
    times_s: list[float] = field(default_factory=list)
    state: str = ""
    _raw: int | None = None
    _at: str = ""

    def see(self, health: Mapping[str, Any], look_at: str | None) -> None:
        """The camera's health, and the time of the newest look."""
        raw = int(health["looks"])
        before = raw if self._raw is None else self._raw
        self.looks += raw - before if raw >= before else raw
        self._raw, self.state = raw, str(health["state"])
        if look_at and look_at != self._at:
            self._at = look_at
            self.times_s.append(monotonic_of(look_at))

    def gap_s(self, begun_s: float, ended_s: float) -> float:
        """The longest time without a new look within the span, to the poll's precision."""
        marks = [begun_s, *(at_s for at_s in self.times_s if begun_s <= at_s <= ended_s), ended_s]
        return max(later - sooner for sooner, later in itertools.pairwise(marks))

    def first_after(self, begun_s: float) -> float | None:
        """The stamp of the first picture after this time that was looked at."""
        return next((at_s for at_s in self.times_s if at_s > begun_s), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """Over a stretch of time. looks_per_s, gap_s: by camera. cores: CPU seconds per second of all processes."""

    seconds: float
    looks_per_s: Mapping[str, float]
    gap_s: Mapping[str, float]
    cores: float
    processes: tuple[Cost, ...]

    def told(self) -> dict[str, Any]:
        """For a result file."""
        looks, gaps = list(self.looks_per_s.values()), list(self.gap_s.values())
        return {
            "seconds": round(self.seconds, 1),
            "looks_per_s": round(sum(looks), 2),
            "looks_per_s_of_a_camera": {"least": round(min(looks), 2), "mean": round(sum(looks) / len(looks), 2)},
            "blind_s": round(max(gaps), 2),
            "cores": round(self.cores, 3),
            "looks_per_cpu_s": round(sum(looks) / self.cores, 2),
            **memory(self.processes),
        }


def memory(processes: tuple[Cost, ...]) -> dict[str, float]:
    """MB of all processes together. rss counts shared pages once for each process, pss shares them out."""
    return {
        "rss_mb": round(sum(one.rss for one in processes) / 1e6, 1),
        "pss_mb": round(sum(one.pss for one in processes) / 1e6, 1),
    }


class Product:
    """`xinan watch` on these cameras, entered by its link.

    on_notice: called with each webhook, before it is answered. on_event: with each change of an alert that the console
    tells ({"kind", "alert"}); where it is given the console is listened to. Both in threads of their own.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        settings: str = "",
        *,
        on_notice: Callable[[Got], None] = lambda got: None,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._urls, self._settings = dict(urls), settings
        self._folder = TemporaryDirectory(prefix="xinan-bench-")

        def answer(got: Got) -> Answer:
            on_notice(got)
            return Answer()

        self._hook = Receiver(answer)
        self._stop = threading.Event()
        self._on_event = on_event
        self._poller = threading.Thread(target=self._poll, name="poll", daemon=True)
        self.tallies = {name: Tally() for name in urls}
        self.polls_failed = 0

    def __enter__(self) -> Self:
        self._hook.__enter__()
        folder = Path(self._folder.name)
        file = write_settings(folder, "\n".join([f"{self._settings}", self._webhook(), *self._cameras()]))
        self.watching = Watching(["watch", "-c", str(file)], folder)
        self.watching.__enter__()
        self.watching.enter()
        self._poller.start()
        if self._on_event is not None:
            threading.Thread(target=self._listen, args=(self._on_event,), name="events", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._poller.join()
        self.watching.__exit__(kind, error, trace)
        self._hook.__exit__()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        return self.watching.process.pid

    def wait_until_seeing(self) -> None:
        """Until every camera has been looked at."""
        until(lambda: all(tally.times_s for tally in self.tallies.values()), "a look at every camera")

    def read(self, seconds: float, beside: Callable[[], None] = lambda: None) -> Reading:
        """Watch it for so long. beside: called once a second."""
        begun_s, before_s = time.monotonic(), cpu_s(self.pid)
        before = {name: tally.looks for name, tally in self.tallies.items()}
        while (left_s := begun_s + seconds - time.monotonic()) > 0:
            time.sleep(min(1.0, left_s))
            beside()
        ended_s, after_s = time.monotonic(), cpu_s(self.pid)
        passed_s = ended_s - begun_s
        return Reading(
            passed_s,
            {name: (tally.looks - before[name]) / passed_s for name, tally in self.tallies.items()},
            {name: tally.gap_s(begun_s, ended_s) for name, tally in self.tallies.items()},
            (after_s - before_s) / passed_s,
            tuple(costs(self.pid, with_pss=True)),
        )

    def _webhook(self) -> str:
        return f'[[webhooks]]\nname = "bench"\nurl = "{self._hook.url}"\n'

    def _cameras(self) -> list[str]:
        return [f'[[cameras]]\nname = "{name}"\nurl = "{url}"\n' for name, url in self._urls.items()]

    def _poll(self) -> None:
        while not self._stop.wait(POLL_S):
            try:
                cameras = self.watching.get("/api/cameras")["cameras"]
                boxes = self.watching.get("/api/boxes")["cameras"]
            except Exception:  # noqa: BLE001 - a console that does not answer is a result, not the end of the benchmark
                self.polls_failed += 1
                continue
            for camera in cameras:
                self.tallies[camera["name"]].see(camera["health"], boxes[camera["name"]]["at"])

    def _listen(self, on_event: Callable[[Mapping[str, Any]], None]) -> None:
        """Until the console closes the line."""
        kind = ""
        mine = self.watching.http
        with (
            httpx.Client(base_url=self.watching.base, cookies=mine.cookies, headers=mine.headers, timeout=60) as client,
            contextlib.suppress(httpx.HTTPError),
            client.stream("GET", "/api/events") as lines,
        ):
            for line in lines.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "alert":
                    on_event(json.loads(value))
