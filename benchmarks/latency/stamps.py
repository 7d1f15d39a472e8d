"""Reads the time that `gst_stamps` burns into pictures, and a server of them in a process of its own."""

import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from tests.rtsp_server import SYSTEM_PYTHON, ServerProcess, free_port

BLOCK, BITS = 20, 32
_SCRIPT = Path(__file__).with_name("gst_stamps.py")
_LOW_DELAY = 1 << 19


class StampedCamera(ServerProcess):
    """`gst_stamps` at `url`."""

    def __init__(self, *, fps: int = 25, profile: str = "baseline") -> None:
        self._port = free_port()
        self._args = [SYSTEM_PYTHON, str(_SCRIPT), str(self._port), "--fps", str(fps), "--profile", profile]
        self.url = f"rtsp://127.0.0.1:{self._port}/cam"

    def start(self) -> None:
        self._process = subprocess.Popen(self._args, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "READY":
            self.kill()
            raise RuntimeError("the RTSP server did not start")


def age_ms(luma: NDArray[np.uint8], now_ms: int) -> int | None:
    """How old a picture is by its stamp. luma: (H, W) uint8 of the original size. None: the stamp cannot be read."""
    centres = luma[BLOCK // 2, BLOCK // 2 : BITS * BLOCK : BLOCK]
    word = int("".join("1" if value > 128 else "0" for value in centres), 2)
    told, check = word >> 8, word & 0xFF
    return (now_ms - told) & 0xFFFFFF if sum(told.to_bytes(3, "big")) & 0xFF == check else None


class DirectReader:
    """The baseline: libav alone reads and decodes the same stream in this process. ages_ms: of each picture, so far."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.ages_ms: list[float] = []
        self._thread = threading.Thread(target=self._run, name="direct", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        options = {"rtsp_transport": "tcp", "fpsprobesize": "0"}
        with av.open(self._url, format="rtsp", options=options, timeout=(5, 5)) as container:
            stream = container.streams.video[0]
            stream.codec_context.flags |= _LOW_DELAY
            stream.thread_type = "NONE"
            for packet in container.demux(stream):
                for frame in packet.decode():
                    luma = np.asarray(frame.to_ndarray()[: frame.height, : frame.width], np.uint8)
                    age = age_ms(luma, time.time_ns() // 1_000_000)
                    if age is not None:
                        self.ages_ms.append(age)
                if self._stop.is_set():
                    return
