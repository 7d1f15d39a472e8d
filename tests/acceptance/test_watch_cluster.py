"""`xinan watch --ray` on a real cluster: an analyzer's machine dies, and the camera is looked at from another one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.watching import Watching, until, write_settings
from tests.clips import corridor, write_clip
from tests.ray_nodes import Nodes, ray_nodes
from tests.rtsp_server import RtspServer, missing_reason

ACTOR = "ray::_Host"


@pytest.fixture(scope="module")
def clear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clear") / "corridor.mp4", corridor(20))


@pytest.fixture(scope="module")
def cluttered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thing is put down at 5 s."""
    return write_clip(tmp_path_factory.mktemp("cluttered") / "corridor.mp4", corridor(20, thing_from_s=5))


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """The head has no core, so that the analyzer is never on it."""
    with ray_nodes("one", "two", head_cores=0) as cluster:
        yield cluster


@pytest.mark.parametrize("die", [Nodes.kill, Nodes.freeze])
def test_a_machine_that_dies_blinds_its_cameras_for_seconds_only(
    nodes: Nodes, clear: Path, cluttered: Path, tmp_path: Path, die: Callable[[Nodes, str], None]
) -> None:
    if reason := missing_reason():
        pytest.skip(reason)
    with RtspServer(clear) as server:
        camera = f'[[cameras]]\nname = "gate"\nurl = "{server.url}"\nread_timeout_s = 3\n'
        settings = write_settings(tmp_path, f"[hazards.clutter]\ndwell_s = 2\n[evidence]\npost_s = 3\n{camera}")
        with Watching(["watch", "-c", str(settings), "--ray", nodes.address], tmp_path) as watch:
            watch.enter()
            until(lambda: watch.state("gate") == "online", "the camera")
            home = until(lambda: nodes.hosting(ACTOR), "the analyzer's machine")
            die(nodes, home)
            until(lambda: watch.state("gate") == "offline", "the loss to be seen")
            assert watch.http.get("/api/cameras/gate/picture.jpg").status_code == 404
            until(lambda: watch.state("gate") == "online", "the camera to be looked at again")
            if home in nodes.names:
                nodes.kill(home)
            assert nodes.hosting(ACTOR) not in ("", home)

            def raised() -> list[str]:
                return [one["id"] for one in watch.get("/api/alerts")["alerts"] if one["hazard"] == "clutter"]

            assert raised() == []
            server.show(cluttered)
            alert_id = until(raised, "an alert", 200.0)[0]
            assert watch.http.get("/api/cameras/gate/picture.jpg").content.startswith(b"\xff\xd8")
            watch.say_why(alert_id)
            until(lambda: watch.http.get(f"/api/alerts/{alert_id}/clip").status_code == 200, "its clip")
            assert b"ftyp" in watch.http.get(f"/api/alerts/{alert_id}/clip").content[:16]
            assert not [line for line in watch.lines if "Traceback" in line]
            assert watch.stop() == 0
        until(lambda: not nodes.hosting(ACTOR), "the analyzer's end")
