"""`xinan watch` on a disk that fills up and is emptied again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import watching
from tests.acceptance.cli import COMMAND
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.alerts.small_disk import fill, from_outside, on_small_disk
from tests.clips import corridor, write_clip

FINE = {"disk": "", "store": "", "lost": {}, "settings": "", "problems": [], "restart": []}
"""Of `/api/status`."""


def test_alerts_go_out_as_text_and_pictures_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = write_clip(tmp_path / "corridor.mp4", corridor(34, thing_from_s=22))  # the database takes its own room first
    data = tmp_path / "data"
    monkeypatch.setattr(watching, "COMMAND", on_small_disk(data, 256, COMMAND))
    with Receiver() as receiver:
        settings = write_settings(
            tmp_path,
            f"[hazards.clutter]\ndwell_s = 2\nclear_s = 1\n[evidence]\npre_s = 2\npost_s = 1\n"
            f'[[webhooks]]\nname = "team"\nurl = "{receiver.url}"\n'
            f'[[cameras]]\nname = "hall"\nurl = "{clip}"\nloop = true\n',
        )
        with Watching(["watch", "-c", str(settings)], tmp_path) as watch:
            watch.enter()
            until(lambda: any(data_file(watch, data).glob("alerts.db-wal")), "the store")
            until(lambda: freelist(watch, data), "the database's own room")
            filler = fill(data_file(watch, data))
            # On a busy machine the camera may be told as frozen, too.
            heard = until(lambda: [one.event for one in receiver.got if of_clutter(one.event["data"])], "the notice")
            assert heard[0]["type"].endswith("fired") and heard[0]["data"]["snapshot"] == ""
            alert = until(lambda: list(filter(of_clutter, watch.get("/api/alerts")["alerts"])), "the alert")[0]
            assert watch.get("/api/status") == FINE | {"disk": "full"}
            until(lambda: watch.get(f"/api/alerts/{alert['id']}")["clip"], "word of the clip")
            assert watch.get(f"/api/alerts/{alert['id']}")["clip"]["trouble"] == "the disk is full"

            filler.unlink()
            until(lambda: watch.get("/api/status") == FINE, "the disk to be told as fine")
            until(lambda: watch.get(f"/api/alerts/{alert['id']}")["snapshot"], "a picture as it is raised again")
            assert watch.stop() == 0


def of_clutter(alert: Mapping[str, Any]) -> bool:
    return bool(alert["hazard"] == "clutter")


def data_file(watch: Watching, data: Path) -> Path:
    """The store's folder as the watch sees it."""
    return from_outside(watch.process.pid, data)


def freelist(watch: Watching, data: Path) -> bool:
    """Whether the database has taken its own room."""
    return (data_file(watch, data) / "alerts.db").stat().st_size > 32 << 20
