"""Keeps a child process alive and carries its messages. Knows nothing of what the child does.

The child gets one end of a pipe and sends picklable messages; silence is a sign of death as much as an exit is.
"""

import logging
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from streams.clock import Clock

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
"""A child sends `None` at least this often."""
SILENT_S = 4.0
"""A child silent for this long after its first word is hung: killed and started again."""
START_S = 60.0
"""A child may take this long to its first word: it loads libraries and weights on a busy machine."""
RESTART_S = 1.0
"""Pause before a restart, so that a child that cannot start does not burn a core."""
STOP_S = 5.0

Target = Callable[[Connection, Any], None]


class Supervisor:
    """One child and one thread that reads from it.

    target: module-level function, run in the child as `target(connection, argument)`.
    on_message: called in the reader thread with every message but heartbeats; must not block for long.
    on_down: called with a one-line reason each time the child was lost.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        argument: Any,
        *,
        clock: Clock,
        on_message: Callable[[Any], None],
        on_down: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._name, self._target, self._argument = name, target, argument
        self._clock, self._on_message, self._on_down = clock, on_message, on_down
        self._context = multiprocessing.get_context("spawn")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"supervisor-{name}", daemon=True)
        self._pid: int | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        return self._pid

    def start(self) -> None:
        """Start the child and the reader thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to end, then make it. Returns when it is gone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            reason = self._live_once()
            self._pid = None
            if self._stop.is_set():
                return
            self.restarts += 1
            log.warning("%s: %s; starting it again", self._name, reason)
            self._on_down(reason)
            self._stop.wait(RESTART_S)

    def _live_once(self) -> str:
        """Run one child to its end. Returns why it ended."""
        ours, theirs = self._context.Pipe(duplex=True)
        child = self._context.Process(target=self._target, args=(theirs, self._argument), name=self._name, daemon=True)
        child.start()
        theirs.close()
        self._pid = child.pid
        try:
            return self._read(ours, child)
        finally:
            _end(child, ours)

    def _read(self, connection: Connection, child: SpawnProcess) -> str:
        heard_s, patience_s = self._clock.monotonic_s(), START_S
        while not self._stop.is_set():
            try:
                if connection.poll(0.25):
                    message = connection.recv()
                    heard_s, patience_s = self._clock.monotonic_s(), SILENT_S
                    if message is not None:
                        self._on_message(message)
                    continue
            except (EOFError, OSError):
                child.join(STOP_S)
                return f"ended with exit code {child.exitcode}"
            if self._clock.monotonic_s() - heard_s > patience_s:
                return f"silent for {patience_s:.0f} s"
        return "stopped"


def _end(child: SpawnProcess, connection: Connection) -> None:
    """Closing the pipe asks the child to end; then SIGTERM; then SIGKILL, which also ends a stopped one."""
    connection.close()
    child.join(0.5)
    for signal_it in (child.terminate, child.kill):
        if child.is_alive():
            signal_it()
            child.join(1.0)
    child.close()
