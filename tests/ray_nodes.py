"""A real Ray cluster of several nodes on this machine, each with one core: raylets that can be killed by themselves."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# Read when Ray is imported. Without a key of the tests' own, that of whoever runs them is used, or made.
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}

STORE_BYTES = 80 << 20
QUICK = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
"""A node that is dead is taken for dead within seconds."""


class Nodes:
    """Its nodes are called `head`, and as they were added. address: for `--ray`."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._added: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    @property
    def ids(self) -> dict[str, str]:
        """By name, as Ray numbers them."""
        all_nodes = {"head": self._cluster.head_node, **self._added}
        return {name: node.node_id for name, node in all_nodes.items()}

    def add(self, name: str) -> None:
        self._added[name] = self._cluster.add_node(
            num_cpus=1, object_store_memory=STORE_BYTES, node_name=name, include_dashboard=False
        )

    def kill(self, name: str) -> None:
        """All its processes, at once."""
        self._cluster.remove_node(self._added.pop(name), allow_graceful=False)


@contextmanager
def ray_nodes(*names: str) -> Iterator[Nodes]:
    """A head and these. Nothing of it is left when the block ends. Skips the test where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray-")  # short: a socket's path has 107 bytes
    head = {
        "num_cpus": 1,
        "object_store_memory": STORE_BYTES,
        "node_name": "head",
        "include_dashboard": False,
        "temp_dir": folder,
        "_system_config": QUICK,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = Nodes(cluster)
        for name in names:
            nodes.add(name)
        yield nodes
    finally:
        cluster.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
