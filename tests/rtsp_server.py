"""A real RTSP server on loopback for tests: GStreamer's, run by the system's Python."""

import signal
import socket
import subprocess
import sys
import threading
from abc import abstractmethod
from pathlib import Path
from typing import Self

from streams.closing import Closing

SYSTEM_PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); wanted = ('appsrc', 'h264parse', 'rtph264pay', 'h265parse', 'rtph265pay'); "
    "missing = [name for name in wanted if not Gst.ElementFactory.find(name)]; "
    "raise SystemExit('missing GStreamer elements: ' + ' '.join(missing) if missing else 0)"
)
_START_TIMEOUT_S = 30.0


def missing_reason() -> str | None:
    """Why the server cannot run here; None if it can."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"{SYSTEM_PYTHON} is missing"
    done = subprocess.run([SYSTEM_PYTHON, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    packages = "gstreamer1.0-rtsp, python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-base/-good/-bad"
    return f"GStreamer's RTSP server is missing ({packages}): {lines[-1] if lines else 'no word'}"


def free_port() -> int:
    """A TCP port of loopback that nothing listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess(Closing):
    """A server in a process of its own. Usable as a context manager: started at its beginning, killed at its end.

    `kill` is SIGKILL: the sockets close with no word. `freeze` is SIGSTOP: they stay open and silent.
    """

    _process: subprocess.Popen[str] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it listens."""

    @property
    def running(self) -> bool:
        """Whether it was started and not killed since."""
        return self._process is not None

    def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def close(self) -> None:
        self.kill()

    def freeze(self) -> None:
        """Stop it in its tracks: connections stay open, nothing is sent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self


class RtspServer(ServerProcess):
    """Plays `video` (mp4 or raw, of that codec: h264 or h265) in a loop at `url`, over TCP and UDP.

    `show` plays another one in the same stream. `restart` comes back on the same port, with the first one.
    """

    def __init__(
        self,
        video: Path,
        *,
        codec: str = "h264",
        fps: float = 15.0,
        user: str = "",
        password: str = "",
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self._args = [str(self.port), str(video), "--codec", codec, "--fps", str(fps)]
        if user:
            self._args += ["--user", user, "--password", password]

    @property
    def url(self) -> str:
        """The stream's address, without credentials."""
        return f"rtsp://127.0.0.1:{self.port}/cam"

    def url_as(self, user: str, password: str) -> str:
        """The stream's address with credentials."""
        return f"rtsp://{user}:{password}@127.0.0.1:{self.port}/cam"

    def start(self) -> None:
        """Start and wait until it listens."""
        process = subprocess.Popen(
            [SYSTEM_PYTHON, str(_SCRIPT), *self._args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
        )
        self._process = process
        self._until_ready(process, "did not start")

    def show(self, video: Path) -> None:
        """From now on this one, of the same codec and size: the camera stays, its scene changes."""
        process = self._process
        assert process is not None and process.stdin is not None
        process.stdin.write(f"{video}\n")
        process.stdin.flush()
        self._until_ready(process, f"does not show {video}")

    def _until_ready(self, process: subprocess.Popen[str], otherwise: str) -> None:
        watchdog = threading.Timer(_START_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if line.strip() != "READY":
            self.kill()
            raise RuntimeError(f"the RTSP server {otherwise}")

    def restart(self) -> None:
        """Kill it if it runs and start it on the same port."""
        self.kill()
        self.start()
