"""Keeps a child process alive and carries its messages. Knows nothing of what the child does.

The child gets one end of a pipe and sends picklable messages; silence is a sign of death as much as an exit is.
"""

import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from streams.apart import spared_ctrl_c
from streams.channel import Channel
from streams.clock import Clock
from streams.queued import queued_s

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
"""A child sends `None` at least this often."""
SILENT_S = 2.5
"""A child silent for this long after its first word is hung: killed and started again. It then takes about two seconds
until it works again: five in all."""
START_S = 60.0
"""A child may take this long to its first word: it loads libraries and weights on a busy machine."""
RESTART_S = 1.0
"""Pause before a restart of a child that did not live for `PROVEN_S`, so that one that cannot start burns no core."""
PROVEN_S = 10.0
STOP_S = 5.0
GUARD_S = 0.25
LATE_S = 1.0
"""This process itself did not run for so long (stopped, or a machine that is paused or overrun): what a child said
meanwhile is yet to be read, and it is not to be killed for that."""

Target = Callable[[Any, Any], None]


class Child(Protocol):
    """As `multiprocessing` has it; on this machine or elsewhere. pid: None elsewhere."""

    @property
    def pid(self) -> int | None: ...
    @property
    def exitcode(self) -> int | None: ...
    def join(self, timeout: float | None = None) -> None: ...
    def is_alive(self) -> bool: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


Start = Callable[[str, Target, Any], tuple[Connection, Child]]
"""start(name, target, argument): our end of the pipe, and the child, in which `target(its end, argument)` runs;
elsewhere it is given an invitation to come in instead of an end. Raises OSError, and leaves nothing behind then."""


