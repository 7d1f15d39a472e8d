"""Cameras to watch: a handle on `gst_streams` in a process of its own."""

import contextlib
import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.load.clips import FPS, ROOT, Part, made
from tests.rtsp_server import SYSTEM_PYTHON, ServerProcess, free_port

START_S = 60.0
ANSWER_S = 10.0


class Streams(ServerProcess):
    """Plays parts at `url(NAME)`: {"cam-1": {"quiet": part, "flame": part}}. Not thread-safe."""

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
