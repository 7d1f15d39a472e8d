"""What is asked of a source of pictures."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from streams.clock import Clock
from streams.tap import UnitListener

Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A source that does not know one of these passes over it.

    url: of `streams.config.StreamConfig`; may hold a password. camera: the name that goes into the frames.
    sample_fps: at most so many frames a second are converted and given (None: all).
    paced: recordings at camera pace by the clock. started_at: aware UTC, when a recording began.
    threads: decoder threads for recordings.
    on_unit: gets every coded picture of a source that has them, before it is decoded, in the thread that asks for
        frames; what it raises ends the reading.
    decode: False asks a network camera for coded pictures only; others give their frames all the same.
    decode_mpx_per_s: of an RTSP stream with more million pixels a second only key pictures are decoded, of an HTTP one
        fewer.
    poll_s: how often a snapshot is asked for.
    """

    url: str = field(repr=False)
    camera: str
    clock: Clock
    sample_fps: float | None = None
    paced: bool = False
    transport: Transport = "tcp"
    open_timeout_s: float = 5.0
    read_timeout_s: float = 5.0
    started_at: datetime | None = None
    threads: int = 1
    on_unit: UnitListener | None = None
    decode: bool = True
    decode_mpx_per_s: float = 70.0
    poll_s: float = 1.0
