"""The door to a Ray cluster: which one, who is in it, and what is said when it cannot be entered.

The one module, beside those that run on it, that imports Ray, which is an extra.
"""

import logging
import os
import secrets
import signal
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alerts.errors import SettingsError

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # what a site does is nobody else's matter

try:
    import ray as ray
except ImportError as error:
    raise SettingsError("--ray: Ray is missing; install it with: pip install 'xinan[scale]'") from error

log = logging.getLogger(__name__)

_core: Any = ray._raylet  # it tells no types

ADDRESSES = "local, auto, HOST:PORT (a cluster that this machine is part of) or ray://HOST:PORT"
KNOCK_S = 5.0
STORE_BYTES = 200 << 20
"""Of shared memory for a Ray of this machine alone: an answer on its way has a few MB."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster. id: as Ray numbers it. names: by which people know it. cores: that it has for us."""

    id: str
    names: frozenset[str]
    cores: int


@contextmanager
def entered(address: str, cores: int) -> Iterator[None]:
    """Be part of the cluster in the block; what was started there ends with it. cores: of `local`.

    Raises SettingsError: there is no such cluster, or it runs another version of Ray or Python.
    """
    before = signal.getsignal(signal.SIGTERM)
    if ray.is_initialized():  # by whoever calls us, whose Ray is not ours to end
        raise SettingsError(f"--ray {address}: this process is part of a cluster already")
    try:
        _enter(address, cores)
        _hush()
        if before is not None:
            signal.signal(signal.SIGTERM, before)  # Ray puts one of its own in its place
        yield
    finally:
        ray.shutdown()


def _enter(address: str, cores: int) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": "xinan"}
    try:
        if address == "local":
            _lock()
            ray.init("local", num_cpus=cores, object_store_memory=STORE_BYTES, include_dashboard=False, **quiet)
            return
        if address != "auto":
            _knock(address)
        ray.init(address, **quiet)
        if not _core.get_authentication_mode():
            log.warning("--ray %s: it asks for no key: whoever reaches Ray's ports may run programs there", address)
    except (ConnectionError, RuntimeError, ValueError, OSError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise SettingsError(f"--ray {address}: {reason}") from None


def _lock() -> None:
    """A Ray of this machine alone listens to the whole network, whatever address it is given: it gets a key that nobody
    else has. Those of Ray's settings are read as it is imported.
    """
    if _core.get_authentication_mode():
        return
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    _core.Config.initialize("")
    _core.AuthenticationTokenLoader.instance().reset_cache()


def _hush() -> None:
    """Ray prints on stdout, among a command's lines, what it thinks of each process that dies. It has no switch."""
    from ray._private import worker

    worker.print_to_stdstream = lambda *said, **how: None


def _knock(address: str) -> None:
    """Ray itself asks for minutes. Raises SettingsError where nobody answers."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise SettingsError(f"--ray {address}: not an address; allowed: {ADDRESSES}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(f"--ray {address}: no Ray cluster answers there: {reason}") from None


def elsewhere(node_ids: Collection[str]) -> dict[str, Any]:
    """Options of an actor that is to be on none of these."""
    return {"label_selector": {"ray.io/node-id": f"!in({','.join(sorted(node_ids))})"}} if node_ids else {}


def nodes() -> list[Node]:
    """The machines that are there and have cores for us."""
    found = []
    for told in ray.nodes():
        names = {told["NodeManagerAddress"], told["NodeManagerHostname"], told.get("NodeName", "")} - {""}
        cores = int(told["Resources"].get("CPU", 0))
        if told["Alive"] and cores:
            found.append(Node(told["NodeID"], frozenset(names), cores))
    return found
