"""Child processes that look through recordings, each one at a time. The loss of one costs no more than its recording.

A child that dies or falls silent is replaced; the recording that it held is tried once more, at the end, and is then
noted as failed. All end at once when this process is told to stop, and with it when it is killed.
"""

import logging
import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import cv2

from alerts.audit.find import Job
from alerts.audit.found import Step
from alerts.audit.parts import Parts
from alerts.audit.recording import Networks, Terms
from alerts.audit.review import Reviewer, Told
from alerts.audit.stamp import Stamp
from alerts.audit.views import Views
from alerts.errors import AlertsError
from streams import memory
from streams.apart import end_with_parent, spared_ctrl_c
from streams.clock import Clock, SystemClock
from vision.errors import VisionError
from vision.view import View

log = logging.getLogger(__name__)

TRIES = 2
"""So often is a recording tried that takes its process with it: the first time it may have been the machine."""
SILENT_S = 600.0
"""A child that says nothing for so long is stuck in its recording. One look, or one picture of a file that has to be
searched for, takes seconds at most, loading the networks no minute."""
TELL_S = 0.5
"""A child tells how far it is this often."""
STILLBORN = 3
"""So many children in a row that end before they can begin: no recording's fault, and trying on is of no use."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What every child is told at its start. Picklable."""

    terms: Terms
    stamp: Stamp
    out: Path
    full_hash: bool


Target = Callable[[Connection, Orders], None]


class Ready:
    """A child's first word: the networks are loaded."""


class _Hand:
    """One child, as its parent sees it."""

    def __init__(self, number: int, target: Target, orders: Orders, now_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe(duplex=True)
        self.process: SpawnProcess = context.Process(
            target=target, args=(theirs, orders), name=f"audit-{number}", daemon=True
        )
        with spared_ctrl_c():
            self.process.start()
        theirs.close()
        self.ready = False
        self.job: Job | None = None
        self.heard_s = now_s
        self.verdict = ""

    def give(self, job: Job, view: View, now_s: float) -> None:
        """A child that is gone is noticed by who reads from it."""
        self.job, self.heard_s = job, now_s
        try:
            self.connection.send((job, view))
        except OSError:
            log.debug("%s: gone before it was given %s", self.process.name, job.name)

    def end(self) -> str:
        """Kill it, and say of what it died."""
        self.process.join(0 if self.verdict else 1.0)  # its pipe closes a moment before it is dead
        self.process.kill()
        self.process.join()
        self.connection.close()
        return self.verdict or _cause(self.process.exitcode or 0)


class Crew:
    """As many children as are wanted, and the recordings that they have not done. Not thread-safe.

    views: of the recordings: each goes to a child with its own. target: what a child runs: a function of a module, as
    `work`.
    """

    def __init__(self, number: int, orders: Orders, views: Views, clock: Clock, target: Target | None = None) -> None:
        self._number, self._orders, self._views, self._clock = number, orders, views, clock
        self._target = target or work
        self._hands: list[_Hand] = []
        self._tries: Counter[str] = Counter()
        self._waiting: deque[Job] = deque()
        self._stillborn = 0

    def run(self, jobs: Sequence[Job]) -> Generator[Told | None, None, None]:
        """What the children tell; None at least once a second. They are gone when it ends, however it ends.

        Raises what a child cannot help: AlertsError when nothing can be written, VisionError when a network cannot be
        loaded.
        """
        self._waiting.extend(jobs)
        try:
            while self._waiting or any(hand.job for hand in self._hands):
                self._man()
                ready = wait([hand.connection for hand in self._hands], timeout=1.0)
                for hand in [hand for hand in self._hands if hand.connection in ready]:
                    yield from self._hear(hand)
                self._watch()
                yield None
        finally:
            for hand in self._hands:
                hand.process.kill()
            for hand in self._hands:
                hand.end()

    def _man(self) -> None:
        """A child for each recording, up to the number, and a recording for each child."""
        now_s = self._clock.monotonic_s()
        held = sum(hand.job is not None for hand in self._hands)
        while len(self._hands) < min(self._number, held + len(self._waiting)):
            self._hands.append(_Hand(len(self._hands) + 1, self._target, self._orders, now_s))
        for hand in self._hands:
            if hand.ready and hand.job is None and self._waiting:
                job = self._waiting.popleft()
                hand.give(job, self._views.of(job), now_s)

    def _hear(self, hand: _Hand) -> Iterator[Told]:
        try:
            message = hand.connection.recv()
        except (EOFError, OSError):
            yield from self._bury(hand)
            return
        hand.heard_s = self._clock.monotonic_s()
        if isinstance(message, Ready):
            hand.ready, self._stillborn = True, 0
        elif isinstance(message, Told):
            hand.job = None if message.over else message.job
            yield message
        else:
            raise message

    def _bury(self, hand: _Hand) -> Iterator[Told]:
        self._hands.remove(hand)
        cause = hand.end()
        if hand.job is None:
            self._stillborn += not hand.ready
            if self._stillborn == STILLBORN:
                raise AlertsError(f"no process can be started to look through recordings: it {cause}")
            return
        self._tries[hand.job.key] += 1
        log.info("%s: its process %s", hand.job.name, cause)
        if self._tries[hand.job.key] < TRIES:
            self._waiting.append(hand.job)
        else:
            yield Told(hand.job, Step(), over=True, lost=f"the process that read it {cause}, {TRIES} times")

    def _watch(self) -> None:
        """Kill who is stuck; its pipe then tells."""
        now_s = self._clock.monotonic_s()
        for hand in self._hands:
            if (hand.job or not hand.ready) and now_s - hand.heard_s > SILENT_S and not hand.verdict:
                hand.verdict = f"gave no sign of life for {SILENT_S:g} s"
                hand.process.kill()


def work(connection: Connection, orders: Orders) -> None:
    """Entry point of a child. Ends when its parent closes its end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    memory.settle()
    cv2.setNumThreads(1)
    clock = SystemClock()
    try:
        networks = Networks.load(orders.terms)
        reviewer = Reviewer(orders.terms, networks, orders.stamp, Parts(orders.out), clock, orders.full_hash)
        connection.send(Ready())
        while True:
            job, view = connection.recv()
            _review(connection, reviewer, job, view, clock)
    except (AlertsError, VisionError) as error:
        connection.send(error)
    except (EOFError, OSError):
        return  # the parent is gone, or wants no more


def _review(connection: Connection, reviewer: Reviewer, job: Job, view: View, clock: Clock) -> None:
    said_s = clock.monotonic_s()
    for told in reviewer.told(job, view):
        if told.over or clock.monotonic_s() - said_s > TELL_S:
            connection.send(told)
            said_s = clock.monotonic_s()


def _cause(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
