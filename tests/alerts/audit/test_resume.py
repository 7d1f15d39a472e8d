"""An audit that is run again: what is done stays done, and what changed is done anew."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit, content
from alerts.audit.judged import FILE
from alerts.audit.results import AuditResult
from alerts.audit.stamp import CODE, TREE
from alerts.audit.tally import Tally
from alerts.config import load_settings
from alerts.errors import AlertsError
from tests.alerts.audit.killed import written
from tests.clips import corridor, write_clip
from tests.vision.script import MODEL
from vision.detections import Detections
from vision.detector import Detector
from vision.view import View
from vision.zones import Zone, ZoneType


class Counting(Detector):
    """Sees an e-bike wherever it looks, and counts."""

    def __init__(self) -> None:
        self.info = MODEL
        self.looks = 0

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        self.looks += 1
        return Detections(np.array([[30, 20, 90, 70]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int64))


class Archive:
    """Two recordings of 4 s, and a run over them."""

    def __init__(self, folder: Path) -> None:
        self.rec, self.out = folder / "rec", folder / "o"
        self.rec.mkdir()
        for name in ("a.mp4", "b.mp4"):
            write_clip(self.rec / name, corridor(4))
        self.overrides = ["hazards.ebike.parked_s=1"]

    def run(self, **options: Any) -> tuple[AuditResult, int]:
        """What came of it, and how many looks it took."""
        settings = load_settings(None, self.overrides)
        settings = settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})
        detector = Counting()
        view = View((Zone("hall", ZoneType.CORRIDOR),))
        result = audit([self.rec], settings, self.out, view=view, detector=detector, **options)
        return result, detector.looks


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Not yet looked through."""
    return Archive(tmp_path)


def test_what_is_done_is_not_done_again(archive: Archive) -> None:
    first, looks = archive.run()
    assert looks == 40
    assert first.counts["ebike"] == 2
    before = written(archive.out)
    second, looks = archive.run()
    assert looks == 0
    assert written(archive.out) == before
    assert second == first


def other_setting(archive: Archive) -> None:
    archive.overrides = ["hazards.ebike.parked_s=2"]


def other_recording(archive: Archive) -> None:
    write_clip(archive.rec / "b.mp4", corridor(4, thing_from_s=2))


def grown(archive: Archive) -> None:
    with (archive.rec / "b.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")


def one_more(archive: Archive) -> None:
    write_clip(archive.rec / "0.mp4", corridor(4))


def renamed(archive: Archive) -> None:
    (archive.rec / "b.mp4").rename(archive.rec / "c.mp4")


def only_a_live_setting(archive: Archive) -> None:
    archive.overrides.append("analysis.least_looks_per_s=1")


def touched(archive: Archive) -> None:
    os.utime(archive.rec / "b.mp4", (1, 1))


def moved(archive: Archive) -> None:
    archive.rec = archive.rec.rename(archive.rec.parent / "else" / "rec")


@pytest.mark.parametrize(
    ("change", "looks"),
    [
        (other_setting, 40),
        (other_recording, 20),
        (grown, 20),
        (one_more, 20),
        (renamed, 20),
        (only_a_live_setting, 0),
        (touched, 0),
        (moved, 0),
    ],
)
def test_only_what_changed_is_done_again(
    change: Callable[[Archive], None], looks: int, archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    archive.run()
    change(archive)
    result, taken = archive.run()
    assert taken == looks
    assert sorted(event["path"] for event in result.events) == sorted(map(str, archive.rec.iterdir()))
    again = written(archive.out)
    archive.out = tmp_path / "fresh"
    archive.run()
    there = {name: sha for name, sha in written(archive.out).items() if not name.startswith("parts/")}
    assert {name: sha for name, sha in again.items() if not name.startswith("parts/")} == there


def test_what_vanished_leaves_the_report_and_it_is_said(archive: Archive) -> None:
    archive.run()
    (archive.rec / "a.mp4").unlink()
    result, looks = archive.run()
    assert looks == 0
    assert result.dropped == ("rec/a.mp4",)
    assert [source.source for source in result.sources] == ["b.mp4"]
    assert not [name for name in written(archive.out) if "a-" in name]


def changed_within(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit that no sample holds."""
    monkeypatch.setattr(content, "BLOCK", 64)
    archive.run(full_hash=True)
    path = archive.rec / "b.mp4"
    size, samples = path.stat().st_size, content.SAMPLES
    at = (size - 64) // (samples - 1) + 64 + 16
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize(("full_hash", "looks"), [(False, 0), (True, 20)])
def test_every_byte_counts_where_that_is_asked_for(
    full_hash: bool, looks: int, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed_within(archive, monkeypatch)
    assert archive.run(full_hash=full_hash)[1] == looks


def test_the_manifest_says_what_became_of_each(archive: Archive) -> None:
    (archive.rec / "text.mp4").write_text("no film")
    (archive.rec / "loop.mp4").symlink_to("loop.mp4")
    archive.run()
    entries = [json.loads(line) for line in (archive.out / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert {entry["name"]: entry["state"] for entry in entries} == {
        "rec/a.mp4": "done",
        "rec/b.mp4": "done",
        "rec/loop.mp4": "unreadable",
        "rec/text.mp4": "unreadable",
    }
    assert "symbolic links" in entries[2]["reason"]
    done = entries[0]
    assert done["bytes"] == (archive.rec / "a.mp4").stat().st_size
    assert done["content"].keys() == {"sampled"}
    assert all(done[by] for by in ("model", "settings", "code", "model_version"))


def test_two_audits_do_not_write_in_one_folder(archive: Archive) -> None:
    def second(tally: object) -> None:
        with pytest.raises(AlertsError, match="another audit"):
            archive.run()

    archive.run(progress=second)


def test_the_code_that_decides_what_is_found_is_there() -> None:
    for pattern in CODE:
        assert list(TREE.glob(pattern)), pattern


def test_a_disk_that_is_not_mounted_costs_nothing_that_was_done(archive: Archive) -> None:
    archive.run()
    before = written(archive.out)
    away = archive.rec.rename(archive.rec.with_name("away"))
    archive.rec.mkdir()
    with pytest.raises(AlertsError, match="none of the 2 recordings done before"):
        archive.run()
    archive.rec.rmdir()
    away.rename(archive.rec)
    assert archive.run()[1] == 0
    assert written(archive.out) == before


def test_verdicts_that_are_being_written_end_no_audit(archive: Archive) -> None:
    archive.out.mkdir()
    verdicts = archive.out / FILE

    def slip(_: Tally) -> None:
        verdicts.write_text("event,verdict\na,may", "utf-8")

    with pytest.raises(AlertsError, match="no such verdict: may"):
        archive.run(progress=slip)  # said at its end, when all is done
    verdicts.unlink()
    assert archive.run()[1] == 0