def spawned(name: str, target: Target, argument: Any) -> tuple[Connection, Child]:
    """A process of this machine."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=True)
    child: SpawnProcess = context.Process(target=target, args=(theirs, argument), name=name, daemon=True)
    try:
        with spared_ctrl_c():
            child.start()
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours, child


class Supervisor:
    """One child, one thread that reads from it, and one that tells it what it is to do.

    target: module-level function, run in the child as `target(connection, argument)`.
    on_message: called in the reader thread with every message but heartbeats; must not block for long. What it
    raises is logged and counted in `failures`.
    on_down: called with a one-line reason each time the child was lost. start: how and where a child is started.
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
        start: Start = spawned,
    ) -> None:
        self._name, self._target, self._argument = name, target, argument
        self._clock, self._on_message, self._on_down = clock, on_message, on_down
        self._start = start
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"supervisor-{name}", daemon=True)
        self._pid: int | None = None
        self._orders = threading.Lock()
        self._wanted: dict[type, Any] = {}
        self._channel: Channel | None = None
        self.restarts = 0
        self.failures = 0

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        return self._pid

    def start(self) -> None:
        """Start the child and the reader thread."""
        self._thread.start()

    def want(self, order: Any) -> None:
        """Tell the child what is wanted from now on. Kept, the newest of each type, and told to each child that is
        started later. Never waits.
        """
        with self._orders:
            self._wanted[type(order)] = order
            if self._channel is not None:
                self._channel.keep(order)

    def tell(self, order: Any) -> bool:
        """Tell the child once. Never waits; False: it is not there, or has not taken the earlier ones."""
        with self._orders:
            return self._channel is not None and self._channel.offer(order)

    def stop(self, *, wait: bool = True) -> None:
        """Ask the child to end, then make it. Returns when it is gone, or at once (several can end side by side)."""
        self._stop.set()
        if wait and self._thread.is_alive():
            self._thread.join(2 * STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            begun_s = self._clock.monotonic_s()
            reason = self._live_once()
            self._pid = None
            if self._stop.is_set():
                return
            self.restarts += 1
            log.warning("%s: %s; starting it again", self._name, reason)
            self._on_down(reason)
            if self._clock.monotonic_s() - begun_s < PROVEN_S:
                self._stop.wait(RESTART_S)

    @property
    def alive(self) -> bool:
        """Whether the thread that keeps the child alive runs."""
        return self._thread.is_alive()

    def _live_once(self) -> str:
        """Run one child to its end. Returns why it ended."""
        try:
            ours, child = self._start(self._name, self._target, self._argument)
        except OSError as error:  # no memory, no process, no file left: it may be there in a moment
            return f"could not be started: {error.strerror}"
        self._pid = child.pid
        channel = self._connect(ours)
        life = _Life(self._clock)
        guard = threading.Thread(target=self._guard, args=(child, life), name=f"guard-{self._name}", daemon=True)
        guard.start()
        try:
            self._read(ours, life)
            channel.close()
            ours.close()  # asks the child to end
            child.join(STOP_S)
            return life.verdict or ("ended" if child.exitcode is None else f"ended with exit code {child.exitcode}")
        finally:
            life.over.set()
            guard.join()
            with self._orders:
                self._channel = None
            channel.close()
            _end(child, ours)

    def _connect(self, connection: Connection) -> Channel:
        """Where orders go from now on, with all that is wanted as its first."""
        channel = Channel(connection, self._name)
        with self._orders:
            for order in self._wanted.values():
                channel.keep(order)
            self._channel = channel
        return channel

    def _read(self, connection: Connection, life: "_Life") -> None:
        """Take messages until the child is gone or `stop` is called."""
        while not self._stop.is_set():
            try:
                if not connection.poll(0.25):
                    continue
                message = connection.recv()
            except (EOFError, OSError):
                return
            if message is None:
                life.beat()
            else:
                with life.busy():
                    self._tell(message)

    def _tell(self, message: Any) -> None:
        try:
            self._on_message(message)
        except Exception:  # the listener's trouble must end neither the child nor this thread
            self.failures += 1
            log.exception("%s: a message could not be taken", self._name)

    def _guard(self, child: Child, life: "_Life") -> None:
        """Kill a child that is silent, also one that froze in the middle of a message: `recv` then ends."""
        before_s = self._clock.monotonic_s()
        while not life.over.wait(GUARD_S):
            now_s, last_s = self._clock.monotonic_s(), before_s
            before_s = now_s
            if (waited_s := queued_s(child.pid)) is not None:
                life.queued(waited_s)
            if now_s - last_s > LATE_S:
                life.excuse(now_s)
            if life.silent_s(now_s) > life.patience_s:
                life.verdict = f"silent for {life.patience_s:g} s"
                child.kill()
                return
            if self._stop.is_set() and life.over.wait(STOP_S):
                return
            if self._stop.is_set():
                child.kill()
                return


class _Life:
    """Signs of life of one child. Heartbeats alone count: they come from the loop that does the work.

    What it waits for a core is no silence: on a machine that is overrun one that is killed for it is started again,
    which takes more of what there is too little of, and blinds its cameras each time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard_s = clock.monotonic_s()
        self._queued_s = self._queued_then_s = 0.0
        self._busy = False
        self.patience_s = START_S
        self.verdict = ""
        self.over = threading.Event()

    def beat(self) -> None:
        """A heartbeat came."""
        self._heard_s, self.patience_s = self._clock.monotonic_s(), SILENT_S
        self._queued_then_s = self._queued_s

    def queued(self, seconds: float) -> None:
        """How long it has waited for a core since it began."""
        self._queued_s = seconds

    def excuse(self, now_s: float) -> None:
        """Nobody listened: count its silence from now."""
        self._heard_s = now_s

    def silent_s(self, now_s: float) -> float:
        """For how long the child has been silent; 0 while the listener is at work and nothing could be heard."""
        if self._busy:
            return 0.0
        return now_s - self._heard_s - (self._queued_s - self._queued_then_s)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While the listener works on a message."""
        self._busy = True
        try:
            yield
        finally:
            self._heard_s = max(self._heard_s, self._clock.monotonic_s() - SILENT_S / 2)
            self._busy = False


def _end(child: Child, connection: Connection) -> None:
    """Closing the pipe asks the child to end; then SIGTERM; then SIGKILL, which also ends a stopped one."""
    connection.close()
    child.join(0.5)
    for signal_it in (child.terminate, child.kill):
        if child.is_alive():
            signal_it()
            child.join(1.0)
    child.close()
