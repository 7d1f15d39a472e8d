"""Processes beside this one: work that takes its memory with it when it ends, and the terminal's signals."""

import contextlib
import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from streams.errors import ApartFailed

PR_SET_PDEATHSIG = 1
"""prctl(2)."""

A = TypeVar("A")
R = TypeVar("R")


@contextlib.contextmanager
def spared_ctrl_c() -> Iterator[None]:
    """Processes that this thread starts meanwhile do not hear Ctrl-C, which a terminal sends to every process of a
    command: to end them is this one's task, and one that is just being loaded would fail with a traceback.
    """
    resource_tracker.ensure_running()  # to start it unblocks the signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Ask Linux to kill this process when the one that started it dies, also while this one is stopped. Elsewhere:
    nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def apart(work: Callable[[A], R], argument: A, within_s: float | None = None) -> R:
    """What `work`, a module-level function, gives for the argument; both and what it raises have to be picklable.

    Ends the process at once when this one is told to stop. Raises ApartFailed if it ends without an answer, or gives
    none within that time.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(theirs, work, argument), name=work.__name__, daemon=True)
    with spared_ctrl_c():
        child.start()
    theirs.close()
    try:
        if not ours.poll(within_s):
            raise ApartFailed(f"{work.__name__}: no answer within {within_s:g} s")
        fine, answer = ours.recv()
    except EOFError:
        child.join()
        raise ApartFailed(f"{work.__name__}: its process ended with exit code {child.exitcode}") from None
    finally:
        child.kill()
        child.join()
        ours.close()
    if not fine:
        raise answer
    result: R = answer
    return result


def _answer(connection: Connection, work: Callable[[Any], Any], argument: Any) -> None:
    """In the process."""
    try:
        answer = True, work(argument)
    except Exception as error:  # noqa: BLE001 - raised anew by who waits for it
        answer = False, error
    connection.send(answer)
