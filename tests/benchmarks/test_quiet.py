"""Quiet stretches: what they are taken from, that they are the same every time, and what they count for."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.events import quiet as subject
from benchmarks.events.footage import Footage, Kind, TrueEvent, ZoneMode, whole
from benchmarks.events.quiet import Base, Weather, make, quiet
from tests.clips import corridor, write_clip
from vision.hazards import ON
from vision.zones import ZoneType


def base(path: Path, span_s: float | None, pauses: bool = False) -> Base:
    return Base("here/clip", path, ZoneType.CORRIDOR, frozenset(ON), span_s, pauses)


def footage(path: Path, kind: Kind, enters_s: float | None, mode: ZoneMode = ZoneMode.WHOLE) -> Footage:
    events = () if enters_s is None else (TrueEvent("clutter", "thing", enters_s, 90, enters_s, False, 8.0),)
    return Footage(f"{kind}/{path.stem}", path, kind, "here", mode, whole(ZoneType.LOBBY), events, frozenset(ON))


def pictures(path: Path) -> list[np.ndarray]:
    clip, found = cv2.VideoCapture(str(path)), []
    while (got := clip.read())[0]:
        found.append(got[1])
    clip.release()
    return found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", corridor(6, fps=5, thing_from_s=4), fps=5)


def test_a_stretch_lasts_as_long_as_asked_and_is_the_same_every_time(clip: Path, tmp_path: Path) -> None:
    once, again = (make(base(clip, 3.0), 0, 5, 8, tmp_path / name) for name in ("once", "again"))
    assert len(pictures(once)) == 40
    assert once.read_bytes() == again.read_bytes()
    other = make(base(clip, 3.0), 1, 5, 8, tmp_path / "once")
    assert other.read_bytes() != once.read_bytes()


def test_a_stretch_that_is_there_is_not_made_again(clip: Path, tmp_path: Path) -> None:
    path = make(base(clip, 3.0), 0, 5, 2, tmp_path)
    path.write_bytes(b"kept")
    assert make(base(clip, 3.0), 0, 5, 2, tmp_path).read_bytes() == b"kept"


def test_only_the_span_of_a_recording_is_played(clip: Path) -> None:
    kept, rate = subject._pictures(base(clip, 3.0))
    assert (len(kept), rate) == (15, 5)
    played = list(subject._played(base(clip, 3.0), 5, 20, np.random.default_rng(0)))
    assert len(played) == 100
    assert min(float(picture.min()) for picture in played) > 60  # what stands there later is dark


@pytest.mark.parametrize(
    ("count", "step", "shown"),
    [
        (4, 1.0, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2]),
        (4, 0.5, [0, 0, 1, 2, 2, 2, 3, 2, 2, 2, 1, 0, 0, 0, 1, 2]),
        (1, 0.0, [0, 0, 0]),
    ],
)
def test_pictures_go_there_and_back_without_a_jump(count: int, step: float, shown: list[int]) -> None:
    order = subject._order(count, step, 0, np.random.default_rng(0))
    assert [next(order) for _ in shown] == shown


def test_a_place_is_held_empty_between_two_passes() -> None:
    order = subject._order(4, 1.0, 5, np.random.default_rng(0))
    told = "".join(str(next(order)) for _ in range(500))
    assert told.startswith("0123210000")
    assert all(5 * 5 <= len(run) <= 60 * 5 + 1 for run in told[1:].rsplit("1", 1)[0].split("1") if "0" in run)


def test_the_weather_changes_the_picture_but_not_its_size() -> None:
    rough = Weather(0.3, 0.2, 60, 0.05, 4.0, 0.6, 1.0, 30, 0.5, ((4.0, 3.0, 0.3),), True)
    still = np.full((36, 64, 3), (200, 120, 80), np.uint8)
    seen = list(subject._weathered(iter([still] * 100), rough, 10, 10, np.random.default_rng(1)))
    assert {picture.shape for picture in seen} == {(36, 64, 3)}
    light = [float(picture.mean()) for picture in seen]
    assert light[41] < 0.7 * light[39]  # the lamp goes out
    colour = [float(np.ptp(picture.astype(float).mean((0, 1)))) for picture in seen]
    assert colour[49] > 30 > 5 > colour[51]  # infrared from half the time on


def test_only_what_is_before_the_first_event_is_looped(clip: Path) -> None:
    found = [
        footage(clip, Kind.REAL, 10.0),
        footage(clip, Kind.RENDERED, None),
        footage(clip, Kind.RENDERED, None, ZoneMode.OWN),
        footage(clip.with_name("soon.mp4"), Kind.REAL, 4.0),
    ]
    spans = {one.name: one.span_s for one in subject._loops(found)}
    assert spans == {"real/clip": 10.0 - subject.CLEAR_S, "rendered/clip": float("inf")}


def test_every_stretch_counts_for_what_its_looks_and_length_can_show(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "make", lambda base, number, fps, length_s, folder: folder / f"{number}_{fps}.mp4")
    listed = quiet([footage(clip, Kind.REAL, None)], 1.0, tmp_path)
    told = {(one.settings.analysis.looks_per_s, "short" in one.name): one.quiet_for for one in listed}
    every = frozenset(ON)
    assert told[(5.0, True)] == every
    assert told[(5.0, False)] == every - {"clutter"}  # ten minutes' dwell does not fit into five minutes
    assert told[(1.0, True)] == told[(1.0, False)] == every - {"flame"}
    hours = sum(length for one in listed if "short" in one.name for length in [300 if "5 looks" in one.name else 1200])
    assert hours == 3600 - 300  # whole stretches: three of five minutes, two of twenty
    assert {one.zones[0].type for one in listed} == {ZoneType.LOBBY}


def test_without_footage_there_is_no_quiet(tmp_path: Path) -> None:
    assert quiet([], 1.0, tmp_path, stills=tmp_path) == []
