"""`--full-hash`: which recordings are the same to the last bit, and of which that cannot be said."""

import json
from collections.abc import Callable

import pytest

from alerts.audit import content
from alerts.audit.standing import gives_way
from alerts.audit.summary import read_summary
from tests.alerts.audit.test_resume import Archive, archive, other_setting, touched
from tests.alerts.audit.test_standing import finished

__all__ = ["archive"]


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most bytes of a small clip lie between the samples."""
    monkeypatch.setattr(content, "BLOCK", 64)


def changed_within(archive: Archive) -> None:
    """A bit that no sample holds."""
    path = archive.rec / "b.mp4"
    size, samples = path.stat().st_size, content.SAMPLES
    at = (size - 64) // (samples - 1) + 64 + 16
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.usefixtures("few_samples")
@pytest.mark.parametrize(("full_hash", "looks"), [(False, 0), (True, 20)])
def test_every_byte_counts_where_that_is_asked_for(full_hash: bool, looks: int, archive: Archive) -> None:
    archive.run(full_hash=True)
    changed_within(archive)
    assert archive.run(full_hash=full_hash)[1] == looks


@pytest.mark.usefixtures("few_samples")
@pytest.mark.parametrize(("change", "anew"), [(touched, 0), (other_setting, 40)])
def test_what_was_known_of_every_byte_is_kept_by_a_run_that_reads_only_samples(
    change: Callable[[Archive], None], anew: int, archive: Archive
) -> None:
    archive.run(full_hash=True)
    change(archive)
    assert archive.run()[1] == anew
    changed_within(archive)
    assert archive.run(full_hash=True)[1] == 20


@pytest.mark.usefixtures("few_samples")
def test_of_what_had_no_full_hash_it_is_said_that_nothing_can_be_said(archive: Archive) -> None:
    archive.run()
    changed_within(archive)
    for full_hash in (True, False):  # said of the recordings, not of a run: one that was killed may have read some
        result, looks = archive.run(full_hash=full_hash)
        assert (looks, read_summary(result.out)["unproven"]) == (0, 2)
        assert "没有完整哈希" in (archive.out / "report.html").read_text("utf-8")
    changed_within(archive)
    result, looks = archive.run(full_hash=True)
    assert (looks, read_summary(result.out)["unproven"]) == (20, 1)
    entries = [json.loads(line) for line in (archive.out / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert [entry["content"].keys() for entry in entries] == [{"sampled", "whole"}] * 2
    assert [entry.get("unproven", False) for entry in entries] == [True, False]


def test_a_look_that_saw_less_of_the_same_samples_takes_no_place_with_a_full_hash_either() -> None:
    now = finished("a", 40.0)
    assert not gives_way(finished("a", 100.0), now | {"content": now["content"] | {"whole": "w"}})
