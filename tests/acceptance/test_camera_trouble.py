"""`xinan watch` against real RTSP servers whose cameras die, freeze and go black: each is told as what it is."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.acceptance.watching import Watching, until, write_settings
from tests.clips import write_clip
from tests.rtsp_server import RtspServer, missing_reason
from tests.vision.camera_health.scenes import Picture, noisy, place

FPS, LENGTH_S = 10, 12


def clips(folder: Path) -> dict[str, Path]:
    own, count = place(), FPS * LENGTH_S
    black = np.zeros_like(noisy(own, 0))
    films: dict[str, list[Picture]] = {
        "living": [noisy(own, index) for index in range(count)],
        "frozen": [noisy(own, 0)] * count,
        "black": [black] * count,
    }
    return {name: write_clip(folder / f"{name}.mp4", film, FPS) for name, film in films.items()}


def troubles(watch: Watching, camera: str) -> dict[str, dict[str, Any]]:
    """Cause → alert of this camera."""
    found = watch.get("/api/alerts")["alerts"]
    return {one["evidence"]["cause"]: one for one in found if one["hazard"] == "camera" and one["camera"] == camera}


def took_s(alert: dict[str, Any]) -> float:
    """From its beginning to the alert, by the watch's own stamps."""
    return (datetime.fromisoformat(alert["fired_at"]) - datetime.fromisoformat(alert["started_at"])).total_seconds()


def test_dead_frozen_and_black_cameras_are_told_and_the_living_one_is_not(tmp_path: Path) -> None:
    if reason := missing_reason():
        pytest.skip(reason)
    films = clips(tmp_path)
    with (
        RtspServer(films["living"], fps=FPS) as living,
        RtspServer(films["frozen"], fps=FPS) as frozen,
        RtspServer(films["black"], fps=FPS) as black,
    ):
        servers = {"living": living, "frozen": frozen, "black": black}
        cameras = "".join(
            f'[[cameras]]\nname = "{name}"\nurl = "{server.url}"\nread_timeout_s = 3\n'
            for name, server in servers.items()
        )
        settings = write_settings(tmp_path, f"[health]\nclear_s = 3\n{cameras}")
        with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
            watch.enter()
            until(lambda: all(watch.state(name) == "online" for name in servers), "the cameras")
            until(lambda: "black" in troubles(watch, "black"), "the black picture to be told")
            until(lambda: "frozen" in troubles(watch, "frozen"), "the frozen picture to be told")
            assert took_s(troubles(watch, "black")["black"]) <= 10
            assert took_s(troubles(watch, "frozen")["frozen"]) <= 15
            assert not troubles(watch, "living")
            health = watch.camera("frozen")["health"]
            assert [one["cause"] for one in health["troubles"]] == ["frozen"]
            assert health["fps"] == pytest.approx(FPS, rel=0.3)

            living.kill()
            until(lambda: "offline" in troubles(watch, "living"), "the dead camera to be told")
            dead = troubles(watch, "living")["offline"]
            assert took_s(dead) <= 10
            assert (dead["severity"], dead["state"], dead["zone"]) == ("fault", "firing", "")

            living.start()
            until(lambda: troubles(watch, "living")["offline"]["state"] == "resolved", "its return to be told")
            line = watch.get("/api/cameras/living/health")["changes"]
            assert [(one["cause"], one["began"]) for one in line] == [("offline", False), ("offline", True)]
            assert any("CAMERA OFFLINE" in one for one in watch.lines)
            assert watch.stop() == 0
