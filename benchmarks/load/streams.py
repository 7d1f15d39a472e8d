"""Cameras to watch: a handle on `gst_streams` in a process of its own."""

import contextlib
import json
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.load.clips import FPS, ROOT, Part, made
from tests.rtsp_server import SYSTEM_PYTHON, free_port

START_S = 60.0
ANSWER_S = 10.0


class Streams:
    """Plays parts at `url(NAME)`: {"cam-1": {"quiet": part, "flame": part}}. Usable as a context manager.

    `kill`, `freeze`, `thaw` and `start` again: as `tests.rtsp_server.RtspServer`. Not thread-safe.
    """

    def __init__(self, mounts: Mapping[str, Mapping[str, Part]], *, fps: float = FPS) -> None:
        self.names = tuple(mounts)
        self.ports = {name: free_port() for name in mounts}
        self._plan = {
            name: {
                "port": self.ports[name],
                "fps": fps,
                "parts": {part: str(made(recipe)) for part, recipe in parts.items()},
            }
            for name, parts in mounts.items()
        }
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def url(self, name: str) -> str:
        """Address of one camera."""
        return f"rtsp://127.0.0.1:{self.ports[name]}/{name}"

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it, on the same ports as before, and wait until it listens."""
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder) / "plan.json"
            plan.write_text(json.dumps(self._plan), "utf-8")
            self._process = subprocess.Popen(
                [SYSTEM_PYTHON, "-m", "benchmarks.load.gst_streams", str(plan)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._answers = queue.Queue()
            threading.Thread(target=self._read, args=(self._process, self._answers), daemon=True).start()
            self._answer(START_S)

    def order(self, mount: str, **what: Any) -> float:
        """Tell one camera {part, fps, garbage}; monotonic seconds at which its first picture under it was sent."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"mount": mount, **what}) + "\n")
        self._process.stdin.flush()
        return float(self._answer(ANSWER_S)["sent_s"])

    def kill(self) -> None:
        """End it at once; its sockets close with no word of RTSP."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            self._process = None

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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @staticmethod
    def _read(process: "subprocess.Popen[str]", answers: "queue.Queue[dict[str, Any] | None]") -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):  # closed under our hands by kill()
            for line in process.stdout:
                answers.put(json.loads(line))
        answers.put(None)

    def _answer(self, patience_s: float) -> dict[str, Any]:
        """Raises RuntimeError where the server ended, or says nothing."""
        try:
            answer = self._answers.get(timeout=patience_s)
        except queue.Empty:
            answer = None
        if answer is None:
            self.kill()
            raise RuntimeError(f"the RTSP server ended, or did not answer within {patience_s:g} s")
        return answer
