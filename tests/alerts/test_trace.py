import itertools

import pytest

from alerts.trace import MAX_POINTS, Trace

BOX = (0.1, 0.2, 0.3, 0.4)


def test_a_short_story_is_kept_whole() -> None:
    trace = Trace()
    for step in range(MAX_POINTS):
        trace.add(step / 5, step / 100, BOX)
    assert trace.points() == [[step / 5, step / 100, *BOX] for step in range(MAX_POINTS)]


@pytest.mark.parametrize("hours", [0.1, 1, 24])
def test_a_long_story_stays_small_and_keeps_its_start_end_and_peak(hours: float) -> None:
    trace = Trace()
    seconds = round(hours * 3600)
    peak = seconds * 2 // 3
    for step in range(seconds * 2 + 1):
        trace.add(step / 2, 0.95 if step == 2 * peak else 0.5, BOX)
    points = trace.points()
    assert MAX_POINTS // 2 <= len(points) <= MAX_POINTS
    assert points[0][0] == 0
    assert points[-1][0] >= seconds * (1 - 3 / len(points))
    assert max(point[1] for point in points) == 0.95
    steps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(points)]
    assert max(steps[1:-1]) <= 6 * seconds / len(points)


def test_a_step_back_of_the_clock_stands_still() -> None:
    trace = Trace()
    for at_s in (0, 1, -3600, 2):
        trace.add(at_s, 0.5, BOX)
    assert [point[0] for point in trace.points()] == [0, 1, 1, 2]


def test_what_was_stored_is_gone_on_with() -> None:
    trace = Trace([[0, 0.5, *BOX], ["not", "a point"], [1, 0.6, *BOX]])  # type: ignore[list-item]
    trace.add(2, 0.7, BOX)
    assert [point[:2] for point in trace.points()] == [[0, 0.5], [1, 0.6], [2, 0.7]]
