"""A real child process that dies, hangs and comes back."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

from streams import supervisor
from streams.clock import SystemClock
from streams.queued import queued_s
from streams.supervisor import Supervisor
from tests.acceptance.watching import until

PATIENCE_S = 60.0


def count(connection: Connection, start: int) -> None:
    """Child: tells its pid, then counts for ever."""
    connection.send(("pid", os.getpid()))
    for number in range(start, 1_000_000):
        connection.send(("number", number))
        connection.send(None)
        time.sleep(0.02)


def freeze_in_a_message(connection: Connection, start: int) -> None:
    """Child: tells its pid, promises a long message, and stops."""
    connection.send(("pid", os.getpid()))
    connection.send(None)
    os.write(connection.fileno(), (1_000_000).to_bytes(4, "big") + b"x" * 100)
    time.sleep(1000)


def end_when_asked(connection: Connection, start: int) -> None:
    """Child: beats until the other end closes, then says so by its exit."""
    connection.send(("pid", os.getpid()))
    connection.send(None)
    with contextlib.suppress(EOFError):
        connection.recv()


def end_at_once(connection: Connection, code: int) -> None:
    """Child: fails at the start."""
    os._exit(code)


def raise_its_ctrl_c(connection: Connection, start: int) -> None:
    """Child: gets what a terminal's Ctrl-C sends to every process, as a child that is just being loaded would."""
    signal.raise_signal(signal.SIGINT)
    connection.send(("pid", os.getpid()))
    connection.send(None)
    with contextlib.suppress(EOFError):
        connection.recv()


def repeat_orders(connection: Connection, start: int) -> None:
    """Child: tells its pid, then every order that it gets."""
    connection.send(("pid", os.getpid()))
    while True:
        connection.send(None)
        if connection.poll(0.05):
            connection.send(("order", connection.recv()))


class Heard:
    """Messages of the child, and waiting for one that fits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.messages: list[Any] = []
        self.reasons: list[str] = []

    def take(self, message: Any) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def down(self, reason: str) -> None:
        with self._changed:
            self.reasons.append(reason)
            self._changed.notify_all()

    def wait(self, fits: Callable[["Heard"], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: fits(self), PATIENCE_S), (self.messages[-3:], self.reasons)

    @property
    def pids(self) -> list[int]:
        return [value for kind, value in self.messages if kind == "pid"]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def child(heard: Heard) -> Iterator[Supervisor]:
    running = Supervisor("t", count, 5, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    yield running
    running.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_messages_arrive_in_order(child: Supervisor, heard: Heard) -> None:
    heard.wait(lambda h: len(h.messages) >= 10)
    numbers = [value for kind, value in heard.messages if kind == "number"]
    assert numbers == list(range(5, 5 + len(numbers)))


def test_a_killed_child_is_started_again(child: Supervisor, heard: Heard) -> None:
    heard.wait(lambda h: bool(h.pids))
    os.kill(heard.pids[0], signal.SIGKILL)
    heard.wait(lambda h: len(h.pids) == 2)
    assert heard.reasons == ["ended with exit code -9"]
    assert child.restarts == 1


def test_a_hung_child_is_killed_and_started_again(
    child: Supervisor, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SILENT_S", 1.0)
    heard.wait(lambda h: len(h.messages) > 3)
    os.kill(heard.pids[0], signal.SIGSTOP)
    heard.wait(lambda h: len(h.pids) == 2)
    assert heard.reasons == ["silent for 1 s"]
    assert not alive(heard.pids[0])


def test_a_child_that_does_not_get_its_turn_is_not_killed(
    child: Supervisor, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a core, and others have it: a new one would have to wait as well."""
    monkeypatch.setattr(supervisor, "SILENT_S", 1.0)
    heard.wait(lambda h: len(h.messages) > 3)
    stolen, begun_s, asked = threading.Event(), time.monotonic(), threading.Semaphore(0)

    def queued_s(_pid: int | None) -> float:
        asked.release()
        return 0.0 if stolen.is_set() else 1000.0 + time.monotonic() - begun_s

    monkeypatch.setattr(supervisor, "queued_s", queued_s)
    os.kill(heard.pids[0], signal.SIGSTOP)
    for _ in range(8):
        assert asked.acquire(timeout=PATIENCE_S)
    assert heard.reasons == []
    stolen.set()  # what it waited for was something else
    heard.wait(lambda h: len(h.pids) == 2)
    assert heard.reasons == ["silent for 1 s"]


def spin(connection: Connection, start: int) -> None:
    """Child: tells its pid, then works for ever."""
    connection.send(("pid", os.getpid()))
    while True:
        pass


