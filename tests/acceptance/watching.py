"""A running `xinan watch` and a signed-in client of its console."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from tests.acceptance.cli import COMMAND
from tests.rtsp_server import free_port

T = TypeVar("T")

PATIENCE_S = 120.0


def until(ask: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """Ask until the answer is true."""
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_s:.0f} s in vain for {what}")


class Watching:
    """`xinan watch` (or `demo`) in a process of its own.

    lines: what it has printed so far. http: a client that has entered by the one-time link.
    """

    def __init__(self, arguments: Sequence[str], cwd: Path) -> None:
        self._arguments, self._cwd = list(arguments), cwd
        self.lines: list[str] = []
        self.http = httpx.Client()
        self.link = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it, and wait for its link; also once more, after it has ended."""
        self._begun = len(self.lines)
        self.process = subprocess.Popen(
            [*COMMAND, *self._arguments],
            cwd=self._cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.link = until(self._find_link, "the console's link")
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.stop()
        if kind is not None:
            print("".join(self.lines))

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line)

    def _find_link(self) -> str:
        if self.process.poll() is not None:
            raise AssertionError(f"it ended: {''.join(self.lines)}")
        return next((m[1] for line in self.lines[self._begun :] if (m := re.search(r"Console: (\S+)", line))), "")

    @property
    def base(self) -> str:
        """http://host:port"""
        return self.link.split("/enter")[0]

    def enter(self) -> None:
        """Use the one-time link."""
        self.http = httpx.Client(base_url=self.base, headers={"Origin": self.base, "X-Xinan": "1"})
        answer = self.http.post("/enter", json={"token": self.link.split("#")[1], "name": "test"})
        assert answer.status_code < 400, answer.text

    def link_for_another(self) -> str:
        """A one-time link for one more browser."""
        answer = self.http.post("/api/link", json={})
        assert answer.status_code == 200, answer.text
        return self.base + str(answer.json()["path"])

    def say_why(self, alert_id: str) -> None:
        """Give a reason, so that the clear pictures and the clip are to be had."""
        answer = self.http.post(f"/api/alerts/{alert_id}/clear", json={"reason": "verify"})
        assert answer.status_code == 200, answer.text

    def get(self, path: str) -> Any:
        """JSON of the console's API."""
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def camera(self, name: str) -> dict[str, Any]:
        """One camera as the console sees it."""
        found: dict[str, Any] = next(c for c in self.get("/api/cameras")["cameras"] if c["name"] == name)
        return found

    def state(self, name: str) -> str:
        """A camera's state."""
        return str(self.camera(name)["health"]["state"])

    def kill(self) -> None:
        """SIGKILL, children and all."""
        self.process.kill()
        self.process.wait(30)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def write_settings(folder: Path, text: str) -> Path:
    """A settings file with a free console port and a store of its own."""
    file = folder / "watch.toml"
    file.write_text(f'[console]\nport = {free_port()}\n[store]\npath = "{folder / "data"}"\n{text}', "utf-8")
    return file
