"""A real Ray cluster of several nodes on this machine, each with one core: raylets that can be killed by themselves."""

import atexit
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

# Read when Ray is imported. Without a key of the tests' own, that of whoever runs them is used, or made.
for name, value in {"USAGE_STATS_ENABLED": "0", "AUTH_MODE": "token", "AUTH_TOKEN": secrets.token_hex(32)}.items():
    os.environ.setdefault(f"RAY_{name}", value)

STORE_BYTES = 80 << 20
QUICK = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
"""A node that is dead is taken for dead within seconds."""


FOLDERS: list[str] = []


@atexit.register
def _tidy() -> None:
    """Ray makes the folder anew as this process ends; what is registered first, before Ray is imported, runs last."""
    for folder in FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


class Nodes:
    """Its nodes are called `head`, and as they were added. address: for `--ray`."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._added: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    @property
    def names(self) -> list[str]:
        """Of those that were added and not killed."""
        return list(self._added)

    @property
    def ids(self) -> dict[str, str]:
        """By name, as Ray numbers them."""
        all_nodes = {"head": self._cluster.head_node, **self._added}
        return {name: node.node_id for name, node in all_nodes.items()}

    def hosting(self, word: str) -> str:
        """Which of those that were added runs a process with this in its command line; "" while none does."""
        for name in self._added:
            if any(word in Path(f"/proc/{pid}/cmdline").read_text("utf-8") for pid in self._processes(name)):
                return name
        return ""

    def freeze(self, name: str) -> None:
        """As a machine without power: nothing of it answers, and nobody says that it is gone."""
        for pid in self._processes(name):
            os.kill(pid, signal.SIGSTOP)

    def _processes(self, name: str) -> list[int]:
        """Its raylet, and all that it has started."""
        raylet = self._added[name].all_processes["raylet"][0].process.pid
        return [raylet, *map(int, Path(f"/proc/{raylet}/task/{raylet}/children").read_text("ascii").split())]

    def add(self, name: str) -> None:
        self._added[name] = self._cluster.add_node(
            num_cpus=1, object_store_memory=STORE_BYTES, node_name=name, include_dashboard=False
        )

    def kill(self, name: str) -> None:
        """All its processes, at once: none has time to tell that another one has gone."""
        pids = self._processes(name)
        self.freeze(name)
        self._cluster.remove_node(self._added.pop(name), allow_graceful=False)
        for pid in pids[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def ray_nodes(*names: str, head_cores: int = 1) -> Iterator[Nodes]:
    """A head and these. Nothing of it is left when the block ends. Skips the test where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")
    from ray.cluster_utils import Cluster

    FOLDERS.append(folder := tempfile.mkdtemp(prefix="ray-"))  # short: a socket's path has 107 bytes
    head = {
        "num_cpus": head_cores,
        "object_store_memory": STORE_BYTES,
        "node_name": "head",
        "include_dashboard": False,
        "temp_dir": folder,
        "_system_config": QUICK,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = Nodes(cluster)
    try:
        for name in names:
            nodes.add(name)
        yield nodes
    finally:
        for name in list(nodes.names):
            nodes.kill(name)
        cluster.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
