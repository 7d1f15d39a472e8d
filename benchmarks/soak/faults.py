"""What goes wrong with cameras and analyzers, done on purpose."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load.clips import SCENARIOS, UHD, Part, many
from benchmarks.load.processes import children, connected_to
from benchmarks.load.product import Product
from benchmarks.load.streams import Streams

VICTIM = "cam-1"
_UHD = Part(SCENARIOS / "clutter_corridor_day.mp4", seconds=4.0, size=UHD, bitrate=8_000_000)


@dataclass
class Site:
    """Eight cameras: the victim has a server process of its own, the steady ones share another."""

    steady: Streams
    victim: Streams
    product: Product

    @property
    def analyzers(self) -> list[int]:
        """The processes that look at cameras now."""
        return [pid for pid in children(self.product.pid) if any(pid == served for served in self.served().values())]

    def served(self) -> dict[str, int]:
        """Camera → process that is connected to it now."""
        pids, ports = children(self.product.pid), {**self.victim.ports, **self.steady.ports}
        found = {name: connected_to(port, pids) for name, port in ports.items()}
        return {name: pid for name, pid in found.items() if pid is not None}


def streams(cameras: int) -> tuple[Streams, Streams]:
    """(steady, victim), not yet started."""
    first, *rest = many(cameras)
    victim = Streams({VICTIM: {"day": first, "uhd": _UHD}})
    return Streams({f"cam-{number}": {"day": part} for number, part in enumerate(rest, 2)}), victim


@dataclass(frozen=True, slots=True)
class Fault:
    """strike: begin it. hold_s: how long it lasts. mend: end it; returns the monotonic time when the stream is back.

    hits: names of the cameras that it may touch, asked just before it strikes.
    """

    name: str
    strike: Callable[[Site], None]
    hold_s: float
    mend: Callable[[Site], float]
    hits: Callable[[Site], frozenset[str]] = lambda site: frozenset({VICTIM})


def _restart(site: Site) -> float:
    site.victim.start()
    return time.monotonic()


def _thaw(site: Site) -> float:
    site.victim.thaw()
    return time.monotonic()


def _ordered(**what: object) -> Callable[[Site], float]:
    return lambda site: site.victim.order(VICTIM, **what)


def _begin(**what: object) -> Callable[[Site], None]:
    def strike(site: Site) -> None:
        site.victim.order(VICTIM, **what)

    return strike


def _beside_victim(site: Site) -> frozenset[str]:
    """All cameras of the victim's analyzer."""
    served = site.served()
    return frozenset(name for name, pid in served.items() if pid == served.get(VICTIM))


def _signalled(number: int) -> Callable[[Site], None]:
    def strike(site: Site) -> None:
        pid = site.served().get(VICTIM)
        if pid is not None:
            os.kill(pid, number)

    return strike


FAULTS = (
    Fault("server killed", lambda site: site.victim.kill(), 10.0, _restart),
    Fault("server silent, connection open", lambda site: site.victim.freeze(), 12.0, _thaw),
    Fault("garbage in place of pictures", _begin(garbage=True), 10.0, _ordered(garbage=False)),
    Fault("4K pictures of a sudden", _begin(part="uhd"), 15.0, _ordered(part="day")),
    Fault("0.2 pictures a second", _begin(fps=0.2), 15.0, _ordered(fps=25)),
    Fault("analyzer SIGKILL", _signalled(signal.SIGKILL), 0.0, lambda site: time.monotonic(), _beside_victim),
    Fault("analyzer SIGSTOP", _signalled(signal.SIGSTOP), 0.0, lambda site: time.monotonic(), _beside_victim),
    Fault("camera away for 40 s", lambda site: site.victim.kill(), 40.0, _restart),
)
