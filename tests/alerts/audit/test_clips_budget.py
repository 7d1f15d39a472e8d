"""Clips never take more of the disk than is allowed, and what fits of those that were cut before stays."""

from pathlib import Path

import pytest

from alerts.audit.clips import GB
from alerts.audit.extras import Extras
from alerts.audit.parts import Parts
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import site_of, written
from tests.clips import corridor, write_clip


class Cut:
    """A recording with three events, of which the report shows that at 6 s."""

    def __init__(self, folder: Path) -> None:
        self._parts, self._site = Parts(folder / "out"), site_of(folder)
        self._job = job_of("hall", BEGIN, folder / "archive", hours=1)
        self._job.path.parent.mkdir(parents=True)
        write_clip(self._job.path, corridor(30))
        events = [event_of(self._job, "clutter", *span) for span in ((2.0, 3.0), (6.0, 9.0), (20.0, 2.0))]
        write_part(self._parts, self._job, events)

    def run(self, **options: object) -> dict[str, int]:
        """Second at which its event was raised → bytes of a clip."""
        written(self._parts, [self._job], self._site, Extras(**options))  # type: ignore[arg-type]
        folder = self._parts.folder / "clips"
        page = (self._parts.folder / "pages" / f"{self._job.key}.html").read_text("utf-8")
        clips = list(folder.iterdir()) if folder.is_dir() else []
        assert page.count("<a href='../clips/") == len(clips)
        return {path.name.split("-")[-2]: path.stat().st_size for path in clips}


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cut:
    monkeypatch.setattr("alerts.audit.gathered.WORST", 1)
    return Cut(tmp_path)


FIRST, SHOWN, LAST = "000002000", "000006000", "000020000"


@pytest.mark.parametrize(("share", "there"), [(0.5, set()), (1.0, {SHOWN}), (1.5, {SHOWN})])
def test_a_clip_that_does_not_fit_is_not_kept(share: float, there: set[str], cut: Cut) -> None:
    """share: of what the first one takes."""
    size = cut.run(clips=True)[SHOWN]
    cut.run(clips_gb=0.0)
    for _ in range(2):  # and likewise again
        clips = cut.run(clips_gb=share * size / GB)
        assert set(clips) == there
        assert sum(clips.values()) <= share * size


def test_what_was_cut_before_stays_as_far_as_it_fits(cut: Cut) -> None:
    every = cut.run(clips_gb=1.0)
    assert every.keys() == {FIRST, SHOWN, LAST}
    assert cut.run(clips=True) == every, "they belong to events, and 2 GB are allowed"
    smallest = min(every.values())
    assert smallest < every[SHOWN], "that one does not fit below, and one after it does"
    kept = cut.run(clips_gb=smallest / GB)
    assert list(kept.values()) == [smallest]
