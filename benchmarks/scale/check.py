"""The bill beside what a running `xinan watch` was charged: real RTSP, real processes, all their processor time.

Of D1 cameras, and of cores alone: bytes, storage and what alerts cost are checked by nothing. What the bill has no line
for (RTP, threads that wake up, heartbeats, the console, SQLite's upkeep) makes it too low; where it is too high, its
prices are.
"""

import dataclasses
from dataclasses import dataclass

from benchmarks.load.clips import many
from benchmarks.load.product import Product
from benchmarks.load.streams import Streams
from benchmarks.scale.bill import Use, bill
from benchmarks.scale.unit_costs import UnitCosts

WARM_S = 15.0


@dataclass(frozen=True, slots=True)
class Checked:
    """cores: measured. billed: for the looks that were made. share: billed over measured."""

    cameras: int
    looks_per_s: float
    cores: float
    billed: float
    share: float
    rss_mb: float


def checked(costs: UnitCosts, cameras: int, seconds: float) -> Checked:
    """Watch so many D1 cameras for so long."""
    parts = {f"cam-{number}": {"day": part} for number, part in enumerate(many(cameras))}
    streams = Streams(parts)
    with streams, Product({name: streams.url(name) for name in parts}) as product:
        product.wait_until_seeing()
        product.read(WARM_S)
        reading = product.read(seconds)
    looks_per_s = sum(reading.looks_per_s.values()) / cameras
    billed = cameras * bill(costs, dataclasses.replace(Use(), looks_per_s=looks_per_s)).cores
    rss_mb = sum(one.rss for one in reading.processes) / 1e6
    return Checked(cameras, looks_per_s, reading.cores, billed, billed / reading.cores, rss_mb)
