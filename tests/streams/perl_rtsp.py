"""A second kind of RTSP server on loopback: Debian's rtsp-server-perl, which serves what is pushed to it, over UDP."""

import contextlib
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.video.stream import VideoStream

from streams.clock import SystemClock
from tests.rtsp_server import free_port

PROGRAM = "rtsp-server-perl"


def missing_reason() -> str | None:
    """Why it cannot run here; None if it can."""
    return None if shutil.which(PROGRAM) else f"{PROGRAM} (Debian package of that name) is missing"


class PerlRtspServer:
    """Plays `video` (H.264) in a loop at `url`: PyAV pushes it (ANNOUNCE, RECORD). Usable as a context manager."""

    def __init__(self, video: Path) -> None:
        self._video = video
        self._over = threading.Event()
        self._port, self._push_port = free_port(), free_port()
        self._thread = threading.Thread(target=self._push, daemon=True)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"rtsp://127.0.0.1:{self._port}/cam"

    def __enter__(self) -> Self:
        loopback = ["--client_listen_address", "127.0.0.1", "--source_listen_address", "127.0.0.1"]
        ports = ["-c", str(self._port), "-s", str(self._push_port), "--rtp_start_port", str(free_port() & ~1)]
        self._process = subprocess.Popen(
            [PROGRAM, *ports, *loopback], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in (self._port, self._push_port):
            self._wait_for(port)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._process.kill()
        self._process.wait(10)
        self._thread.join(30)

    def _wait_for(self, port: int) -> None:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                return
            self._over.wait(0.1)
        raise RuntimeError(f"{PROGRAM} did not start")

    def _push(self) -> None:
        clock = SystemClock()
        url = f"rtsp://127.0.0.1:{self._push_port}/cam"
        with contextlib.suppress(av.error.FFmpegError), av.open(str(self._video)) as source:
            stream = source.streams.video[0]
            with av.open(url, "w", format="rtsp", options={"rtsp_transport": "udp"}) as out:
                sent = out.add_stream_from_template(stream)
                assert isinstance(sent, VideoStream)
                begun_s = clock.monotonic_s()
                offset = 0
                while not self._over.is_set():
                    source.seek(0)
                    last = offset
                    for packet in source.demux(stream):
                        if packet.dts is None or packet.pts is None or self._over.is_set():
                            continue
                        packet.dts += offset
                        packet.pts += offset
                        last = packet.dts + (packet.duration or 1)
                        due_s = begun_s + float(packet.dts * stream.time_base) if stream.time_base else 0.0
                        self._over.wait(max(0.0, due_s - clock.monotonic_s()))
                        packet.stream = sent
                        out.mux(packet)
                    offset = last
