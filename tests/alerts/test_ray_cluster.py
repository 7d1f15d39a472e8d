"""Who may come into a Ray of ours, whose Ray is ended, and where an analyzer finds its place."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from alerts.errors import SettingsError
from streams.clock import SystemClock
from streams.far import Invitation, come_in
from tests.alerts.audit.killed import ROOT
from tests.ray_nodes import Nodes, ray_nodes

pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")

from alerts import ray_analyzers
from alerts.ray_analyzers import RayStarter
from alerts.ray_cluster import Node, entered, nodes, ray

LOCAL = """
import ray
from alerts.ray_cluster import entered
with {how}:
    print(ray.get_runtime_context().gcs_address, flush=True)
    input()
"""
KEYLESS = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH_")}
KEYLESS |= {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """The head has no core for us."""
    with ray_nodes("one", "two", head_cores=0) as running:
        yield running


def come(invitation: Invitation, argument: object) -> None:
    """An analyzer that comes, and works until its pipe is closed."""
    end, _ = come_in(invitation, SystemClock())
    end.recv(1)


def start(starter: RayStarter) -> str:
    """Returns the machine."""
    connection, child = starter.start("gate", come, None)
    connection.close()
    child.close()
    return starter._last["gate"]


@contextmanager
def local(how: str) -> Iterator[str]:
    """A Ray of a process that has no key, entered as this says. Its address."""
    words = [sys.executable, "-c", LOCAL.format(how=how)]
    with subprocess.Popen(words, env=KEYLESS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("\n")
    assert process.returncode == 0


def knock(code: str, address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, address], env=KEYLESS, capture_output=True, text=True)


def test_nobody_else_comes_into_a_ray_of_this_machine_alone() -> None:
    """It listens to the whole network: who has no key is sent away."""
    with local('entered("local", 1)') as address:
        stranger = knock("import sys, ray; ray.init(sys.argv[1])", address)
    assert stranger.returncode != 0
    assert "AuthenticationError" in stranger.stderr


def test_a_cluster_that_asks_for_no_key_is_told() -> None:
    code = "import sys; from alerts.ray_cluster import entered\nwith entered(sys.argv[1], 1): print('in')"
    with local('ray.init("local", num_cpus=1, include_dashboard=False)') as address:
        run = knock(code, address)
    assert (run.returncode, run.stdout) == (0, "in\n")
    assert f"--ray {address}: it asks for no key" in run.stderr


def test_a_ray_that_was_there_before_us_is_not_ended(cluster: Nodes) -> None:
    with entered(cluster.address, 1):
        with pytest.raises(SettingsError, match="part of a cluster already"), entered("local", 1):
            pass
        assert ray.is_initialized() and nodes()
    assert not ray.is_initialized()


def test_an_analyzer_finds_a_place_while_an_audit_has_all_cores(
    cluster: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on a machine that has none for us; and where it was last, if nobody else takes it."""
    with entered(cluster.address, 1):
        taken = [ray.remote(num_cpus=1)(Busy).remote() for _ in range(2)]
        ray.get([one.here.remote() for one in taken])
        starter = RayStarter(SystemClock())
        places = [start(starter) for _ in range(3)]
        assert places[0] == places[2] != places[1]
        assert set(places) == {cluster.ids["one"], cluster.ids["two"]}

        gone = Node("f" * 56, frozenset(), 1)
        monkeypatch.setattr(ray_analyzers, "PLACED_S", 2.0)
        monkeypatch.setattr(ray_analyzers, "nodes", lambda: [gone, *(node for node in nodes() if node.id == places[2])])
        with pytest.raises(OSError, match=r"takes it|refuses it"):
            starter.start("gate", come, None)
        monkeypatch.setattr(ray_analyzers, "PLACED_S", 20.0)
        assert start(starter) == places[2]


class Busy:
    """Has a core."""

    def here(self) -> None:
        pass
