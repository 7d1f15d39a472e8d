"""What leaves the console is the picture with heads hidden, or none."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from alerts.evidence.outgoing import outgoing_picture
from alerts.evidence.snapshot import SnapshotStore, draw
from tests.alerts.making import alert, at
from vision.blur import Private
from vision.jpeg import encode_jpeg


def test_only_the_picture_with_hidden_heads_goes_out(tmp_path: Path) -> None:
    snapshots = SnapshotStore(tmp_path, least_free=0)
    noise = np.random.default_rng(3).integers(0, 255, (90, 160, 3), np.uint8)
    kept = snapshots.save("01A", draw(encode_jpeg(noise, 90), private=Private(((0.1, 0.1, 0.5, 0.9),))), taken_at=at(0))
    pictured = alert(snapshot=kept.key)
    hidden = snapshots.path(kept.key, "blurred").read_bytes()
    assert outgoing_picture(snapshots, pictured) == hidden != snapshots.path(kept.key, "clean").read_bytes()

    snapshots.path(kept.key, "blurred").unlink()
    assert outgoing_picture(snapshots, pictured) is None
    assert outgoing_picture(snapshots, alert()) is None
    assert outgoing_picture(snapshots, replace(pictured, snapshot="../../etc/passwd")) is None