def test_what_waits_for_a_core_is_told_from_what_is_stopped(heard: Heard) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        both = [Supervisor("t", spin, 0, clock=SystemClock(), on_message=heard.take) for _ in range(2)]
        for one in both:
            one.start()
        heard.wait(lambda h: len(h.pids) == 2)
    finally:
        os.sched_setaffinity(0, cores)
    first, second = heard.pids
    until(lambda: min(queued_s(first) or 0, queued_s(second) or 0) > 0.2, "both to wait for the one core")
    os.kill(first, signal.SIGSTOP)
    until(lambda: "T" in Path(f"/proc/{first}/stat").read_text().split()[2], "it to be stopped")
    waited_s, ran = queued_s(first), Path(f"/proc/{second}/schedstat").read_text()
    until(lambda: Path(f"/proc/{second}/schedstat").read_text() != ran, "the other to go on")
    assert queued_s(first) == waited_s
    assert queued_s(None) is None
    for one in both:
        one.stop(wait=False)
    for one in both:
        one.stop()


def test_stop_leaves_no_child_behind(child: Supervisor, heard: Heard) -> None:
    heard.wait(lambda h: bool(h.pids))
    child.stop()
    assert not alive(heard.pids[0])
    assert heard.reasons == []


def test_a_child_that_cannot_start_is_reported_and_tried_again(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_S", 0.05)
    running = Supervisor("t", end_at_once, 3, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: len(h.reasons) >= 2)
    running.stop()
    assert set(heard.reasons) == {"ended with exit code 3"}


def test_a_machine_that_has_no_process_left_is_asked_again(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_S", 0.05)
    start, refusals = SpawnProcess.start, [OSError(11, "Resource temporarily unavailable")] * 2

    def start_at_last(process: SpawnProcess) -> None:
        if refusals:
            raise refusals.pop()
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", start_at_last)
    running = Supervisor("t", count, 5, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: bool(h.pids))
    running.stop()
    assert heard.reasons == ["could not be started: Resource temporarily unavailable"] * 2


def test_a_child_that_freezes_in_a_message_is_killed(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SILENT_S", 1.0)
    running = Supervisor("t", freeze_in_a_message, 0, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: len(h.pids) == 2)
    running.stop()
    assert heard.reasons[0] == "silent for 1 s"
    assert not any(alive(pid) for pid in heard.pids)


class LeapingClock(SystemClock):
    """A clock of a process that can be stopped: `leap` is how long it was."""

    leap = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.leap


def test_a_child_is_not_killed_for_what_its_parent_could_not_hear(heard: Heard) -> None:
    clock = LeapingClock()
    running = Supervisor("t", count, 5, clock=clock, on_message=heard.take, on_down=heard.down)
    running.start()
    for stops in range(1, 4):
        seen = len(heard.messages)
        heard.wait(lambda h, seen=seen: len(h.messages) > seen + 5)  # type: ignore[misc]
        clock.leap = 100.0 * stops
    time.sleep(4 * supervisor.GUARD_S)
    running.stop()
    assert heard.reasons == [] and len(heard.pids) == 1


def test_a_listener_that_fails_ends_nothing(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    def fail_then_take(message: Any) -> None:
        heard.take(message)
        if message[0] == "number" and message[1] < 10:
            raise OSError("disk full")

    running = Supervisor("t", count, 5, clock=SystemClock(), on_message=fail_then_take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: len(h.messages) >= 20)
    running.stop()
    assert running.failures == 5
    assert running.restarts == 0
    assert "could not be taken" in caplog.text


def test_ctrl_c_is_the_parents(heard: Heard) -> None:
    """The child ignores it only once it runs its own code; until then it is spared it."""
    running = Supervisor("t", raise_its_ctrl_c, 0, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: bool(h.pids) or bool(h.reasons))
    running.stop()
    assert heard.reasons == []
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()), "here it is heard"


def test_stop_asks_before_it_kills(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(SpawnProcess, "kill", lambda self: killed.append(1))
    running = Supervisor("t", end_when_asked, 0, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: bool(h.pids))
    running.stop()
    until = time.monotonic() + PATIENCE_S
    while alive(heard.pids[0]) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(heard.pids[0])
    assert killed == []


def test_what_is_wanted_is_told_to_every_child_and_the_rest_once(heard: Heard) -> None:
    def orders(h: Heard) -> list[Any]:
        return [value for kind, value in h.messages if kind == "order"]

    running = Supervisor("t", repeat_orders, 0, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.want("old")
    running.want("new")
    assert not running.tell(1), "there is no child yet"
    running.start()
    heard.wait(lambda h: orders(h) == ["new"])
    assert running.tell(2)
    heard.wait(lambda h: orders(h) == ["new", 2])
    running.want(3.5)
    heard.wait(lambda h: orders(h) == ["new", 2, 3.5])
    os.kill(heard.pids[0], signal.SIGKILL)
    heard.wait(lambda h: orders(h) == ["new", 2, 3.5, "new", 3.5])
    running.stop()


def test_a_child_that_takes_no_orders_holds_nobody(heard: Heard) -> None:
    running = Supervisor("t", count, 5, clock=SystemClock(), on_message=heard.take, on_down=heard.down)
    running.start()
    heard.wait(lambda h: bool(h.pids))
    answers = [running.tell(b"x" * 1_000_000) for _ in range(200)]
    assert answers[0] and not answers[-1]
    running.want("all the same")
    running.stop()
