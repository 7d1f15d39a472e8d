"""Analyzers as actors of a Ray cluster: Ray says on which machine, the supervisor when one is to be started anew."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from alerts.errors import SettingsError
from alerts.installed import program
from alerts.ray_cluster import entered, nodes, ray
from streams.clock import Clock, SystemClock
from streams.far import Door, Invitation
from streams.supervisor import Child, Target
from vision.away import HomeConnection

log = logging.getLogger(__name__)

ASK_S = 0.25
PLACED_S = 20.0
"""Ray has started an actor within this time, or it is asked anew."""
NOBODY = "no machine of the cluster takes it"


class _Host:
    """The actor."""

    def where(self) -> tuple[str, str, str]:
        """The machine, as Ray numbers it and as people call it, and which program it has."""
        return ray.get_runtime_context().get_node_id(), socket.gethostname(), program()

    def run(self, target: Target, invitation: Invitation, argument: Any) -> None:
        """To its end."""
        target(invitation, argument)


class _RayChild:
    """One actor at work, as a supervisor sees it. end: of its pipe, which is torn when it is killed: of a machine
    without power nobody says that it has ended.
    """

    pid = exitcode = None

    def __init__(self, actor: Any, work: Any, end: socket.socket) -> None:
        self._actor, self._work, self._end = actor, work, end
        self._killed = False

    def join(self, timeout: float | None = None) -> None:
        """Wait for it."""
        if not self._killed:
            ray.wait([self._work], timeout=timeout)

    def is_alive(self) -> bool:
        """Whether it is at work, as far as is known."""
        return not self._killed and not ray.wait([self._work], timeout=0)[0]

    def terminate(self) -> None:
        """There is nothing milder."""
        self.kill()

    def kill(self) -> None:
        """At once; of one whose machine is gone nothing more is heard either."""
        if not self._killed:
            self._killed = True
            with contextlib.suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)
            _kill(self._actor)

    def close(self) -> None:
        """Its process goes, too: an actor would wait for more work."""
        self.kill()
        self._end.close()


class RayStarter:
    """Starts analyzers in the cluster that this process is part of. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # No core is kept for it: whatever else runs, a machine that is left takes those of one that is gone.
        self._host = ray.remote(num_cpus=0, max_restarts=0)(_Host)
        self._last: dict[str, str] = {}
        self._program = program()
        self._closing = threading.Event()

    @property
    def cores(self) -> int:
        """Of all machines together."""
        return sum(node.cores for node in nodes())

    def start(self, name: str, target: Target, argument: Any) -> tuple[Connection, Child]:
        """On a machine of Ray's choice; not on that on which it was lost, if there is another: it takes a while until
        Ray knows that a machine is gone. Raises OSError.
        """
        door = Door(ray.util.get_node_ip_address())
        actor = None
        try:
            actor = self._host.options(scheduling_strategy="SPREAD", **self._where(name)).remote()
            asked = actor.where.remote()
            self._last.pop(name, None)  # where it was is the next choice again, if no other machine takes it
            self._await(asked)
            self._last[name], host, theirs = ray.get(asked)
            if theirs != self._program:
                raise OSError(0, f"{host} has another version of the program")
            work = actor.run.remote(target, door.invitation, argument)
            end = door.admitted(self._clock, PLACED_S, lambda: self._awaited(work))
        except (OSError, ray.exceptions.RayError) as error:
            if actor is not None:
                _kill(actor)
            raise OSError(0, getattr(error, "strerror", None) or "its machine refuses it") from error
        finally:
            door.close()
        return HomeConnection(end), _RayChild(actor, work, end)

    def close(self) -> None:
        """Whoever is being started is not waited for."""
        self._closing.set()

    def _await(self, asked: Any) -> None:
        """Raises OSError: no machine has taken it in time."""
        until_s = self._clock.monotonic_s() + PLACED_S
        while not ray.wait([asked], timeout=ASK_S)[0]:
            if self._closing.is_set() or self._clock.monotonic_s() > until_s:
                raise OSError(0, NOBODY)

    def _awaited(self, work: Any) -> bool:
        """While it may still come: it has not ended."""
        return not self._closing.is_set() and not ray.wait([work], timeout=0)[0]

    def _where(self, name: str) -> dict[str, Any]:
        """Options: on a machine that has cores for us. Raises OSError: there is none."""
        there = {node.id for node in nodes()}
        if not there:
            raise OSError(0, NOBODY)
        others = there - {self._last.get(name)}
        return {"label_selector": {"ray.io/node-id": f"in({','.join(sorted(others or there))})"}}


@contextlib.contextmanager
def starting(address: str, clock: Clock | None = None) -> Iterator[RayStarter]:
    """Be part of the cluster in the block. Raises SettingsError: there is none, or it has no way back here."""
    if address.startswith("ray://"):
        raise SettingsError(f"--ray {address}: a watch has to be part of the cluster: on one of its machines, say auto")
    with entered(address, 1):
        yield RayStarter(clock or SystemClock())


def _kill(actor: Any) -> None:
    with contextlib.suppress(ray.exceptions.RayError, RuntimeError, ValueError):
        ray.kill(actor)
