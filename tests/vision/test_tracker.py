import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.script import NAMES, Seen, detections
from vision.tracker import MAX_TRACKS, Track, Tracker

BOX = (0.3, 0.3, 0.5, 0.7)


def run(*looks: list[Seen], fps: float = 5.0, threshold: float = 0.4) -> list[list[Track]]:
    tracker = Tracker(NAMES)
    found = []
    for index, seen in enumerate(looks):
        these = detections(seen)
        found.append(list(tracker.update(these, these.confidence >= threshold, index / fps)))
    return found


def test_one_sighting_is_no_track() -> None:
    assert run([("person", 0.9, BOX)]) == [[]]


def test_weak_sightings_start_nothing_but_prolong() -> None:
    assert not any(run(*[[("person", 0.3, BOX)]] * 5))
    strong_then_weak = run([("person", 0.9, BOX)], *[[("person", 0.3, BOX)]] * 4)
    assert [len(tracks) for tracks in strong_then_weak] == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("step", [0.01, 0.05, 0.15])
def test_a_moving_box_keeps_its_id(step: float) -> None:
    looks: list[list[Seen]] = [[("person", 0.9, (i * step, 0.3, i * step + 0.2, 0.9))] for i in range(5)]
    assert {track.track_id for tracks in run(*looks) for track in tracks} == {1}


def test_ebike_and_bicycle_on_one_thing_are_one_track_named_by_the_weight_of_evidence() -> None:
    looks: list[list[Seen]] = [[("ebike" if i % 3 else "bicycle", 0.8, BOX)] for i in range(9)]
    last = run(*looks)[-1]
    assert [track.name for track in last] == ["ebike"]
    assert last[0].votes["ebike"] == pytest.approx(2 * last[0].votes["bicycle"])


def test_different_things_at_one_place_are_two_tracks() -> None:
    assert len(run(*[[("ebike", 0.8, BOX), ("person", 0.8, BOX)]] * 3)[-1]) == 2


def test_a_second_box_of_one_thing_starts_no_track() -> None:
    """A machine, and now and then it together with who pushes it, as confident as the machine alone."""
    with_rider = (0.2, 0.1, 0.52, 0.72)
    both: list[Seen] = [("ebike", 0.9, BOX), ("ebike", 0.6, with_rider)]
    assert [len(tracks) for tracks in run(*[both] * 4)] == [0, 1, 1, 1]
    beside = (0.45, 0.3, 0.65, 0.7)
    assert len(run(*[[("ebike", 0.9, BOX), ("ebike", 0.6, beside)]] * 3)[-1]) == 2


def test_stillness_counts_from_the_last_move() -> None:
    moved = (0.6, 0.3, 0.8, 0.7)
    tracker = Tracker(NAMES)
    for index in range(30):
        box = BOX if index < 10 else (0.4, 0.3, 0.6, 0.7) if index < 11 else moved
        these = detections([("ebike", 0.9, box)])
        tracks = tracker.update(these, these.confidence > 0.4, index / 5)
    assert tracks[0].still_s(29 / 5) == pytest.approx((29 - 11) / 5)


def test_the_state_is_bounded() -> None:
    tracker = Tracker(NAMES)
    rng = np.random.default_rng(0)
    for index in range(30):
        corners = rng.random((100, 2)) * 0.9
        these = detections([("clutter", 0.9, (x, y, x + 0.02, y + 0.02)) for x, y in corners.tolist()])
        tracker.update(these, these.confidence > 0.4, index / 50)
        assert len(tracker.recent("clutter", index / 50, 1e9)) <= MAX_TRACKS


@given(
    st.lists(st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0.1, 1), st.floats(0, 0.8)), max_size=5), max_size=9)
)
def test_ids_are_never_shared(script: list[list[tuple[str, float, float]]]) -> None:
    looks: list[list[Seen]] = [[(name, score, (x, 0.2, x + 0.2, 0.6)) for name, score, x in seen] for seen in script]
    for tracks in run(*looks):
        ids = [track.track_id for track in tracks]
        assert len(ids) == len(set(ids))
